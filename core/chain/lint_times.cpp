#include "chain/describe_words.h"
#include "chain/lint_context.h"

#include <algorithm>
#include <cmath>

namespace brownout::chain::lint_rules {
namespace {

constexpr double healthy = 0.95; // share of a simulated model's answers that must not be cut

Duration silence(const Place& place) {
    return std::min(place.policy.timeouts.first_token, place.policy.timeouts.attempt);
}

// The first failure of each is enough: a limit that is broken moves on to the next target.
void beyond_total(const Context& in) {
    const auto count = std::min<std::size_t>(
        in.usable.size(), static_cast<std::size_t>(in.policy.retry.max_attempts));
    const Duration total = in.policy.timeouts.total;
    Duration sum{};
    for (std::size_t i = 0; i < count; ++i)
        sum += silence(*in.usable[i]);
    if (count < 2 || sum <= total)
        return;
    const std::string sums = "first-token limits of " + std::to_string(count) +
                             " targets add up to " + plain_time(sum) +
                             ", and the whole answer may take " + plain_time(total);
    const auto whole_s = static_cast<std::int64_t>(std::ceil(to_seconds(sum) - 1e-9));
    in.warn("timeouts-beyond-total", in.at("/policy/timeouts/total_ms"),
            sums + (in.policy.timeouts.share_deadline
                        ? ": each is cut to its share"
                        : ": when the first ones hang, the last is never tried"),
            "Raise `timeouts.total_ms` to " + std::to_string(whole_s * 1000) +
                ", or lower `first_token_ms`",
            Fix{"Allow " + std::to_string(whole_s) + " s",
                {{in.at("/policy/timeouts/total_ms"), Json(whole_s * 1000)}}});
}

struct Expected {
    double seconds = 0;
    std::string how;
};

std::optional<Expected> expected_first_token(const Context& in, const Target& target) {
    const Provider* provider = in.document.provider(target.provider);
    if (!provider)
        return {};
    if (provider->simulated()) {
        const ProviderModel usual;
        const ProviderModel& model = provider->model ? *provider->model : usual;
        const double s = stats::quantile(model.first_token_ms, healthy) / 1000;
        return Expected{s, "one answer in 20 of this simulated model takes longer than " +
                               plain_time(from_seconds(s))};
    }
    const auto known = known_latency(target.provider, target.model);
    if (!known)
        return {};
    return Expected{known->seconds, target.model + " usually takes " +
                                        plain_time(from_seconds(known->seconds)) + " (" +
                                        std::string(known->source) + ")"};
}

void below_latency(const Context& in, const Place& place) {
    const auto expected = expected_first_token(in, *place.target);
    if (!expected)
        return;
    const auto& t = place.policy.timeouts;
    const auto rivals = std::max<std::int64_t>(
        1, std::min<std::int64_t>(static_cast<std::int64_t>(in.usable.size()),
                                  in.policy.retry.max_attempts));
    const Duration share = in.policy.timeouts.share_deadline ? t.total / rivals : t.total;
    const Duration limit = std::min(silence(place), share);
    if (to_seconds(limit) >= expected->seconds)
        return;
    // Twice what is known, in whole seconds; the other limits make room for it.
    const double wanted_s = std::ceil(2 * expected->seconds);
    const Json wanted = static_cast<std::int64_t>(wanted_s) * 1000;
    Fix fix{"Wait " + plain_time(from_seconds(wanted_s)),
            {{in.at_target(place.index, "/timeouts/first_token_ms"), wanted}}};
    if (to_seconds(t.attempt) < wanted_s)
        fix.edits.push_back({in.at_target(place.index, "/timeouts/attempt_ms"), wanted});
    Duration sum = from_seconds(wanted_s);
    for (const Place* other : in.usable)
        sum += other == &place ? Duration{} : silence(*other);
    const Duration room =
        std::max(sum, in.policy.timeouts.share_deadline ? from_seconds(wanted_s) * rivals : sum);
    if (t.total < room)
        fix.edits.push_back({in.at("/policy/timeouts/total_ms"),
                             Json(static_cast<std::int64_t>(std::ceil(to_seconds(room))) * 1000)});
    in.warn("first-token-below-latency", in.at_target(place.index, "/timeouts/first_token_ms"),
            place.target->name() + " is given " + plain_time(limit) + " for the first token, and " +
                expected->how,
            "Give this target a `first_token_ms` of " + wanted.dump() + " or more", std::move(fix));
}

} // namespace

void times(const Context& in) {
    beyond_total(in);
    for (const Place* place : in.usable)
        below_latency(in, *place);
}

} // namespace brownout::chain::lint_rules
