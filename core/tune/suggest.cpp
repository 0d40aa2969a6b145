#include "tune/suggest.h"

#include "chain/lint.h"
#include "sim/run_plan.h"
#include "tune/search.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace brownout::tune {

using chain::Json;

namespace {

Result<void> check_goal(const SuggestOptions& options) {
    const auto& up = options.goal.availability;
    if (up && !(*up >= 0 && *up <= 1))
        return bad_input("availability", "is a share from 0 to 1",
                         "Give 0.999 for 99.9 % of the requests");
    const auto& budget = options.goal.budget;
    if (budget && !(budget->usd >= 0 && budget->usd <= 1e12))
        return bad_input("budget", "is not an amount of money", "Give USD, 0 or more");
    if (options.threads > most_threads)
        return bad_input("threads", std::to_string(options.threads) + " is out of range",
                         "Give 1 to " + std::to_string(most_threads));
    if (!(options.effort >= 1 && options.effort <= 1e12))
        return bad_input("effort", "is out of range", "Give 1 to 1e12 simulated requests");
    return {};
}

// Why no budget can be judged.
std::string unpriced(const Space& space) {
    const chain::Chain* chain = space.document().chain(space.chain_id());
    for (const chain::Target& target : chain->targets)
        if (!target.price)
            return target.name();
    return chain->targets.front().name();
}

class Teller {
  public:
    Teller(const Trials& trials, const SearchPlan& plan, const SuggestOptions& options)
        : trials_(trials), plan_(plan), options_(options) {}
    void tell(const std::string& phase) {
        if (!options_.progress)
            return;
        const double share = static_cast<double>(trials_.runs_done()) / plan_.expected_runs;
        told_ = std::max(told_, std::min(0.99, share));
        options_.progress({told_, phase, trials_.played(), trials_.simulated_requests()});
    }

  private:
    const Trials& trials_;
    const SearchPlan& plan_;
    const SuggestOptions& options_;
    double told_ = 0;
};

struct Judge {
    const Space& space;
    Trials& trials;
    const SuggestOptions& options;
    Set set = Set::judge;

    Suggestion suggestion(std::size_t id) const {
        Suggestion out;
        const Variant& variant = trials.entry(id).variant;
        const Runs runs = trials.of(id, set);
        out.changes = variant.changes;
        out.document = variant.json;
        out.figures = figures(runs);
        out.difference = difference(runs, trials.of(Search::original, set));
        out.meets = meets(out.figures, options.goal);
        return out;
    }
    void ablate(Suggestion& s, std::size_t id, Search& search) const {
        const auto changed = space.changed(trials.entry(id).candidate);
        for (std::size_t i = 0; i < changed.size() && i < s.changes.size(); ++i)
            if (const auto less = search.without(id, changed[i]))
                if (const Runs runs = trials.of(*less, set);
                    runs.size() >= trials.of(id, set).size())
                    s.changes[i].buys = difference(trials.of(id, set), runs);
    }
};

double cost(const Suggestion& s) {
    return s.figures.spend_usd ? s.figures.spend_usd->value : 0;
}
double up(const Suggestion& s) {
    return s.figures.availability ? s.figures.availability->value : 0;
}
double slow(const Suggestion& s) {
    return s.figures.p99_ms ? s.figures.p99_ms->value : std::numeric_limits<double>::infinity();
}

std::optional<std::size_t> best_of(const std::vector<Suggestion>& front, const Goal& goal) {
    const auto better = [&](const Suggestion& a, const Suggestion& b) {
        if (a.meets != b.meets)
            return a.meets > b.meets;
        if (goal.availability && std::abs(cost(a) - cost(b)) > margin(spend, cost(b)))
            return cost(a) < cost(b);
        if (!goal.availability && std::abs(up(a) - up(b)) > margin(availability, up(b)))
            return up(a) > up(b);
        return std::tuple(slow(a), a.changes.size()) < std::tuple(slow(b), b.changes.size());
    };
    std::optional<std::size_t> out;
    for (std::size_t i = 0; i < front.size(); ++i)
        if (front[i].meets != Meets::no && (!out || better(front[i], front[*out])))
            out = i;
    return out;
}

// With and without each change, on runs that nothing was chosen by.
Result<bool> play_judged(const std::vector<std::size_t>& ids, const Space& space, Trials& trials,
                         Search& search, const SearchPlan& plan) {
    std::vector<std::size_t> all{Search::original};
    all.insert(all.end(), ids.begin(), ids.end());
    auto played = trials.play(all, Set::judge, plan.runs);
    if (!played || !*played)
        return played;
    for (const std::size_t id : ids)
        for (const std::size_t d : space.changed(trials.entry(id).candidate))
            if (const auto less = search.without(id, d))
                all.push_back(*less);
    return trials.play(all, Set::judge, plan.runs);
}

void sort_front(std::vector<Suggestion>& front) {
    std::stable_sort(front.begin(), front.end(), [](const Suggestion& a, const Suggestion& b) {
        return std::tuple(cost(a), -up(a), slow(a)) < std::tuple(cost(b), -up(b), slow(b));
    });
}

std::vector<std::size_t> without_beaten(const std::vector<std::size_t>& ids, const Space& space,
                                        const Trials& trials, Set set) {
    std::vector<std::size_t> all{Search::original}, changes;
    for (const std::size_t id : ids)
        if (id != Search::original)
            all.push_back(id);
    std::vector<Runs> runs;
    for (const std::size_t id : all) {
        runs.push_back(trials.of(id, set));
        changes.push_back(space.changed(trials.entry(id).candidate).size());
    }
    return front(all, runs, changes);
}

// What might have been looked for in vain.
void note_left_out(Suggestions& out, const Trials& trials) {
    std::map<std::string, std::uint64_t> codes;
    for (std::size_t id = 0; id < trials.size(); ++id)
        if (!trials.entry(id).warning.empty())
            ++codes[trials.entry(id).warning];
    std::string list;
    for (const auto& [code, n] : codes)
        list += (list.empty() ? "" : ", ") + code + " (" + std::to_string(n) + ")";
    if (!list.empty())
        out.notes.push_back("left out, since `check` would warn about them: " + list);
}

void add_notes(Suggestions& out, const Goal& goal) {
    if (out.partial)
        out.notes.push_back("stopped before its end: this is what was found until then");
    if (!out.original.figures.spend_usd)
        out.notes.push_back("a price is not known, and so is the spend: only availability and p99 "
                            "are weighed");
    if ((goal.availability || goal.budget) && !out.best)
        out.notes.push_back("nothing that was tried meets the goal");
    if (out.front.size() == 1 && out.front.front().changes.empty())
        out.notes.push_back("nothing that was tried is clearly better than the chain as it is");
    if (out.runs < 8)
        out.notes.push_back("few runs: the intervals are wide; more effort makes them narrower");
}

} // namespace

std::string_view name(Meets meets) {
    constexpr std::string_view names[] = {"no", "probably", "yes"};
    return names[static_cast<int>(meets)];
}

Result<Suggestions> suggest(const Json& document, const faults::Scenario& scenario,
                            const SuggestOptions& options) {
    if (auto fits = check_goal(options); !fits)
        return tl::unexpected(fits.error());
    const auto space = Space::of(document, scenario, options);
    if (!space)
        return tl::unexpected(space.error());
    const SearchPlan plan = SearchPlan::of(sim::expected_requests(scenario), options.effort);
    Trials trials(*space, scenario, options);
    Search search(*space, trials, options, plan);
    Teller teller(trials, plan, options);
    std::string phase;
    trials.tell = [&] { teller.tell(phase.empty() ? search.phase() : phase); };

    auto found = search.run();
    if (!found)
        return tl::unexpected(found.error());
    if (options.goal.budget && !trials.of(Search::original, Set::search).empty() &&
        !estimate(trials.of(Search::original, Set::search), spend))
        return bad_input("budget", "the price of " + unpriced(*space) + " is not known",
                         "Give its `price`, or leave the budget out");
    phase = "what each change buys";
    const auto judged = trials.cancelled() ? Result<bool>(false)
                                           : play_judged(*found, *space, trials, search, plan);
    if (!judged)
        return tl::unexpected(judged.error());
    Judge judge{*space, trials, options};
    // Stopped before all points had the runs that judge: by those of the search.
    for (const std::size_t id : *found)
        if (trials.of(id, Set::judge).size() < plan.runs)
            judge.set = Set::search;
    if (trials.of(Search::original, judge.set).empty())
        return fail({Error::Kind::cancelled, "", "stopped before anything was known", {}});
    Suggestions out;
    out.chain_id = space->chain_id();
    out.original = judge.suggestion(Search::original);
    for (const std::size_t id : without_beaten(*found, *space, trials, judge.set)) {
        Suggestion point = judge.suggestion(id);
        judge.ablate(point, id, search);
        out.front.push_back(std::move(point));
    }
    sort_front(out.front);
    out.best = best_of(out.front, options.goal);
    out.partial = trials.cancelled();
    out.seed = options.seed;
    out.runs = trials.of(Search::original, judge.set).size();
    out.candidates = trials.played();
    out.simulated_requests = trials.simulated_requests();
    out.searched = space->listed();
    add_notes(out, options.goal);
    note_left_out(out, trials);
    if (std::any_of(scenario.faults.begin(), scenario.faults.end(),
                    [](const faults::Rule& rule) { return rule.target.starts_with('@'); }))
        out.notes.push_back("the scenario's faults hit places (@primary): whoever stands there in "
                            "the order that is tried");
    return out;
}

namespace {

Result<Json> edited(const Json& document, std::span<const Change> changes, bool back) {
    Json out = document;
    std::vector<const Edit*> edits;
    for (const Change& change : changes)
        for (const Edit& edit : change.edits)
            edits.push_back(&edit);
    if (back)
        std::reverse(edits.begin(), edits.end());
    for (const Edit* edit : edits) {
        const auto& expected = back ? edit->after : edit->before;
        const Json::json_pointer at(edit->pointer);
        const bool there = out.contains(at);
        if (there != expected.has_value() || (there && out.at(at) != *expected))
            return bad_input(edit->pointer, "was edited since the suggestion was made",
                             "Ask for suggestions again");
        auto next =
            chain::apply_fix(out, {"", {{edit->pointer, back ? edit->before : edit->after}}});
        if (!next)
            return next;
        out = std::move(*next);
    }
    return out;
}

} // namespace

Result<Json> apply(const Json& document, std::span<const Change> changes) {
    return edited(document, changes, false);
}

Result<Json> undo(const Json& document, std::span<const Change> changes) {
    return edited(document, changes, true);
}

} // namespace brownout::tune
