// Replicate: a prediction is created, held for a few seconds (`Prefer: wait`), then looked at until
// it has ended. Source: Replicate's documents and its JavaScript client 1.4.
#pragma once

#include "wire/dialect.h"

namespace brownout::wire {

class ReplicateDialect final : public Dialect {
  public:
    // Models are "owner/name" (official), "owner/name:version" or a version's 64 hex digits.
    Encoded encode(const ChatRequest& request, const Endpoint& endpoint) const override;
    std::unique_ptr<ReplyReader> reader(bool stream, const Endpoint& endpoint) const override;
    std::unique_ptr<ReplyReader> reader_for(const ChatRequest& request,
                                            const Endpoint& endpoint) const override;
    HttpRequest key_test(const Endpoint& endpoint) const override;
};

const char* replicate_title(int status); // of a problem, as its servers name it

} // namespace brownout::wire
