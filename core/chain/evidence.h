// The tested chain: a chain document with `evidence` that anyone can check.
#pragma once

#include "chain/document.h"

namespace brownout::chain {

// SHA-256 of the document without `evidence`.
std::string chain_sha256(const Json& document);

// The document with evidence made of `reports` (each a brownout.report/1). Refuses a report that is
// partial, that was made for another chain, or that is not the record of a run: counts that do not
// add up, or expectations other than those of its scenario.
Result<Json> with_evidence(const Json& document, const std::vector<Json>& reports);

enum class EvidenceState {
    none,
    holds,  // every hash matches, every expectation passed
    stale,  // the chain was edited after the test
    broken, // a figure or a hash in the evidence was edited, or a report is not a run's record
    failed, // genuine, but an expectation did not pass
};
struct EvidenceCheck {
    EvidenceState state = EvidenceState::none;
    std::vector<Problem> problems; // what does not match, with pointer
};
EvidenceCheck check_evidence(const Json& document, const std::string& file);

} // namespace brownout::chain
