#include "tune/json_number.h"
#include "tune/suggest.h"

namespace brownout::tune {

using chain::Json;

namespace {

Json to_json(const std::optional<Estimate>& e) {
    if (!e)
        return nullptr;
    return {{"value", number(e->value)}, {"low", number(e->low)}, {"high", number(e->high)}};
}

Json to_json(const Figures& f) {
    return {{"availability", to_json(f.availability)},
            {"latency_p99_ms", to_json(f.p99_ms)},
            {"spend_usd", to_json(f.spend_usd)},
            {"spend_month_usd", to_json(f.spend_month_usd)}};
}

// "before" and "after" are absent where the place is.
Json to_json(const Edit& edit) {
    Json out = {{"pointer", edit.pointer}};
    if (edit.before)
        out["before"] = *edit.before;
    if (edit.after)
        out["after"] = *edit.after;
    return out;
}

Json to_json(const Suggestion& s) {
    Json changes = Json::array();
    for (const Change& change : s.changes) {
        Json edits = Json::array();
        for (const Edit& edit : change.edits)
            edits.push_back(to_json(edit));
        changes.push_back({{"setting", change.setting},
                           {"text", change.text},
                           {"edits", std::move(edits)},
                           {"buys", change.buys ? to_json(*change.buys) : Json(nullptr)}});
    }
    return {{"changes", std::move(changes)},
            {"figures", to_json(s.figures)},
            {"difference", to_json(s.difference)},
            {"meets", name(s.meets)}};
}

} // namespace

Json to_json(const Suggestions& s, const SuggestOptions& options,
             const faults::Scenario& scenario) {
    Json goal = Json::object();
    if (options.goal.availability)
        goal["availability"] = *options.goal.availability;
    if (options.goal.budget)
        goal["budget"] = {{"usd", options.goal.budget->usd},
                          {"per", options.goal.budget->per == Budget::Per::run ? "run" : "month"}};
    Json front = Json::array();
    for (const Suggestion& point : s.front)
        front.push_back(to_json(point));
    Json out;
    out["format"] = suggestion_format;
    out["partial"] = s.partial;
    out["chain"] = s.chain_id;
    out["scenario"] = scenario.name;
    out["goal"] = std::move(goal);
    out["seed"] = s.seed;
    out["runs"] = s.runs;
    out["method"] = "t 95 % over runs with common random numbers; differences are paired";
    out["candidates"] = s.candidates;
    out["simulated_requests"] = s.simulated_requests;
    out["original"] = to_json(s.original);
    out["front"] = std::move(front);
    out["best"] = s.best ? Json(*s.best + 1) : Json(nullptr);
    out["searched"] = s.searched;
    out["notes"] = s.notes;
    return out;
}

} // namespace brownout::tune
