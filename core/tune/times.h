// The times of a model: first token, slow mode and gaps between tokens, from a provider's answers.
// Private to core/tune.
#pragma once

#include "tune/observed.h"

namespace brownout::tune {

inline constexpr double z975 = 1.959963984540054; // standard normal, 97.5 %

// To four digits: a model says no more than it knows.
double rounded(double value);
stats::Distribution rounded(const stats::Distribution& d);

// Fills first_token_ms, token_ms and slow_mode, and what `out` says of them. The provider has
// `least_answers` at least.
void fit_first_token(ProviderFit& out, chain::ProviderModel& model, const ObservedProvider& p,
                     const Bursts& bursts);

} // namespace brownout::tune
