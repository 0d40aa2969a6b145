// The route /faults, of the endpoint and of a lab alone: GET lists what acts, POST adds a fault,
// DELETE removes one (?id=N) or all. Who may use it is the guard's business. Thread: the loop's.
#pragma once

#include "chain/json.h"
#include "live/lab.h"
#include "net/http_server.h"

namespace brownout::live {

class FaultSwitches {
  public:
    virtual ~FaultSwitches() = default;
    virtual chain::Json faults_json() const = 0; // a list of those that act now
    virtual Result<std::uint32_t> add_fault(const chain::Json& fault) = 0;
    virtual void remove_fault(std::optional<std::uint32_t> id) = 0; // nothing: every one
};

struct FaultAnswer {
    int status = 200;
    chain::Json body;
};
FaultAnswer switch_faults(FaultSwitches& faults, const net::ServerRequest& request);

// What a lab lists: id, target, kind, whether by hand.
chain::Json active_faults_json(const Lab& lab);
// `json` as one rule; the error is the first of its problems.
Result<faults::Rule> read_fault(const chain::Json& json);

} // namespace brownout::live
