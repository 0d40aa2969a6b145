#include "wire/takes.h"

#include "base/digits.h"
#include "wire/request_parts.h"
#include "wire/words.h"

#include <algorithm>

namespace brownout::wire {

namespace {

// A gateway's "openai/gpt-5" is gpt-5.

bool digit_at(std::string_view s, std::size_t i) {
    return i < s.size() && is_digit(s[i]);
}

std::string none(std::string_view who) {
    return std::string{who} + " takes none";
}

// Newer than Opus 4.6 (407 and on): no sampling but the defaults, on any API version. A name of
// Anthropic's without a version may be such a model.
void claude(Takes& t, std::string_view model) {
    const std::string name{bare_model(model)};
    if (!lower(name).starts_with("claude"))
        return;
    const int version = claude_version(name);
    if (version == 0 || version > 406)
        t.temperature = t.top_p = t.top_k = none(name);
    if (version == 0 || version >= 406)
        t.prefill = name + " does not carry on a text that was begun";
    t.temperature_with_top_p = version != 0 && version < 401;
}

void openai_family(Takes& t, std::string_view model) {
    const std::string name{bare_model(model)};
    // Models of OpenAI's keep their rules behind a gateway.
    if (is_openai_reasoning_model(name)) {
        t.max_tokens = "max_completion_tokens";
        t.temperature = t.top_p = t.top_k = none(name);
        if (!name.starts_with("o1")) // o3, o4-mini by the specification, gpt-5* by their errors
            t.stop = none(name);
    }
    claude(t, model);
    if (claude_version(name) > 0)
        t.seed = none(name);
}

struct VendorRow {
    Vendor vendor;
    const char* name;
    bool top_k, seed, schema, stream_options;
};
constexpr VendorRow vendor_rows[] = {
    {Vendor::openai, "OpenAI", false, true, true, true},
    {Vendor::azure, "Azure OpenAI", false, true, true, true},
    {Vendor::deepseek, "DeepSeek", false, false, false, true},
    {Vendor::mistral, "Mistral", false, true, true, false},
    {Vendor::dashscope, "DashScope", true, true, false, true},
    {Vendor::zhipu, "Zhipu", false, false, false, false},
    {Vendor::openrouter, "OpenRouter", true, true, true, true},
    {Vendor::groq, "Groq", false, true, false, true},
    {Vendor::together, "Together", true, true, true, true},
    {Vendor::xai, "xAI", false, true, true, true},
    {Vendor::moonshot, "Moonshot", false, false, false, false},
    {Vendor::google, "Google's OpenAI route", false, false, true, true},
    {Vendor::portkey, "Portkey", false, true, true, true},
    {Vendor::fireworks, "Fireworks", true, true, true, true},
    {Vendor::cerebras, "Cerebras", false, true, true, true},
    {Vendor::perplexity, "Perplexity", true, false, true, false},
    {Vendor::siliconflow, "SiliconFlow", true, true, false, true},
    {Vendor::deepinfra, "DeepInfra", true, true, true, true},
    {Vendor::novita, "Novita", true, true, true, true},
    {Vendor::unknown, "the openai dialect", false, true, true, true},
};

Takes openai_takes(Vendor vendor, std::string_view model) {
    Takes t;
    for (const VendorRow& row : vendor_rows) {
        if (row.vendor != vendor)
            continue;
        if (!row.top_k)
            t.top_k = none(row.name);
        if (!row.seed)
            t.seed = none(row.name);
        if (!row.schema)
            t.json_schema = none(row.name);
        t.stream_options = row.stream_options;
    }
    switch (vendor) {
    case Vendor::openai:
        t.obfuscation = true; // padding that we would pay to carry
        t.most_stops = 4;
        break;
    case Vendor::azure:
    case Vendor::groq:
        t.most_stops = 4;
        break;
    case Vendor::deepseek:
        t.pictures = "DeepSeek reads no pictures";
        break;
    case Vendor::mistral:
        t.seed_name = "random_seed";
        t.prefill_mark = "prefix";
        t.short_tool_ids = true;
        t.highest_temperature = 1.5;
        break;
    case Vendor::zhipu:
        t.highest_temperature = 1;
        t.most_stops = 1;
        break;
    case Vendor::moonshot:
        t.prefill_mark = "partial";
        t.highest_temperature = 1;
        break;
    case Vendor::perplexity:
        t.tools = "Perplexity calls no tools";
        break;
    case Vendor::xai:
        t.most_stops = 4;
        break;
    default:
        break;
    }
    openai_family(t, model);
    return t;
}

} // namespace

bool is_openai_reasoning_model(std::string_view model) {
    model = bare_model(model);
    if (model.starts_with('o') && digit_at(model, 1))
        return true;
    if (!model.starts_with("gpt-") || !digit_at(model, 4) || model.find("-chat") != model.npos ||
        model.starts_with("gpt-35")) // Azure's way to write 3.5
        return false;
    return digit_at(model, 5) || model[4] >= '5';
}

int claude_version(std::string_view model) {
    model = bare_model(model);
    if (!lower(model.substr(0, 6)).starts_with("claude"))
        return 0;
    int version = 0, parts = 0;
    for (std::size_t i = 6; i < model.size() && parts < 2;) {
        if (!digit_at(model, i)) {
            if (parts == 1 && model[i] != '-' && model[i] != '.')
                break; // "claude-3-opus"
            ++i;
            continue;
        }
        std::size_t end = i;
        while (digit_at(model, end))
            ++end;
        if (end - i > 2) // a date
            break;
        int number = 0;
        for (; i < end; ++i)
            number = number * 10 + (model[i] - '0');
        version += parts++ == 0 ? number * 100 : number;
    }
    return version;
}

Takes takes(chain::Dialect dialect, Vendor vendor, std::string_view model) {
    Takes t;
    switch (dialect) {
    case chain::Dialect::anthropic:
        t.seed = none("Anthropic");
        t.highest_temperature = 1;
        t.most_stops = 8191;
        claude(t, model);
        return t;
    case chain::Dialect::gemini:
        t.most_stops = 5;
        return t;
    case chain::Dialect::azure:
        return openai_takes(Vendor::azure, model);
    default:
        return openai_takes(vendor, model);
    }
}

void write_sampling(const ChatRequest& request, const Takes& t, chain::Json& body, Encoded& http,
                    SamplingNames names) {
    const bool warm = request.temperature && t.temperature.empty();
    if (warm) {
        body[names.temperature] = std::min(*request.temperature, t.highest_temperature);
        if (*request.temperature > t.highest_temperature)
            drop(http, "temperature", "more than this target takes, its highest was sent");
    } else if (request.temperature) {
        drop(http, "temperature", t.temperature);
    }
    if (request.top_p && !t.top_p.empty())
        drop(http, "top_p", t.top_p);
    else if (request.top_p && warm && !t.temperature_with_top_p)
        drop(http, "top_p", "not taken beside temperature");
    else if (request.top_p)
        body[names.top_p] = *request.top_p;
    if (request.top_k && t.top_k.empty())
        body[names.top_k] = *request.top_k;
    else if (request.top_k)
        drop(http, "top_k", t.top_k);
}

} // namespace brownout::wire
