#include "chain/policy_table.h"

#include "chain/document.h"
#include "chain/presets.h"

#include <algorithm>
#include <map>

namespace brownout::chain {
namespace {

using engine::Capabilities;

void apply_amounts(engine::Policy& policy, const Json& level, const Document& document) {
    const auto budget = level.find("budget");
    if (budget == level.end() || !budget->is_object() || !policy.budget)
        return;
    const auto amounts = budget->find("per_provider_day_usd");
    if (amounts == budget->end())
        return;
    auto& caps = policy.budget->per_provider_day;
    if (amounts->is_null()) {
        caps.clear();
        return;
    }
    caps.resize(document.providers.size());
    for (std::size_t i = 0; i < caps.size(); ++i) {
        const auto usd = amounts->find(document.providers[i].id);
        if (usd != amounts->end())
            caps[i] = usd->is_null() ? std::optional<Money>{} : Money::from_usd(usd->get<double>());
    }
}

void apply_level(engine::Policy& policy, const Json& level, const Document& document) {
    apply_policy(policy, level);
    apply_amounts(policy, level, document);
}

// NexaAPI has pictures and chats behind one address: chats are the families that chat everywhere.
bool is_chat_family(std::string_view model) {
    for (const std::string_view family :
         {"gpt-", "chatgpt", "o1", "o3", "o4", "claude", "gemini-", "deepseek", "qwen", "glm-",
          "grok", "llama", "mistral", "kimi"})
        if (model.starts_with(family))
            return model.find("-image") == model.npos;
    return false;
}

// Stable Diffusion and FLUX make pictures wherever they run: "black-forest-labs/FLUX.1-schnell".
bool is_diffusion_family(std::string_view model) {
    if (const auto slash = model.rfind('/'); slash != model.npos)
        model.remove_prefix(slash + 1);
    return model.starts_with("stable-diffusion") || model.starts_with("FLUX") ||
           model.starts_with("flux") || model.starts_with("sdxl");
}

bool makes_pictures(Dialect dialect, std::string_view model) {
    switch (dialect) {
    case Dialect::replicate:
    case Dialect::fal:
    case Dialect::stability:
        return true;
    case Dialect::nexaapi:
        return !is_chat_family(model);
    case Dialect::openai:
    case Dialect::azure:
        return model.starts_with("gpt-image") || model.starts_with("dall-e") ||
               is_diffusion_family(model);
    case Dialect::gemini:
        return model.starts_with("imagen") || model.find("-image") != model.npos;
    case Dialect::anthropic:
        break;
    }
    return false;
}

bool says_first_token(const Json& level) {
    const auto timeouts = level.find("timeouts");
    return timeouts != level.end() && timeouts->is_object() && timeouts->contains("first_token_ms");
}

engine::LimitsSetup compiled(const std::optional<Limits>& limits) {
    engine::LimitsSetup out;
    if (!limits)
        return out;
    out.requests_per_min = static_cast<std::int64_t>(limits->requests_per_min.value_or(0));
    out.tokens_per_min = static_cast<std::int64_t>(limits->tokens_per_min.value_or(0));
    out.concurrency = limits->concurrency.value_or(0);
    return out;
}

// A chat is billed by the tokens of both directions, a picture by the piece; a target that makes
// both needs both prices. Half a price is none: what is booked as 0 would pass every cap.
engine::ExpectedPrice expected_price(const std::optional<Price>& price, Capabilities can) {
    engine::ExpectedPrice out;
    if (!price)
        return out;
    constexpr std::uint32_t of_text =
        Capabilities::stream | Capabilities::tools | Capabilities::json | Capabilities::prefill;
    const bool pictures = can.has(Capabilities::image);
    const bool text = !pictures || (can.bits & of_text) != 0;
    const auto both = [](const auto& rates) {
        return rates.input_usd_per_mtok && rates.output_usd_per_mtok;
    };
    out.known =
        (!text || (both(*price) && std::all_of(price->tiers.begin(), price->tiers.end(),
                                               [&](const PriceTier& t) { return both(t); }))) &&
        (!pictures || price->image_usd);
    if (pictures)
        out.per_request = Money::from_usd(price->dearest_image().value_or(0));
    if (!text)
        return out;
    double input = price->input_usd_per_mtok.value_or(0);
    double output = price->output_usd_per_mtok.value_or(0);
    if (input == 0 && output == 0) // free up to a threshold is not free
        for (const PriceTier& tier : price->tiers) {
            input = std::max(input, tier.input_usd_per_mtok.value_or(0));
            output = std::max(output, tier.output_usd_per_mtok.value_or(0));
        }
    out.per_input_token = Money::from_usd(input / 1e6);
    out.per_output_token = Money::from_usd(output / 1e6);
    return out;
}

} // namespace

Capabilities usual_capabilities(Dialect dialect, std::string_view model) {
    if (makes_pictures(dialect, model))
        return {Capabilities::image};
    std::uint32_t bits =
        Capabilities::stream | Capabilities::tools | Capabilities::images_in | Capabilities::json;
    if (dialect == Dialect::anthropic) // the last message may be the beginning of the answer
        bits |= Capabilities::prefill;
    return {bits};
}

engine::Policy effective_policy(const Document& document, const Chain& chain) {
    engine::Policy policy;
    apply_level(policy, document.policy, document);
    apply_level(policy, chain.policy, document);
    return policy;
}

engine::Policy effective_policy(const Document& document, const Chain& chain,
                                const Target& target) {
    engine::Policy policy = effective_policy(document, chain);
    const engine::Policy whole = policy;
    apply_policy(policy, Json{{"timeouts", target.timeouts}, {"retry", target.retry}});
    // A picture has no first token: it comes whole, after 10 to 120 s. Unless somebody says
    // otherwise, only the attempt's own limit bounds it.
    const Provider* provider = document.provider(target.provider);
    if (provider && makes_pictures(provider->dialect, target.model) &&
        !target.timeouts.contains("first_token_ms") && !says_first_token(chain.policy) &&
        !says_first_token(document.policy))
        policy.timeouts.first_token = policy.timeouts.attempt;
    // What is about all attempts together is the chain's.
    policy.timeouts.total = whole.timeouts.total;
    policy.timeouts.share_deadline = whole.timeouts.share_deadline;
    policy.retry.max_attempts = whole.retry.max_attempts;
    policy.retry.budget = whole.retry.budget;
    return policy;
}

std::optional<engine::TargetId> Compiled::target(std::string_view name) const {
    for (std::size_t i = 0; i < targets.size(); ++i)
        if (targets[i].name == name)
            return engine::TargetId{static_cast<std::uint16_t>(i)};
    return {};
}

namespace {

// A target that stands in several chains is one: its breaker, its price and what it can do are the
// same in all of them. What only one of them says holds; of several, the first.
Target as_said(const Document& document, const Target& first) {
    Target out = first;
    for (const Chain& chain : document.chains)
        for (const Target& target : chain.targets) {
            if (target.name() != first.name())
                continue;
            const bool own = target.price && target.price_source.empty();
            if (own && (!out.price || !out.price_source.empty())) {
                out.price = target.price;
                out.price_source.clear();
            }
            if (out.breaker_hold == engine::BreakerHold::none)
                out.breaker_hold = target.breaker_hold;
            if (!out.context_tokens)
                out.context_tokens = target.context_tokens;
            if (!out.capabilities)
                out.capabilities = target.capabilities;
        }
    return out;
}

} // namespace

Compiled compile(const Document& document) {
    Compiled out;
    std::map<std::string, engine::ProviderId, std::less<>> providers;
    for (const Provider& provider : document.providers) {
        providers[provider.id] = {static_cast<std::uint16_t>(out.provider_ids.size())};
        out.provider_ids.push_back(provider.id);
        engine::ProviderSetup setup;
        setup.simulated = provider.simulated();
        setup.limits = compiled(provider.limits);
        for (const KeyRef& key : provider.keys) {
            const auto own = provider.key_limits.find(key);
            setup.keys.emplace_back();
            if (own != provider.key_limits.end())
                setup.keys.back().limits = compiled(own->second);
        }
        out.setup.providers.push_back(std::move(setup));
    }
    std::map<std::string, engine::TargetId, std::less<>> known;
    std::uint16_t picture_rows = 0;
    for (const Chain& chain : document.chains) {
        engine::ChainSetup setup;
        setup.strategy = chain.strategy;
        setup.policy = effective_policy(document, chain);
        for (const Target& target : chain.targets) {
            const engine::TargetId next{static_cast<std::uint16_t>(out.targets.size())};
            const auto [at, is_new] = known.emplace(target.name(), next);
            const Provider* provider = document.provider(target.provider);
            if (is_new) { // the first chain that names it decides about its breaker's limits
                const Target said = as_said(document, target);
                out.targets.push_back({target.provider, target.model, target.name(), said.price});
                engine::TargetSetup entry;
                entry.provider = providers[target.provider];
                entry.breaker = setup.policy.breaker;
                entry.hold = said.breaker_hold;
                entry.capabilities = said.capabilities.value_or(usual_capabilities(
                    provider ? provider->dialect : Dialect::openai, target.model));
                entry.context_tokens = said.context_tokens.value_or(0);
                entry.price = expected_price(said.price, entry.capabilities);
                if (entry.price.per_request > Money{} && !said.price->image_tiers.empty())
                    entry.price.picture_row = ++picture_rows;
                out.setup.targets.push_back(entry);
            }
            const engine::Policy policy = effective_policy(document, chain, target);
            setup.entries.push_back({at->second, target.enabled, target.weight, target.quality,
                                     policy.timeouts, policy.retry});
        }
        out.chain_ids.push_back(chain.id);
        out.setup.chains.push_back(std::move(setup));
    }
    return out;
}

} // namespace brownout::chain
