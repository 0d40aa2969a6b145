// What an attempt costs: from the provider's usage where there is one, else by estimate and marked
// so. Pure.
#pragma once

#include "chain/document.h"
#include "wire/message.h"

namespace brownout::live {

// What is known of an attempt that has ended by itself. (Of one that it cancels, the engine
// estimates the cost by the same rule, so that its budgets hold.)
struct AttemptFacts {
    bool succeeded = false;
    std::uint32_t input_tokens = 0, tokens_seen = 0; // estimates
    std::optional<wire::Usage> usage;                // as the provider counted
    std::uint32_t pictures = 0;   // that were made, whether or not they could be fetched
    bool asked_for_media = false; // a picture or a job: text is not what is billed
};

struct Bill {
    wire::Usage usage; // all zero: nothing is billed
    Money cost;
    bool known = true; // false: the price of something that occurred is unknown
};

// Success: usage. A stream that broke: input and the tokens seen. Anything that failed before a
// token came, or was refused by its status: nothing. Pictures cost `image_usd` each; where the
// target has no such price, what their tokens cost, if they were counted.
Bill bill(const AttemptFacts& facts, const std::optional<chain::Price>& price);

// Tokens in one piece of a stream: providers send about one a piece, some send larger ones.
std::uint32_t tokens_in(const wire::Delta& delta);

} // namespace brownout::live
