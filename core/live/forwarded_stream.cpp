// A stream of a real provider, event by event: when each is passed on, and what the faults make of
// it.
#include "live/forwarded_reply.h"
#include "live/lab_spoil.h"
#include "wire/billing.h"

#include <algorithm>

namespace brownout::live {

namespace {

constexpr auto room_look = std::chrono::milliseconds{5};
constexpr std::size_t most_held = 256u << 10; // bytes, before the provider is paused
constexpr std::string_view where_usage_is[] = {"/usage", "/usageMetadata", "/message/usage",
                                               "/x_groq/usage"};

} // namespace

bool ForwardedReply::shaped() const {
    const ReplyPlan& p = s_.plan;
    return p.more_before_first > Duration::zero() || p.more_per_token_ms > 0 || !p.stalls.empty() ||
           p.cut_after || p.error_after || p.bad_event_at || p.duplicate_at || p.no_terminator ||
           p.keep_alives || p.split_characters || !p.tell_usage || p.spoiling.keep ||
           !p.spoiling.dropped.empty();
}

std::uint32_t ForwardedReply::tokens_of(std::string_view bytes) {
    std::uint32_t tokens = 0;
    if (s_.reader && counting_)
        counting_ = s_.reader->bytes(bytes, [&](const wire::Delta& delta) {
            if (!delta.empty())
                tokens += wire::tokens_in(delta);
        });
    return tokens;
}

void ForwardedReply::take_event(std::string bytes) {
    Event event;
    event.tokens = tokens_of(bytes);
    event.bytes = std::move(bytes);
    event.came = std::chrono::steady_clock::now();
    total_ += event.tokens;
    queued_bytes_ += event.bytes.size();
    queue_.push_back(std::move(event));
}

void ForwardedReply::pump() {
    // How much a part of it is, is known when all of it is there.
    if (ended_ || waiting_ || alive_until_ || (s_.plan.spoiling.keep && !came_))
        return;
    while (!queue_.empty()) {
        if (events_ && hold(queue_.front()) == Step::over)
            return;
        const SteadyTime due = queue_.front().came + lag_;
        if (due > std::chrono::steady_clock::now())
            return wait_until(due, &ForwardedReply::pump);
        const Event event = std::move(queue_.front());
        queue_.pop_front();
        queued_bytes_ -= event.bytes.size();
        write(event);
        sent_ += event.tokens;
    }
    if (came_)
        end_stream();
}

ForwardedReply::Step ForwardedReply::hold(Event& event) {
    const ReplyPlan& plan = s_.plan;
    const bool content = event.tokens > 0;
    if (content && !std::exchange(event.late, true)) {
        lag_ += from_ms(plan.more_per_token_ms * event.tokens);
        if (sent_ == 0)
            lag_ += std::min(plan.more_before_first, longest_fault_wait);
    }
    if (!content && sent_ == 0)
        return Step::go_on; // what comes before the answer
    while (stall_ < plan.stalls.size() && plan.stalls[stall_].after_tokens <= sent_) {
        const Duration pause = plan.stalls[stall_++].pause;
        if (pause >= longest_fault_wait) { // silence until the peer gives up
            stop_upstream();
            queue_.clear();
            return Step::over;
        }
        lag_ += pause;
    }
    // A stall and an end at the same token: first the silence.
    if (event.came + lag_ > std::chrono::steady_clock::now())
        return Step::wait;
    return ends_here();
}

ForwardedReply::Step ForwardedReply::ends_here() {
    const ReplyPlan& plan = s_.plan;
    if (plan.cut_after && *plan.cut_after <= sent_) {
        plan.cut_how == faults::CutHow::rst ? exchange_->reset() : exchange_->close();
        end();
        return Step::over;
    }
    const bool fails = plan.error_after && *plan.error_after <= sent_;
    const bool truncated =
        plan.spoiling.keep &&
        static_cast<double>(sent_) >= *plan.spoiling.keep * static_cast<double>(total_);
    if (!fails && !truncated)
        return Step::go_on;
    if (!truncated)
        out_.put(s_.dialect->error_event(
            {503, "", "", s_.model, std::nullopt, LabError::What::overloaded}));
    stop_upstream();
    queue_.clear();
    finish_body();
    return Step::over;
}

std::string ForwardedReply::without_dropped(const std::string& events) const {
    std::vector<std::string> pointers = s_.plan.spoiling.dropped;
    if (!s_.plan.tell_usage)
        pointers.insert(pointers.end(), std::begin(where_usage_is), std::end(where_usage_is));
    if (s_.plan.no_terminator) // Gemini's finish reason comes with text
        pointers.emplace_back("/candidates/0/finishReason");
    return pointers.empty() ? events : without_fields(events, pointers);
}

void ForwardedReply::write(const Event& event) {
    const ReplyPlan& plan = s_.plan;
    const auto in_event = [&](std::optional<int> at) {
        return at && event.tokens > 0 && *at >= sent_ && *at < sent_ + event.tokens;
    };
    if (events_ && plan.no_terminator && event.tokens == 0 && sent_ > 0)
        return;
    std::string bytes = events_ ? without_dropped(event.bytes) : event.bytes;
    if (events_ && in_event(plan.duplicate_at))
        bytes += bytes;
    if (events_ && in_event(plan.bad_event_at)) {
        LabReplyFacts facts;
        facts.model = s_.model;
        bytes = s_.dialect->malformed(facts) + bytes;
    }
    const auto at = plan.split_characters ? inside_a_character(bytes) : bytes.npos;
    out_.put(bytes.substr(0, at));
    if (at == bytes.npos)
        return;
    Event rest;
    rest.bytes = bytes.substr(at);
    rest.came = std::chrono::steady_clock::now() + split_gap - lag_;
    queued_bytes_ += rest.bytes.size();
    queue_.push_front(std::move(rest));
}

void ForwardedReply::end_stream() {
    if (!broke_)
        return finish_body();
    exchange_->reset(); // as it did
    end();
}

// A slow caller, or events that wait for their time: the provider has to wait, too.
void ForwardedReply::throttle() {
    if (!running_ || paused_ || exchange_->unsent() + queued_bytes_ <= most_held ||
        s_.plan.spoiling.keep)
        return;
    paused_ = true;
    http_.pause(transfer_);
    look_at_room();
}

void ForwardedReply::look_at_room() {
    room_.expires_after(room_look);
    room_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (error || !self || self->ended_ || !self->running_)
            return;
        if (self->exchange_->unsent() + self->queued_bytes_ > most_held / 2)
            return self->look_at_room();
        self->paused_ = false;
        self->http_.resume(self->transfer_);
    });
}

} // namespace brownout::live
