// One running call: what was asked, what has been tried, what the caller has. State and plain
// questions only; the driver decides and acts. Thread: the loop's only.
#pragma once

#include "live/attempt.h"
#include "live/delivery.h"
#include "live/driver.h"

#include <boost/asio/steady_timer.hpp>

#include <algorithm>

namespace brownout::live {

struct Call {
    Call(boost::asio::io_context& loop, wire::ChatRequest asked, CallOptions opts,
         CallObserver& who)
        : request(std::move(asked)), options(std::move(opts)), observer(&who), timer(loop) {}

    wire::ChatRequest request;
    CallOptions options;
    CallObserver* observer;
    engine::ChainId chain;
    std::uint32_t input_tokens = 0; // estimate

    std::vector<Money> picture_prices; // engine::CallStarted::picture_prices
    std::optional<engine::CallId> id;  // known from the engine's first action on
    record::RequestRecord record;
    std::vector<std::unique_ptr<Attempt>> attempts; // attempt n is element n - 1
    Instant last_failover{};                        // or the start

    Delivery delivery;
    Attempt* forwarded = nullptr;    // whose text is the caller's
    std::vector<wire::Delta> parked; // while the caller is paused
    bool paused = false;
    std::string broken_promise; // the driver ended the call itself: why

    boost::asio::steady_timer timer;
    Instant wake_at = never, armed_for = never;

    Attempt* attempt(engine::AttemptNumber number) {
        return number >= 1 && number <= attempts.size() ? attempts[number - 1].get() : nullptr;
    }
    record::AttemptRecord& attempt_record(engine::AttemptNumber number) {
        return record.attempts[number - 1u];
    }
    std::uint64_t attempts_at(std::string_view provider) const {
        return static_cast<std::uint64_t>(
            std::count_if(record.attempts.begin(), record.attempts.end(),
                          [&](const auto& a) { return a.provider == provider; }));
    }
};

// What a target must be able to do to be asked.
engine::Capabilities needs_of(const wire::ChatRequest& request);
// Pictures that are billed for, 1 at least; 0: none is asked for.
std::uint32_t pictures_of(const wire::ChatRequest& request);
// The request as it goes to a target: a resumed one carries the partial answer as prefill.
wire::ChatRequest request_for(const Call& call, engine::AttemptMode mode);
// The final figures of a call whose attempts are over. `engine` and `names`: whose call it was.
void settle(Call& call, const engine::Finish& finish, const engine::Engine& engine,
            const chain::Compiled& names, Instant now);
// What the caller has, with the figures of the attempt that served it.
wire::Reply reply_of(const Call& call);

} // namespace brownout::live
