// Does a key work? Makes the cheapest real call that a provider has (its models list) and says what
// came back. Blocks the calling thread for at most `limit`; uses a loop of its own.
#pragma once

#include "base/secret.h"
#include "base/time.h"
#include "chain/document.h"

namespace brownout::live {

struct KeyTest {
    bool valid = false;
    std::string text; // "valid, 214 ms", "refused: 401 Incorrect API key", "cannot reach ..."
};
// `base_url` replaces the provider's own where it is simulated.
KeyTest test_key(const chain::Provider& provider, const Secret& key,
                 const std::string& base_url = {}, Duration limit = std::chrono::seconds{10});

} // namespace brownout::live
