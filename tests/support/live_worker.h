// A worker watched from another thread, as a window watches it.
#pragma once

#include "live/worker.h"
#include "support/live_world.h"

#include <thread>

namespace brownout::test {

inline faults::Rule rule(const std::string& text) {
    auto read = faults::read_rule(chain::Json::parse(text), "rule");
    if (!read.ok())
        qFatal("%s", read.problems.front().text().c_str());
    return *read.value;
}

// The newest picture once `holds` is true of it, or after `limit`.
template <class Holds>
live::SnapshotPtr wait_for(live::Worker& worker, Holds holds,
                           std::chrono::milliseconds limit = std::chrono::seconds{30}) {
    const auto end = std::chrono::steady_clock::now() + limit;
    for (;;) {
        live::SnapshotPtr s = worker.snapshot();
        if (holds(*s) || std::chrono::steady_clock::now() > end)
            return s;
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
}

inline bool is(const live::Snapshot& s, std::size_t target, engine::BreakerState state) {
    return s.targets.size() > target && s.targets[target].status.breaker == state;
}

inline wire::ChatRequest question() {
    wire::ChatRequest request;
    request.messages.push_back({wire::Role::user, "What is the answer?"});
    request.stream = true;
    request.max_tokens = 30;
    return request;
}

inline faults::Scenario scenario_of(const std::string& text) {
    const auto read = faults::read_scenario(chain::Json::parse(text), "scenario");
    for (const chain::Problem& p : read.problems)
        if (!read.ok())
            qFatal("%s", p.text().c_str());
    return *read.value;
}

} // namespace brownout::test
