// What someone who looks on is told of a request.
#include "sim/world.h"

#include <cstdio>

namespace brownout::sim {
namespace {

std::string id_of(std::int64_t number) {
    char text[32];
    std::snprintf(text, sizeof text, "s-%lld", static_cast<long long>(number));
    return text;
}

} // namespace

void World::tell_watcher(const Call& call, const engine::Finish& a,
                         const record::FoldedCall& folded) {
    watch_.watcher->request(folded, folded_);
    if (!watch_.records)
        return;
    const RunPlan::Chain& chain = plan_.chains[call.chain.value];
    record::RequestRecord out;
    out.id = id_of(++told_requests_);
    out.chain = plan_.names.chain_ids[call.chain.value];
    out.task = requests_.tasks().empty() ? chain.task : requests_.tasks()[call.task];
    out.stream = plan_.streams;
    out.finished = true;
    out.started = folded.started;
    out.ended = folded.ended;
    if (folded.first_token != never)
        out.first_token = folded.first_token;
    out.result = folded.result;
    if (chain.first_choice)
        out.first_choice = plan_.names.targets[chain.first_choice->value].name;
    if (folded.served_by)
        out.served_by = plan_.names.targets[folded.served_by->value].name;
    out.cost = folded.cost;
    out.wasted = folded.wasted;
    out.cost_unknown = folded.cost_unknown;
    for (std::size_t i = 0; i < call.used; ++i) {
        const Try& t = call.tries[i];
        record::AttemptRecord attempt;
        attempt.number = static_cast<int>(i) + 1;
        attempt.target = plan_.names.targets[t.action.target.value].name;
        attempt.provider = plan_.names.targets[t.action.target.value].provider;
        attempt.mode = t.action.mode;
        attempt.probe = t.action.probe;
        attempt.finished = t.over;
        attempt.started = t.started;
        attempt.ended = t.over ? t.ended : now_;
        if (a.served_by == i + 1)
            attempt.first_token = out.first_token;
        attempt.outcome = t.outcome;
        out.attempts.push_back(std::move(attempt));
    }
    const bool served =
        out.result == engine::CallResult::success || out.result == engine::CallResult::partial;
    if (!served)
        out.error = record::explain(out);
    watch_.watcher->record(std::move(out));
}

} // namespace brownout::sim
