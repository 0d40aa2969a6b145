// What happens, folded into the rules; and the rules themselves.
#include "record/alerts.h"

#include <algorithm>

namespace brownout::record {

namespace {

using engine::CallResult;
using engine::Cause;
using engine::OutcomeClass;

AlertMetric metric_named(const std::string& name) {
    const auto at = std::find(std::begin(alert_metric_names), std::end(alert_metric_names), name);
    BROWNOUT_CHECK(at != std::end(alert_metric_names), "a document was read with that metric");
    return static_cast<AlertMetric>(at - std::begin(alert_metric_names));
}

// The chains that a rule's task names.
std::vector<const chain::Chain*> chains_of(const chain::Document& document,
                                           const std::string& task) {
    std::vector<const chain::Chain*> out;
    for (const chain::Chain& chain : document.chains)
        if (task.empty() || task == chain.task || task == chain.id)
            out.push_back(&chain);
    return out;
}

// The names of the targets that are tried, in order, each once.
std::vector<std::string> targets_of(const std::vector<const chain::Chain*>& chains) {
    std::vector<std::string> out;
    for (const chain::Chain* chain : chains)
        for (const chain::Target& target : chain->targets)
            if (target.enabled && std::find(out.begin(), out.end(), target.name()) == out.end())
                out.push_back(target.name());
    return out;
}

std::string provider_of(const std::string& target) {
    return target.substr(0, target.find('/'));
}

// Whom a rule is about: a label, and the targets that it stands for.
using Scope = std::pair<std::string, std::vector<std::string>>;

std::vector<Scope> each_by_itself(const std::vector<std::string>& targets) {
    std::vector<Scope> out;
    for (const std::string& target : targets)
        out.push_back({target, {target}});
    return out;
}

std::vector<Scope> scopes_of(const std::vector<const chain::Chain*>& chains,
                             const std::string& wanted, bool one_by_one) {
    const std::vector<std::string> all = targets_of(chains);
    if (wanted == "*" || (wanted.empty() && one_by_one))
        return each_by_itself(all);
    if (wanted.empty())
        return {{std::string{}, {}}};
    std::vector<std::string> meant;
    if (wanted.starts_with("@")) {
        for (const chain::Chain* chain : chains) {
            const auto tried = targets_of({chain});
            if (const auto place = chain::place_named(wanted, tried.size()))
                if (std::find(meant.begin(), meant.end(), tried[*place]) == meant.end())
                    meant.push_back(tried[*place]);
        }
        return each_by_itself(meant);
    }
    for (const std::string& target : all)
        if (target == wanted || provider_of(target) == wanted)
            meant.push_back(target);
    if (one_by_one)
        return each_by_itself(meant);
    if (meant.empty())
        return {};
    return {{wanted, meant}};
}

const std::string& first_choice(const RequestRecord& r) {
    if (!r.first_choice.empty() || r.attempts.empty())
        return r.first_choice;
    return r.attempts.front().target;
}

} // namespace

void Alerts::load(const chain::Document& document, Instant now) {
    if (document.name != document_)
        spend_ = {};
    document_ = document.name;
    breakers_.clear();
    prices_.clear();
    providers_.clear();
    Duration returns{}; // a refused key that rotates has had its next chance by then
    for (const chain::Chain& chain : document.chains)
        returns = std::max(returns, 2 * effective_policy(document, chain).disable);
    for (const chain::Provider& provider : document.providers)
        providers_[provider.id] = {provider.simulated(),
                                   provider.keys.size() > 1 ? returns : Duration{}};
    for (const chain::Chain& chain : document.chains)
        for (const chain::Target& target : chain.targets)
            if (target.price)
                prices_[target.name()] = *target.price;
    std::vector<AlertSeries> before = std::exchange(series_, {});
    for (const chain::Alert& rule : document.alerts)
        watch(document, rule);
    for (AlertSeries& old : before) {
        const auto goes_on = std::find_if(series_.begin(), series_.end(),
                                          [&](const AlertSeries& s) { return s.same_as(old); });
        if (goes_on != series_.end()) {
            old.caps = std::move(goes_on->caps);
            *goes_on = std::move(old);
        } else if (old.state == AlertSeries::State::raised ||
                   old.state == AlertSeries::State::clearing) {
            clear(old.alert, old.alert.value, now);
        }
    }
    for (auto it = refused_.begin(); it != refused_.end();) {
        const std::string& target = it->first.second;
        const auto targets = targets_of(chains_of(document, {}));
        const bool still = it->first.first == AlertMetric::bad_key
                               ? providers_.contains(target)
                               : std::find(targets.begin(), targets.end(), target) != targets.end();
        if (!still)
            clear(it->second.alert, it->second.alert.value, now);
        it = still ? std::next(it) : refused_.erase(it);
    }
    index();
    last_news_ = now;
}

void Alerts::watch(const chain::Document& document, const chain::Alert& rule) {
    std::vector<std::string> tasks{rule.task};
    if (rule.task == "*") {
        tasks.clear();
        for (const chain::Chain& chain : document.chains) {
            const std::string& task = chain.task.empty() ? chain.id : chain.task;
            if (std::find(tasks.begin(), tasks.end(), task) == tasks.end())
                tasks.push_back(task);
        }
    }
    const AlertMetric metric = metric_named(rule.metric);
    for (const std::string& task : tasks) {
        const auto chains = chains_of(document, task);
        for (auto& [label, targets] :
             scopes_of(chains, rule.target, metric == AlertMetric::breaker_open)) {
            AlertSeries series;
            series.alert.metric = metric;
            series.alert.target = label;
            series.alert.task = task;
            series.whole = targets.empty() || metric == AlertMetric::fallback_ratio ||
                           metric == AlertMetric::cost_jump;
            series.targets = targets;
            const auto simulated = [&](const std::string& t) {
                return providers_[provider_of(t)].simulated;
            };
            const auto about = targets.empty() ? targets_of(chains) : targets;
            series.alert.simulated = std::all_of(about.begin(), about.end(), simulated);
            if (metric == AlertMetric::budget_used)
                for (const chain::Chain* chain : chains)
                    series.caps.take(document, *chain);
            add(std::move(series), rule);
        }
    }
}

void Alerts::add(AlertSeries series, const chain::Alert& rule) {
    series.alert.above = rule.above;
    series.alert.for_s = rule.for_s;
    series.alert.quantile = rule.quantile;
    if (series.alert.metric == AlertMetric::latency_ms)
        series.alert.quantile = rule.quantile.value_or(0.95);
    const auto again = [&](const AlertSeries& s) { return s.same_as(series); };
    if (series_.size() < max_series && std::none_of(series_.begin(), series_.end(), again))
        series_.push_back(std::move(series));
}

void Alerts::index() {
    of_target_.clear();
    of_all_.clear();
    of_request_.clear();
    for (std::size_t i = 0; i < series_.size(); ++i) {
        const AlertSeries& s = series_[i];
        const AlertMetric metric = s.alert.metric;
        if (metric == AlertMetric::breaker_open || metric == AlertMetric::budget_used)
            continue; // known without attempts
        if (s.whole && metric != AlertMetric::spend_usd)
            of_request_.push_back(i);
        else if (s.whole)
            of_all_.push_back(i);
        else
            for (const std::string& target : s.targets)
                of_target_[target].push_back(i);
    }
}

void Alerts::attempt(const RequestRecord& r, const AttemptRecord& a, Instant now) {
    last_news_ = now;
    const OutcomeClass cls = a.outcome.cls;
    const bool served = cls == OutcomeClass::success;
    const bool failed = !served && cls != OutcomeClass::cancelled && cls != OutcomeClass::reject;
    const auto fold = [&](const List& places) {
        for (const std::size_t place : places) {
            AlertSeries& s = series_[place];
            if (!s.of_task(r.chain, r.task))
                continue;
            if (s.alert.metric == AlertMetric::spend_usd)
                s.spend.add(now, a.outcome.cost, now);
            else if (s.alert.metric == AlertMetric::latency_ms && served)
                s.latencies.add(now, to_ms(a.ended - a.started));
            else if (s.alert.metric == AlertMetric::failure_rate && cls != OutcomeClass::cancelled)
                s.sums.add(now, failed, 1);
        }
    };
    if (const auto found = of_target_.find(a.target); found != of_target_.end())
        fold(found->second);
    fold(of_all_);
    spent(a.provider, a.outcome.cost, now, now);
    if (a.outcome.cause == Cause::bad_key)
        refused(AlertMetric::bad_key, a.provider, now);
    else if (a.outcome.cause == Cause::model_missing)
        refused(AlertMetric::model_missing, a.target, now);
    else if (served && !refused_.empty())
        answered(a, now);
}

void Alerts::check(const AttemptRecord& a, Instant now) {
    spent(a.provider, a.outcome.cost, now, now);
    for (AlertSeries& s : series_)
        if (s.alert.metric == AlertMetric::spend_usd && s.alert.task.empty() &&
            (s.whole || s.about(a.target)))
            s.spend.add(now, a.outcome.cost, now);
    if (a.outcome.cause == Cause::bad_key)
        refused(AlertMetric::bad_key, a.provider, now);
    last_news_ = now;
}

void Alerts::request(const RequestRecord& r, Instant now) {
    last_news_ = now;
    const std::string& first = first_choice(r);
    for (const std::size_t place : of_request_) {
        AlertSeries& s = series_[place];
        if (!s.of_task(r.chain, r.task))
            continue;
        const bool answered = !r.served_by.empty();
        const bool ours = s.targets.empty() || s.about(first);
        switch (s.alert.metric) {
        case AlertMetric::failure_rate:
            if (r.result != CallResult::cancelled && r.result != CallResult::rejected)
                s.sums.add(now, r.result != CallResult::success, 1);
            break;
        case AlertMetric::latency_ms:
            if (r.result == CallResult::success)
                s.latencies.add(now, to_ms(r.ended - r.started));
            break;
        case AlertMetric::fallback_ratio:
            if (answered && ours)
                s.sums.add(now, fell_back(r), 1);
            break;
        case AlertMetric::cost_jump:
            if (answered && ours)
                cost_of_fallback(s, r, first, now);
            break;
        default:
            break;
        }
    }
}

void Alerts::cost_of_fallback(AlertSeries& s, const RequestRecord& r, const std::string& first,
                              Instant now) {
    if (!fell_back(r)) {
        s.calm.add(now, 0, 1);
        return;
    }
    const auto serving = std::find_if(r.attempts.rbegin(), r.attempts.rend(),
                                      [&](const auto& a) { return a.target == r.served_by; });
    const auto wanted = prices_.find(first), paid = prices_.find(r.served_by);
    if (serving == r.attempts.rend() || serving->cost_unknown || wanted == prices_.end())
        return;
    const engine::Outcome& outcome = serving->outcome;
    const chain::Price price = wanted->second.at(outcome.input_tokens);
    double usd = 0; // what `first` would have cost
    if (outcome.input_tokens + outcome.output_tokens > 0 && price.input_usd_per_mtok &&
        price.output_usd_per_mtok)
        usd = (outcome.input_tokens * *price.input_usd_per_mtok +
               outcome.output_tokens * *price.output_usd_per_mtok) /
              1e6;
    else if (price.image_usd && paid != prices_.end() && paid->second.image_usd.value_or(0) > 0)
        usd = outcome.cost.usd() * *price.image_usd / *paid->second.image_usd;
    if (usd > 0)
        s.sums.add(now, outcome.cost.usd(), usd);
}

void Alerts::breaker(const std::string& target, engine::BreakerState state) {
    breakers_[target] = state;
}

void Alerts::spent(const std::string& provider, Money cost, Instant at, Instant now) {
    if (cost == Money{})
        return;
    const auto known = providers_.find(provider);
    spend_.add(provider, known != providers_.end() && known->second.simulated, cost, at, now);
    last_news_ = now;
}

} // namespace brownout::record
