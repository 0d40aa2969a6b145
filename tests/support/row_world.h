// Rehearsals that show what one row of the policy table does: the same chain and the same scenario
// over real sockets, before and after that row was changed in the chain file.
#pragma once

#include "chain/json.h"

#include <functional>
#include <string>
#include <vector>

namespace brownout::test {

// One rehearsal: its report and its events, as a user gets them.
struct RowRun {
    std::string error; // why there is no report
    chain::Json report;
    std::vector<chain::Json> events;

    // "aster:retry birch:success = success": the attempts of a request as they ended, by provider
    // and class, and its result. Requests count from 0 in the order of their starts.
    std::string story(std::size_t request = 0) const;
    // "fresh retry failover": how its attempts came about.
    std::string modes(std::size_t request = 0) const;
    // Milliseconds from the end of its attempt n to the start of attempt n + 1; n counts from 1.
    double wait_ms(std::size_t request, int n) const;
    // Milliseconds from the start of its first attempt to the start of its first hedge; -1: none.
    double hedged_after_ms(std::size_t request = 0) const;
    double attempt_ms(std::size_t request = 0, int n = 1) const;
    double request_ms(std::size_t request = 0) const;
    double first_token_ms(std::size_t request = 0) const;
    // Events of that name, and those in which a field has that value.
    std::size_t count(const std::string& event) const;
    std::size_t count(const std::string& event, const std::string& field,
                      const chain::Json& value) const;
    int attempts(const std::string& provider) const; // from the report
    int served(const std::string& provider) const;
    std::size_t results(const std::string& result) const; // requests that ended so
    int sum(const char* figure) const { return report[figure].get<int>(); }

  private:
    std::vector<const chain::Json*> of(std::size_t request, const std::string& event) const;
};

// Empty: as it should be. Else what is not, with figures.
using RowCheck = std::function<std::string(const RowRun& before, const RowRun& after)>;

struct RowCase {
    std::string row;           // pointer in the policy table: "retry/max_attempts"
    std::string before, after; // its value as JSON; empty: left out, so the default holds
    std::string policy;        // the rest of the policy, an object
    // {"requests", "per_s", "output_tokens", "faults"}; defaults: 1, 10, 5, none.
    std::string traffic;
    RowCheck shows;
    int targets = 2; // of aster, birch, cedar
    std::string chain_patch =
        {};                     // {"providers/0/model": ...}: put into the chain file; empty: none
    bool first_is_deaf = false; // aster is an address where no connect is ever answered
};

// The chain file of a case, with the row as it was or as it is now.
std::string row_chain(const RowCase& c, bool after, const std::string& deaf_url);
RowRun rehearse_row(const RowCase& c, bool after, const std::string& dir);

} // namespace brownout::test
