#include "chain/model_read.h"

#include "chain/distribution_read.h"

namespace brownout::chain {
namespace {

void read_outages(ObjectReader& model, ProviderModel& out) {
    if (!model.get("outages"))
        return;
    ObjectReader in = model.object("outages");
    ProviderModel::Outages read;
    in.require("gap_h", "`gap_h`, the hours between two outages");
    in.require("repair_h", "`repair_h`, the hours that an outage takes");
    read.gap_h = read_distribution(in, "gap_h", stats::Constant{24});
    read.repair_h = read_distribution(in, "repair_h", stats::Constant{1});
    read.severity = in.number("severity", 1, {0, 1});
    if (const Json* fault = in.get("fault")) {
        if (fault->is_object())
            read.fault = *fault;
        else
            in.error("fault", "expected a fault, found " + shown(*fault));
    }
    in.finish();
    out.outages = std::move(read);
}

} // namespace

ProviderModel read_provider_model(const Json& value, const std::string& pointer,
                                  ProblemList& problems) {
    ProviderModel out;
    ObjectReader in(value, pointer, problems);
    out.first_token_ms = read_distribution(in, "first_token_ms", out.first_token_ms);
    out.token_ms = read_distribution(in, "token_ms", out.token_ms);
    out.output_tokens = read_distribution(in, "output_tokens", out.output_tokens);
    out.error_ratio = in.number("error_ratio", 0, {0, 1});
    if (in.get("slow_mode")) {
        ObjectReader slow = in.object("slow_mode");
        slow.require("ratio", "`ratio`, the share of slow answers");
        slow.require("factor", "`factor`, how many times slower they are");
        out.slow_mode = {slow.number("ratio", 0, {0, 1}), slow.number("factor", 1, {1, 10'000})};
        slow.finish();
    }
    if (in.get("capacity")) {
        ObjectReader capacity = in.object("capacity");
        capacity.require("concurrency", "`concurrency`, the requests served at once");
        ProviderModel::Capacity read;
        read.concurrency = static_cast<int>(capacity.integer("concurrency", 1, {1, 1'000'000}));
        read.queue = static_cast<int>(capacity.integer("queue", 0, {0, 1'000'000}));
        read.shed_status = static_cast<int>(capacity.integer("shed_status", 503, {400, 599}));
        capacity.finish();
        out.capacity = read;
    }
    read_outages(in, out);
    in.finish();
    return out;
}

} // namespace brownout::chain
