// Anthropic Messages, version 2023-06-01: the last one that takes sampling parameters, and the one
// that every model and every compatible server speaks. The key goes as x-api-key.
#pragma once

#include "wire/dialect.h"

namespace brownout::wire {

class AnthropicDialect final : public Dialect {
  public:
    Encoded encode(const ChatRequest& request, const Endpoint& endpoint) const override;
    std::unique_ptr<ReplyReader> reader(bool stream, const Endpoint& endpoint) const override;
    HttpRequest key_test(const Endpoint& endpoint) const override;
};

// The wire demands a limit on the answer; this one stands where the caller gives none. Anthropic's
// own SDKs refuse more than 21,333 for an answer that is not streamed.
inline constexpr std::int64_t default_anthropic_max_tokens = 4096;

} // namespace brownout::wire
