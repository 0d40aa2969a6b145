#include "faults/injector.h"

#include "base/hash.h"

#include <algorithm>

namespace brownout::faults {
namespace {

constexpr std::size_t most_renewals = 65'536; // per rule; beyond the last one the provider stays up

// The same number for the same rule everywhere, so a rule's draws follow from what it says.
std::uint64_t hash_of(const Rule& rule) {
    return fnv1a(to_json(rule).dump());
}

bool matches(const Match& match, const RequestFacts& facts) {
    return (!match.stream || *match.stream == facts.stream) &&
           (!match.image || *match.image == facts.image) &&
           (!match.task || *match.task == facts.task);
}

std::string_view provider_of(std::string_view target) {
    return target.substr(0, target.find('/'));
}

} // namespace

bool names(std::string_view rule_target, std::string_view provider, std::string_view model) {
    if (rule_target == "*" || rule_target == provider)
        return true;
    // A model may hold slashes of its own ("openrouter/meta/llama"): only the first one divides.
    return rule_target.size() == provider.size() + 1 + model.size() &&
           rule_target.starts_with(provider) && rule_target[provider.size()] == '/' &&
           rule_target.ends_with(model);
}

bool hits(const Rule& rule, std::string_view provider, std::string_view model) {
    if (rule.group.empty())
        return names(rule.target, provider, model);
    return std::any_of(rule.group.begin(), rule.group.end(),
                       [&](const std::string& target) { return names(target, provider, model); });
}

bool Injector::Entry::open(Duration elapsed) const {
    const When& when = rule.when;
    const Duration t = elapsed - since - from_seconds(when.at_s);
    if (t < Duration::zero())
        return false;
    if (when.every_s)
        return t % from_seconds(*when.every_s) < from_seconds(*when.for_s);
    if (when.for_s && t >= from_seconds(*when.for_s))
        return false;
    if (!when.renewal)
        return true;
    // Ascending, and none overlaps: the last one that has begun, if any.
    const auto next = std::partition_point(renewals.begin(), renewals.end(),
                                           [&](const auto& r) { return r.first <= t; });
    return next != renewals.begin() && t < std::prev(next)->second;
}

Duration Injector::Entry::next_change(Duration elapsed) const {
    const When& when = rule.when;
    const Duration start = since + from_seconds(when.at_s);
    if (elapsed < start) {
        // With a renewal the first window opens after the first gap; looking again at the start is
        // enough.
        return start;
    }
    const Duration t = elapsed - start;
    Duration next = forever;
    if (when.every_s) {
        const Duration every = from_seconds(*when.every_s), length = from_seconds(*when.for_s);
        const Duration phase = t % every;
        return start + (t - phase) + (phase < length ? length : every);
    }
    if (when.for_s && t < from_seconds(*when.for_s))
        next = start + from_seconds(*when.for_s);
    const auto ahead = std::partition_point(renewals.begin(), renewals.end(),
                                            [&](const auto& r) { return r.second <= t; });
    if (ahead == renewals.end())
        return next;
    return std::min(next, start + (t < ahead->first ? ahead->first : ahead->second));
}

bool Injector::Entry::hits(const RequestFacts& facts, Duration elapsed, Rng& draws) {
    if (!open(elapsed) || !faults::hits(rule, facts.provider, facts.model) ||
        !matches(rule.match, facts)) {
        return false;
    }
    const When& when = rule.when;
    if (facts.follow_up)
        return when.timed_only() && rule.fault.kind != Kind::rate_limit;
    ++seen;
    const bool lucky = draws.chance(when.probability); // one draw per request, whatever else holds
    bool ramped = true;
    if (when.ramp) {
        const double t = to_seconds(elapsed - since) - when.at_s;
        const double share = std::clamp(t / when.ramp->over_s, 0.0, 1.0);
        ramped = draws.chance(when.ramp->from + (when.ramp->to - when.ramp->from) * share);
    }
    if (seen <= when.after)
        return false;
    if (when.first && seen > when.after + *when.first)
        return false;
    return lucky && ramped;
}

Injector::Entry Injector::make(Rule rule, Duration since) {
    Entry entry;
    entry.id = next_id_++;
    entry.since = since;
    // Equal rules get streams of their own: the second one counts as the second.
    const std::uint64_t content = hash_of(rule);
    const auto twins = static_cast<std::uint64_t>(
        std::count_if(entries_.begin(), entries_.end(),
                      [&](const Entry& e) { return hash_of(e.rule) == content; }));
    entry.rng = Rng::stream(seed_, content + twins);
    entry.stream = Rng::stream(seed_ + 2, content + twins).next();
    if (rule.when.renewal) {
        Rng draws = Rng::stream(seed_ + 1, content + twins);
        const Duration end = from_seconds(rule.when.for_s.value_or(366 * 86400.0));
        Duration t{};
        while (t < end && entry.renewals.size() < most_renewals) {
            const Duration down = t + from_seconds(sample(rule.when.renewal->gap_s, draws));
            const Duration up = down + from_seconds(sample(rule.when.renewal->repair_s, draws));
            entry.renewals.emplace_back(down, up);
            t = std::max(up, t + std::chrono::milliseconds{1});
        }
    }
    entry.rule = std::move(rule);
    return entry;
}

Injector::Injector(std::vector<Rule> rules, std::uint64_t seed) : seed_(seed) {
    for (Rule& rule : rules)
        entries_.push_back(make(std::move(rule), Duration::zero()));
}

Injector::RuleId Injector::add(Rule rule, Duration since) {
    entries_.push_back(make(std::move(rule), since));
    return entries_.back().id;
}

void Injector::remove(RuleId id) {
    std::erase_if(entries_, [&](const Entry& e) { return e.id == id; });
}

void Injector::clear() {
    entries_.clear();
}

std::vector<Fault> Injector::decide(const RequestFacts& facts, Duration elapsed) {
    std::vector<Fault> faults;
    for (Entry& entry : entries_) {
        Rng own;
        if (facts.draw)
            own = Rng::stream(entry.stream, *facts.draw);
        Rng& draws = facts.draw ? own : entry.rng;
        if (!entry.hits(facts, elapsed, draws))
            continue;
        faults.push_back(entry.rule.fault);
        faults.back().ms = stats::Constant{sample(entry.rule.fault.ms, draws)};
    }
    return faults;
}

bool Injector::acts_on_connections(Kind kind, std::string_view provider, Duration elapsed) const {
    return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& e) {
        return e.rule.fault.kind == kind && e.rule.when.timed_only() &&
               (kind != Kind::connect_hang || stats::mean(e.rule.fault.ms) <= 0) &&
               (e.rule.target == "*" || provider_of(e.rule.target) == provider) && e.open(elapsed);
    });
}

double Injector::price_factor(std::string_view provider, std::string_view model,
                              Duration elapsed) const {
    double factor = 1;
    for (const Entry& e : entries_)
        if (e.rule.fault.kind == Kind::price_change && e.open(elapsed) &&
            faults::hits(e.rule, provider, model))
            factor *= e.rule.fault.factor;
    return factor;
}

std::vector<Injector::Window> Injector::windows(Duration elapsed) const {
    std::vector<Window> out;
    out.reserve(entries_.size());
    for (const Entry& e : entries_) {
        const bool active = e.open(elapsed);
        if (e.rule.group.empty())
            out.push_back({e.id, e.rule.target, e.rule.fault.kind, active});
        for (const std::string& target : e.rule.group)
            out.push_back({e.id, target, e.rule.fault.kind, active});
    }
    return out;
}

Duration Injector::next_change(Duration elapsed) const {
    Duration next = forever;
    for (const Entry& e : entries_)
        next = std::min(next, e.next_change(elapsed));
    return next;
}

} // namespace brownout::faults
