#include "wire/dialect.h"

#include "wire/anthropic.h"
#include "wire/gemini.h"
#include "wire/openai.h"

namespace brownout::wire {

const Dialect* dialect(chain::Dialect which) {
    static const OpenAiDialect openai{chain::Dialect::openai};
    static const OpenAiDialect azure{chain::Dialect::azure};
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
    default:
        return nullptr;
    }
}

} // namespace brownout::wire
