#include "live/forwarded_reply.h"

#include "live/front.h"
#include "live/lab_spoil.h"

#include <algorithm>
#include <strings.h>

namespace brownout::live {

namespace {

constexpr std::size_t longest_event = 1u << 20; // longer ones count as two

std::string lower(std::string_view text) {
    std::string out{text};
    for (char& c : out)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return out;
}

// What is of the hop, what is ours to write, and what only the lab may say.
net::Headers brought_back(const net::Headers& headers) {
    constexpr std::string_view dropped[] = {
        "connection", "keep-alive", "proxy-connection",  "proxy-authenticate", "te",
        "trailer",    "upgrade",    "transfer-encoding", "content-length"};
    net::Headers out;
    for (const auto& [name, value] : headers) {
        const std::string plain = lower(name);
        if (std::find(std::begin(dropped), std::end(dropped), plain) == std::end(dropped) &&
            !plain.starts_with("x-brownout-"))
            out.emplace_back(name, value);
    }
    return out;
}

bool is_event_stream(const net::Headers& headers) {
    return std::any_of(headers.begin(), headers.end(), [](const auto& header) {
        return lower(header.first) == "content-type" &&
               lower(header.second).find("text/event-stream") != std::string::npos;
    });
}

// One past the blank line that ends the first event; npos: it is not whole.
std::size_t end_of_event(std::string_view bytes) {
    const auto unix_end = bytes.find("\n\n"), dos_end = bytes.find("\r\n\r\n");
    if (unix_end == bytes.npos && dos_end == bytes.npos)
        return bytes.npos;
    return unix_end < dos_end ? unix_end + 2 : dos_end + 4;
}

} // namespace

ForwardedReply::ForwardedReply(boost::asio::io_context& loop, net::HttpClient& http,
                               net::ExchangePtr exchange, Setup setup, Ended ended)
    : timer_(loop),
      room_(loop),
      http_(http),
      exchange_(std::move(exchange)),
      s_(std::move(setup)),
      out_(exchange_, s_.plan),
      ended_call_(std::move(ended)) {}

ForwardedReply::~ForwardedReply() {
    stop_upstream();
}

void ForwardedReply::abandon() {
    ended_call_ = nullptr;
    end();
}

void ForwardedReply::begin() {
    exchange_->on_gone([weak = weak_from_this()] {
        if (const auto self = weak.lock())
            self->end();
    });
    if (s_.plan.bytes_per_s > 0)
        exchange_->limit_rate(s_.plan.bytes_per_s);
    if (s_.plan.silence == Duration::zero())
        return after_silence();
    wait_until(std::chrono::steady_clock::now() + std::min(s_.plan.silence, longest_fault_wait),
               &ForwardedReply::after_silence);
}

void ForwardedReply::after_silence() {
    switch (s_.plan.fate) {
    case ReplyPlan::Fate::serve:
        break;
    case ReplyPlan::Fate::error:
        return answer(s_.dialect->error(s_.plan.error));
    case ReplyPlan::Fate::raw_error:
        return answer(s_.plan.raw);
    case ReplyPlan::Fate::hang:
        return; // until the peer gives up
    case ReplyPlan::Fate::half_headers:
        exchange_->write_raw("HTTP/1.1 200 OK\r\nContent-Type: te");
        [[fallthrough]];
    case ReplyPlan::Fate::reset:
        exchange_->reset();
        return end();
    case ReplyPlan::Fate::close:
        return close_now();
    }
    if (s_.plan.spoiling.instead != Spoiling::Instead::nothing) {
        const net::Headers usual = s_.stream ? s_.dialect->stream_headers()
                                             : net::Headers{{"Content-Type", "application/json"}};
        return answer(spoiled({200, usual, {}}, s_.plan.spoiling, s_.draws));
    }
    running_ = true;
    transfer_ = http_.start(std::move(s_.request), *this);
}

void ForwardedReply::on_head(int status, const net::Headers& headers) {
    status_ = status;
    headers_ = brought_back(headers);
    events_ = status == 200 && is_event_stream(headers);
    if (s_.reader)
        s_.reader->head(status, headers);
    if (!events_)
        return;
    if (s_.plan.spoiling.wrong_type)
        headers_ = mislabelled(std::move(headers_));
    out_.head(status_, headers_, endless_length);
    if (!s_.plan.keep_alives)
        return;
    const Duration alive = std::min(*s_.plan.keep_alives, longest_fault_wait);
    if (alive == longest_fault_wait)
        stop_upstream(); // nobody will see what it says
    lag_ += alive;
    alive_until_ = std::chrono::steady_clock::now() + alive;
    keep_alive();
}

void ForwardedReply::on_bytes(std::string_view bytes) {
    if (ended_)
        return;
    if (!events_) {
        body_ += bytes;
        return;
    }
    if (!shaped()) {
        out_.put(std::string{bytes});
        return throttle();
    }
    pending_ += bytes;
    for (auto at = end_of_event(pending_); at != pending_.npos; at = end_of_event(pending_)) {
        take_event(pending_.substr(0, at));
        pending_.erase(0, at);
    }
    if (pending_.size() > longest_event)
        take_event(std::exchange(pending_, {}));
    throttle();
    pump();
}

void ForwardedReply::on_end(net::End end, bool request_sent, const std::string& detail) {
    running_ = false;
    if (ended_)
        return;
    if (status_ == 0) {
        LabAnswer failed = s_.dialect->error(
            {502, "", "The provider could not be reached: " + detail, s_.model, std::nullopt});
        failed.status = 502;
        failed.headers.emplace_back(front_header, to_header({end, request_sent, detail}));
        return answer(std::move(failed));
    }
    came_ = true;
    broke_ = end != net::End::complete;
    if (events_) {
        if (!pending_.empty())
            take_event(std::exchange(pending_, {}));
        return pump();
    }
    if (!broke_)
        return whole_came();
    exchange_->reset();
    this->end();
}

void ForwardedReply::finish_body() {
    if (s_.plan.closes)
        return wait_until(std::chrono::steady_clock::now() +
                              std::min(*s_.plan.closes, longest_fault_wait),
                          &ForwardedReply::close_now);
    if (s_.plan.spoiling.wrong_length)
        return close_now();
    exchange_->finish();
    end();
}

void ForwardedReply::close_now() {
    exchange_->close();
    end();
}

void ForwardedReply::answer(LabAnswer answer) {
    exchange_->reply(answer.status, answer.headers, std::move(answer.body));
    end();
}

// Signs of life: comments or pings of a stream; blank lines before a whole body.
void ForwardedReply::keep_alive() {
    const auto now = std::chrono::steady_clock::now();
    if (now >= *alive_until_) {
        alive_until_.reset();
        return events_ ? pump() : send_whole();
    }
    out_.put(events_ ? s_.dialect->keep_alive() : "\n");
    wait_until(std::min(now + keep_alive_gap, *alive_until_), &ForwardedReply::keep_alive);
}

void ForwardedReply::wait_until(SteadyTime when, void (ForwardedReply::*then)()) {
    waiting_ = true;
    timer_.expires_at(when);
    timer_.async_wait([self = shared_from_this(), then](const boost::system::error_code& error) {
        if (error || self->ended_)
            return;
        self->waiting_ = false;
        (self.get()->*then)();
    });
}

void ForwardedReply::stop_upstream() {
    if (std::exchange(running_, false))
        http_.cancel(transfer_);
}

void ForwardedReply::end() {
    if (std::exchange(ended_, true))
        return;
    stop_upstream();
    timer_.cancel();
    room_.cancel();
    const auto self = shared_from_this(); // the owner lets go of us
    if (const auto ended = std::exchange(ended_call_, nullptr))
        ended(*this);
}

} // namespace brownout::live
