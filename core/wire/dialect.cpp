#include "wire/dialect.h"

#include "wire/anthropic.h"
#include "wire/fal.h"
#include "wire/gemini.h"
#include "wire/nexaapi.h"
#include "wire/openai.h"
#include "wire/replicate.h"
#include "wire/stability.h"

namespace brownout::wire {

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
