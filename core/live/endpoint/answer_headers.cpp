#include "live/endpoint/answer_headers.h"

#include "chain/json.h"
#include "wire/request_parts.h"

#include <algorithm>
#include <cmath>

namespace brownout::live {

void tell_cost(net::Headers& headers, const record::RequestRecord& request) {
    if (!request.cost_unknown)
        headers.emplace_back("X-Brownout-Cost-Usd", chain::Json(request.cost.usd()).dump());
}

void tell_request(net::Headers& headers, const record::RequestRecord& request) {
    const auto by = std::find_if(request.attempts.begin(), request.attempts.end(),
                                 [&](const auto& a) { return a.target == request.served_by; });
    if (by != request.attempts.end()) {
        const std::size_t behind = std::min(by->target.size(), by->provider.size() + 1);
        headers.emplace_back("X-Provider", wire::header_value(by->provider));
        headers.emplace_back("X-Brownout-Model", wire::header_value(by->target.substr(behind)));
    }
    headers.emplace_back("X-Brownout-Attempts", std::to_string(request.attempts.size()));
    headers.emplace_back("X-Brownout-Request-Id", request.id);
    tell_cost(headers, request);
}

void tell_retry(net::Headers& headers, const wire::CallerError& error) {
    if (error.retry_after) {
        const double seconds = std::ceil(to_seconds(std::max(*error.retry_after, Duration{})));
        headers.emplace_back("Retry-After",
                             std::to_string(static_cast<long>(std::max(1.0, seconds))));
    }
    if (!error.retry_helps)
        headers.emplace_back("X-Should-Retry", "false");
}

} // namespace brownout::live
