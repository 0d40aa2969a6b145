// Reading what a forecast rests on, and looking up what it leaves out.
#include "sim/assumptions.h"

#include "chain/distribution_read.h"
#include "chain/model_presets.h"
#include "chain/model_read.h"
#include "chain/reader.h"

#include <algorithm>
#include <cmath>

namespace brownout::sim {
namespace {

using chain::Json;
using chain::ObjectReader;
using chain::ProblemList;

constexpr double most_requests_per_day = 5'000'000; // a year of them is what one run can have
constexpr std::int64_t most_forecast_years = 200;

// Reads what is written at `providers/ID/KEY`: a preset by its name, or figures of one's own.
void read_model(ObjectReader& provider, const std::string& base, const char* key, bool outages,
                ProblemList& problems) {
    const Json* value = provider.get(key);
    if (!value)
        return;
    const std::string pointer = base + "/" + key;
    if (!value->is_object()) {
        problems.error(pointer, "expected an object, found " + chain::shown(*value));
        return;
    }
    Json own = *value;
    own.erase("source");
    if (own.contains("preset")) {
        ObjectReader in(own, pointer, problems);
        const std::string id = in.text("preset");
        const auto& presets = chain::model_presets();
        if (outages ? !presets.outage(id) : !presets.latency_of(id))
            in.error("preset", "there is no model named \"" + id + "\"",
                     "Choose one from the list, or give figures of your own");
        in.finish();
        return;
    }
    if (outages && own.contains("none")) {
        ObjectReader in(own, pointer, problems);
        in.boolean("none", true);
        in.finish();
        return;
    }
    // The reader of provider models is the judge; its pointers end with `outages` themselves.
    if (outages)
        chain::read_provider_model(Json{{"outages", own}}, base, problems);
    else
        chain::read_provider_model(own, pointer, problems);
}

void read_providers(ObjectReader& in, ProblemList& problems, Assumptions& out) {
    const Json* all = in.get("providers");
    if (!all)
        return;
    if (!all->is_object()) {
        in.error("providers", "expected an object, found " + chain::shown(*all));
        return;
    }
    out.providers = *all;
    for (const auto& [id, value] : all->items()) {
        const std::string base = in.pointer_to("providers") + "/" + chain::escape_pointer(id);
        ObjectReader provider(value, base, problems);
        read_model(provider, base, "outages", true, problems);
        read_model(provider, base, "latency", false, problems);
        provider.finish();
    }
}

void read_prices(ObjectReader& in, ProblemList& problems, Assumptions& out) {
    const Json* all = in.get("prices");
    if (!all)
        return;
    if (!all->is_object()) {
        in.error("prices", "expected an object, found " + chain::shown(*all));
        return;
    }
    out.prices = *all;
    for (const auto& [target, value] : all->items())
        chain::read_price(ObjectReader(
            value, in.pointer_to("prices") + "/" + chain::escape_pointer(target), problems));
}

Compared read_compared(const Json& value, const std::string& pointer, ProblemList& problems) {
    Compared out;
    ObjectReader in(value, pointer, problems);
    out.label = in.text("label");
    out.chain = in.text("chain");
    in.array("targets", [&](const Json& name, const std::string& at) {
        if (name.is_string())
            out.targets.push_back(name);
        else
            problems.error(at, "expected the name of a target, found " + chain::shown(name));
    });
    for (const auto& [key, to] : {std::pair{"policy", &out.policy}, {"copy", &out.copy}})
        if (const Json* object = in.get(key)) {
            if (!object->is_null() && !object->is_object())
                in.error(key, "expected an object, found " + chain::shown(*object));
            *to = *object;
        }
    in.finish();
    return out;
}

void read_traffic(ObjectReader traffic, Assumptions& out) {
    out.requests_per_day =
        traffic.number("requests_per_day", out.requests_per_day, {0, 1e15, true});
    if (out.requests_per_day > most_requests_per_day)
        traffic.error("requests_per_day", "a year of that is more requests than one run can have",
                      "Up to 5,000,000 a day fit");
    out.shape =
        static_cast<Shape>(traffic.choice("shape", static_cast<int>(out.shape), shape_names));
    out.stream = traffic.boolean("stream", out.stream);
    traffic.text("source"); // for people only
    out.input_tokens = chain::read_distribution(traffic, "input_tokens", out.input_tokens);
    out.output_tokens = chain::read_distribution(traffic, "output_tokens", out.output_tokens);
    traffic.finish();
}

const Json* written(const Assumptions& a, const std::string& provider, const char* key) {
    const auto at = a.providers.find(provider);
    if (at == a.providers.end() || !at->is_object() || !at->contains(key))
        return nullptr;
    const Json& value = (*at)[key];
    return value.is_object() ? &value : nullptr;
}

Json without_source(Json value, std::string& source) {
    source = value.value("source", "your own figures");
    value.erase("source");
    return value;
}

const char* const chain_file = "the chain file";

Json outages_json(const chain::ProviderModel::Outages& o) {
    Json out = {{"gap_h", chain::to_json(o.gap_h)},
                {"repair_h", chain::to_json(o.repair_h)},
                {"severity", o.severity}};
    if (!o.fault.is_null())
        out["fault"] = o.fault;
    return out;
}

Json latency_json(const chain::ProviderModel& m) {
    Json out = {{"first_token_ms", chain::to_json(m.first_token_ms)},
                {"token_ms", chain::to_json(m.token_ms)},
                {"error_ratio", m.error_ratio}};
    if (m.slow_mode)
        out["slow_mode"] = {{"ratio", m.slow_mode->ratio}, {"factor", m.slow_mode->factor}};
    if (m.capacity)
        out["capacity"] = {{"concurrency", m.capacity->concurrency},
                           {"queue", m.capacity->queue},
                           {"shed_status", m.capacity->shed_status}};
    return out;
}

} // namespace

std::vector<double> hourly_shape(Shape shape) {
    constexpr double pi = 3.14159265358979323846;
    std::vector<double> out(168, 1.0);
    if (shape == Shape::steady)
        return out;
    double sum = 0;
    for (std::size_t h = 0; h < out.size(); ++h) {
        const auto hour = static_cast<double>(h % 24);
        out[h] = 1 - 2.0 / 3 * std::cos((hour - 4) / 24 * 2 * pi);
        if (shape == Shape::weekly && h >= 5 * 24u)
            out[h] *= 0.4;
        sum += out[h];
    }
    for (double& value : out)
        value *= static_cast<double>(out.size()) / sum;
    return out;
}

Json default_assumptions() {
    return {{"format", forecast_format},
            {"traffic",
             {{"requests_per_day", 10000},
              {"shape", "weekly"},
              {"input_tokens", {{"lognormal", {{"median", 400}, {"sigma", 0.8}}}}},
              {"output_tokens", {{"lognormal", {{"median", 150}, {"sigma", 0.6}}}}},
              {"stream", true}}},
            {"years", 5},
            {"seed", 42}};
}

chain::Checked<Assumptions> read_assumptions(const Json& json, const std::string& file) {
    ProblemList problems(file);
    Assumptions out;
    ObjectReader in(json, "", problems);
    if (in.require_text("format", "`format`") != forecast_format)
        in.error("format", "no forecast", "expected \"" + std::string{forecast_format} + "\"");
    read_traffic(in.object("traffic"), out);
    out.years = in.integer("years", out.years, {1, static_cast<double>(most_forecast_years)});
    out.seed = static_cast<std::uint64_t>(in.integer("seed", 1, {0, 9e15}));
    read_providers(in, problems, out);
    read_prices(in, problems, out);
    in.array(
        "compared",
        [&](const Json& value, const std::string& pointer) {
            out.compared.push_back(read_compared(value, pointer, problems));
        },
        most_compared - 1);
    in.finish();
    chain::Checked<Assumptions> checked;
    if (!problems.has_errors())
        checked.value = std::move(out);
    checked.problems = problems.take();
    return checked;
}

Assumed assumed(const Assumptions& a, const chain::Provider& provider) {
    const auto& presets = chain::model_presets();
    Assumed out;
    if (const Json* own = written(a, provider.id, "outages")) {
        if (const auto* preset = presets.outage(own->value("preset", ""))) {
            out.outages = preset->model;
            out.outages_preset = preset->id;
            out.outages_source = preset->source;
        } else if (own->contains("none")) {
            out.outages_source = "assumed never to be out";
        } else {
            out.outages = without_source(*own, out.outages_source);
        }
    } else if (provider.model && provider.model->outages) {
        out.outages_source = chain_file;
        out.outages = outages_json(*provider.model->outages);
    } else if (const auto* usual = chain::usual_outages(provider)) {
        out.outages = usual->model;
        out.outages_preset = usual->id;
        out.outages_source = usual->source;
    } else { // nothing is known of it: assumed as bad as the worst counted
        const auto* worst = presets.outage("openai-2025");
        out.outages = worst->model;
        out.outages_preset = worst->id;
        out.outages_source = "none known of it; those of " + worst->label;
    }
    if (const Json* own = written(a, provider.id, "latency")) {
        if (const auto* preset = presets.latency_of(own->value("preset", ""))) {
            out.latency = preset->model;
            out.latency_preset = preset->id;
            out.latency_source = preset->source;
        } else {
            out.latency = without_source(*own, out.latency_source);
        }
    } else if (provider.model) {
        out.latency_source = chain_file;
        out.latency = latency_json(*provider.model);
    } else if (const auto* usual = chain::usual_latency(provider)) {
        out.latency = usual->model;
        out.latency_preset = usual->id;
        out.latency_source = usual->source;
    } else {
        out.latency = latency_json({});
        out.latency_source = "none known of it; the built-in default";
    }
    return out;
}

AssumedPrice assumed_price(const Assumptions& a, const chain::Target& target) {
    const auto own = a.prices.find(target.name());
    if (own != a.prices.end()) {
        ProblemList ignored("");
        return {chain::read_price(ObjectReader(*own, "", ignored)), "your own figures"};
    }
    if (!target.price)
        return {std::nullopt, "no table knows it"};
    return {target.price, target.price_source.empty() ? chain_file : target.price_source};
}

} // namespace brownout::sim
