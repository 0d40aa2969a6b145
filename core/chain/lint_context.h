// Inside of lint: what every rule looks at.
#pragma once

#include "chain/lint.h"

namespace brownout::chain::lint_rules {

struct Place { // a target of the chain
    std::size_t index = 0;
    const Target* target = nullptr;
    engine::Policy policy; // what holds for it
    engine::EntrySetup entry;
    engine::TargetSetup upstream;
    bool usable = true; // enabled, not held open, good enough
    bool free() const { return upstream.price.free(); }
};

struct Context {
    const Document& document;
    const Compiled& compiled;
    const Chain& chain;
    std::size_t index = 0; // of the chain
    engine::Policy policy;
    std::vector<Place> places;
    std::vector<const Place*> usable; // in the chain's order
    std::vector<Warning>& out;

    std::string at(const std::string& below = {}) const {
        return "/chains/" + std::to_string(index) + below;
    }
    std::string at_target(std::size_t target, const std::string& below = {}) const {
        return at("/targets/" + std::to_string(target) + below);
    }
    void warn(std::string code, std::string pointer, std::string message, std::string remedy,
              std::optional<Fix> fix = {}) const {
        out.push_back({std::move(code), std::move(pointer), std::move(message), std::move(remedy),
                       std::move(fix)});
    }
};

void reach(const Context& in);    // lint_reach.cpp: is every target ever tried?
void fate(const Context& in);     // lint_fate.cpp: does a fallback fail with its primary?
void times(const Context& in);    // lint_times.cpp
void money(const Context& in);    // lint_money.cpp
void settings(const Context& in); // lint_settings.cpp: what is ignored
// The typical time to the first token of a model, where it is known to be long; s.
struct KnownLatency {
    double seconds = 0;
    std::string_view source;
};
std::optional<KnownLatency> known_latency(std::string_view provider, std::string_view model);

} // namespace brownout::chain::lint_rules
