#include "live/wire_log.h"

#include <algorithm>

namespace brownout::live {

WireLog::Kept* WireLog::find(Number number) {
    const auto at = std::find_if(kept_.begin(), kept_.end(),
                                 [&](const auto& kept) { return kept->number == number; });
    return at == kept_.end() ? nullptr : at->get();
}

wire::Headers WireLog::masked(const net::Headers& headers) const {
    wire::Headers out;
    std::size_t size = 0;
    for (const auto& [name, value] : headers) {
        size += name.size() + value.size();
        if (size > kept_header_bytes) {
            out.emplace_back("...", "the rest is not kept");
            break;
        }
        out.emplace_back(name, mask_.header(name, value));
    }
    return out;
}

WireLog::Number WireLog::begin(Exchange about, const net::Request& request) {
    if (kept_.size() == most_exchanges) {
        kept_.erase(kept_.begin() + most_exchanges / 2);
        ++left_out_;
    }
    about.request.method = request.method;
    about.request.url = mask_.url(request.url);
    about.request.headers = masked(request.headers);
    about.request_bytes = request.body.size();
    // Masked before it is cut: no half of a key is left at the end.
    about.request.body = mask_.text(std::string_view{request.body}.substr(0, 2 * kept_body_bytes));
    about.request.body.resize(std::min(about.request.body.size(), kept_body_bytes));
    about.started = now_();
    auto kept =
        std::make_unique<Kept>(Kept{++last_, std::move(about), KeyMask::Stream{mask_}, nullptr});
    kept_.push_back(std::move(kept));
    return last_;
}

void WireLog::head(Number number, int status, const net::Headers& headers) {
    Kept* kept = find(number);
    if (!kept)
        return;
    kept->shown.reset();
    kept->exchange.status = status;
    kept->exchange.reply_headers = masked(headers);
    kept->exchange.replied = now_();
}

void WireLog::bytes(Number number, std::string_view bytes) {
    Kept* kept = find(number);
    if (!kept || kept->exchange.over)
        return;
    kept->shown.reset();
    Exchange& e = kept->exchange;
    e.reply_bytes += bytes.size();
    if (e.reply.size() >= kept_body_bytes)
        return;
    e.reply += kept->stream.take(bytes);
    e.reply.resize(std::min(e.reply.size(), kept_body_bytes));
}

void WireLog::end(Number number, std::string_view how) {
    Kept* kept = find(number);
    if (!kept || kept->exchange.over)
        return;
    kept->shown.reset();
    Exchange& e = kept->exchange;
    e.over = true;
    e.end = how;
    e.ended = now_();
    if (e.reply.size() < kept_body_bytes)
        e.reply += kept->stream.rest();
}

std::vector<ExchangePtr> WireLog::view() const {
    std::vector<ExchangePtr> out;
    for (const auto& kept : kept_) {
        if (!kept->shown)
            kept->shown = std::make_shared<const Exchange>(kept->exchange);
        out.push_back(kept->shown);
    }
    return out;
}

const char* words_for(net::End end) {
    switch (end) {
    case net::End::complete:
        return "complete";
    case net::End::dns_failure:
        return "name not found";
    case net::End::connect_refused:
        return "connection refused";
    case net::End::connect_timeout:
        return "no connection in time";
    case net::End::tls_failure:
        return "TLS failed";
    case net::End::reset_before_headers:
        return "connection lost before the reply";
    case net::End::reset_after_headers:
        return "connection lost within the reply";
    case net::End::resend_refused:
        return "a reused connection died; not sent again";
    case net::End::too_large:
        return "larger than allowed";
    case net::End::bad_http:
        return "no valid HTTP";
    }
    return "";
}

} // namespace brownout::live
