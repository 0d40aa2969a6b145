// What is remembered of a request and its attempts: for tables, waterfalls, logs and reports. No
// prompt, no answer, no key.
#pragma once

#include "engine/action.h"

#include <memory>
#include <string>
#include <vector>

namespace brownout::record {

struct AttemptRecord {
    int number = 0;     // from 1
    std::string target; // "aster/gpt-5-mini"
    std::string provider;
    engine::AttemptMode mode = engine::AttemptMode::fresh;
    bool probe = false, finished = false;
    Instant started{}, ended{};
    std::optional<Instant> first_token;
    engine::Outcome outcome;
    bool cost_unknown = false; // its price is not known; outcome.cost is then none
    std::string code;          // the provider's own code
    std::string message;    // one line a person understands: "503 overloaded", "no token in 15 s"
    std::string request_id; // the provider's
    std::vector<std::string>
        notes; // what its dialect had to leave out: "seed: Anthropic takes none"
};

// Where, within one answer, another target took over (`on_broken_stream` "continue").
struct Seam {
    int attempt = 0; // whose text it is from here on
    std::string target;
    std::size_t after_bytes = 0; // of the answer's text (UTF-8), reasoning not counted
};

struct RequestRecord {
    std::string id; // "r-4k2m9x"
    std::string chain, task;
    bool stream = false, finished = false;
    Instant started{}, ended{}; // started: when it was meant to start
    std::optional<Instant> first_token;
    engine::CallResult result = engine::CallResult::failed;
    engine::Cause refused_for = engine::Cause::none; // refused: why nothing was tried
    std::string first_choice; // the target that a healthy chain asks first; empty: as attempted
    std::string served_by;    // target name, empty: nobody
    std::vector<AttemptRecord> attempts;
    std::vector<Seam> seams; // of the text that the caller has, in order
    Money cost, wasted;
    bool cost_unknown = false; // an attempt's price is not known
    std::string error;         // one clear error that lists every attempt; empty on success
};
// Answered by another target than the chain asks first: it failed, or its breaker was open.
bool fell_back(const RequestRecord& request);
// The attempt whose answer the caller has: its place in `attempts`; nothing: nobody served. Its
// cost was useful, that of the others wasted.
std::optional<std::size_t> serving_attempt(const RequestRecord& request);
using RequestPtr = std::shared_ptr<const RequestRecord>;

struct BreakerRecord {
    Instant at{};
    std::string target;
    engine::BreakerState from = engine::BreakerState::closed, to = engine::BreakerState::closed;
    engine::BreakerWhy why = engine::BreakerWhy::manual;
};

struct FaultRecord { // a window in which a fault was active
    Instant from{}, to = never;
    std::string target;
    std::string kind;
    std::uint32_t rule = 0;
};

// "openai/gpt-5: 503 overloaded (0.04 s); claude/...: no token within 15 s (15.0 s)". For a request
// that failed.
std::string explain(const RequestRecord& request);

} // namespace brownout::record
