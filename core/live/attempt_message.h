// How an attempt ended, in one line that a person understands. Pure.
#pragma once

#include "engine/outcome.h"

#include <string>

namespace brownout::live {

struct MessageFacts {
    engine::Outcome outcome;
    std::string code, provider_words; // from the reply, keys masked by the classifier
    std::uint32_t tokens_seen = 0;
    Duration limit{}; // the limit that was broken, where the cause is a timeout; 0: unknown
    // The transport's words, keys masked, where nothing was sent: an address that is none.
    std::string not_sent = {};
};

// "503 overloaded", "connection refused", "no token within 15 s", "stream cut after 40 tokens";
// empty for a success.
std::string attempt_message(const MessageFacts& facts);

} // namespace brownout::live
