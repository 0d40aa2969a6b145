// A load in virtual time: requests arrive at random, successes take about a second, failures come
// back at once. What a breaker under load is judged by.
#pragma once

#include "base/rng.h"
#include "engine/engine.h"

#include <array>
#include <cmath>
#include <memory>
#include <numbers>
#include <queue>
#include <vector>

namespace brownout::engine::load {

using namespace std::chrono_literals;

struct Load {
    double requests_per_s = 50;
    double error_ratio = 0.01;
    Duration lasts = 40s;
    Duration success_median = 1s; // lognormal, sigma 0.4
    Duration failure_time = 20ms;
    Instant down_from = never, down_to = never; // target A answers nothing but errors
    bool hangs = false;                         // while it is down it answers nothing at all
    std::uint64_t seed = 1;
};

struct Figures {
    int calls = 0, succeeded = 0;
    std::array<int, 3> openings{};
    Instant first_opened = never; // of A, from down_from on
    Duration all_open{};          // how long all three were open at once
    double success() const { return calls == 0 ? 0 : double(succeeded) / calls; }
    int all_openings() const { return openings[0] + openings[1] + openings[2]; }
};

// The moments of arrival and how each attempt goes: the same for every breaker that is judged.
class Fate {
  public:
    explicit Fate(const Load& load)
        : load_(load), arrivals_(Rng::stream(load.seed, 1)), attempts_(Rng::stream(load.seed, 2)) {}

    Instant next_arrival(Instant last) {
        return last + from_seconds(-std::log(1 - arrivals_.uniform()) / load_.requests_per_s);
    }
    struct End {
        bool success = false;
        Duration after{}; // forever: it hangs
    };
    End attempt(int target, Instant now) {
        if (target == 0 && now >= load_.down_from && now < load_.down_to)
            return {false, load_.hangs ? forever : load_.failure_time};
        if (attempts_.chance(load_.error_ratio))
            return {false, load_.failure_time};
        const double normal = std::sqrt(-2 * std::log(1 - attempts_.uniform())) *
                              std::cos(2 * std::numbers::pi * attempts_.uniform());
        return {true, from_seconds(to_seconds(load_.success_median) * std::exp(0.4 * normal))};
    }

  private:
    const Load& load_;
    Rng arrivals_, attempts_;
};

// Three targets in order of priority, defaults of the chain format, nothing tried that is open.
inline Setup three_targets() {
    Setup setup;
    setup.providers.resize(3);
    ChainSetup chain;
    chain.policy.breaker.when_all_open = WhenAllOpen::refuse;
    for (std::uint16_t i = 0; i < 3; ++i) {
        TargetSetup target;
        target.provider = ProviderId{i};
        target.breaker = chain.policy.breaker;
        setup.targets.push_back(target);
        EntrySetup entry;
        entry.target = TargetId{i};
        chain.entries.push_back(entry);
    }
    setup.chains.push_back(chain);
    return setup;
}

class EngineUnderLoad {
  public:
    explicit EngineUnderLoad(const Load& load)
        : load_(load), fate_(load), engine_(three_targets(), load.seed) {}

    Figures play() {
        const Instant end{load_.lasts};
        std::uint64_t tag = 0;
        for (Instant at = fate_.next_arrival({}); at < end; at = fate_.next_arrival(at)) {
            run_until(at);
            CallStarted call;
            call.tag = ++tag;
            step(call, at);
        }
        run_until(never);
        count_open(now_);
        return figures_;
    }

  private:
    struct Due {
        Instant at;
        std::uint64_t order;
        Event event;
        bool operator>(const Due& o) const { return at != o.at ? at > o.at : order > o.order; }
    };
    void run_until(Instant until) {
        while (!queue_.empty() && queue_.top().at <= until) {
            const Due due = queue_.top();
            queue_.pop();
            step(due.event, due.at);
        }
    }
    void count_open(Instant now) {
        if (open_[0] && open_[1] && open_[2])
            figures_.all_open += now - now_;
        now_ = now;
    }
    void step(const Event& event, Instant now) {
        count_open(now);
        out_->clear();
        engine_.step(event, now, *out_);
        for (const Action& action : *out_) {
            if (const auto* a = std::get_if<StartAttempt>(&action)) {
                const auto end = fate_.attempt(a->target.value, now);
                Outcome o;
                if (!end.success) {
                    o.cls = OutcomeClass::failover;
                    o.cause = Cause::http_status;
                    o.status = 503;
                    o.counts_for_breaker = true;
                }
                queue_.push({now, ++order_, Connected{a->call, a->attempt}});
                if (end.after != forever)
                    queue_.push(
                        {now + end.after, ++order_, AttemptFinished{a->call, a->attempt, o}});
            } else if (const auto* w = std::get_if<WakeAt>(&action)) {
                queue_.push({w->at, ++order_, Woke{w->call}});
            } else if (const auto* f = std::get_if<Finish>(&action)) {
                ++figures_.calls;
                figures_.succeeded += f->result == CallResult::success ? 1 : 0;
            } else if (const auto* b = std::get_if<BreakerChanged>(&action)) {
                open_[b->target.value] = b->to == BreakerState::open;
                figures_.openings[b->target.value] += b->to == BreakerState::open ? 1 : 0;
                if (b->target.value == 0 && open_[0] && now >= load_.down_from)
                    figures_.first_opened = std::min(figures_.first_opened, now);
            }
        }
    }

    Load load_;
    Fate fate_;
    Engine engine_;
    std::unique_ptr<Actions> out_ = std::make_unique<Actions>();
    std::priority_queue<Due, std::vector<Due>, std::greater<>> queue_;
    std::uint64_t order_ = 0;
    Instant now_{};
    std::array<bool, 3> open_{};
    Figures figures_;
};

} // namespace brownout::engine::load
