#include "record/fault_watch.h"

#include <algorithm>

namespace brownout::record {

namespace {

void remember(std::deque<Instant>& list, Instant at, std::size_t limit) {
    list.push_back(at);
    if (list.size() > limit)
        list.pop_front();
}

std::optional<Instant> first_from(const std::deque<Instant>& list, Instant from) {
    std::optional<Instant> first;
    for (const Instant at : list)
        if (at >= from && (!first || at < *first))
            first = at;
    return first;
}

} // namespace

bool concerns(std::string_view rule, std::string_view target) {
    if (rule == "*" || target == "*" || rule == target)
        return true;
    const auto begins = [](std::string_view name, std::string_view provider) {
        return name.size() > provider.size() && name.starts_with(provider) &&
               name[provider.size()] == '/';
    };
    return begins(target, rule) || begins(rule, target);
}

void FaultWatch::fault(const FaultRecord& f) {
    if (!concerns(f.target, target_))
        return;
    if (!first_fault_ || f.from < *first_fault_) {
        first_fault_ = f.from;
        opened_ = first_from(openings_, f.from);
    }
    if (f.to == never) {
        acting_.insert({f.rule, f.target});
        return;
    }
    acting_.erase({f.rule, f.target});
    if (!last_end_ || f.to >= *last_end_) {
        last_end_ = f.to;
        recovered_ = first_from(answers_, f.to);
    }
}

void FaultWatch::breaker(const BreakerRecord& b) {
    if (b.to != engine::BreakerState::open || !concerns(b.target, target_))
        return;
    remember(openings_, b.at, remembered);
    if (first_fault_ && b.at >= *first_fault_ && (!opened_ || b.at < *opened_))
        opened_ = b.at;
}

void FaultWatch::served(const std::string& target, Instant answered) {
    if (concerns(target, target_))
        served(answered);
}

void FaultWatch::served(Instant answered) {
    remember(answers_, answered, remembered);
    if (last_end_ && answered >= *last_end_ && (!recovered_ || answered < *recovered_))
        recovered_ = answered;
}

std::optional<Duration> FaultWatch::opened_within() const {
    if (!first_fault_ || !opened_)
        return std::nullopt;
    return *opened_ - *first_fault_;
}

std::optional<Duration> FaultWatch::recovered_within() const {
    if (!acting_.empty() || !last_end_ || !recovered_)
        return std::nullopt;
    return *recovered_ - *last_end_;
}

} // namespace brownout::record
