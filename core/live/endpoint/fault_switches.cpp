#include "live/endpoint/fault_switches.h"

#include "faults/place.h"

#include <charconv>

namespace brownout::live {

FaultAnswer switch_faults(FaultSwitches& faults, const net::ServerRequest& request) {
    const auto wrong = [](int status, const std::string& why) {
        return FaultAnswer{status, {{"error", why}}};
    };
    if (request.method == "POST") {
        const auto fault = chain::parse_json(request.body, "body");
        if (!fault)
            return wrong(400, fault.error().text());
        const auto added = faults.add_fault(*fault);
        return added ? FaultAnswer{201, {{"id", *added}}} : wrong(400, added.error().text());
    }
    if (request.method == "DELETE") {
        std::optional<std::uint32_t> id;
        if (const auto at = request.target.find("id="); at != std::string::npos) {
            const char* const begin = request.target.data() + at + 3;
            const char* const end = request.target.data() + request.target.size();
            const auto read = std::from_chars(begin, end, id.emplace());
            if (read.ec != std::errc{} || read.ptr != end)
                return wrong(400, "id is a number from GET /faults");
        }
        faults.remove_fault(id);
    } else if (request.method != "GET") {
        return wrong(405, "use GET, POST or DELETE");
    }
    return {200, {{"faults", faults.faults_json()}}};
}

chain::Json active_faults_json(const Lab& lab) {
    chain::Json all = chain::Json::array();
    for (const Lab::ActiveFault& fault : lab.active())
        all.push_back({{"id", fault.id},
                       {"target", fault.target},
                       {"kind", std::string{faults::info(fault.kind).name}},
                       {"manual", fault.manual}});
    return all;
}

Result<faults::Rule> read_fault(const chain::Json& json) {
    auto rule = faults::read_rule(json, "body");
    if (!rule.ok())
        return rule.problems.empty() ? bad_input("body", "not a fault")
                                     : fail(faults::as_error(rule.problems.front()));
    return std::move(*rule.value);
}

} // namespace brownout::live
