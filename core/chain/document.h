// The chain document `brownout.chain/1`: providers, chains of targets, policy, and, once exported,
// the evidence. Every field of the format is here; what a level of `policy` leaves out is
// inherited.
#pragma once

#include "chain/json.h"
#include "chain/price.h"
#include "chain/problem.h"
#include "engine/setup.h"
#include "stats/distribution.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace brownout::chain {

inline constexpr std::string_view chain_format = "brownout.chain/1";

enum class Dialect { openai, anthropic, gemini, replicate, fal, nexaapi, stability, azure };
inline constexpr std::string_view dialect_names[] = {
    "openai", "anthropic", "gemini", "replicate", "fal", "nexaapi", "stability", "azure"};

// Where a key is to be found; never the key itself.
struct KeyRef {
    enum class Source { none, keychain, env, session };
    Source source = Source::none;
    std::string name;
    std::string text() const; // "keychain:openai", "none"
    friend auto operator<=>(const KeyRef&, const KeyRef&) = default;
};
std::optional<KeyRef> parse_key_ref(std::string_view text);

// How a simulated provider behaves. Times in ms.
struct ProviderModel {
    stats::Distribution first_token_ms = stats::Lognormal{400, 0.4};
    stats::Distribution token_ms = stats::Lognormal{15, 0.1};
    stats::Distribution output_tokens = stats::Lognormal{120, 0.5}; // when the request does not say
    double error_ratio = 0;                                         // answers 500
    struct SlowMode {
        double ratio = 0, factor = 1;
    };
    std::optional<SlowMode> slow_mode;
    struct Capacity {
        int concurrency = 0, queue = 0, shed_status = 503;
    };
    std::optional<Capacity> capacity;
    struct Outages {
        stats::Distribution gap_h, repair_h;
        double severity = 1;
        Json fault;
    };
    std::optional<Outages> outages;
};

struct Limits {
    std::optional<double> requests_per_min, tokens_per_min;
    std::optional<int> concurrency;
};
struct HealthCheck {
    double every_s = 60;
    bool by_prompt = false; // else by the models list
};

struct Provider {
    std::string id;
    Dialect dialect = Dialect::openai;
    std::string base_url;     // "lab:" is the built-in simulated provider
    std::vector<KeyRef> keys; // empty: none; several rotate (engine/keys.h), max_keys at most
    std::map<KeyRef, Limits> key_limits; // of the keys that have limits of their own
    std::map<std::string, std::string> headers, query;
    std::string proxy;   // empty: none
    std::string ca_file; // empty: the system's
    std::optional<ProviderModel> model;
    std::optional<Limits> limits;
    std::optional<HealthCheck> health_check;
    bool simulated() const { return base_url == "lab:"; }
};

struct Target {
    std::string provider, model;
    bool enabled = true;
    double weight = 1, quality = 1;
    std::optional<Price> price;
    std::string price_source; // of a price that the document does not give; empty: it does
    std::optional<std::int64_t> context_tokens;
    std::optional<engine::Capabilities> capabilities;
    Json timeouts = Json::object(), retry = Json::object(); // overrides, validated
    engine::BreakerHold breaker_hold = engine::BreakerHold::none;
    std::string name() const { return provider + "/" + model; } // as in events and reports
};

struct Chain {
    std::string id;
    std::string task; // may be empty
    engine::Strategy strategy = engine::Strategy::priority;
    std::vector<Target> targets;
    Json policy = Json::object(); // overrides, validated
};

// Raised once its metric has been above `above` for `for_s`; record/alerts.h says what each metric
// measures, and when the alert is cleared. A document without `alerts` has default_alert().
struct Alert {
    // failure_rate, fallback_ratio, latency_ms, spend_usd, budget_used, cost_jump, breaker_open
    std::string metric;
    // A provider, "provider/model", or by place in each chain: "@primary", "@2", "@last"; "*": each
    // target by itself; empty: whole requests.
    std::string target;
    std::string task; // of a chain, or a chain's id; "*": each chain by itself; empty: all
    double above = 0, for_s = 0;
    std::optional<double> quantile; // of latency_ms
};
Alert default_alert(); // the primary's failure rate above 5 % for a minute
// A place in a chain, from 0, that "@primary", "@2" or "@last" names among so many targets; nothing
// for any other text, and where there is no such place.
std::optional<std::size_t> place_named(std::string_view text, std::size_t targets);

struct Document {
    std::string name;
    std::vector<Provider> providers;
    std::vector<Chain> chains;
    Json policy = Json::object();
    bool unknown_model_is_error = false;
    std::vector<Alert> alerts;
    // Webhooks, each may be empty: told of every failover, and of every alert that is raised or
    // cleared (live/webhook.h).
    std::string on_failover, on_alert;
    Json evidence; // null: none

    const Provider* provider(std::string_view id) const;
    const Chain* chain(std::string_view id) const;
    // By id, then by task, then `default`, then the first.
    const Chain* chain_or_default(std::string_view id_or_task) const;
    bool simulated() const; // every provider is
};

// Validates and reads. `file` is only named in problems.
Checked<Document> read_document(const Json& json, const std::string& file);
Checked<Document> read_document_text(std::string_view text, const std::string& file);
Checked<Document> read_document_file(const std::string& path);

// Defaults, then the document's policy, then the chain's, then (timeouts, retry) the target's. A
// target that makes pictures has no limit to its first token but one that is written down.
engine::Policy effective_policy(const Document& document, const Chain& chain);
engine::Policy effective_policy(const Document& document, const Chain& chain, const Target& target);

// The engine's picture, and the way back from its indices to names.
struct Compiled {
    engine::Setup setup;
    std::vector<std::string> provider_ids; // by ProviderId
    struct TargetInfo {
        std::string provider, model, name;
        std::optional<Price> price;
    };
    std::vector<TargetInfo> targets;    // by TargetId
    std::vector<std::string> chain_ids; // by ChainId
    std::optional<engine::TargetId> target(std::string_view name) const;
};
Compiled compile(const Document& document);

// What happens on one target, in one plain sentence made from its policy.
std::string describe(const Document& document, const Chain& chain, const Target& target);

} // namespace brownout::chain
