// One HTTP call and its answer, on a loop of its own: for tests of keys and of webhooks. Blocks the
// calling thread for at most `limit`. Nothing is tried again, no redirection is followed.
#pragma once

#include "net/http_client.h"

#include <chrono>
#include <optional>

namespace brownout::live {

struct CallAnswer {
    std::optional<net::End> end; // nothing: it had not ended within the limit
    int status = 0;              // 0: no answer
    net::Headers headers;
    std::string body;   // its beginning
    std::string detail; // of an end without an answer: why, in words
    std::chrono::milliseconds took{};
};

CallAnswer one_call(net::Request request, Duration limit, std::size_t most_body_bytes);

} // namespace brownout::live
