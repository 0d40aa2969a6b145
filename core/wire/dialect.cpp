#include "wire/dialect.h"

#include "wire/openai.h"

namespace brownout::wire {

const Dialect* dialect(chain::Dialect which) {
    static const OpenAiDialect openai{chain::Dialect::openai};
    static const OpenAiDialect azure{chain::Dialect::azure};
    switch (which) {
    case chain::Dialect::openai:
        return &openai;
    case chain::Dialect::azure:
        return &azure;
    default:
        return nullptr;
    }
}

} // namespace brownout::wire
