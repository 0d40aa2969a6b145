// A world of the tests in one line of settings, such as "targets=A,B tries=1 fails=2 open=5/1/5".
#pragma once

#include "engine/engine.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace brownout::engine::script {

inline Money micro_usd(double micro) {
    return Money::from_usd(micro * 1e-6);
}

inline std::vector<std::string> split(const std::string& text, char at) {
    std::vector<std::string> parts;
    std::istringstream in(text);
    for (std::string part; std::getline(in, part, at);)
        parts.push_back(part);
    return parts;
}

class Config {
  public:
    explicit Config(const std::string& settings) {
        names_ = {"A", "B", "C"};
        policy_.retry.backoff = {BackoffKind::fixed, from_seconds(0.5), 2.0, from_seconds(8),
                                 JitterKind::none};
        std::istringstream in(settings);
        for (std::string word; in >> word;) {
            const auto equals = word.find('=');
            if (equals == std::string::npos)
                throw std::runtime_error("not a setting: " + word);
            const std::string key = word.substr(0, equals), value = word.substr(equals + 1);
            if (!limits(key, value) && !retry(key, value) && !breaker(key, value) &&
                !streams(key, value) && !routes(key, value) && !money(key, value) &&
                !targets(key, value) && !keys_and_limits(key, value))
                throw std::runtime_error("no such setting: " + key);
        }
    }

    Setup setup() const {
        Setup setup;
        ChainSetup chain;
        chain.strategy = strategy_;
        chain.policy = policy_;
        for (std::size_t i = 0; i < names_.size(); ++i) {
            TargetSetup target;
            target.provider = ProviderId{static_cast<std::uint16_t>(same_provider_ ? 0 : i)};
            target.breaker = policy_.breaker;
            if (i < windows_.size())
                target.context_tokens = static_cast<std::int64_t>(windows_[i]);
            if (i < prices_.size() && prices_[i] != 0)
                target.price = {true, {}, {}, micro_usd(std::max(prices_[i], 0.0))};
            if (i < token_prices_.size()) {
                const auto each = split(token_prices_[i], '/');
                target.price = {
                    true, micro_usd(number(each.at(0))), micro_usd(number(each.at(1))), {}};
            }
            if (!prefill_.empty() && prefill_.find(names_[i]) == std::string::npos)
                target.capabilities.bits &= ~std::uint32_t{Capabilities::prefill};
            if (!tools_.empty() && tools_.find(names_[i]) == std::string::npos)
                target.capabilities.bits &= ~std::uint32_t{Capabilities::tools};
            setup.targets.push_back(target);
            if (!same_provider_ || i == 0)
                setup.providers.push_back(provider_);
            EntrySetup entry;
            entry.target = TargetId{static_cast<std::uint16_t>(i)};
            entry.enabled = disabled_.find(names_[i]) == std::string::npos;
            if (i < weights_.size())
                entry.weight = weights_[i];
            if (i < qualities_.size())
                entry.quality = qualities_[i];
            entry.timeouts = policy_.timeouts;
            entry.retry = policy_.retry;
            chain.entries.push_back(entry);
        }
        setup.chains.push_back(chain);
        return setup;
    }

    CallStarted call() const { return {}; }
    TargetId target(const std::string& name) const {
        for (std::size_t i = 0; i < names_.size(); ++i)
            if (names_[i] == name)
                return TargetId{static_cast<std::uint16_t>(i)};
        throw std::runtime_error("no such target: " + name);
    }
    std::string target_name(TargetId id) const { return names_.at(id.value); }
    const Policy& policy() const { return policy_; }
    std::size_t keys() const { return provider_.keys.size(); }

  private:
    static double number(const std::string& text) { return std::stod(text); }
    static Duration time(const std::string& text) { return from_seconds(std::stod(text)); }
    static std::vector<double> numbers(const std::string& text, char at) {
        std::vector<double> all;
        for (const std::string& part : split(text, at))
            all.push_back(number(part));
        return all;
    }
    static Route route(const std::string& text) {
        return text == "next" ? Route::next_target : Route::propagate;
    }

    bool limits(const std::string& key, const std::string& value) {
        TimeoutPolicy& t = policy_.timeouts;
        if (key == "connect")
            t.connect = time(value);
        else if (key == "first")
            t.first_token = time(value);
        else if (key == "stall")
            t.stall = time(value);
        else if (key == "attempt")
            t.attempt = time(value);
        else if (key == "total")
            t.total = time(value);
        else if (key == "share")
            t.share_deadline = value == "yes";
        else
            return false;
        return true;
    }
    bool retry(const std::string& key, const std::string& value) {
        RetryPolicy& r = policy_.retry;
        if (key == "tries")
            r.attempts_per_target = std::stoi(value);
        else if (key == "max")
            r.max_attempts = std::stoi(value);
        else if (key == "wait")
            r.max_wait = time(value);
        else if (key == "honour")
            r.honour_retry_after = value == "yes";
        else if (key == "jitter")
            r.backoff.jitter = value == "full" ? JitterKind::full : JitterKind::none;
        else if (key == "backoff")
            backoff(value);
        else if (key == "retry_budget") { // ratio/min_per_s/ttl
            const auto n = numbers(value, '/');
            r.budget = RetryBudgetPolicy{n.at(0), n.at(1), from_seconds(n.at(2))};
        } else
            return false;
        return true;
    }
    void backoff(const std::string& value) { // kind/base
        const auto parts = split(value, '/');
        BackoffPolicy& b = policy_.retry.backoff;
        b.kind = parts.at(0) == "none"     ? BackoffKind::none
                 : parts.at(0) == "fixed"  ? BackoffKind::fixed
                 : parts.at(0) == "linear" ? BackoffKind::linear
                                           : BackoffKind::exponential;
        if (parts.size() > 1)
            b.base = time(parts[1]);
    }
    bool breaker(const std::string& key, const std::string& value) {
        BreakerPolicy& b = policy_.breaker;
        if (key == "fails") { // in a row, or off
            if (value == "off")
                b.consecutive_failures.reset();
            else
                b.consecutive_failures = std::stoi(value);
        } else if (key == "ratio") { // ratio/minimum
            if (value == "off")
                b.failure_ratio.reset();
            else {
                const auto n = numbers(value, '/');
                b.failure_ratio = n.at(0);
                b.minimum_requests = static_cast<int>(n.at(1));
            }
        } else if (key == "slow") { // seconds/ratio/minimum
            const auto n = numbers(value, '/');
            b.slow_call = from_seconds(n.at(0));
            b.slow_call_ratio = n.at(1);
            b.minimum_requests = static_cast<int>(n.at(2));
        } else if (key == "window")
            b.window = time(value);
        else if (key == "open") { // seconds/growth/cap
            const auto n = numbers(value, '/');
            b.open = from_seconds(n.at(0));
            b.open_growth = n.at(1);
            b.open_cap = from_seconds(n.at(2));
        } else if (key == "probes") { // at once/successes to close
            const auto n = numbers(value, '/');
            b.half_open_probes = static_cast<int>(n.at(0));
            b.close_after_successes = static_cast<int>(n.at(1));
        } else if (key == "all_open") {
            b.when_all_open = value == "refuse" ? WhenAllOpen::refuse : WhenAllOpen::try_soonest;
        } else
            return false;
        return true;
    }
    bool streams(const std::string& key, const std::string& value) {
        if (key == "commit") {
            policy_.commit_after.when =
                value == "complete" ? CommitWhen::complete : CommitWhen::tokens;
            if (value != "complete")
                policy_.commit_after.tokens = std::stoi(value);
        } else if (key == "broken") {
            policy_.on_broken_stream = value == "resume"    ? OnBrokenStream::resume
                                       : value == "partial" ? OnBrokenStream::partial
                                       : value == "error"   ? OnBrokenStream::error
                                                            : OnBrokenStream::restart;
        } else if (key == "hedge" || key == "hedge_quantile") { // seconds or quantile/extra
            const auto n = numbers(value, '/');
            HedgePolicy hedge;
            if (key == "hedge")
                hedge.delay = from_seconds(n.at(0));
            else
                hedge.quantile = n.at(0);
            hedge.max_extra = static_cast<int>(n.at(1));
            policy_.hedge = hedge;
        } else
            return false;
        return true;
    }
    bool routes(const std::string& key, const std::string& value) {
        if (key == "on_moderation")
            policy_.on_moderation = route(value);
        else if (key == "on_context")
            policy_.on_context_exceeded = route(value);
        else if (key == "on_bad_key")
            policy_.on_bad_key = route(value);
        else if (key == "on_model_missing")
            policy_.on_model_missing = route(value);
        else if (key == "disable")
            policy_.disable = time(value);
        else if (key == "resend")
            policy_.resend_after_ambiguous_failure = value == "always" ? ResendAmbiguous::always
                                                     : value == "never"
                                                         ? ResendAmbiguous::never
                                                         : ResendAmbiguous::idempotent_only;
        else if (key == "strategy")
            strategy_ = value == "weighted"   ? Strategy::weighted
                        : value == "cheapest" ? Strategy::cheapest
                        : value == "fastest"  ? Strategy::fastest
                                              : Strategy::priority;
        else if (key == "minimum_quality")
            policy_.minimum_quality = number(value);
        else
            return false;
        return true;
    }
    bool money(const std::string& key, const std::string& value) { // caps in micro-dollars
        BudgetPolicy budget = policy_.budget.value_or(BudgetPolicy{});
        if (key == "cap_request")
            budget.per_request = micro_usd(number(value));
        else if (key == "cap_hour")
            budget.per_hour = micro_usd(number(value));
        else if (key == "cap_day")
            budget.per_day = micro_usd(number(value));
        else if (key == "cap_providers") { // by provider; 0: none
            for (const double cap : numbers(value, ','))
                budget.per_provider_day.push_back(cap > 0 ? std::optional(micro_usd(cap))
                                                          : std::nullopt);
        } else if (key == "on_exceeded")
            budget.on_exceeded = value == "reject" ? OnExceeded::reject : OnExceeded::skip_target;
        else
            return false;
        policy_.budget = budget;
        return true;
    }
    // Every provider's: keys=2; limits requests/tokens a minute/at once, 0: none.
    bool keys_and_limits(const std::string& key, const std::string& value) {
        if (key == "keys")
            provider_.keys.resize(std::stoul(value));
        else if (key == "missing")
            provider_.keys.at(std::stoul(value)).missing = true;
        else if (key == "limits")
            provider_.limits = limits_of(value);
        else if (key == "key_limits")
            for (KeySetup& each : provider_.keys)
                each.limits = limits_of(value);
        else
            return false;
        return true;
    }
    static LimitsSetup limits_of(const std::string& value) {
        const auto n = numbers(value, '/');
        return {static_cast<std::int64_t>(n.at(0)), static_cast<std::int64_t>(n.at(1)),
                static_cast<int>(n.at(2))};
    }
    bool targets(const std::string& key, const std::string& value) {
        if (key == "targets")
            names_ = split(value, ',');
        else if (key == "same_provider")
            same_provider_ = value == "yes";
        else if (key == "weights")
            weights_ = numbers(value, ',');
        else if (key == "qualities")
            qualities_ = numbers(value, ',');
        else if (key == "prices")
            prices_ = numbers(value, ','); // micro-dollars a call; 0: unknown, -1: free
        else if (key == "token_prices")
            token_prices_ = split(value, ','); // micro-dollars a token: input/output
        else if (key == "windows")
            windows_ = numbers(value, ',');
        else if (key == "prefill")
            prefill_ = value;
        else if (key == "tools")
            tools_ = value;
        else if (key == "disabled")
            disabled_ = value;
        else
            return false;
        return true;
    }

    std::vector<std::string> names_;
    Policy policy_;
    ProviderSetup provider_;
    Strategy strategy_ = Strategy::priority;
    bool same_provider_ = false;
    std::vector<double> weights_, qualities_, prices_, windows_;
    std::vector<std::string> token_prices_;
    std::string prefill_, tools_, disabled_;
};

} // namespace brownout::engine::script
