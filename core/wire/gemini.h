// Google's Gemini: generateContent, and streamGenerateContent as server-sent events. The key goes
// in a header, never in the address, which ends up in logs.
#pragma once

#include "wire/dialect.h"

namespace brownout::wire {

class GeminiDialect final : public Dialect {
  public:
    Encoded encode(const ChatRequest& request, const Endpoint& endpoint) const override;
    std::unique_ptr<ReplyReader> reader(bool stream, const Endpoint& endpoint) const override;
    std::unique_ptr<ReplyReader> reader_for(const ChatRequest& request,
                                            const Endpoint& endpoint) const override;
    HttpRequest key_test(const Endpoint& endpoint) const override;
};

} // namespace brownout::wire
