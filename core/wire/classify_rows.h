// The classifier's tables. Rows of exact codes come first; phrases are the fallback, because
// vendors reserve the right to reword.
#pragma once

#include "engine/outcome.h"
#include "wire/vendor.h"

#include <span>
#include <string_view>

namespace brownout::wire {

// What a row asks for. B+ counts for the breaker, B0 does not.
enum class Action : std::uint8_t {
    retry,           // B+
    retry_uncounted, // B0
    failover,        // B+
    failover_uncounted,
    cooldown, // B0
    disable,  // B0
    reroute,  // B0
    reject,   // B0
};

struct Verdict {
    Action action = Action::reject;
    engine::Cause cause = engine::Cause::bad_request;
    int cooldown_s = 0; // where the provider gives no hint; 0: the engine's own choice
};

// Matches a whole code, type or status word, ignoring case; a `*` at the end matches any rest.
struct CodeRow {
    std::string_view word;
    Verdict verdict;
    int status = 0; // 0: any
};

// Matches anywhere in the message, ignoring case.
struct PhraseRow {
    std::string_view phrase;
    Verdict verdict;
    std::uint32_t where = 0; // a set of status groups, see below
};
enum StatusGroup : std::uint32_t {
    in_400 = 1, // 400, 422
    in_401 = 2,
    in_402 = 4,
    in_403 = 8,
    in_404 = 16,
    in_413 = 32,
    in_429 = 64,  // also 425, 498
    in_4xx = 128, // the other 4xx
    in_5xx = 256,
    in_200 = 512, // no status is known: an error inside a 200
};
std::uint32_t group_of(int status);

std::span<const CodeRow> vendor_rows(Vendor vendor); // before the common ones
std::span<const CodeRow> openrouter_error_types();   // metadata.error_type
std::span<const CodeRow> code_rows();                // exact codes that mean one thing everywhere
std::span<const PhraseRow> phrase_rows();
std::span<const CodeRow> type_rows(); // broad types: after the phrases, which are more exact

Verdict status_verdict(int status); // when the body says nothing

} // namespace brownout::wire
