// Does a key work? Makes the cheapest real call that a provider has (its models list, or what comes
// nearest; it costs nothing) and says what came back. Blocks the calling thread for at most
// `limit`; uses a loop of its own.
#pragma once

#include "base/secret.h"
#include "base/time.h"
#include "chain/document.h"

namespace brownout::live {

struct KeyTest {
    bool valid = false; // the provider took it, and there is money left
    // "valid, 214 ms: 37 models", "refused: 401 Incorrect API key", "valid, but: 429 You exceeded
    // your current quota", "cannot tell: 503 Overloaded", "cannot reach ..."
    std::string text;
};
// `base_url` replaces the provider's own where it is simulated.
KeyTest test_key(const chain::Provider& provider, const Secret& key,
                 const std::string& base_url = {}, Duration limit = std::chrono::seconds{10});

} // namespace brownout::live
