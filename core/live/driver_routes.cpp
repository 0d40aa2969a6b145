// Where the attempts and health checks of each target go, and with which key; and what replies say
// of a key's quota on the way.
#include "live/driver_impl.h"
#include "live/translated.h"
#include "wire/quota.h"

#include <algorithm>

namespace brownout::live {

namespace {

// Whether a cap of the hour or the day holds for a target: as its first chain says, like everything
// where no call is.
bool lasting_cap(const engine::Setup& setup, std::size_t target) {
    for (const engine::ChainSetup& chain : setup.chains)
        for (const engine::EntrySetup& entry : chain.entries) {
            if (entry.target.value != target)
                continue;
            const auto& budget = chain.policy.budget;
            const std::size_t provider = setup.targets[target].provider.value;
            return budget && (budget->per_hour || budget->per_day ||
                              (provider < budget->per_provider_day.size() &&
                               budget->per_provider_day[provider]));
        }
    return false;
}

} // namespace

const Secret* Driver::Impl::secret(const chain::KeyRef& ref) const {
    const auto found = keys.find(ref);
    return found != keys.end() && !found->second.empty() ? &found->second : nullptr;
}

std::optional<std::string> Driver::Impl::simulated_at(const chain::Provider& provider) const {
    return provider.simulated() && lab ? lab(provider.id) : std::nullopt;
}

std::optional<std::string> Driver::Impl::front_of(const chain::Provider& provider) const {
    return !provider.simulated() && front ? front(provider.id) : std::nullopt;
}

void Driver::Impl::hide_keys(WireLog& log) const {
    for (const chain::Provider& provider : document.providers)
        for (const chain::KeyRef& ref : provider.keys)
            if (const Secret* value = secret(ref))
                log.hide(key_variable(provider, ref), *value);
}

Exchange Driver::Impl::exchange_of(const Attempt& attempt, const Route& route,
                                   bool simulated) const {
    Exchange about;
    about.attempt = static_cast<int>(attempt.action().attempt);
    about.target = route.target->name;
    about.provider = route.target->provider;
    about.model = route.target->model;
    about.simulated = simulated;
    const std::size_t key = attempt.action().key;
    if (!simulated && key < route.provider->keys.size())
        about.key_variable = key_variable(*route.provider, route.provider->keys[key]);
    return about;
}

// A key that is not there is never used. Where none is, an attempt says so.
chain::Compiled Driver::Impl::compiled() const {
    chain::Compiled out = chain::compile(document);
    for (std::size_t p = 0; p < document.providers.size(); ++p) {
        const chain::Provider& provider = document.providers[p];
        std::vector<engine::KeySetup>& places = out.setup.providers[p].keys;
        if (provider.simulated())
            continue; // asks for none
        for (std::size_t k = 0; k < places.size(); ++k)
            places[k].missing = secret(provider.keys[k]) == nullptr;
        if (std::all_of(places.begin(), places.end(),
                        [](const engine::KeySetup& key) { return key.missing; }))
            places.clear();
    }
    bar_untranslatable(document, out);
    return out;
}

std::vector<Driver::Impl::Route> Driver::Impl::make_routes() const {
    std::vector<Route> made;
    for (const chain::Compiled::TargetInfo& target : names.targets) {
        Route route;
        route.provider = document.provider(target.provider);
        route.target = &target;
        route.dialect = wire::dialect(route.provider->dialect);
        bool any = false;
        for (const chain::KeyRef& ref : route.provider->keys) {
            route.keys.push_back(secret(ref));
            any = any || route.keys.back();
            route.missing_key += (route.missing_key.empty() ? "" : ", ") + ref.text();
        }
        if (any)
            route.missing_key.clear();
        made.push_back(std::move(route));
    }
    return made;
}

wire::Endpoint Driver::Impl::endpoint(const Route& route,
                                      const std::optional<std::string>& simulated,
                                      engine::KeyIndex key) const {
    const chain::Provider& provider = *route.provider;
    wire::Endpoint endpoint;
    endpoint.dialect = provider.dialect;
    endpoint.base_url = simulated ? *simulated : provider.base_url;
    endpoint.model = route.target->model;
    endpoint.refused = route.refused;
    if (simulated)
        return endpoint; // a key never goes to a simulated provider
    endpoint.key = key < route.keys.size() ? route.keys[key] : nullptr;
    endpoint.headers = provider.headers;
    endpoint.query = provider.query;
    return endpoint;
}

// A key is the same when it has the same name and the same value: one that was replaced has done
// no wrong.
engine::Engine::SameKeys Driver::Impl::same_keys(const Impl& old) const {
    engine::Engine::SameKeys same;
    for (std::size_t p = 0; p < document.providers.size(); ++p) {
        const chain::Provider& is = document.providers[p];
        const chain::Provider* was = old.document.provider(is.id);
        auto& mine =
            same.emplace_back(std::max<std::size_t>(names.setup.providers[p].keys.size(), 1));
        if (!was)
            continue;
        if (is.keys.empty() && was->keys.empty())
            mine[0] = engine::KeyIndex{0};
        const auto w = static_cast<std::size_t>(was - old.document.providers.data());
        const std::size_t old_places =
            std::max<std::size_t>(old.names.setup.providers[w].keys.size(), 1);
        for (std::size_t k = 0; k < std::min(mine.size(), is.keys.size()); ++k)
            for (std::size_t o = 0; o < std::min(old_places, was->keys.size()); ++o) {
                const Secret *value = secret(is.keys[k]), *before = old.secret(was->keys[o]);
                const bool same_value =
                    value && before ? value->reveal() == before->reveal() : value == before;
                if (is.keys[k] == was->keys[o] && same_value)
                    mine[k] = static_cast<engine::KeyIndex>(o);
            }
    }
    return same;
}

void Driver::Impl::keep_refused(const Impl& old) {
    for (Route& route : routes)
        for (const Route& before : old.routes)
            if (route.target->name == before.target->name &&
                route.provider->dialect == before.provider->dialect &&
                route.provider->base_url == before.provider->base_url)
                route.refused = before.refused;
}

std::vector<HealthChecks::Where> Driver::Impl::checked_targets() {
    std::vector<HealthChecks::Where> all;
    for (const Route& route : routes) {
        HealthChecks::Where where;
        where.provider = route.provider;
        where.dialect = route.dialect;
        where.price = route.target->price;
        where.name = route.target->name;
        where.capped = lasting_cap(names.setup, all.size());
        where.endpoint = [this, &route](engine::KeyIndex key) -> std::optional<wire::Endpoint> {
            const auto simulated = simulated_at(*route.provider);
            if (!simulated && (route.provider->simulated() || !route.missing_key.empty()))
                return std::nullopt;
            return endpoint(route, simulated, key);
        };
        where.front = [this, &route] { return front_of(*route.provider); };
        all.push_back(std::move(where));
    }
    return all;
}

HealthChecks::Host Driver::Impl::health_host() {
    HealthChecks::Host host;
    host.due = [this](const engine::CheckDue& due) {
        step_controls(); // what others have begun comes first
        check_key.reset();
        step(due);
        wake_pump(); // an attempt that waited may have begun, a call may have ended
        return check_key;
    };
    host.checked = [this](const engine::HealthChecked& checked, const record::AttemptRecord& a) {
        if (events)
            events->health_checked(a);
        if (observer)
            observer->on_check(a);
        step(checked);
        wake_pump();
    };
    host.skipped = [this](const std::string& target, const std::string& why) {
        if (events)
            events->health_check_skipped(target, why, clock.now());
        if (observer)
            observer->on_notice(target + " is not checked: " + why);
    };
    host.now = [this] { return clock.now(); };
    host.unix_now = [this] { return clock.unix_s(); };
    return host;
}

// Each reply tells; few tell of limits that come near.
bool Driver::Impl::worth_telling(const engine::QuotaTold& told) {
    constexpr std::int64_t few_requests = 100, few_tokens = 100'000;
    const bool little = told.requests_left.value_or(few_requests) < few_requests ||
                        told.tokens_left.value_or(few_tokens) < few_tokens;
    const bool before = little_left.contains(told.target);
    if (little)
        little_left.insert(told.target);
    else
        little_left.erase(told.target);
    return little || before;
}

void Driver::Impl::attempt_head(Attempt& a, const net::Headers& headers) {
    const Call* call = find(a.call());
    const Instant at = clock.now();
    const wire::QuotaLeft left = wire::quota_left(headers, clock.unix_s(at));
    if (!call || !call->id || !left.any())
        return;
    engine::QuotaTold told;
    told.target = a.action().target;
    told.key = a.action().key;
    told.call = *call->id;
    told.attempt = a.action().attempt;
    if (left.requests) {
        told.requests_left = left.requests->left;
        told.requests_reset = at + left.requests->resets_in;
    }
    if (left.tokens) {
        told.tokens_left = left.tokens->left;
        told.tokens_reset = at + left.tokens->resets_in;
    }
    controls.push_back(told);
    if (events && worth_telling(told))
        events->quota_told(target_name(told.target), told, at);
    wake_pump();
}

} // namespace brownout::live
