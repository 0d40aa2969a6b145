#include "live/outgoing.h"

#include "wire/dialect.h"

namespace brownout::live {

net::Request outgoing(wire::HttpRequest request) {
    net::Request out;
    out.method = std::move(request.method);
    out.url = std::move(request.url);
    out.headers = std::move(request.headers);
    out.body = std::move(request.body);
    out.max_reply_bytes = wire::max_reply_bytes;
    return out;
}

net::Request outgoing(wire::HttpRequest request, const chain::Provider& provider) {
    net::Request out = outgoing(std::move(request));
    if (!provider.simulated()) {
        out.proxy = provider.proxy;
        out.ca_file = provider.ca_file;
    }
    return out;
}

} // namespace brownout::live
