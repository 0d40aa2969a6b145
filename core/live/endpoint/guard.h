// Who may ask the local endpoint for what. A web page that a user happens to open can send requests
// to loopback, and a name that it owns can be made to point there (DNS rebinding): so the Host and
// Origin of every request are looked at. Pure. Thread: any.
#pragma once

#include "net/http_server.h"

#include <optional>
#include <string>

namespace brownout::live {

struct GuardRules {
    std::string host = "127.0.0.1"; // that the endpoint listens on
    std::string token;              // for control routes, and, away from loopback, for every route
};

bool is_loopback(std::string_view host); // "127.0.0.1", "127.1.2.3", "::1", "localhost"

// "Bearer x", "Key x" (FAL), "Token x" (Replicate) or x-api-key (Anthropic); empty: none was sent.
std::string_view token_of(const net::ServerRequest& request);

struct Refusal {
    int status = 403;
    std::string code, message;
};
// Nothing: it may. `control`: the route changes or shows what the endpoint does.
std::optional<Refusal> refusal(const net::ServerRequest& request, const GuardRules& rules,
                               bool control);

// Of a page on this machine, which may read the answer: "http://localhost:3000"; else empty.
std::string_view welcome_origin(const net::ServerRequest& request);

// 32 hex digits that follow from no seed.
std::string new_token();

} // namespace brownout::live
