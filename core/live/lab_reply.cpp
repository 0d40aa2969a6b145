#include "live/lab_reply.h"

#include <algorithm>

namespace brownout::live {

namespace {
constexpr std::size_t bytes_per_turn = 64u << 10;             // then others on the loop get theirs
constexpr Duration longest_wait = std::chrono::hours{24 * 7}; // beyond: for good
} // namespace

LabReply::LabReply(boost::asio::io_context& loop, net::ExchangePtr exchange, Setup setup,
                   Owner owner)
    : timer_(loop),
      exchange_(std::move(exchange)),
      s_(std::move(setup)),
      owner_(std::move(owner)),
      text_(s_.text) {}

void LabReply::begin() {
    exchange_->on_gone([weak = weak_from_this()] {
        if (const auto self = weak.lock())
            self->end();
    });
    due_ = std::chrono::steady_clock::now();
    if (s_.plan.silence == Duration::zero())
        return after_silence();
    wait_until(due_ + std::min(s_.plan.silence, longest_wait), &LabReply::after_silence);
}

void LabReply::after_silence() {
    switch (s_.plan.fate) {
    case ReplyPlan::Fate::serve:
        return owner_.wants_place(*this);
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
    }
}

void LabReply::shed(int status) {
    answer(s_.dialect->error({status, "", "", s_.request.model, std::nullopt}));
}

void LabReply::answer(LabAnswer answer) {
    answer.headers.insert(answer.headers.end(), s_.common_headers.begin(), s_.common_headers.end());
    exchange_->reply(answer.status, answer.headers, std::move(answer.body));
    end();
}

Duration LabReply::token_gap() {
    return from_ms(stats::sample(s_.timing.token_ms, s_.timing_draws) * s_.timing.factor);
}

void LabReply::serve() {
    // Counted from the arrival, not from when a late timer told us; but a queue is left only now.
    if (queued)
        due_ = std::chrono::steady_clock::now();
    else
        due_ += std::min(s_.plan.silence, longest_wait);
    due_ += std::min(s_.timing.first_token, longest_wait);
    if (!s_.request.stream)
        return serve_whole();
    if (due_ <= std::chrono::steady_clock::now())
        return begin_stream();
    wait_until(due_, &LabReply::begin_stream);
}

void LabReply::serve_whole() {
    if (s_.ready)
        return wait_until(due_, &LabReply::send_whole);
    const auto cut = s_.plan.cut_after;
    for (std::int64_t i = 0; i < s_.facts.output_tokens; ++i) {
        if (cut && i == *cut)
            cut_at_ = whole_text_.size();
        whole_text_ += text_.next(s_.facts.output_tokens - i);
        if (!cut || i < *cut)
            due_ += token_gap();
    }
    if (cut && *cut >= s_.facts.output_tokens)
        cut_at_ = whole_text_.size();
    for (const auto& stall : s_.plan.stalls) {
        if (stall.after_tokens > s_.facts.output_tokens)
            continue;
        if (stall.pause >= longest_wait)
            return; // until the peer gives up
        due_ += stall.pause;
    }
    wait_until(due_, &LabReply::send_whole);
}

void LabReply::send_whole() {
    LabAnswer whole = s_.ready ? *s_.ready : s_.dialect->whole(s_.facts, whole_text_);
    if (s_.plan.bad_event_at)
        whole.body.resize(whole.body.size() - whole.body.size() / 4 - 1);
    if (!s_.plan.cut_after || *s_.plan.cut_after > s_.facts.output_tokens)
        return answer(std::move(whole));
    // A body that is shorter than its Content-Length. It is cut inside the text, or just behind it.
    const auto text_at = whole.body.find(whole_text_.substr(0, 16));
    const std::size_t end_at = std::min(text_at + cut_at_, whole.body.size() - 1);
    std::string head = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(whole.body.size());
    for (const auto* headers : {&whole.headers, &s_.common_headers})
        for (const auto& [name, value] : *headers)
            head += "\r\n" + name + ": " + value;
    exchange_->write_raw(head + "\r\n\r\n" + whole.body.substr(0, end_at));
    cut({});
}

void LabReply::begin_stream() {
    net::Headers headers = s_.dialect->stream_headers();
    headers.insert(headers.end(), s_.common_headers.begin(), s_.common_headers.end());
    exchange_->start(200, headers);
    if (std::string first = s_.dialect->begin(s_.facts); !first.empty())
        exchange_->write(std::move(first));
    pump();
}

LabReply::Step LabReply::hold_before_token(std::string& out) {
    const ReplyPlan& plan = s_.plan;
    // A stall and a cut at the same token: first silence, then the cut.
    while (stall_ < plan.stalls.size() && plan.stalls[stall_].after_tokens <= sent_) {
        const Duration pause = plan.stalls[stall_++].pause;
        if (!out.empty())
            exchange_->write(std::exchange(out, {}));
        if (pause >= longest_wait)
            return Step::over; // silence until the peer gives up
        due_ = std::max(due_, std::chrono::steady_clock::now()) + pause;
        return Step::wait;
    }
    if (plan.cut_after && *plan.cut_after <= sent_) {
        cut(std::exchange(out, {}));
        return Step::over;
    }
    return Step::go_on;
}

void LabReply::pump() {
    const auto now = std::chrono::steady_clock::now();
    std::string out;
    while (due_ <= now && out.size() < bytes_per_turn) {
        const Step step = hold_before_token(out);
        if (step == Step::over)
            return;
        if (step == Step::wait)
            break;
        if (sent_ == s_.facts.output_tokens) {
            if (!s_.plan.no_terminator)
                out += s_.dialect->end(s_.facts);
            exchange_->write(std::move(out));
            exchange_->finish();
            return end();
        }
        if (s_.plan.bad_event_at && *s_.plan.bad_event_at == sent_)
            out += s_.dialect->malformed(s_.facts);
        const bool last = sent_ + 1 == s_.facts.output_tokens;
        s_.facts.sent_tokens = sent_ + 1;
        out += s_.dialect->token(s_.facts, text_.next(s_.facts.output_tokens - sent_));
        ++sent_;
        if (!last) // the end comes with the last token
            due_ += token_gap();
    }
    if (!out.empty())
        exchange_->write(std::move(out));
    wait_until(due_, &LabReply::pump);
}

void LabReply::cut(const std::string& bytes) {
    if (!bytes.empty())
        exchange_->write(bytes);
    s_.plan.cut_how == faults::CutHow::rst ? exchange_->reset() : exchange_->close();
    end();
}

void LabReply::wait_until(SteadyTime when, void (LabReply::*then)()) {
    timer_.expires_at(when);
    timer_.async_wait([self = shared_from_this(), then](const boost::system::error_code& error) {
        if (!error && !self->ended_)
            (self.get()->*then)();
    });
}

void LabReply::end() {
    if (std::exchange(ended_, true))
        return;
    timer_.cancel();
    const auto self = shared_from_this(); // the owner lets go of us
    if (const auto ended = std::exchange(owner_.ended, nullptr))
        ended(*this);
    owner_.wants_place = nullptr;
}

} // namespace brownout::live
