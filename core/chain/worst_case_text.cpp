#include "chain/describe_words.h"
#include "chain/worst_case.h"

#include <algorithm>

namespace brownout::chain {
namespace {

struct VisitText {
    std::size_t target = 0;
    int tries = 0;
    Duration longest{}, last{}, wait{};
    bool asked = false; // a wait was asked for by the provider
    Money cost;
};

std::vector<VisitText> visits(const WorstPath& path) {
    std::vector<VisitText> out;
    for (const WorstStep& step : path.steps) {
        const bool attempt = step.kind == WorstStep::Kind::attempt;
        if (out.empty() || out.back().target != step.target)
            out.push_back({step.target, 0, {}, {}, {}, false, {}});
        VisitText& visit = out.back();
        if (attempt) {
            ++visit.tries;
            visit.longest = std::max(visit.longest, step.time);
            visit.last = step.time;
            visit.cost += step.cost;
        } else {
            visit.wait = std::max(visit.wait, step.time);
            visit.asked = visit.asked || step.kind == WorstStep::Kind::retry_after;
        }
    }
    return out;
}

std::string seconds_text(const VisitText& visit) {
    std::string out = "fails after " + plain_time(visit.longest);
    if (visit.tries > 1)
        out += ", " + plain_times(visit.tries);
    if (visit.wait > Duration::zero())
        out += (visit.asked ? ", each retry after a wait that it asks for, up to "
                            : ", each retry after a backoff of up to ") +
               plain_time(visit.wait);
    if (visit.last < visit.longest)
        out += "; the limit for the whole answer ends the last after " + plain_time(visit.last);
    return out;
}

std::string usd_text(Money cost) {
    char buffer[40];
    std::snprintf(buffer, sizeof buffer, "%.*f USD", cost.usd() < 1 ? 5 : 2, cost.usd());
    return buffer;
}

} // namespace

std::vector<std::string> path_text(const Chain& chain, const WorstPath& path, PathView view) {
    std::vector<std::string> out;
    for (const VisitText& visit : visits(path)) {
        std::string line = visit.target < chain.targets.size() ? chain.targets[visit.target].name()
                                                               : std::string("a target");
        switch (view) {
        case PathView::attempts:
            line += ": fails " + plain_times(visit.tries);
            break;
        case PathView::seconds:
            line += ": " + seconds_text(visit);
            break;
        case PathView::dollars:
            line += ": " +
                    std::string(visit.tries == 1 ? "1 attempt"
                                                 : std::to_string(visit.tries) + " attempts") +
                    ", " + usd_text(visit.cost);
            break;
        }
        out.push_back(std::move(line));
    }
    if (path.begins_elsewhere && !out.empty())
        out.front() += " (asked for by name, so it goes first)";
    return out;
}

} // namespace brownout::chain
