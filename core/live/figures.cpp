#include "live/figures.h"

#include <algorithm>

namespace brownout::live {

namespace {

std::int64_t second_of(Instant t) {
    return std::chrono::duration_cast<std::chrono::seconds>(t.time_since_epoch()).count();
}

// Neither the target's fault nor its merit.
bool neutral(engine::OutcomeClass cls) {
    return cls == engine::OutcomeClass::cancelled || cls == engine::OutcomeClass::reject;
}

// Seconds that a rate over the last `window` is to be divided by.
double span_s(Instant now, Instant since, double window) {
    return std::clamp(to_seconds(now - since), 1.0, window);
}

template <class T>
std::shared_ptr<const std::vector<T>> copy_of(const std::deque<T>& from) {
    return std::make_shared<const std::vector<T>>(from.begin(), from.end());
}

} // namespace

TargetFigures::Second& TargetFigures::at(std::int64_t second) {
    Second& s = seconds_[static_cast<std::size_t>(second % minute)];
    if (s.second != second)
        s = Second{second, 0, 0, {}};
    return s;
}

void TargetFigures::attempt(const record::AttemptRecord& a, Instant now) {
    if (a.outcome.cls == engine::OutcomeClass::cancelled)
        return; // a lost hedge or a caller that left says nothing about the target
    const bool served = a.outcome.cls == engine::OutcomeClass::success;
    const bool failed = !served && !neutral(a.outcome.cls);
    const std::int64_t second = second_of(now);
    const double ms = to_ms(a.ended - a.started);
    Second& s = at(second);
    ++s.attempts;
    ++attempts_;
    s.failures += failed;
    failures_ += failed;
    served_ += served;
    series_.attempt(second, failed, served, ms);
    if (!served)
        return;
    const std::int64_t index = second / sketch_s;
    Slice& slice = slices_[static_cast<std::size_t>(index) % slices_.size()];
    if (slice.index != index) {
        slice.index = index;
        slice.ms.clear();
    }
    slice.ms.add(ms);
}

void TargetFigures::spend(Money cost, bool useful, Instant now) {
    if (cost == Money{})
        return;
    at(second_of(now)).spend += cost;
    spend_ += cost;
    series_.spend(second_of(now), useful ? cost.usd() : 0, useful ? 0 : cost.usd());
}

void TargetFigures::refresh_quantiles(std::int64_t second) const {
    if (quantiles_at_ == second)
        return;
    quantiles_at_ = second;
    stats::Sketch all;
    const std::int64_t oldest = (second - minute) / sketch_s;
    for (const Slice& slice : slices_)
        if (slice.index > oldest)
            all.merge(slice.ms);
    p50_ = all.count() ? all.quantile(0.5) : -1;
    p95_ = all.count() ? all.quantile(0.95) : -1;
}

void TargetFigures::fill(TargetView& view, Instant now, Instant since) const {
    const std::int64_t second = second_of(now);
    std::uint32_t failures = 0;
    Money spent;
    view.attempts_last_minute = 0;
    for (const Second& s : seconds_) {
        if (s.second < 0 || s.second <= second - minute)
            continue;
        view.attempts_last_minute += s.attempts;
        failures += s.failures;
        spent += s.spend;
    }
    view.failure_rate =
        view.attempts_last_minute ? static_cast<double>(failures) / view.attempts_last_minute : 0;
    view.usd_per_hour = spent.usd() / span_s(now, since, minute) * 3600;
    refresh_quantiles(second);
    view.p50_ms = p50_;
    view.p95_ms = p95_;
    view.attempts = attempts_;
    view.failures = failures_;
    view.served = served_;
    view.spend = spend_;
    view.series = series_.view();
}

Figures::Second& Figures::at(Instant now) {
    const std::int64_t second = second_of(now);
    Second& s = seconds_[static_cast<std::size_t>(second) % seconds_.size()];
    if (s.second != second) {
        s = {};
        s.second = second;
    }
    last_event_ = now;
    return s;
}

void Figures::started(Instant now) {
    ++at(now).started;
    ++totals_.requests;
    ++totals_.running;
}

void Figures::attempt(const record::AttemptRecord& a, Instant now) {
    at(now);
    targets_[a.target].attempt(a, now);
}

void Figures::check(const record::AttemptRecord& a, Instant now) {
    at(now);
    targets_[a.target].spend(a.outcome.cost, false, now);
    totals_.spend += a.outcome.cost;
    totals_.wasted += a.outcome.cost;
}

void Figures::request(const record::RequestPtr& r, Instant now) {
    using engine::CallResult;
    Second& s = at(now);
    if (totals_.running > 0)
        --totals_.running;
    if (r->result == CallResult::success) {
        ++totals_.succeeded;
        ++s.succeeded;
        s.ms += to_ms(r->ended - r->started);
        s.usd += r->cost.usd();
    } else if (r->result == CallResult::cancelled || r->result == CallResult::rejected) {
        ++totals_.caller_fault;
    } else {
        ++totals_.failed;
    }
    totals_.spend += r->cost;
    totals_.wasted += r->wasted;
    const auto serving = record::serving_attempt(*r);
    totals_.fallbacks += record::fell_back(*r);
    for (std::size_t i = 0; i < r->attempts.size(); ++i)
        targets_[r->attempts[i].target].spend(r->attempts[i].outcome.cost, serving == i, now);
    requests_.push_back(r);
    if (requests_.size() > most_requests)
        requests_.pop_front();
    shown_requests_.reset();
}

void Figures::breaker(const record::BreakerRecord& b) {
    breakers_.push_back(b);
    shown_breakers_.reset();
}

void Figures::fault(const record::FaultRecord& f) {
    shown_faults_.reset();
    for (record::FaultRecord& known : faults_) {
        if (known.rule == f.rule && known.from == f.from && known.target == f.target) {
            known.to = f.to;
            return;
        }
    }
    faults_.push_back(f);
}

void Figures::reset(Instant now) {
    Figures fresh;
    fresh.totals_.running = fresh.totals_.requests = totals_.running;
    fresh.since_ = fresh.last_event_ = now;
    fresh.faults_ = std::move(faults_);
    fresh.breakers_ = std::move(breakers_);
    *this = std::move(fresh);
}

// A lane needs to know the state at its left edge, so the newest change before it stays.
void Figures::forget_old(Instant now) {
    const Instant oldest = now - keep;
    while (!faults_.empty() && (faults_.front().to < oldest || faults_.size() > most_windows)) {
        faults_.pop_front();
        shown_faults_.reset();
    }
    const auto later_of_same = [this] {
        return std::any_of(breakers_.begin() + 1, breakers_.end(),
                           [this](const auto& b) { return b.target == breakers_.front().target; });
    };
    while (!breakers_.empty() && (breakers_.size() > most_windows ||
                                  (breakers_.front().at < oldest && later_of_same()))) {
        breakers_.pop_front();
        shown_breakers_.reset();
    }
}

void Figures::fill(Snapshot& out, Instant now) {
    forget_old(now);
    out.totals = totals_;
    constexpr std::int64_t window_s = 10;
    std::uint32_t started = 0;
    for (const Second& s : seconds_)
        if (s.second >= 0 && s.second > second_of(now) - window_s)
            started += s.started;
    out.totals.requests_per_s = started / span_s(now, since_, window_s);
    if (!shown_requests_)
        shown_requests_ = copy_of(requests_);
    if (!shown_faults_)
        shown_faults_ = copy_of(faults_);
    if (!shown_breakers_)
        shown_breakers_ = copy_of(breakers_);
    out.requests = shown_requests_;
    out.fault_windows = shown_faults_;
    out.breaker_lanes = shown_breakers_;
}

void Figures::fill(TargetView& view, Instant now) const {
    const auto it = targets_.find(view.name);
    if (it != targets_.end())
        it->second.fill(view, now, since_);
}

bool Figures::fading(Instant now) const {
    return last_event_ != Instant{} && now - last_event_ < std::chrono::seconds{61};
}

std::optional<Figures::Baseline> Figures::last_minute(Instant now) const {
    Baseline sum;
    std::uint32_t n = 0;
    for (const Second& s : seconds_) {
        if (s.second < 0 || s.second <= second_of(now) - 60)
            continue;
        sum.ms += s.ms;
        sum.usd += s.usd;
        n += s.succeeded;
    }
    if (n == 0)
        return std::nullopt;
    return Baseline{sum.ms / n, sum.usd / n};
}

} // namespace brownout::live
