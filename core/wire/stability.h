// Stability AI's "stable image" services: a multipart form out, base64 in JSON back. Models:
// stable-image-core, stable-image-ultra, and sd3... ("sd3.5-large") by name.
// Source: general knowledge of its v2beta interface; no captured payload was at hand.
#pragma once

#include "wire/dialect.h"

namespace brownout::wire {

class StabilityDialect final : public Dialect {
  public:
    Encoded encode(const ChatRequest& request, const Endpoint& endpoint) const override;
    std::unique_ptr<ReplyReader> reader(bool stream, const Endpoint& endpoint) const override;
    HttpRequest key_test(const Endpoint& endpoint) const override;
};

} // namespace brownout::wire
