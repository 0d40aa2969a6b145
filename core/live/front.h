// How the lab, in front of a real provider, tells the driver that the provider could not be
// reached: a header of its own on a 502. Any such header of the provider's is dropped on the way,
// so none can speak for the lab. Pure. Thread: any.
#pragma once

#include "net/http_client.h"

#include <optional>

namespace brownout::live {

inline constexpr std::string_view front_header = "X-Brownout-Upstream";

struct FrontFailure {
    net::End end = net::End::bad_http;
    bool request_sent = false;
    std::string detail; // the transport's words, keys masked
};
std::string to_header(const FrontFailure& failure);
// Nothing: the reply is the provider's own.
std::optional<FrontFailure> front_failure(const net::Headers& headers);

// FAL's jobs are handed in at another host than its base URL names: "https://queue.fal.run" for
// "https://fal.run". An attempt that goes there says so to the lab in front, with this header.
inline constexpr std::string_view queue_header = "X-Brownout-Queue";
// "https://queue.fal.run/x" of "https://fal.run/x".
std::string queue_of(const std::string& url);

} // namespace brownout::live
