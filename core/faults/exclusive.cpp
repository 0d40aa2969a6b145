#include "faults/exclusive.h"

#include <algorithm>
#include <array>
#include <limits>

namespace brownout::faults {
namespace {

// Within a group each excludes each: a connection fails in one way, a request is refused in one
// way, a body is replaced by one thing. Waits, limits and disturbances of a stream all add up.
constexpr std::array<Kind, 4> connections = {Kind::dns_failure, Kind::connect_refused,
                                             Kind::connect_hang, Kind::tls_failure};
constexpr std::array<Kind, 9> refusals = {
    Kind::quota_exhausted, Kind::bad_key,    Kind::model_missing,
    Kind::region_blocked,  Kind::overloaded, Kind::context_exceeded,
    Kind::moderation,      Kind::http_error, Kind::group_outage};
constexpr std::array<Kind, 2> bodies = {Kind::garbage, Kind::html_page};
constexpr std::array<Kind, 2> answers = {Kind::empty_answer, Kind::length_stop};
constexpr std::array<Kind, 2> jobs = {Kind::job_failed, Kind::job_never_ready};

template <class List>
bool both(const List& list, Kind a, Kind b) {
    return std::find(list.begin(), list.end(), a) != list.end() &&
           std::find(list.begin(), list.end(), b) != list.end();
}

bool exclude(Kind a, Kind b) {
    return a != b && (both(connections, a, b) || both(refusals, a, b) || both(bodies, a, b) ||
                      both(answers, a, b) || both(jobs, a, b));
}

bool same_target(const std::string& a, const std::string& b) {
    return a == b || a == "*" || b == "*" || a.starts_with(b + "/") || b.starts_with(a + "/");
}

bool same_target(const Rule& a, const Rule& b) {
    const auto of = [](const Rule& rule) {
        return rule.group.empty() ? std::vector<std::string>{rule.target} : rule.group;
    };
    const auto first = of(a), second = of(b);
    return std::any_of(first.begin(), first.end(), [&](const std::string& x) {
        return std::any_of(second.begin(), second.end(),
                           [&](const std::string& y) { return same_target(x, y); });
    });
}

// Acts on every request of one stretch of time.
bool sure(const Rule& rule) {
    const When& when = rule.when;
    return when.timed_only() && !when.every_s && !when.renewal && rule.match.any();
}

bool same_time(const When& a, const When& b) {
    const auto end = [](const When& when) {
        return when.for_s ? when.at_s + *when.for_s : std::numeric_limits<double>::infinity();
    };
    return a.at_s < end(b) && b.at_s < end(a);
}

} // namespace

void check_exclusive(const std::vector<Rule>& rules, chain::ProblemList& problems) {
    for (std::size_t i = 0; i < rules.size(); ++i) {
        const auto earlier = std::find_if(
            rules.begin(), rules.begin() + static_cast<std::ptrdiff_t>(i), [&](const Rule& other) {
                return exclude(rules[i].fault.kind, other.fault.kind) && sure(rules[i]) &&
                       sure(other) && same_target(rules[i], other) &&
                       same_time(rules[i].when, other.when);
            });
        if (earlier == rules.begin() + static_cast<std::ptrdiff_t>(i))
            continue;
        problems.error("/faults/" + std::to_string(i),
                       std::string{info(rules[i].fault.kind).name} + " excludes " +
                           std::string{info(earlier->fault.kind).name} + " (/faults/" +
                           std::to_string(earlier - rules.begin()) +
                           ") on the same target at the same time",
                       "Give them times that do not overlap, or other targets");
    }
}

} // namespace brownout::faults
