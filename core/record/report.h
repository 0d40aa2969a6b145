// Folds a run into figures and judges expectations: `brownout.report/1`.
#pragma once

#include "faults/scenario.h"
#include "record/records.h"
#include "stats/interval.h"
#include "stats/sketch.h"

#include <span>

namespace brownout::record {

inline constexpr std::string_view report_format = "brownout.report/1";
inline constexpr std::string_view engine_version = "0.1.0";
inline constexpr std::size_t most_listed_runs = 1000; // `per_run` lists each run up to so many

struct Judged {
    faults::Expectation expectation;
    std::optional<double> observed; // nothing: never observed, which fails
    bool pass = false;
    bool final = false; // may still change while the run goes on
};

// A finished request and its attempts by index, without a text: for runs of millions.
struct FoldedAttempt {
    engine::TargetId target;
    engine::OutcomeClass cls = engine::OutcomeClass::success;
    bool hedge = false, finished = false;
    Instant started{}, ended{};
    Money cost;
};
struct FoldedCall {
    Instant started{}, ended{};
    Instant first_token = never; // never: none came
    engine::CallResult result = engine::CallResult::failed;
    std::optional<engine::TargetId> served_by;
    bool fell_back = false, cost_unknown = false;
    std::size_t task = 0; // RunFold::task_id
    Money cost, wasted;
};

// Feed it in any order of ends; memory does not grow with the number of requests.
class RunFold {
  public:
    RunFold(const chain::Compiled& names, const faults::Scenario& scenario, std::string chain_id);

    void request(const RequestRecord& r);
    // The same for a request whose targets are those of `names`.
    void request(const FoldedCall& call, std::span<const FoldedAttempt> attempts);
    std::size_t task_id(const std::string& task);
    // A health check that has ended: it served nobody, so what it cost is spent and wasted.
    void health_check(const AttemptRecord& check);
    void breaker(const BreakerRecord& b);
    void fault(const FaultRecord& f); // once when it starts (to == never), once when it ends

    std::uint64_t requests() const { return requests_; }
    std::uint64_t succeeded() const { return succeeded_; }
    std::vector<Judged> judge(Instant now) const;
    // Takes in another whole run of the same chain and scenario. Counts and money add up; what an
    // expectation says of money is then judged by the mean of a run, and what it says of a time or
    // a gap by the worst run. Independent of threads: the same runs in the same order give the same
    // figures. `end`: of the other run. Breaker changes stay those of the first run.
    void add_run(const RunFold& other, Instant end);

    struct Facts {
        std::string mode = "rehearsed"; // or "simulated"
        bool partial = false;
        std::string chain_sha256;
        std::uint64_t seed = 0;
        std::uint64_t runs = 1; // figures are of all of them
        double elapsed_s = 0, virtual_s = 0;
        std::vector<std::string> real_targets; // names; the others were simulated
        std::vector<std::string> notes;
    };
    // The report as JSON; every figure of the contract.
    chain::Json report(const Facts& facts, Instant end) const;

  private:
    std::uint64_t requests_ = 0, succeeded_ = 0;
    struct State;
    std::shared_ptr<State> state_; // see report.cpp
};

bool all_pass(const chain::Json& report);
// Is this JSON a well-formed report? Problems with pointers.
std::vector<chain::Problem> check_report(const chain::Json& report, const std::string& file);
// A table for people: figures, targets, expectations.
std::string report_table(const chain::Json& report);
std::string junit_xml(const chain::Json& report);

} // namespace brownout::record
