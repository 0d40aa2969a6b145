#include "wire/dialect.h"

#include "wire/anthropic.h"
#include "wire/fal.h"
#include "wire/gemini.h"
#include "wire/json_lenient.h"
#include "wire/nexaapi.h"
#include "wire/openai.h"
#include "wire/replicate.h"
#include "wire/stability.h"
#include "wire/words.h"

#include <cstdio>

namespace brownout::wire {

namespace {

std::string amount(const WireJson& object, const char* key, const char* unit) {
    const WireJson* value = member(object, key);
    if (!value || !value->is_number())
        return {};
    char text[48];
    std::snprintf(text, sizeof text, "%.6g %s left", value->get<double>(), unit);
    return text;
}

} // namespace

bool Dialect::takes_key(int status, std::string_view) const {
    return status / 100 == 2;
}

std::string Dialect::key_facts(std::string_view body) const {
    const auto json = parse_lenient(body);
    if (!json || !json->is_object())
        return {};
    for (const char* list : {"data", "models"}) { // OpenAI's family and Anthropic; Gemini
        const WireJson* models = member(*json, list);
        if (!models || !models->is_array())
            continue;
        const WireJson* more = member(*json, "has_more");
        const bool paged =
            !text_of(*json, "nextPageToken").empty() || (more && *more == WireJson(true));
        return std::to_string(models->size()) + (models->size() == 1 ? " model" : " models") +
               (paged ? " and more" : "");
    }
    if (const auto name = text_of(*json, "username"); !name.empty()) // Replicate
        return "account " + one_line(name, 40);
    if (const WireJson* key = member(*json, "data")) // OpenRouter
        return key->is_object() ? amount(*key, "limit_remaining", "USD") : std::string{};
    return amount(*json, "credits", "credits"); // Stability AI
}

const Dialect* dialect(chain::Dialect which) {
    static const OpenAiDialect openai{chain::Dialect::openai};
    static const OpenAiDialect azure{chain::Dialect::azure};
    static const FalDialect fal;
    static const NexaApiDialect nexaapi;
    static const ReplicateDialect replicate;
    static const StabilityDialect stability;
    static const AnthropicDialect anthropic;
    static const GeminiDialect gemini;
    switch (which) {
    case chain::Dialect::openai:
        return &openai;
    case chain::Dialect::azure:
        return &azure;
    case chain::Dialect::anthropic:
        return &anthropic;
    case chain::Dialect::gemini:
        return &gemini;
    case chain::Dialect::fal:
        return &fal;
    case chain::Dialect::nexaapi:
        return &nexaapi;
    case chain::Dialect::replicate:
        return &replicate;
    case chain::Dialect::stability:
        return &stability;
    }
    return nullptr;
}

} // namespace brownout::wire
