// Traffic as it came once: a CSV file with the time, the input tokens and the output tokens of each
// request. The columns are found by their names (those of the Azure LLM inference traces of 2023
// among them: TIMESTAMP, ContextTokens, GeneratedTokens); without a header they are the first
// three.
#pragma once

#include "base/result.h"
#include "faults/scenario.h"

namespace brownout::faults {

inline constexpr std::size_t most_trace_rows = 1'000'000;
inline constexpr std::size_t most_trace_bytes = 64u << 20;

// Times are dates ("2023-11-16 18:15:46.6805900", with T and Z or an offset if they like) or
// seconds; they may not go back. An error names the file and the line: `path` is only shown.
Result<Trace> read_trace(std::string_view text, const std::string& path);
Result<Trace> read_trace_file(const std::string& path);

} // namespace brownout::faults
