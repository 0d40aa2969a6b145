// Does a webhook take calls? Makes one real call, as a failover or an alert makes it but for a
// member `"test": true`, and says what came back. It is not tried again. Blocks the calling thread
// for at most `limit`. Of the address nothing is told but its host: the rest may hold a key, and a
// receiver that repeats it is masked.
#pragma once

#include "base/time.h"
#include "chain/document.h"

namespace brownout::live {

enum class Hook { on_failover, on_alert };
constexpr const char* name(Hook hook) {
    return hook == Hook::on_failover ? "on_failover" : "on_alert";
}

struct WebhookTest {
    bool taken = false;
    // "taken: HTTP 200 after 34 ms", "not taken: HTTP 404 after 12 ms: no such hook", "cannot reach
    // hooks.example.com: connection refused"
    std::string text;
};
// `url` is the address that the document would be read with.
WebhookTest test_webhook(Hook hook, const std::string& url, const chain::Json& body,
                         Duration limit = std::chrono::seconds{5});

// What a test call holds: what a real one would, of the first targets of the document's first
// chain, with `ts` as its time.
chain::Json sample_call(Hook hook, const chain::Document& document, const std::string& ts);

} // namespace brownout::live
