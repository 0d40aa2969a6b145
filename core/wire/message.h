// The canonical request and reply, in no provider's dialect.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace brownout::wire {

enum class Role { system, user, assistant };
struct Message {
    Role role = Role::user;
    std::string text;
};

struct ChatRequest {
    std::vector<Message> messages;
    bool stream = false;
    std::optional<std::int64_t> max_tokens;
    std::optional<double> temperature, top_p;
    std::vector<std::string> stop;
};

struct Usage {
    std::int64_t input = 0, cached_read = 0, cache_write = 0; // input is the total
    std::int64_t output = 0, reasoning = 0;                   // output includes reasoning
    bool estimated = false;                                   // the provider sent none
};

enum class Finish { none, stop, length, tool_calls, content_filter, error };

struct Reply {
    std::string text, reasoning, model, request_id;
    Finish finish = Finish::none;
    std::optional<Usage> usage;
};

// A piece of a streamed reply.
struct Delta {
    std::string text, reasoning;
    bool empty() const { return text.empty() && reasoning.empty(); }
};

using Headers =
    std::vector<std::pair<std::string, std::string>>; // names as sent; matched ignoring case

struct HttpRequest {
    std::string method = "POST", url;
    Headers headers;
    std::string body;
};

// How the transport ended, before any classification.
enum class TransportEnd {
    complete, // the whole HTTP reply came
    dns_failure,
    connect_refused,
    connect_timeout,
    tls_failure,
    reset_before_headers, // sent, nothing came
    reset_after_headers,  // the body broke off
    resend_refused,       // a reused connection died before the reply; may have been processed
    too_large,
    bad_http,
    cancelled,
};

} // namespace brownout::wire
