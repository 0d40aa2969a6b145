// Generated traffic: when requests are meant to start, and what they ask. An arrival keeps its
// intended start, so that a request that had to wait for us counts as slow, not as absent
// (coordinated omission). Thread: the loop's only.
#pragma once

#include "faults/arrivals.h"
#include "live/driver.h"
#include "live/play_clock.h"

namespace brownout::live {

using faults::ArrivalPlan;

class TrafficGenerator {
  public:
    struct Arrival {
        Instant intended{};
        std::string chain, task; // chain: an id or a task, for CallOptions
        std::int64_t input_tokens = 0, output_tokens = 0;
        std::uint64_t number = 0; // from 0
        bool stream = true, image = false;
    };
    using Take = std::function<void(const Arrival&)>;
    static constexpr std::size_t most_running = 10'000; // more wait for their turn

    // `take` is called from the loop for each request that is due.
    TrafficGenerator(boost::asio::io_context& loop, const Clock& clock,
                     const faults::Traffic& traffic, std::uint64_t seed, Take take);
    ~TrafficGenerator();

    // `on_end`: no request will come any more (those that run may still run). `play` is the clock
    // by which requests are due and the duration passes; null: the wall, from now.
    void start(std::optional<Duration> duration, std::optional<std::int64_t> max_requests,
               std::function<void()> on_end, std::shared_ptr<const PlayClock> play = nullptr);
    void pace_changed(); // of `play`
    void stop();         // on_end is not called
    void request_finished();

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

// Filler of so many tokens as wire::estimate_tokens counts, at most 2,000 words.
std::string filler_text(std::int64_t tokens);
wire::ChatRequest generated_request(const TrafficGenerator::Arrival& arrival);
CallOptions generated_options(const TrafficGenerator::Arrival& arrival);

} // namespace brownout::live
