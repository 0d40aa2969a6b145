// How a batch is asked for, and how it stands. Thread: any.
#pragma once

#include "base/money.h"
#include "base/result.h"
#include "base/time.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace brownout::live {

struct BatchOptions {
    std::size_t concurrency = 8; // 1 to 1000
    bool ordered = false;        // answers in the order of the requests
    double requests_per_min = 0; // 0: as many as the chain allows
    // No request starts that could exceed it, with what the answers of earlier runs cost.
    std::optional<Money> max_spend;
    // How long an outage is waited out: see batch_patience.h. 0: not at all; at most a day.
    Duration patience = std::chrono::minutes{10};
    // Every request goes through this chain, to the target of its model first where there is one.
    // Empty: each one's model picks its chain, as at the endpoint.
    std::string chain = {};
};

struct StartBatch {
    std::string in, out; // files of requests and of answers, as in brownoutctl batch
    BatchOptions options;
    bool retry_failed = false; // failed answers of an earlier run are asked again
};

struct BatchProgress {
    std::size_t requests = 0, done = 0, failed = 0, running = 0; // of the whole file
    Money spend;                                                 // of this run
    bool cost_unknown = false;
    double per_min = 0; // answers of this run, pauses left out; 0: none yet
    std::optional<double> seconds_left;
    std::size_t held_back = 0; // requests that wait for a chain to answer again
    // That chain, why it does not answer, when it is asked again, and how much longer it is waited
    // for at most, in seconds from now. Nobody waits: empty, 0.
    std::string held_chain = {}, held_why = {};
    double asks_again_s = 0, patience_left_s = 0;
};

struct BatchFailure {
    std::size_t line = 0; // of the file of requests, from 1
    std::string custom_id;
    int status = 0; // 0: no answer
    std::string code, message;
};
inline constexpr std::size_t most_batch_failures = 1000; // that are listed; all are counted

struct BatchView {
    enum class State {
        reading,  // the files are looked at
        running,  //
        paused,   // starts nothing; what runs comes to its end
        stopping, // what runs is being cancelled
        finished, // every request has an answer
        stopped,  // by hand
        refused,  // a file cannot be used: see `error`
        failed,   // ended early: see `error`
    } state = State::reading;
    std::string in, out, chain;
    BatchProgress progress;
    std::size_t before = 0; // answers that were there already
    bool mended = false;    // a piece of a line was taken away from the answers
    std::shared_ptr<const std::vector<BatchFailure>> failures; // null: none
    std::optional<Error> error;
    bool limited = false; // failed: by the spending limit

    bool over() const { return state >= State::finished; }
};

} // namespace brownout::live
