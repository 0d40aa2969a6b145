// DIST of the file formats, to and from stats::Distribution.
#pragma once

#include "chain/reader.h"
#include "stats/distribution.h"

namespace brownout::chain {

// A number, or an object with one of uniform, normal, lognormal, exponential, weibull, pareto and
// empirical. Values are times or counts: not negative. A problem gives `fallback`.
stats::Distribution read_distribution(const Json& value, const std::string& pointer,
                                      ProblemList& problems, stats::Distribution fallback = {});
// The distribution under `key`, `fallback` when it is absent.
stats::Distribution read_distribution(ObjectReader& in, std::string_view key,
                                      stats::Distribution fallback);
Json to_json(const stats::Distribution& d);

} // namespace brownout::chain
