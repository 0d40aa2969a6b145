// What an edited document's driver takes over from the one before it, and what the two tell each
// other while both run.
#include "live/driver_impl.h"

#include <algorithm>

namespace brownout::live {

void Driver::adopt(const Driver& old, bool with_spend) {
    Impl& is = *impl_;
    Impl& was = *old.impl_;
    std::vector<std::optional<engine::TargetId>> same;
    for (const chain::Compiled::TargetInfo& target : is.names.targets)
        same.push_back(was.names.target(target.name));
    is.engine.adopt(was.engine, same, is.clock.now(), with_spend, is.same_keys(was),
                    is.same_providers(was));
    is.join_kin(was);
    is.keep_refused(was);
}

engine::Engine::SameProviders Driver::Impl::same_providers(const Impl& old) const {
    engine::Engine::SameProviders same;
    const auto& ids = old.names.provider_ids;
    for (const std::string& id : names.provider_ids) {
        const auto found = std::find(ids.begin(), ids.end(), id);
        same.emplace_back();
        if (found != ids.end())
            same.back() = engine::ProviderId{static_cast<std::uint16_t>(found - ids.begin())};
    }
    return same;
}

// The engine has just taken over all that the old one knows to run. What that one was told and has
// not taken in yet, this one is told, too.
void Driver::Impl::join_kin(Impl& old) {
    if (old.kin->size() > 1)
        old.tell_kin();
    else
        old.told_kin = old.used();
    for (const engine::Event& event : old.controls)
        if (const auto* used = std::get_if<engine::UsedElsewhere>(&event))
            hear(old, *used);
    told_kin = used();
    std::erase(*kin, this);
    kin = old.kin;
    kin->push_back(this);
}

// Whatever still runs here is cancelled.
void Driver::Impl::leave_kin() {
    if (kin->size() > 1) {
        Uses last = used();
        for (auto& provider : last)
            for (engine::Engine::KeyUse& key : provider)
                key.running = 0;
        tell(last);
    }
    std::erase(*kin, this);
}

void Driver::Impl::tell_kin() {
    if (kin->size() > 1)
        tell(used());
}

Driver::Impl::Uses Driver::Impl::used() const {
    Uses all;
    for (std::size_t p = 0; p < names.setup.providers.size(); ++p) {
        all.emplace_back();
        const std::size_t places = std::max<std::size_t>(names.setup.providers[p].keys.size(), 1);
        for (std::size_t k = 0; k < places; ++k)
            all.back().push_back(engine.use_of(engine::ProviderId{static_cast<std::uint16_t>(p)},
                                               static_cast<engine::KeyIndex>(k)));
    }
    return all;
}

void Driver::Impl::tell(Uses use) {
    for (std::size_t p = 0; p < use.size(); ++p)
        for (std::size_t k = 0; k < use[p].size(); ++k) {
            const engine::Engine::KeyUse &is = use[p][k], &was = told_kin[p][k];
            if (is == was)
                continue;
            engine::UsedElsewhere news;
            news.provider = engine::ProviderId{static_cast<std::uint16_t>(p)};
            news.key = static_cast<engine::KeyIndex>(k);
            news.requests = static_cast<std::uint32_t>(is.requests - was.requests);
            news.tokens = static_cast<std::uint32_t>(is.tokens - was.tokens);
            news.running = is.running - was.running;
            for (Impl* other : *kin)
                if (other != this)
                    other->hear(*this, news);
        }
    told_kin = std::move(use);
}

// By name: the two may have their providers and keys in another order.
void Driver::Impl::hear(const Impl& from, engine::UsedElsewhere news) {
    const std::vector<std::optional<engine::ProviderId>> providers = same_providers(from);
    const auto here = std::find(providers.begin(), providers.end(), news.provider);
    if (here == providers.end())
        return;
    const auto p = static_cast<std::size_t>(here - providers.begin());
    news.provider = engine::ProviderId{static_cast<std::uint16_t>(p)};
    if (news.key) {
        const std::vector<std::optional<engine::KeyIndex>> mine = same_keys(from)[p];
        const auto key = std::find(mine.begin(), mine.end(), news.key);
        news.key.reset();
        if (key != mine.end())
            news.key = static_cast<engine::KeyIndex>(key - mine.begin());
    }
    controls.push_back(news);
    wake_pump();
}

} // namespace brownout::live
