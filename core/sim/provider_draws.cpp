#include "sim/provider_draws.h"

#include "base/hash.h"

#include <algorithm>
#include <cmath>

namespace brownout::sim {
namespace {

enum RandomUse : std::uint64_t { for_model = 31, for_text = 32, for_timing = 33, for_id = 34 };

} // namespace

ProviderModelTable::ProviderModelTable(const chain::ProviderModel& model, std::string_view provider,
                                       std::uint64_t seed)
    : model_(model),
      seed_(mix64(seed ^ fnv1a(provider))),
      output_tokens_(model.output_tokens),
      first_token_ms_(model.first_token_ms),
      token_ms_(model.token_ms) {}

Rng ProviderDraws::text() const {
    return Rng::stream(text_seed_, for_text);
}
Rng ProviderDraws::id() const {
    return Rng::stream(id_seed_, for_id);
}

void ProviderModelTable::reseed(std::string_view provider, std::uint64_t seed) {
    seed_ = mix64(seed ^ fnv1a(provider));
}

ProviderDraws ProviderModelTable::draw(std::uint64_t request) const {
    Rng rng = Rng::stream(seed_, request);
    ProviderDraws out;
    Rng draws = Rng::stream(rng.next(), for_model);
    out.text_seed_ = rng.next();
    out.timing = Rng::stream(rng.next(), for_timing);
    out.id_seed_ = rng.next();
    // Each is drawn in any case, so that what one request asks for never shifts another's draws.
    out.output_tokens = std::llround(std::min(output_tokens_.sample(draws), 1e6));
    const bool slow = draws.uniform() < (model_.slow_mode ? model_.slow_mode->ratio : 0);
    out.factor = slow ? model_.slow_mode->factor : 1;
    out.first_token_ms = first_token_ms_.sample(draws) * out.factor;
    out.fails = draws.uniform() < model_.error_ratio;
    return out;
}

std::int64_t answer_tokens(const ProviderDraws& draws, std::optional<std::int64_t> asked) {
    return std::clamp<std::int64_t>(asked.value_or(draws.output_tokens), 1, most_output_tokens);
}

} // namespace brownout::sim
