// A fault of each kind with no more than it needs: for tests that go through all kinds.
#pragma once

#include "chain/json.h"
#include "faults/scenario.h"

namespace brownout::test {

inline chain::Json least_fault(faults::Kind kind, const std::string& target) {
    using faults::Kind;
    chain::Json json = {{"target", target}, {"kind", faults::info(kind).name}};
    switch (kind) {
    case Kind::latency:
    case Kind::slow_first_token:
    case Kind::slow_tokens:
    case Kind::slow_close:
        json["ms"] = 10;
        break;
    case Kind::rate_limit:
        json["requests_per_min"] = 10;
        break;
    case Kind::drop_field:
        json["pointer"] = "/id";
        break;
    case Kind::bandwidth:
        json["kbyte_per_s"] = 10;
        break;
    case Kind::price_change:
        json["factor"] = 10;
        break;
    case Kind::group_outage:
        json["targets"] = chain::Json::array({target, "another"});
        break;
    default:
        break;
    }
    return json;
}

} // namespace brownout::test
