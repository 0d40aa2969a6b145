#include "chain/worst_case.h"

#include "chain/worst_case_plan.h"
#include "engine/call.h"

#include <algorithm>

namespace brownout::chain {
namespace {

struct Place {
    const engine::Setup& setup;
    const engine::ChainSetup& chain;
    const Compiled& compiled;
};

std::uint32_t bounded(std::int64_t tokens) {
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(tokens, 0, UINT32_MAX));
}

// As the engine estimates it before an attempt.
std::optional<Money> expected_cost(const RequestSize& size, const engine::ExpectedPrice& price) {
    engine::CallStarted request;
    request.input_tokens = bounded(size.input_tokens);
    return engine::expected_cost(request, bounded(size.output_tokens), price);
}

// The least of the caps that hold for one target's attempts.
std::optional<Money> cap_of(const std::optional<engine::BudgetPolicy>& budget,
                            engine::ProviderId provider) {
    std::optional<Money> least;
    if (!budget)
        return least;
    const auto lower = [&](const std::optional<Money>& cap) {
        if (cap && (!least || *cap < *least))
            least = cap;
    };
    lower(budget->per_request);
    lower(budget->per_hour);
    lower(budget->per_day);
    if (provider.value < budget->per_provider_day.size())
        lower(budget->per_provider_day[provider.value]);
    return least;
}

// The cap of the whole request, whichever its targets are.
std::optional<Money> cap_of_all(const std::optional<engine::BudgetPolicy>& budget) {
    return cap_of(budget, engine::ProviderId{UINT16_MAX});
}

// Failures after which the breaker may be open; 0: never.
int opens_after(const engine::TargetSetup& target) {
    const engine::BreakerPolicy& breaker = target.breaker;
    if (target.hold != engine::BreakerHold::none)
        return 0;
    int least = breaker.consecutive_failures.value_or(INT32_MAX);
    if (breaker.failure_ratio || breaker.slow_call)
        least = std::min(least, breaker.minimum_requests);
    return least == INT32_MAX ? 0 : least;
}

bool never_retries(const std::optional<engine::RetryBudgetPolicy>& budget) {
    return budget && budget->ratio <= 0 && budget->min_per_s * to_seconds(budget->ttl) < 1;
}

Candidate candidate(const Document& document, const Place& at, std::size_t place,
                    const RequestSize& size) {
    const engine::EntrySetup& entry = at.chain.entries[place];
    const engine::TargetSetup& target = at.setup.targets[entry.target.value];
    const auto& info = at.compiled.targets[entry.target.value];
    Candidate out;
    out.place = place;
    const Provider* provider = document.provider(info.provider);
    out.keys = provider ? std::max<int>(1, static_cast<int>(provider->keys.size())) : 1;
    out.tries = never_retries(at.chain.policy.retry.budget) ? 1 : entry.retry.attempts_per_target;
    out.waits_for_room =
        out.keys > 1 || (provider && (provider->limits || !provider->key_limits.empty()));
    out.attempt = std::min(entry.timeouts.attempt, at.chain.policy.timeouts.total);
    constexpr Money boundless{INT64_MAX / 4};
    out.expected =
        target.price.free() ? Money{} : expected_cost(size, target.price).value_or(boundless);
    if (target.price.known)
        out.cost = attempt_cost(info.price, size).value_or(Money{});
    out.retry = entry.retry;
    out.provider = target.provider;
    out.context_tokens = target.context_tokens;
    if (entry.retry.honour_retry_after)
        out.before_leaving = entry.retry.max_wait;
    if (out.waits_for_room)
        out.before_first = out.before_leaving = 2 * entry.retry.max_wait;
    for (std::size_t other = 0; other < place; ++other)
        if (at.chain.entries[other].target == entry.target)
            out.before_first += entry.retry.max_wait;
    return out;
}

// A breaker matters only if it can open before the last try that this request may make on it, by
// its own failures or by its provider's.
void find_breakers(const Place& at, std::vector<Candidate>& candidates) {
    std::vector<int> opens;
    for (const Candidate& c : candidates) {
        const engine::TargetId target = at.chain.entries[c.place].target;
        int tries = 0;
        for (const Candidate& same : candidates)
            if (at.chain.entries[same.place].target == target)
                tries += same.attempts();
        const int after = opens_after(at.setup.targets[target.value]);
        opens.push_back(after > 0 && after < tries ? after : 0);
    }
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        const engine::TargetId target = at.chain.entries[candidates[i].place].target;
        candidates[i].opens_after = opens[i];
        for (std::size_t j = 0; j < candidates.size(); ++j) {
            const bool doubled = at.chain.entries[candidates[j].place].target == target;
            const int after =
                opens_after(at.setup.targets[at.chain.entries[candidates[j].place].target.value]);
            const bool opens_this = candidates[j].provider == candidates[i].provider && after > 0 &&
                                    after <= candidates[j].attempts();
            if (i != j && (opens_this || (doubled && opens[i] > 0)) &&
                opens_after(at.setup.targets[target.value]) > 0)
                candidates[i].opens_after = 1;
        }
    }
}

// Each candidate may be the first: a request that names a model begins there.
void add_orders(const Place& at, const RequestSize& size, Routes& routes) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < routes.candidates.size(); ++i)
        order.push_back(i);
    routes.any_order = at.chain.strategy == engine::Strategy::weighted ||
                       at.chain.strategy == engine::Strategy::fastest;
    if (at.chain.strategy == engine::Strategy::cheapest) {
        const auto key = [&](std::size_t i) {
            const auto target = at.chain.entries[routes.candidates[i].place].target;
            const auto cost = expected_cost(size, at.setup.targets[target.value].price);
            return cost ? cost->pico_usd : INT64_MAX;
        };
        std::stable_sort(order.begin(), order.end(),
                         [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
    }
    routes.orders.push_back(order);
    int all = 0;
    for (const Candidate& c : routes.candidates)
        all += c.attempts();
    if (routes.any_order || all <= routes.max_attempts)
        return; // everything is visited whatever comes first
    for (std::size_t i = 1; i < order.size(); ++i) {
        auto preferred = order;
        std::rotate(preferred.begin(), preferred.begin() + static_cast<std::ptrdiff_t>(i),
                    preferred.begin() + static_cast<std::ptrdiff_t>(i) + 1);
        routes.orders.push_back(std::move(preferred));
    }
}

// Who may be visited at all: enabled, not held open, good enough, and within every cap.
Routes find_routes(const Document& document, const Place& at, const RequestSize& size,
                   WorstCase& out) {
    Routes routes;
    const engine::Policy& policy = at.chain.policy;
    for (std::size_t i = 0; i < at.chain.entries.size(); ++i) {
        const engine::EntrySetup& entry = at.chain.entries[i];
        const engine::TargetSetup& target = at.setup.targets[entry.target.value];
        if (!entry.enabled || target.hold == engine::BreakerHold::open ||
            entry.quality < policy.minimum_quality)
            continue;
        Candidate c = candidate(document, at, i, size);
        const auto cap = cap_of(policy.budget, c.provider);
        if (cap && c.expected > *cap && !target.price.free()) {
            // Where it would refuse the request, what follows it is reached from elsewhere only.
            out.exact = out.exact && policy.budget->on_exceeded == engine::OnExceeded::skip_target;
            continue;
        }
        const auto& info = at.compiled.targets[entry.target.value];
        if (!target.price.known || !attempt_cost(info.price, size))
            out.unpriced.push_back(info.name);
        while (c.tries > 1 && c.shortest_waits(c.attempts()) >= policy.timeouts.total)
            --c.tries; // the wait before that one would not end in time
        routes.candidates.push_back(std::move(c));
    }
    routes.max_attempts = std::clamp(policy.retry.max_attempts, 0, engine::most_attempts);
    find_breakers(at, routes.candidates);
    add_orders(at, size, routes);
    return routes;
}

// `slow`: every step takes as long as it can and nothing is billed, so that no cap ends the
// request; `dear`: billed in full, in no time; `many`: neither.
enum class Walk { many, slow, dear };

// The steps of a plan, none of them beyond `total`.
WorstPath walk(const Routes& routes, const Plan& plan, Duration total, Walk how) {
    const bool quickly = how != Walk::slow;
    WorstPath path;
    const auto add = [&](WorstStep::Kind kind, const Candidate& c, Duration time, Money cost) {
        path.steps.push_back({kind, c.place, time, cost});
        path.time += time;
        path.cost += cost;
        path.attempts += kind == WorstStep::Kind::attempt ? 1 : 0;
    };
    for (const Visit& visit : plan) {
        const Candidate& c = routes.candidates[visit.candidate];
        const std::vector<Gap> gaps = c.gaps(visit.attempts);
        for (int n = 0; n < visit.attempts && path.time < total; ++n) {
            if (n > 0) {
                const Gap& gap = gaps[static_cast<std::size_t>(n - 1)];
                Duration wait = quickly ? gap.shortest : gap.longest;
                // A wait that would end at the deadline is not begun.
                if (path.time + wait >= total)
                    wait = gap.shortest;
                if (path.time + wait >= total)
                    break;
                if (wait > Duration::zero())
                    add(gap.by_hint ? WorstStep::Kind::retry_after : WorstStep::Kind::backoff, c,
                        wait, {});
            }
            const Duration left = total - path.time;
            add(WorstStep::Kind::attempt, c, quickly ? Duration::zero() : std::min(c.attempt, left),
                how == Walk::dear ? c.cost : Money{});
        }
    }
    if (!plan.empty() && !routes.orders.empty())
        path.begins_elsewhere = plan.front().candidate != routes.orders.front().front();
    return path;
}

Plan best_of(const std::vector<Plan>& plans, int at_most,
             const std::function<double(const Candidate&, int)>& worth, const Routes& routes) {
    Plan best;
    double known = -1;
    for (std::size_t j = 1; j < plans.size() && j <= static_cast<std::size_t>(at_most); ++j) {
        double sum = 0;
        for (const Visit& visit : plans[j])
            sum += worth(routes.candidates[visit.candidate], visit.attempts);
        if (!plans[j].empty() && sum > known + 1e-9) {
            known = sum;
            best = plans[j];
        }
    }
    return best;
}

double seconds_of(const Candidate& c, int n) {
    return to_seconds(c.longest(n));
}
double pico_of(const Candidate& c, int n) {
    return static_cast<double>(c.cost.pico_usd) * n;
}

void find_attempts(const Routes& routes, Duration total, WorstCase& out) {
    // Attempts may fail at once, but waits take their time and must fit.
    const auto plans = best_plans(
        routes, [](const Candidate& c, int n) { return -to_seconds(c.shortest_waits(n)); });
    for (const Plan& plan : plans) {
        Duration waits{};
        int attempts = 0;
        for (const Visit& visit : plan) {
            waits += routes.candidates[visit.candidate].shortest_waits(visit.attempts);
            attempts += visit.attempts;
        }
        if (plan.empty() || waits >= total)
            continue;
        out.attempts = attempts;
        out.most_attempts = walk(routes, plan, total, Walk::many);
    }
    out.exact = out.exact && out.most_attempts.attempts == out.attempts;
}

void find_seconds(const Routes& routes, Duration total, WorstCase& out) {
    const Plan plan = best_of(best_plans(routes, seconds_of), out.attempts, seconds_of, routes);
    Duration sum{};
    for (const Visit& visit : plan)
        sum += routes.candidates[visit.candidate].longest(visit.attempts);
    out.capped_by_total = sum > total;
    out.seconds = to_seconds(std::min(sum, total));
    out.longest = walk(routes, plan, total, Walk::slow);
    out.exact = out.exact && out.longest.time == std::min(sum, total);
}

// Under a cap an attempt begins only where its estimate still fits. What it costs in the end can be
// less, so that a later and dearer one fits, too.
void keep_cap(const Routes& routes, Money cap, WorstPath& path) {
    const auto expected = [&](const WorstStep& step) {
        for (const Candidate& c : routes.candidates)
            if (c.place == step.target)
                return c.expected;
        return Money{};
    };
    std::vector<WorstStep> steps;
    Money spent;
    for (std::size_t i = 0; i < path.steps.size(); ++i) {
        WorstStep step = path.steps[i];
        Money room = cap;
        for (std::size_t j = i + 1; j < path.steps.size(); ++j)
            if (path.steps[j].kind == WorstStep::Kind::attempt)
                room = std::min(room, cap - expected(path.steps[j]));
        if (step.kind == WorstStep::Kind::attempt) {
            step.cost = std::clamp(room - spent, Money{}, step.cost);
            spent += step.cost;
        }
        steps.push_back(step);
    }
    path.steps = std::move(steps);
    path.cost = spent;
}

void find_dollars(const Routes& routes, const std::optional<engine::BudgetPolicy>& budget,
                  Duration total, WorstCase& out) {
    const Plan plan = best_of(best_plans(routes, pico_of), out.attempts, pico_of, routes);
    Money sum;
    for (const Visit& visit : plan)
        sum.pico_usd += routes.candidates[visit.candidate].cost.pico_usd * visit.attempts;
    out.dearest = walk(routes, plan, total, Walk::dear);
    const auto cap = cap_of_all(budget);
    if (cap && *cap < sum) {
        sum = *cap;
        out.capped_by_budget = true;
        // Where the plan goes on after its dearest target, it is the cheap ones that are cut.
        WorstPath best;
        for (std::size_t end = 1; end <= out.dearest.steps.size(); ++end) {
            WorstPath part = out.dearest;
            part.steps.resize(end);
            keep_cap(routes, *cap, part);
            if (part.cost > best.cost)
                best = part;
        }
        best.attempts = static_cast<int>(
            std::count_if(best.steps.begin(), best.steps.end(),
                          [](const WorstStep& s) { return s.kind == WorstStep::Kind::attempt; }));
        out.dearest = best;
    }
    out.cost = sum;
    out.exact = out.exact && out.dearest.cost == sum;
}

} // namespace

std::optional<Money> attempt_cost(const std::optional<Price>& price, const RequestSize& size) {
    if (!price)
        return std::nullopt;
    if (!price->input_usd_per_mtok && !price->output_usd_per_mtok)
        return price->image_usd ? std::optional{Money::from_usd(*price->dearest_image())}
                                : std::nullopt;
    if (!price->input_usd_per_mtok || !price->output_usd_per_mtok)
        return std::nullopt;
    return Money::from_usd((*price->input_usd_per_mtok * static_cast<double>(size.input_tokens) +
                            *price->output_usd_per_mtok * static_cast<double>(size.output_tokens)) /
                           1e6);
}

WorstCase worst_case(const Document& document, const Chain& chain, const RequestSize& size) {
    WorstCase out;
    const Compiled compiled = compile(document);
    const auto id = std::find(compiled.chain_ids.begin(), compiled.chain_ids.end(), chain.id);
    if (id == compiled.chain_ids.end())
        return out;
    const auto index = static_cast<std::size_t>(id - compiled.chain_ids.begin());
    const Place at{compiled.setup, compiled.setup.chains[index], compiled};
    const Routes routes = find_routes(document, at, size, out);
    if (routes.candidates.empty())
        return out;
    const Duration total = at.chain.policy.timeouts.total;
    for (const Candidate& c : routes.candidates)
        out.exact = out.exact && c.opens_after == 0 && c.before_first == Duration::zero() &&
                    !c.waits_for_room;
    if (at.chain.policy.budget && !at.chain.policy.budget->per_provider_day.empty())
        out.exact = false;
    find_attempts(routes, total, out);
    find_seconds(routes, total, out);
    if (out.unpriced.size() < routes.candidates.size())
        find_dollars(routes, at.chain.policy.budget, total, out);
    return out;
}

} // namespace brownout::chain
