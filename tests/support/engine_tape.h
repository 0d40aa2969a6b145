// A tape of all that enters a driver's engine and of what it answers, and its replay through a
// fresh engine: the same decisions, bit for bit.
#pragma once

#include "live/driver.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace brownout::test {

class EngineTape {
  public:
    // From now on until stop(); before the driver's first event, or the replay begins elsewhere.
    explicit EngineTape(live::Driver& driver) : driver_(driver) {
        driver_.watch_engine(
            [this](const engine::Event& e, Instant at, const engine::Actions& answer) {
                steps_.push_back({e, at, {answer.begin(), answer.end()}});
            });
    }
    ~EngineTape() { stop(); }
    EngineTape(const EngineTape&) = delete;
    EngineTape& operator=(const EngineTape&) = delete;
    void stop() { driver_.watch_engine(nullptr); }

    // Empty: a fresh engine answered every event as the live one did.
    std::string replay() const { return replay(driver_.engine_seed()); }
    std::string replay(std::uint64_t seed) const {
        engine::Engine again(driver_.names().setup, seed);
        engine::Actions answer;
        for (std::size_t i = 0; i < steps_.size(); ++i) {
            answer.clear();
            again.step(steps_[i].event, steps_[i].at, answer);
            if (!std::equal(answer.begin(), answer.end(), steps_[i].answer.begin(),
                            steps_[i].answer.end()))
                return "event " + std::to_string(i) + " of " + std::to_string(steps_.size()) +
                       " was answered in another way";
        }
        return "";
    }
    std::size_t events() const { return steps_.size(); }
    std::size_t actions() const {
        std::size_t n = 0;
        for (const Step& step : steps_)
            n += step.answer.size();
        return n;
    }
    std::size_t kinds_of_events() const {
        std::set<std::size_t> kinds;
        for (const Step& step : steps_)
            kinds.insert(step.event.index());
        return kinds.size();
    }
    // How often the engine did that.
    template <class A, class Is>
    std::size_t count(Is&& is) const {
        std::size_t n = 0;
        for (const Step& step : steps_)
            for (const engine::Action& action : step.answer)
                if (const A* a = std::get_if<A>(&action))
                    n += is(*a) ? 1 : 0;
        return n;
    }
    template <class A>
    std::size_t count() const {
        return count<A>([](const A&) { return true; });
    }

  private:
    struct Step {
        engine::Event event;
        Instant at;
        std::vector<engine::Action> answer;
    };
    live::Driver& driver_;
    std::vector<Step> steps_;
};

} // namespace brownout::test
