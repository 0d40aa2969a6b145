#include "net/http_session.h"

#include <algorithm>
#include <cstdio>

namespace brownout::net {

namespace http = boost::beast::http;

namespace {

std::string hex(std::size_t n) {
    char text[20];
    std::snprintf(text, sizeof text, "%zx", n);
    return text;
}

// Of statuses that Beast does not know; empty is allowed (RFC 9112 section 4).
std::string_view reason(int status) {
    if (status == 418)
        return "I'm a teapot";
    if (status == 529)
        return "Overloaded";
    const http::status known = http::int_to_status(static_cast<unsigned>(status));
    if (known == http::status::unknown)
        return {};
    const auto words = http::obsolete_reason(known);
    return {words.data(), words.size()};
}

// Replies are ours, but parts of them come from documents (a fault's message): no line breaks.
void append_safe(std::string& out, std::string_view text) {
    const std::size_t from = out.size();
    out += text;
    std::replace_if(
        out.begin() + static_cast<std::ptrdiff_t>(from), out.end(),
        [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
}

} // namespace

SessionExchange::SessionExchange(std::shared_ptr<Session> session, ServerRequest request,
                                 BodyShare share, bool keep_alive, bool http_1_0)
    : session_(std::move(session)),
      request_(std::move(request)),
      share_(std::move(share)),
      keep_alive_(keep_alive),
      http_1_0_(http_1_0) {}

SessionExchange::~SessionExchange() {
    if (session_)
        session_->reset();
}

std::string SessionExchange::head(int status, const Headers& headers,
                                  std::optional<std::size_t> length) const {
    std::string out = "HTTP/1.1 " + std::to_string(status) + " ";
    out += reason(status);
    out += "\r\n";
    for (const auto& [name, value] : headers) {
        append_safe(out, name);
        out += ": ";
        append_safe(out, value);
        out += "\r\n";
    }
    if (length)
        out += "Content-Length: " + std::to_string(*length) + "\r\n";
    else if (!http_1_0_)
        out += "Transfer-Encoding: chunked\r\n";
    if (!keep_alive_ || !session_->may_be_kept())
        out += "Connection: close\r\n";
    else if (http_1_0_ && length)
        out += "Connection: keep-alive\r\n";
    return out += "\r\n";
}

void SessionExchange::reply(int status, const Headers& headers, std::string body) {
    if (!session_ || std::exchange(started_, true))
        return;
    const bool bodiless = status < 200 || status == 204 || status == 304;
    std::string bytes = head(status, headers, bodiless ? 0 : body.size());
    if (request_.method != "HEAD" && !bodiless)
        bytes += body;
    session_->send(bytes);
    done(keep_alive_);
}

void SessionExchange::start(int status, const Headers& headers) {
    if (!session_ || std::exchange(started_, true))
        return;
    session_->send(head(status, headers, std::nullopt));
}

void SessionExchange::write(std::string bytes) {
    // An empty chunk would end the reply.
    if (!session_ || bytes.empty() || request_.method == "HEAD")
        return;
    session_->send(http_1_0_ ? bytes : hex(bytes.size()) + "\r\n" + bytes + "\r\n");
}

void SessionExchange::finish() {
    if (!session_)
        return;
    if (raw_ || http_1_0_ || !started_)
        return done(false); // only the end of the connection ends such a reply
    if (request_.method != "HEAD")
        session_->send("0\r\n\r\n");
    done(keep_alive_);
}

void SessionExchange::write_raw(std::string bytes) {
    if (!session_)
        return;
    raw_ = true;
    session_->send(bytes);
}

void SessionExchange::close() {
    if (session_)
        done(false);
}

void SessionExchange::reset() {
    on_gone_ = nullptr;
    if (const auto session = std::exchange(session_, nullptr))
        session->reset();
}

void SessionExchange::limit_rate(double bytes_per_s) {
    if (session_)
        session_->limit_rate(bytes_per_s);
}

void SessionExchange::done(bool keep_alive) {
    on_gone_ = nullptr;
    if (const auto session = std::exchange(session_, nullptr))
        session->reply_finished(keep_alive);
}

void SessionExchange::on_gone(std::function<void()> callback) {
    if (session_)
        on_gone_ = std::move(callback);
}

void SessionExchange::peer_gone() {
    gone_ = true;
    session_.reset();
    if (const auto callback = std::exchange(on_gone_, nullptr))
        callback();
}

} // namespace brownout::net
