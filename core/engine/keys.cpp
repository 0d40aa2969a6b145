#include "engine/keys.h"

#include "base/check.h"

#include <algorithm>

namespace brownout::engine {

Keys::Keys(const Setup& setup) {
    const auto meter = [this](const LimitsSetup& limits) {
        if (!limits.any())
            return no_meter;
        meters_.emplace_back(limits);
        return static_cast<std::uint32_t>(meters_.size() - 1);
    };
    for (const ProviderSetup& provider : setup.providers) {
        BROWNOUT_CHECK(provider.keys.size() <= max_keys, "a provider's keys are bounded");
        providers_.push_back(
            {static_cast<std::uint32_t>(keys_.size()), 0, meter(provider.limits), 0});
        if (provider.keys.empty())
            keys_.emplace_back();
        for (const KeySetup& key : provider.keys)
            keys_.push_back({key.missing ? never : Instant{}, false, 0, meter(key.limits), 0});
    }
    for (const TargetSetup& setup_of : setup.targets) {
        const ProviderSetup& provider = setup.providers[setup_of.provider.value];
        Target target;
        target.provider = setup_of.provider;
        target.first_place = static_cast<std::uint32_t>(places_.size());
        target.keys = static_cast<std::uint8_t>(std::max<std::size_t>(provider.keys.size(), 1));
        target.metered = provider.limits.any() ||
                         std::any_of(provider.keys.begin(), provider.keys.end(),
                                     [](const KeySetup& key) { return key.limits.any(); });
        target.plain = target.keys == 1 && !target.metered;
        places_.resize(places_.size() + target.keys);
        targets_.push_back(target);
    }
}

std::size_t Keys::count(ProviderId provider) const {
    const std::size_t next = provider.value + std::size_t{1};
    const std::size_t end = next < providers_.size() ? providers_[next].first_key : keys_.size();
    return end - providers_[provider.value].first_key;
}

Room Keys::room_of(const Target& t, std::size_t k, std::int64_t tokens, Instant now,
                   Heed heed) const {
    Room room;
    if (heed == Heed::health)
        return room;
    if (key_of(t, k).meter != no_meter)
        room = meters_[key_of(t, k).meter].room(tokens, now);
    if (heed == Heed::limits)
        return room;
    const Place& place = place_of(t, k);
    return room & place.requests.room(1, now) & place.tokens.room(tokens, now);
}

KeyChoice Keys::choose(TargetId target, std::int64_t tokens, Instant now, Heed heed) const {
    using State = KeyChoice::State;
    const Target& t = at(target);
    const Provider& provider = provider_of(t);
    Room of_all;
    if (heed != Heed::health && provider.meter != no_meter)
        of_all = meters_[provider.meter].room(tokens, now);
    KeyChoice choice{State::disabled, provider.current, {never, false}};
    std::size_t k = provider.current;
    for (std::size_t i = 0; i < t.keys; ++i, k = next(t, k)) {
        if (is_refused(key_of(t, k), now))
            continue;
        Room room = room_of(t, k, tokens, now, heed) & of_all;
        State state = room.at(now) ? State::ready : State::full;
        if (now < place_of(t, k).cool_until) {
            state = State::cooling;
            room = room & Room{place_of(t, k).cool_until, false};
        }
        if (state == State::ready)
            return {state, static_cast<KeyIndex>(k), {}};
        // Of those that are not ready: one that rests has less to say than one without room, and an
        // instant that is known says more than an attempt that may end at any time.
        const bool sooner =
            choice.state == State::disabled || (choice.room.when_one_ends && !room.when_one_ends) ||
            (choice.room.when_one_ends == room.when_one_ends && room.from < choice.room.from);
        if (sooner) {
            choice.key = static_cast<KeyIndex>(k);
            choice.room = room;
        }
        if (choice.state != State::full)
            choice.state = state;
    }
    return choice;
}

std::optional<KeyIndex> Keys::another(TargetId target, KeySet used, std::int64_t tokens,
                                      Instant now) const {
    const Target& t = at(target);
    Room of_all;
    if (provider_of(t).meter != no_meter)
        of_all = meters_[provider_of(t).meter].room(tokens, now);
    std::size_t k = provider_of(t).current;
    for (std::size_t i = 0; i < t.keys; ++i, k = next(t, k)) {
        const bool fresh = (used & only(static_cast<KeyIndex>(k))) == 0;
        if (!fresh || is_refused(key_of(t, k), now) || now < place_of(t, k).cool_until)
            continue;
        if ((room_of(t, k, tokens, now, Heed::all) & of_all).at(now))
            return static_cast<KeyIndex>(k);
    }
    return std::nullopt;
}

template <class Act>
void Keys::each_meter(const Target& t, KeyIndex key, Act&& act) {
    if (!t.metered)
        return;
    for (const std::uint32_t meter : {provider_of(t).meter, key_of(t, key).meter})
        if (meter != no_meter)
            act(meters_[meter]);
}

void Keys::begin(TargetId target, KeyIndex index, std::int64_t tokens, Instant now,
                 KeyLease& lease) {
    const Target& t = at(target);
    Key& key = keys_[provider_of(t).first_key + index];
    lease.key = index;
    lease.probe = key.on_probation;
    lease.began = now;
    lease.tokens = tokens;
    if (lease.probe)
        ++key.probes;
    Place& place = places_[t.first_place + index];
    ++place.running;
    place.reserved += tokens;
    ++place.begun;
    place.begun_tokens += static_cast<std::uint64_t>(tokens);
    if (t.plain)
        return;
    place.requests.take(1);
    place.tokens.take(tokens);
    each_meter(t, index, [&](Meter& meter) { meter.begin(tokens, now); });
    providers_[t.provider.value].current = index;
}

void Keys::end(TargetId target, const KeyLease& lease, std::int64_t used, Instant now) {
    const Target& t = at(target);
    if (lease.probe)
        --keys_[provider_of(t).first_key + lease.key].probes;
    Place& place = places_[t.first_place + lease.key];
    --place.running;
    place.reserved -= lease.tokens;
    each_meter(t, lease.key, [&](Meter& meter) {
        meter.end(lease.began, lease.tokens, used == as_reserved ? lease.tokens : used, now);
    });
}

void Keys::answered(TargetId target, const KeyLease& lease) {
    keys_[provider_of(at(target)).first_key + lease.key].on_probation = false;
}

void Keys::cool(TargetId target, KeyIndex key, Instant until) {
    Instant& cool_until = places_[at(target).first_place + key].cool_until;
    cool_until = std::max(cool_until, until);
}

void Keys::disable(ProviderId provider, KeyIndex index, Instant until) {
    Key& key = keys_[providers_[provider.value].first_key + index];
    key.on_probation = true;
    key.disabled_until = std::max(key.disabled_until, until);
}

Instant Keys::disabled_until(ProviderId provider) const {
    Instant first = never;
    for (std::size_t k = 0; k < count(provider); ++k)
        first = std::min(first, keys_[providers_[provider.value].first_key + k].disabled_until);
    return first;
}

Instant Keys::cooling_until(TargetId target, Instant now) const {
    const KeyChoice choice = choose(target, 0, now, Heed::health);
    return choice.state == KeyChoice::State::cooling ? choice.room.from : Instant{};
}

// A key that is missing stays so.
void Keys::probe_now(TargetId target, Instant now) {
    const Target& t = at(target);
    for (std::size_t k = 0; k < t.keys; ++k) {
        Instant& cool_until = places_[t.first_place + k].cool_until;
        cool_until = std::min(cool_until, now);
        Key& key = keys_[provider_of(t).first_key + k];
        if (key.disabled_until != never)
            key.disabled_until = std::min(key.disabled_until, now);
    }
}

// The provider may not have counted yet what else is under way: that is taken off.
void Keys::told(const QuotaTold& quota, const KeyLease* counted) {
    Target& t = targets_[quota.target.value];
    if (quota.key >= t.keys)
        return;
    t.plain = false;
    Place& place = places_[t.first_place + quota.key];
    const std::int64_t running = place.running - (counted ? 1 : 0);
    const std::int64_t reserved = place.reserved - (counted ? counted->tokens : 0);
    if (quota.requests_left)
        place.requests.told(*quota.requests_left - running, quota.requests_reset);
    if (quota.tokens_left)
        place.tokens.told(*quota.tokens_left - reserved, quota.tokens_reset);
}

Keys::Standing Keys::standing(TargetId target, KeyIndex key) const {
    const Target& t = at(target);
    const Place& place = place_of(t, key);
    return {place.cool_until, !t.plain, place.requests, place.tokens};
}

Keys::Refusal Keys::refusal(ProviderId provider, KeyIndex index) const {
    const Key& key = keys_[std::size_t{providers_[provider.value].first_key} + index];
    return {key.disabled_until, key.on_probation};
}

void Keys::put(TargetId target, KeyIndex index, const Standing& standing) {
    Target& t = targets_[target.value];
    Place& place = places_[t.first_place + index];
    place.cool_until = standing.cool_until;
    place.requests = standing.requests;
    place.tokens = standing.tokens;
    t.plain = t.plain && !standing.quota_told;
}

// Missing before, or now: nothing is known of it that matters.
void Keys::put(ProviderId provider, KeyIndex index, const Refusal& refusal) {
    Key& key = keys_[std::size_t{providers_[provider.value].first_key} + index];
    if (key.disabled_until == never || refusal.disabled_until == never)
        return;
    key.disabled_until = refusal.disabled_until;
    key.on_probation = refusal.on_probation;
}

Engine::KeyUse Keys::use_of(ProviderId provider, KeyIndex key) const {
    Engine::KeyUse use;
    for (const Target& t : targets_) {
        if (t.provider != provider)
            continue;
        const Place& place = place_of(t, key);
        use.requests += place.begun;
        use.tokens += place.begun_tokens;
        use.running += static_cast<int>(place.running);
    }
    return use;
}

int Keys::running(ProviderId provider, KeyIndex key) const {
    const std::size_t first = providers_[provider.value].first_key;
    return use_of(provider, key).running + keys_[first + key].elsewhere;
}

void Keys::adopt_meters(ProviderId provider, const Keys& old, ProviderId old_provider,
                        const std::vector<std::optional<KeyIndex>>& same) {
    const auto take = [&](std::uint32_t mine, std::uint32_t theirs, int running) {
        if (mine == no_meter)
            return;
        if (theirs != no_meter)
            meters_[mine].adopt(old.meters_[theirs]);
        meters_[mine].add_running(running);
    };
    Provider& is = providers_[provider.value];
    const Provider& was = old.providers_[old_provider.value];
    is.elsewhere = was.elsewhere;
    for (std::size_t k = 0; k < old.count(old_provider); ++k)
        is.elsewhere += old.use_of(old_provider, static_cast<KeyIndex>(k)).running;
    take(is.meter, was.meter, is.elsewhere);
    BROWNOUT_CHECK(same.size() == count(provider), "every key is named or said to be new");
    KeyIndex k = 0;
    for (const std::optional<KeyIndex> before : same) {
        if (before) {
            Key& key = keys_[std::size_t{is.first_key} + k];
            key.elsewhere = old.running(old_provider, *before);
            take(key.meter, old.keys_[std::size_t{was.first_key} + *before].meter, key.elsewhere);
            if (*before == was.current)
                is.current = k;
        }
        ++k;
    }
}

// Never fewer than none run elsewhere, whatever is told.
void Keys::used_elsewhere(const UsedElsewhere& used, Instant now) {
    const auto count = [&](int& elsewhere, std::uint32_t meter) {
        const int more = std::max(used.running, -elsewhere);
        elsewhere += more;
        if (meter != no_meter)
            meters_[meter].elsewhere(used.requests, used.tokens, more, now);
    };
    Provider& provider = providers_[used.provider.value];
    count(provider.elsewhere, provider.meter);
    if (!used.key || *used.key >= this->count(used.provider))
        return;
    Key& key = keys_[std::size_t{provider.first_key} + *used.key];
    count(key.elsewhere, key.meter);
}

} // namespace brownout::engine
