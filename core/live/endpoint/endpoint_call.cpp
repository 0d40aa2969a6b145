#include "live/endpoint/endpoint_call.h"

#include "live/endpoint/answer_headers.h"
#include "live/endpoint/guard.h"
#include "wire/request_parts.h"
#include "wire/usage.h"

#include <algorithm>

namespace brownout::live {

namespace {

constexpr std::size_t most_unsent = 256u << 10, room_again = 64u << 10; // bytes
constexpr auto room_look_of_caller = std::chrono::milliseconds{2};

// Who still listens has not cancelled: we have.
wire::CallerError error_told(const record::RequestRecord& record, std::optional<Duration> soonest) {
    if (record.result != engine::CallResult::cancelled) {
        wire::CallerError error = error_of(record, soonest);
        // Full, or over a limit of its own: nobody knows when a place is free, but soon.
        if (error.status == 503 && error.retry_helps && !error.retry_after)
            error.retry_after = std::chrono::seconds{1};
        return error;
    }
    return {503,
            "shutting_down",
            "Brownout was shut down before this answer was whole: send the request again later",
            "",
            std::nullopt,
            true};
}

std::string without_prefix(const std::string& id) {
    return id.starts_with("r-") ? id.substr(2) : id;
}

} // namespace

EndpointCall::EndpointCall(boost::asio::io_context& loop, const Clock& clock,
                           net::ExchangePtr exchange, const wire::Caller& caller,
                           wire::CallerRequest request, Ended ended)
    : clock_(clock),
      exchange_(std::move(exchange)),
      caller_(caller),
      request_(std::move(request)),
      ended_(std::move(ended)),
      alive_timer_(loop),
      room_timer_(loop) {
    if (request_.request.stream)
        stream_ = caller_.stream();
}

void EndpointCall::start(Driver& driver, const PickedChain& picked) {
    driver_ = &driver;
    chain_ = picked.chain->id;
    input_tokens_ = wire::estimate_input_tokens(request_.request);
    CallOptions options;
    options.chain = picked.chain->id;
    options.prefer = picked.prefer;
    options.accepts_restart = exchange_->request().header("X-Brownout-Restart") == "1";
    exchange_->on_gone([this, still = std::weak_ptr<int>{alive_}] {
        if (still.expired())
            return;
        gone_ = true;
        cancel();
    });
    last_sent_ = clock_.now();
    handle_ = driver.start(std::move(request_.request), std::move(options), *this);
    if (stream_)
        keep_alive();
}

void EndpointCall::cancel() {
    if (driver_ && !over_)
        driver_->cancel(handle_);
}

void EndpointCall::on_attempt(const record::RequestRecord& record) {
    id_ = record.id;
    attempts_ = record.attempts.size();
}

void EndpointCall::on_forward(const record::RequestRecord& record,
                              const record::AttemptRecord& attempt) {
    id_ = record.id;
    provider_ = attempt.provider;
    model_ = attempt.target.substr(std::min(attempt.target.size(), provider_.size() + 1));
}

net::Headers EndpointCall::headers(const char* type) const {
    net::Headers all{{"Content-Type", type}};
    if (stream_)
        all.emplace_back("Cache-Control", "no-cache");
    if (!provider_.empty()) {
        all.emplace_back("X-Provider", wire::header_value(provider_));
        all.emplace_back("X-Brownout-Model", wire::header_value(model_));
    }
    if (!id_.empty()) {
        all.emplace_back("X-Brownout-Attempts", std::to_string(attempts_));
        all.emplace_back("X-Brownout-Request-Id", id_);
    }
    std::string dropped;
    for (const std::string& note : request_.dropped)
        dropped += (dropped.empty() ? "" : "; ") + note;
    if (!dropped.empty())
        all.emplace_back("X-Brownout-Left-Out", wire::header_value(dropped.substr(0, 1000)));
    if (const auto origin = welcome_origin(exchange_->request()); !origin.empty()) {
        all.emplace_back("Access-Control-Allow-Origin", wire::header_value(origin));
        all.emplace_back("Access-Control-Expose-Headers", "*");
    }
    return all;
}

wire::AnswerFacts EndpointCall::facts() const {
    wire::AnswerFacts facts;
    facts.id = without_prefix(id_);
    facts.model = model_;
    facts.unix_s = clock_.unix_s();
    facts.input_tokens = input_tokens_;
    facts.include_usage = request_.include_usage;
    facts.picture_urls = request_.picture_urls;
    return facts;
}

void EndpointCall::begin_head() {
    if (!std::exchange(head_sent_, true))
        exchange_->start(200, headers("text/event-stream"));
}

void EndpointCall::begin_stream() {
    begin_head();
    if (!std::exchange(begun_, true))
        send(stream_->begin(facts()));
}

void EndpointCall::send(std::string bytes) {
    if (bytes.empty())
        return;
    last_sent_ = clock_.now();
    exchange_->write(std::move(bytes));
    if (exchange_->unsent() > most_unsent)
        hold_back();
}

// A caller that reads slowly slows the provider down, not our memory up.
void EndpointCall::hold_back() {
    if (over_ || std::exchange(held_back_, true))
        return;
    driver_->pause(handle_);
    look_for_room();
}

void EndpointCall::look_for_room() {
    room_timer_.expires_after(room_look_of_caller);
    room_timer_.async_wait(
        [this, still = std::weak_ptr<int>{alive_}](const boost::system::error_code& error) {
            if (error || still.expired() || over_)
                return;
            if (!gone_ && exchange_->unsent() > room_again)
                return look_for_room();
            held_back_ = false;
            driver_->resume(handle_);
        });
}

void EndpointCall::keep_alive() {
    alive_timer_.expires_after(keep_alive_every);
    alive_timer_.async_wait(
        [this, still = std::weak_ptr<int>{alive_}](const boost::system::error_code& error) {
            if (error || still.expired() || over_ || gone_)
                return;
            if (clock_.now() - last_sent_ >= keep_alive_every) {
                begin_head();
                // Before the answer has begun a client may know no event; a comment is none.
                send(begun_ ? stream_->keep_alive() : ": keep-alive\n\n");
            }
            keep_alive();
        });
}

void EndpointCall::on_delta(const wire::Delta& delta) {
    if (!stream_ || gone_)
        return;
    begin_stream();
    send(stream_->delta(delta));
}

void EndpointCall::on_restart(const std::string& target) {
    if (!stream_ || gone_)
        return;
    begin_stream();
    send(stream_->restart(target));
}

void EndpointCall::on_finish(record::RequestPtr record, const wire::Reply& reply) {
    over_ = true;
    alive_timer_.cancel();
    room_timer_.cancel();
    id_ = record->id;
    attempts_ = record->attempts.size();
    if (!gone_) {
        if (head_sent_)
            end_stream(*record, reply);
        else
            answer(*record, reply);
    }
    ended_(*this);
}

void EndpointCall::end_stream(const record::RequestRecord& record, const wire::Reply& reply) {
    using engine::CallResult;
    if (record.result == CallResult::success || record.result == CallResult::partial) {
        begin_stream();
        send(stream_->end(reply, record.cost_unknown ? std::nullopt : std::optional{record.cost}));
    } else {
        send(stream_->error(error_told(record, soonest())));
    }
    exchange_->finish();
}

void EndpointCall::answer(const record::RequestRecord& record, const wire::Reply& reply) {
    using engine::CallResult;
    const bool good = record.result == CallResult::success || record.result == CallResult::partial;
    if (good && stream_) { // an answer without a word
        begin_stream();
        return end_stream(record, reply);
    }
    net::Headers all = headers("application/json");
    tell_cost(all, record);
    if (good) {
        wire::AnswerFacts about = facts();
        if (!record.cost_unknown)
            about.cost = record.cost;
        return exchange_->reply(200, all, caller_.whole(about, reply));
    }
    const wire::CallerError error = error_told(record, soonest());
    tell_retry(all, error);
    exchange_->reply(error.status, all, caller_.error(error, record.id));
}

// Until a target of the chain may be asked again; nothing where one may now.
std::optional<Duration> EndpointCall::soonest() const {
    const chain::Compiled& names = driver_->names();
    const Instant now = clock_.now();
    std::optional<Duration> least;
    for (std::size_t c = 0; c < names.chain_ids.size(); ++c) {
        if (names.chain_ids[c] != chain_)
            continue;
        for (const auto& entry : names.setup.chains[c].entries) {
            const engine::TargetStatus status = driver_->status(entry.target.value);
            Instant free = std::max(status.cooldown_until, status.disabled_until);
            if (status.breaker == engine::BreakerState::open)
                free = std::max(free, status.open_until);
            if (free <= now)
                return std::nullopt;
            if (!least || free - now < *least)
                least = free - now;
        }
    }
    return least;
}

} // namespace brownout::live
