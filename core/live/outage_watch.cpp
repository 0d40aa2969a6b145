#include "live/outage_watch.h"

#include <algorithm>

namespace brownout::live {

void OutageWatch::begin(const std::vector<std::string>& broken,
                        std::optional<Figures::Baseline> before) {
    if (!under_way_) {
        *this = OutageWatch{};
        before_ = before;
        under_way_ = any_ = true;
    }
    for (const std::string& target : broken)
        if (!is_broken(target))
            broken_.push_back(target);
}

void OutageWatch::end() {
    under_way_ = false;
}

void OutageWatch::clear() {
    *this = OutageWatch{};
}

bool OutageWatch::is_broken(const std::string& target) const {
    return std::find(broken_.begin(), broken_.end(), target) != broken_.end();
}

void OutageWatch::attempt(const record::AttemptRecord& a) {
    using engine::OutcomeClass;
    const bool failed = a.outcome.cls != OutcomeClass::success &&
                        a.outcome.cls != OutcomeClass::cancelled &&
                        a.outcome.cls != OutcomeClass::reject;
    if (under_way_ && failed && is_broken(a.target))
        ++failures_;
}

void OutageWatch::request(const record::RequestRecord& r) {
    if (!under_way_)
        return;
    if (r.result == engine::CallResult::success) {
        ++answered_;
        ms_ += to_ms(r.ended - r.started);
        usd_ += r.cost.usd();
        if (!is_broken(r.served_by))
            ++served_by_others_[r.served_by];
    } else if (r.result != engine::CallResult::cancelled &&
               r.result != engine::CallResult::rejected) {
        ++lost_;
    }
}

std::optional<OutageSummary> OutageWatch::summary() const {
    if (!any_)
        return std::nullopt;
    OutageSummary s;
    s.broken = broken_.empty() ? std::string{} : broken_.front();
    s.failures = failures_;
    s.lost = lost_;
    std::uint64_t most = 0;
    for (const auto& [target, n] : served_by_others_) {
        if (n > most) {
            most = n;
            s.answered_by = target;
        }
    }
    if (before_ && answered_ > 0) {
        const auto n = static_cast<double>(answered_);
        s.added_ms = ms_ / n - before_->ms;
        s.added_usd = usd_ / n - before_->usd;
    }
    return s;
}

} // namespace brownout::live
