// What a reply means for failover: the nine outcomes, by body first, then by status.
// Source of the rules: the providers' documents and captured bodies, vendor by vendor, in rows.
#pragma once

#include "chain/document.h"
#include "engine/outcome.h"
#include "wire/message.h"

namespace brownout::wire {

struct ReplyFacts {
    chain::Dialect dialect = chain::Dialect::openai;
    std::string_view
        vendor; // host of the base_url, or a preset's id: "groq", "zhipu"; may be empty
    TransportEnd transport = TransportEnd::complete;
    int status = 0; // 0: no reply
    const Headers* headers = nullptr;
    std::string_view body; // of an error, or the payload of an error event in a stream
    bool request_sent = false;
    bool in_stream = false;    // the body is an error event inside a 200
    std::int64_t unix_now = 0; // seconds, for Retry-After dates
    std::string_view key;      // that the request was sent with, to be masked; may be empty
};

struct Classified {
    engine::Outcome outcome;
    std::string code;    // the provider's own code or type, at most 64 bytes
    std::string message; // the provider's words, at most 300 bytes, keys masked
};
Classified classify(const ReplyFacts& facts);

} // namespace brownout::wire
