// Requests for tests of the chat dialects, and how they are encoded.
#pragma once

#include "wire/dialect.h"

namespace chat_requests {

using namespace brownout;
using namespace brownout::wire;
using chain::Json;

constexpr auto openai = chain::Dialect::openai;
constexpr auto azure = chain::Dialect::azure;
constexpr auto anthropic = chain::Dialect::anthropic;
constexpr auto gemini = chain::Dialect::gemini;

inline Encoded encode(chain::Dialect which, const char* base, const char* model,
                      const ChatRequest& request, std::vector<std::string> refused = {}) {
    static const Secret key("key-of-the-test");
    Endpoint endpoint;
    endpoint.dialect = which;
    endpoint.base_url = base;
    endpoint.model = model;
    endpoint.key = &key;
    endpoint.refused = std::move(refused);
    return dialect(which)->encode(request, endpoint);
}

// Every parameter of a chat, at once.
inline ChatRequest full(bool stream) {
    ChatRequest r;
    r.messages = {{Role::system, "Be brief."}, {Role::user, "Hi"}};
    r.stream = stream;
    r.max_tokens = 100;
    r.temperature = 0.5;
    r.top_p = 0.9;
    r.top_k = 40;
    r.seed = 7;
    r.stop = {"END"};
    return r;
}

inline Json parsed(const Encoded& http) {
    return Json::parse(http.body, nullptr, false);
}

} // namespace chat_requests
