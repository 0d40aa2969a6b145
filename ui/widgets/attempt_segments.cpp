// What the ribbon shows, computed from the record alone.
#include "ui/models/format.h"
#include "ui/shell/session.h"
#include "ui/widgets/attempt_ribbon.h"

#include <algorithm>

namespace brownout::ui {
namespace {

constexpr double shortestWaitMs = 5;

double msSince(const record::RequestRecord& request, Instant at) {
    return std::max(0.0, to_ms(at - request.started));
}

// The latest instant that the record itself knows of.
Instant lastKnown(const record::RequestRecord& request) {
    Instant last = request.started;
    for (const record::AttemptRecord& a : request.attempts) {
        last = std::max({last, a.started, a.first_token.value_or(a.started)});
        if (a.finished)
            last = std::max(last, a.ended);
    }
    return last;
}

bool mixesModels(const record::RequestRecord& request, const record::AttemptRecord& attempt) {
    return std::any_of(request.attempts.begin(), request.attempts.end(), [&](const auto& other) {
        return other.provider == attempt.provider && other.target != attempt.target;
    });
}

std::string targetText(const record::RequestRecord& request, const record::AttemptRecord& attempt) {
    std::string name = Session::displayName(QString::fromStdString(attempt.provider)).toStdString();
    const std::size_t slash = attempt.target.find('/');
    if (mixesModels(request, attempt) && slash != std::string::npos)
        name += " " + attempt.target.substr(slash + 1);
    return name;
}

AttemptSegment::Kind kindOf(const record::AttemptRecord& attempt) {
    if (!attempt.finished)
        return AttemptSegment::Kind::running;
    switch (attempt.outcome.cls) {
    case engine::OutcomeClass::success:
        return AttemptSegment::Kind::served;
    case engine::OutcomeClass::cancelled:
        return AttemptSegment::Kind::cancelled;
    default:
        return AttemptSegment::Kind::failed;
    }
}

std::string reasonText(const record::AttemptRecord& attempt, AttemptSegment::Kind kind) {
    const auto firstToken = [&] {
        return attempt.first_token
                   ? "first token " +
                         secondsText(to_seconds(*attempt.first_token - attempt.started))
                             .toStdString()
                   : std::string{};
    };
    switch (kind) {
    case AttemptSegment::Kind::running:
        return attempt.first_token ? "answering, " + firstToken() : "waiting for an answer";
    case AttemptSegment::Kind::served:
        return attempt.first_token ? firstToken() : "answered";
    case AttemptSegment::Kind::cancelled:
        return attempt.outcome.cause == engine::Cause::hedge_lost ? "another was faster"
                                                                  : "cancelled";
    default:
        return !attempt.message.empty() ? attempt.message : engine::name(attempt.outcome.cause);
    }
}

std::string costText(const record::RequestRecord& request, const record::AttemptRecord& attempt) {
    const engine::Outcome& outcome = attempt.outcome;
    if (!attempt.finished)
        return {};
    const bool produced = outcome.output_tokens > 0 || outcome.cls == engine::OutcomeClass::success;
    if (request.cost_unknown && outcome.cost == Money{} && produced)
        return "cost unknown";
    return (outcome.cost_estimated ? "about " : "") + usdText(outcome.cost).toStdString();
}

} // namespace

std::string AttemptSegment::text() const {
    std::string out = reason;
    for (const std::string& part : {took, cost})
        if (!part.empty())
            out += (out.empty() ? "" : " · ") + part;
    return out;
}

std::string AttemptSegment::sentence() const {
    if (kind == Kind::wait)
        return "Waited " + took;
    constexpr const char* verbs[] = {"failed", "served", "is running", "", "was cancelled"};
    std::string out = target + " " + verbs[static_cast<int>(kind)] + ": " + reason;
    for (const std::string& part : {took, cost})
        if (!part.empty())
            out += ", " + part;
    return out;
}

std::vector<AttemptSegment> attemptSegments(const record::RequestRecord& request, Instant now) {
    const Instant picture = std::max(now, lastKnown(request));
    std::vector<const record::AttemptRecord*> attempts;
    for (const record::AttemptRecord& a : request.attempts)
        attempts.push_back(&a);
    std::stable_sort(attempts.begin(), attempts.end(),
                     [](const auto* a, const auto* b) { return a->started < b->started; });

    std::vector<AttemptSegment> out;
    double busyUntil = 0;
    const auto addWait = [&](double until) {
        if (until - busyUntil < shortestWaitMs)
            return;
        AttemptSegment wait;
        wait.kind = AttemptSegment::Kind::wait;
        wait.reason = "wait";
        wait.took = secondsText((until - busyUntil) / 1e3).toStdString();
        wait.from_ms = busyUntil;
        wait.to_ms = until;
        out.push_back(std::move(wait));
    };
    for (const record::AttemptRecord* a : attempts) {
        AttemptSegment segment;
        segment.kind = kindOf(*a);
        segment.from_ms = msSince(request, a->started);
        segment.to_ms =
            std::max(segment.from_ms, msSince(request, a->finished ? a->ended : picture));
        addWait(segment.from_ms);
        segment.target = targetText(request, *a);
        segment.reason = reasonText(*a, segment.kind);
        segment.took = secondsText((segment.to_ms - segment.from_ms) / 1e3).toStdString();
        segment.cost = costText(request, *a);
        busyUntil = std::max(busyUntil, segment.to_ms);
        out.push_back(std::move(segment));
    }
    const bool anyRuns =
        std::any_of(attempts.begin(), attempts.end(), [](const auto* a) { return !a->finished; });
    if (!anyRuns) // a backoff that goes on, or one that a cancel or the deadline cut short
        addWait(msSince(request, request.finished ? request.ended : picture));
    return out;
}

} // namespace brownout::ui
