#include "live/lab_reply.h"

#include "live/lab_spoil.h"

#include <algorithm>

namespace brownout::live {

namespace {
constexpr std::size_t bytes_per_turn = 64u << 10; // then others on the loop get theirs
constexpr std::int64_t more_to_say = 1000;        // tokens: a text that is cut off ends no sentence
LabError overloaded(const std::string& model) {
    return {503, "", "", model, std::nullopt, LabError::What::overloaded};
}
} // namespace

LabReply::LabReply(boost::asio::io_context& loop, net::ExchangePtr exchange, Setup setup,
                   Owner owner)
    : timer_(loop),
      exchange_(std::move(exchange)),
      s_(std::move(setup)),
      out_(exchange_, s_.plan),
      owner_(std::move(owner)),
      text_(s_.text, s_.request.begun) {
    LabReplyFacts& facts = s_.facts;
    const ReplyPlan& plan = s_.plan;
    facts.tell_usage = plan.tell_usage;
    facts.stopped_by_length = plan.stopped_by_length;
    facts.output_tokens = faults::tokens_said(plan, facts.output_tokens);
    if (plan.other_model)
        facts.model = "another-model";
    s_.timing.first_token += s_.request.stream ? Duration::zero() : plan.more_before_first;
}

void LabReply::begin() {
    exchange_->on_gone([weak = weak_from_this()] {
        if (const auto self = weak.lock())
            self->end();
    });
    if (s_.plan.bytes_per_s > 0)
        exchange_->limit_rate(s_.plan.bytes_per_s);
    due_ = std::chrono::steady_clock::now();
    if (s_.plan.silence == Duration::zero())
        return after_silence();
    wait_until(due_ + std::min(s_.plan.silence, longest_fault_wait), &LabReply::after_silence);
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
    case ReplyPlan::Fate::close:
        return close_now();
    }
}

void LabReply::close_now() {
    exchange_->close();
    end();
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
    return from_ms(stats::sample(s_.timing.token_ms, s_.timing_draws) * s_.timing.factor *
                       s_.timing.pace +
                   s_.plan.more_per_token_ms);
}

void LabReply::serve() {
    // Counted from the arrival, not from when a late timer told us; but a queue is left only now.
    if (queued)
        due_ = std::chrono::steady_clock::now();
    else
        due_ += std::min(s_.plan.silence, longest_fault_wait);
    due_ += std::min(s_.timing.first_token, longest_fault_wait);
    if (!s_.request.stream)
        return serve_whole();
    if (due_ <= std::chrono::steady_clock::now())
        return begin_stream();
    wait_until(due_, &LabReply::begin_stream);
}

void LabReply::serve_whole() {
    if (s_.ready) { // its bytes are no place for signs of life
        due_ += std::min(s_.plan.keep_alives.value_or(Duration::zero()), longest_fault_wait);
        return wait_until(due_, &LabReply::send_whole);
    }
    if (s_.plan.keep_alives) // from when the reply would have begun to come
        alive_until_ = due_ + std::min(*s_.plan.keep_alives, longest_fault_wait);
    const auto cut = s_.plan.cut_after;
    const std::int64_t more = s_.plan.stopped_by_length ? more_to_say : 0;
    for (std::int64_t i = 0; i < s_.facts.output_tokens; ++i) {
        if (cut && i == *cut)
            cut_at_ = whole_text_.size();
        whole_text_ += text_.next(s_.facts.output_tokens - i + more);
        if (!cut || i < *cut)
            due_ += token_gap();
    }
    if (cut && *cut >= s_.facts.output_tokens)
        cut_at_ = whole_text_.size();
    for (const auto& stall : s_.plan.stalls) {
        if (stall.after_tokens > s_.facts.output_tokens)
            continue;
        if (stall.pause >= longest_fault_wait)
            return; // until the peer gives up
        due_ += stall.pause;
    }
    if (s_.plan.split_characters)
        whole_text_ = with_accents(std::move(whole_text_));
    wait_until(due_, &LabReply::send_whole);
}

void LabReply::send_whole() {
    if (alive_until_)
        return keep_alive();
    const ReplyPlan& plan = s_.plan;
    LabAnswer whole = s_.ready ? *s_.ready : s_.dialect->whole(s_.facts, whole_text_);
    if (plan.error_after && !s_.ready)
        whole = {200, whole.headers, s_.dialect->error(overloaded(s_.facts.model)).body};
    if (plan.bad_event_at)
        whole.body.resize(whole.body.size() - whole.body.size() / 4 - 1);
    if (plan.spoiling.any())
        whole = spoiled(std::move(whole), plan.spoiling, s_.timing_draws);
    if (plan.split_characters || out_.raw() || out_.begun()) {
        whole.headers.insert(whole.headers.end(), s_.common_headers.begin(),
                             s_.common_headers.end());
        out_.head(200, whole.headers, whole.body.size() + announced_in_vain);
        return put_split(std::move(whole.body), &LabReply::finish_body);
    }
    if (!plan.cut_after || *plan.cut_after > s_.facts.output_tokens)
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

void LabReply::finish_body() {
    if (s_.plan.closes)
        return wait_until(std::chrono::steady_clock::now() +
                              std::min(*s_.plan.closes, longest_fault_wait),
                          &LabReply::close_now);
    if (s_.plan.spoiling.wrong_length)
        return close_now();
    exchange_->finish();
    end();
}

// Up to the middle of the next character of several bytes, and after a moment the rest.
void LabReply::put_split(std::string bytes, void (LabReply::*then)()) {
    const auto at = s_.plan.split_characters ? inside_a_character(bytes) : bytes.npos;
    if (at == bytes.npos) {
        out_.put(std::move(bytes));
        return (this->*then)();
    }
    rest_ = bytes.substr(at);
    after_rest_ = then;
    out_.put(bytes.substr(0, at));
    wait_until(std::chrono::steady_clock::now() + split_gap, &LabReply::put_rest);
}

void LabReply::put_rest() {
    put_split(std::exchange(rest_, {}), after_rest_);
}

// Signs of life: comments or pings of a stream; blank lines before a whole body, as DeepSeek sends
// them while it is busy.
void LabReply::keep_alive() {
    const auto now = std::chrono::steady_clock::now();
    if (!out_.begun()) {
        net::Headers headers{{"Content-Type", "application/json"}};
        headers.insert(headers.end(), s_.common_headers.begin(), s_.common_headers.end());
        out_.head(200, headers, announced_in_vain);
    }
    if (now >= *alive_until_) {
        alive_until_.reset();
        due_ = now;
        return s_.request.stream ? begin_events() : send_whole();
    }
    out_.put(s_.request.stream ? s_.dialect->keep_alive() : "\n");
    wait_until(std::min(now + keep_alive_gap, *alive_until_), &LabReply::keep_alive);
}

void LabReply::begin_stream() {
    const ReplyPlan& plan = s_.plan;
    if (plan.spoiling.instead != Spoiling::Instead::nothing)
        return answer(
            spoiled({200, s_.dialect->stream_headers(), {}}, plan.spoiling, s_.timing_draws));
    net::Headers headers = s_.dialect->stream_headers();
    if (plan.spoiling.wrong_type)
        headers = mislabelled(std::move(headers));
    headers.insert(headers.end(), s_.common_headers.begin(), s_.common_headers.end());
    out_.head(200, headers, endless_length);
    if (!plan.keep_alives)
        return begin_events();
    alive_until_ = due_ + std::min(*plan.keep_alives, longest_fault_wait);
    keep_alive();
}

void LabReply::begin_events() {
    if (std::string first = s_.dialect->begin(s_.facts); !first.empty())
        out_.put(without_fields(first, s_.plan.spoiling.dropped));
    due_ += std::min(s_.plan.more_before_first, longest_fault_wait);
    pump();
}

LabReply::Step LabReply::hold_before_token(std::string& out) {
    const ReplyPlan& plan = s_.plan;
    // A stall and a cut at the same token: first silence, then the cut.
    while (stall_ < plan.stalls.size() && plan.stalls[stall_].after_tokens <= sent_) {
        const Duration pause = plan.stalls[stall_++].pause;
        if (!out.empty())
            out_.put(std::exchange(out, {}));
        if (pause >= longest_fault_wait)
            return Step::over; // silence until the peer gives up
        due_ = std::max(due_, std::chrono::steady_clock::now()) + pause;
        return Step::wait;
    }
    if (plan.cut_after && *plan.cut_after <= sent_) {
        cut(std::exchange(out, {}));
        return Step::over;
    }
    const auto tokens = static_cast<double>(s_.facts.output_tokens);
    const bool truncated =
        plan.spoiling.keep && static_cast<double>(sent_) >= *plan.spoiling.keep * tokens;
    const bool fails = plan.error_after && *plan.error_after <= sent_;
    const bool complete = sent_ >= s_.facts.output_tokens;
    if (!truncated && !fails && !complete)
        return Step::go_on;
    if (!truncated && fails)
        out += s_.dialect->error_event(overloaded(s_.facts.model));
    else if (!truncated && !plan.no_terminator)
        out += without_fields(s_.dialect->end(s_.facts), plan.spoiling.dropped);
    out_.put(std::move(out));
    finish_body();
    return Step::over;
}

std::string LabReply::event_of_next_token() {
    const ReplyPlan& plan = s_.plan;
    const std::int64_t left = s_.facts.output_tokens - sent_;
    std::string text = text_.next(left + (plan.stopped_by_length ? more_to_say : 0));
    if (plan.split_characters)
        text = with_accents(std::move(text));
    s_.facts.sent_tokens = sent_ + 1;
    std::string event = s_.dialect->token(s_.facts, text);
    if (!plan.spoiling.dropped.empty())
        event = without_fields(event, plan.spoiling.dropped);
    if (plan.duplicate_at && *plan.duplicate_at == sent_)
        event += event;
    if (plan.bad_event_at && *plan.bad_event_at == sent_)
        event = s_.dialect->malformed(s_.facts) + event;
    ++sent_;
    return event;
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
        out += event_of_next_token();
        if (sent_ < s_.facts.output_tokens) // the end comes with the last token
            due_ += token_gap();
        if (s_.plan.split_characters && inside_a_character(out) != out.npos)
            return put_split(std::move(out), &LabReply::pump);
    }
    if (!out.empty())
        out_.put(std::move(out));
    wait_until(due_, &LabReply::pump);
}

void LabReply::cut(const std::string& bytes) {
    if (!bytes.empty())
        out_.put(bytes);
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
