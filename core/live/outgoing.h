// A request that a dialect wrote, as the HTTP client sends it. Pure. Thread: any.
#pragma once

#include "chain/document.h"
#include "net/http_client.h"
#include "wire/message.h"

namespace brownout::live {

// Bounded as replies of providers are; no proxy.
net::Request outgoing(wire::HttpRequest request);
// To this provider: through its proxy and by its certificate authority. A simulated one listens on
// loopback, where neither leads.
net::Request outgoing(wire::HttpRequest request, const chain::Provider& provider);

} // namespace brownout::live
