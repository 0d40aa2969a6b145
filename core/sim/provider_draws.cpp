#include "sim/provider_draws.h"

#include "base/hash.h"
#include "sim/random_use.h"

#include <algorithm>
#include <cmath>

namespace brownout::sim {
namespace {

constexpr std::int64_t one_by_one = 8; // gaps; more are drawn as one sum

} // namespace

ProviderModelTable::ProviderModelTable(const chain::ProviderModel& model, std::string_view provider,
                                       std::uint64_t seed)
    : model_(model),
      seed_(mix64(seed ^ fnv1a(provider))),
      output_tokens_(model.output_tokens),
      first_token_ms_(model.first_token_ms),
      token_ms_(model.token_ms),
      tokens_(TokenTimes::of(model.token_ms)) {}

TokenTimes TokenTimes::of(const stats::Distribution& token_ms) {
    constexpr int points = 4096;
    TokenTimes out;
    out.longest = std::max(0.0, stats::quantile(token_ms, 1));
    double sum = 0, squares = 0, cubes = 0;
    const auto at = [&](int i) {
        return std::max(0.0, stats::quantile(token_ms, (i + 0.5) / points));
    };
    for (int i = 0; i < points; ++i)
        sum += at(i);
    out.mean = sum / points;
    for (int i = 0; i < points; ++i) {
        const double d = at(i) - out.mean;
        squares += d * d;
        cubes += d * d * d;
    }
    out.sd = std::sqrt(squares / points);
    if (out.sd > 0)
        out.skewness = cubes / points / (out.sd * out.sd * out.sd);
    out.heavy = out.longest > out.mean + 60 * out.sd;
    return out;
}

double ProviderModelTable::gaps_ms(std::int64_t count, Rng& timing) const {
    const auto n = static_cast<double>(count);
    if (token_ms_.constant())
        return token_ms_.sample(timing) * n;
    double ms = 0;
    if (count <= one_by_one || tokens_.heavy) {
        for (std::int64_t i = 0; i < count; ++i)
            ms += token_ms_.sample(timing);
        return ms;
    }
    static const stats::QuantileTable normal{
        stats::Normal{10, 1}}; // drawn numbers are not negative
    const double z = normal.sample(timing) - 10;
    const double root = std::sqrt(n);
    const double skewed = z + tokens_.skewness / (6 * root) * (z * z - 1);
    return std::max(0.0, n * tokens_.mean + root * tokens_.sd * skewed);
}

Rng ProviderDraws::text() const {
    return Rng::stream(text_seed_, for_text);
}
Rng ProviderDraws::id() const {
    return Rng::stream(id_seed_, for_id);
}

void ProviderModelTable::reseed(std::string_view provider, std::uint64_t seed) {
    seed_ = mix64(seed ^ fnv1a(provider));
}

void ProviderModelTable::draw(std::uint64_t request, ProviderDraws& out) const {
    Rng rng = Rng::stream(seed_, request);
    Rng draws = Rng::stream(rng.next(), for_model);
    out.text_seed_ = rng.next();
    out.timing = Rng::stream(rng.next(), for_timing);
    out.id_seed_ = rng.next();
    // Each is drawn in any case, so that what one request asks for never shifts another's draws.
    out.output_tokens = rounded(std::min(output_tokens_.sample(draws), 1e6));
    const bool slow = draws.uniform() < (model_.slow_mode ? model_.slow_mode->ratio : 0);
    out.factor = slow ? model_.slow_mode->factor : 1;
    out.first_token_ms = first_token_ms_.sample(draws) * out.factor;
    out.fails = draws.uniform() < model_.error_ratio;
}

std::int64_t answer_tokens(const ProviderDraws& draws, std::optional<std::int64_t> asked) {
    return std::clamp<std::int64_t>(asked.value_or(draws.output_tokens), 1, most_output_tokens);
}

} // namespace brownout::sim
