// What is raised and what is cleared.
#include "record/alerts.h"

#include <algorithm>

namespace brownout::record {

namespace {

using engine::BreakerState;

constexpr Duration look_every = std::chrono::seconds{1};
constexpr Duration fades_in = std::chrono::seconds{61}; // what happened has left every minute

bool is_raised(const AlertSeries& s) {
    return s.state == AlertSeries::State::raised || s.state == AlertSeries::State::clearing;
}

} // namespace

std::optional<double> Alerts::value(AlertSeries& s, Instant now) {
    const auto ratio = [](const MinuteSums::Sums& sums) {
        return sums.whole > 0 ? std::optional{sums.part / sums.whole} : std::nullopt;
    };
    switch (s.alert.metric) {
    case AlertMetric::failure_rate:
    case AlertMetric::fallback_ratio:
        return ratio(s.sums.sums(now));
    case AlertMetric::latency_ms:
        return s.latencies.quantile(now, s.alert.quantile.value_or(0.95));
    case AlertMetric::spend_usd:
        return s.spend.spent(now).usd();
    case AlertMetric::budget_used: {
        return spend_.used(s.caps, s.alert.target, now);
    }
    case AlertMetric::cost_jump:
        if (const auto jump = ratio(s.sums.sums(now)))
            return jump;
        return s.calm.sums(now).whole > 0 ? std::optional{1.0} : std::nullopt;
    case AlertMetric::breaker_open:
        return kept_from_asking(s) ? 1 : 0;
    case AlertMetric::bad_key:
    case AlertMetric::model_missing:
        break; // raised without a rule
    }
    return std::nullopt;
}

bool Alerts::kept_from_asking(const AlertSeries& s) const {
    return std::any_of(s.targets.begin(), s.targets.end(), [this](const std::string& target) {
        const auto known = breakers_.find(target);
        return known != breakers_.end() && known->second != BreakerState::closed;
    });
}

void Alerts::judge(AlertSeries& s, Instant now) {
    using State = AlertSeries::State;
    const auto measured = value(s, now);
    const Duration hold = from_seconds(s.alert.for_s);
    if (!is_raised(s)) {
        const bool above =
            measured ? *measured > s.alert.above : s.state == State::waiting && kept_from_asking(s);
        if (!above) {
            s.state = State::quiet;
            return;
        }
        if (s.state == State::quiet) {
            s.state = State::waiting;
            s.since = now;
        }
        if (measured)
            s.alert.value = *measured;
        if (now - s.since >= hold)
            raise(s, s.alert.value, now);
        return;
    }
    if (measured && *measured > s.clears_at()) {
        s.state = State::raised;
    } else if (measured && s.state == State::raised) {
        s.state = State::clearing;
        s.since = now;
    }
    if (s.state != State::clearing ||
        now - s.since < std::clamp(hold, shortest_clear, longest_clear))
        return;
    clear(s.alert, measured.value_or(0), now);
    s.alert.cleared.reset();
    s.state = State::quiet;
}

void Alerts::raise(AlertSeries& s, double value, Instant now) {
    s.state = AlertSeries::State::raised;
    s.alert.id = ++last_id_;
    s.alert.value = value;
    s.alert.raised = now;
    s.alert.text = alert_text(s.alert);
    news_.push_back(s.alert);
}

void Alerts::clear(AlertRecord& alert, double value, Instant now) {
    alert.cleared = now;
    alert.value = value;
    news_.push_back(alert);
}

void Alerts::refused(AlertMetric metric, const std::string& target, Instant now) {
    const auto [at, is_new] = refused_.try_emplace({metric, target});
    Refused& r = at->second;
    r.last = now;
    if (!is_new)
        return;
    r.alert.id = ++last_id_;
    r.alert.metric = metric;
    r.alert.target = target;
    r.alert.value = 1;
    const auto provider = providers_.find(target.substr(0, target.find('/')));
    r.alert.simulated = provider != providers_.end() && provider->second.simulated;
    r.alert.raised = now;
    r.alert.text = alert_text(r.alert);
    news_.push_back(r.alert);
}

void Alerts::answered(const AttemptRecord& a, Instant now) {
    const auto over = [&](AlertMetric metric, const std::string& target, Duration after_last) {
        const auto found = refused_.find({metric, target});
        if (found == refused_.end() || now - found->second.last < after_last)
            return;
        clear(found->second.alert, 0, now);
        refused_.erase(found);
    };
    const auto provider = providers_.find(a.provider);
    over(AlertMetric::bad_key, a.provider,
         provider == providers_.end() ? Duration{} : provider->second.returns);
    over(AlertMetric::model_missing, a.target, Duration{});
}

std::vector<AlertRecord> Alerts::advance(Instant now) {
    last_look_ = now;
    waiting_ = false;
    for (AlertSeries& s : series_) {
        judge(s, now);
        waiting_ = waiting_ || s.state != AlertSeries::State::quiet;
    }
    return std::exchange(news_, {});
}

Instant Alerts::next() const {
    if (!news_.empty())
        return last_look_;
    if (!series_.empty() && (waiting_ || last_look_ < last_news_ + fades_in))
        return after(last_look_, look_every);
    return never;
}

std::vector<AlertRecord> Alerts::active() const {
    std::vector<AlertRecord> out;
    for (const AlertSeries& s : series_)
        if (is_raised(s))
            out.push_back(s.alert);
    for (const auto& [key, r] : refused_)
        out.push_back(r.alert);
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    return out;
}

std::vector<Alerts::Gauge> Alerts::gauges() const {
    std::vector<Gauge> out;
    for (const AlertSeries& s : series_)
        out.push_back({s.alert.metric, s.alert.target, s.alert.task, is_raised(s)});
    for (const auto& [key, r] : refused_)
        out.push_back({key.first, key.second, {}, true});
    return out;
}

} // namespace brownout::record
