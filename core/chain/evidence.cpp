#include "chain/evidence.h"

#include "chain/reader.h"

#include <optional>

namespace brownout::chain {
namespace {

constexpr std::string_view report_format = "brownout.report/1";

std::string text_of(const Json& object, const char* key) {
    const auto at = object.find(key);
    return at != object.end() && at->is_string() ? at->get<std::string>() : std::string{};
}

std::string sha256_without(const Json& object, const char* key) {
    Json rest = object;
    if (rest.is_object()) // no document is open yet: nothing to leave out
        rest.erase(key);
    return canonical_sha256(rest);
}

// What a report proves, without what only tells how the run went: wall time and the chart's points.
Json proof(const Json& report) {
    Json out = report;
    for (const char* key : {"format", "partial", "elapsed_s", "timeline", "chain_sha256"})
        out.erase(key);
    out["report_sha256"] = canonical_sha256(out);
    return out;
}

bool is_number(const Json& object, const char* key) {
    const auto at = object.find(key);
    return at != object.end() && at->is_number();
}

// Does the observed value meet the expectation? What was never observed does not.
bool meets(const Json& expectation) {
    if (!is_number(expectation, "observed"))
        return false;
    const double observed = expectation["observed"].get<double>();
    return (!is_number(expectation, "at_least") ||
            observed >= expectation["at_least"].get<double>()) &&
           (!is_number(expectation, "at_most") || observed <= expectation["at_most"].get<double>());
}

constexpr const char* export_again = "run the scenario again and export";

// A whole number from 0 to below 2^53; what is none is a problem.
std::optional<double> count_of(const Json& object, const char* key, const std::string& pointer,
                               ProblemList& problems) {
    const auto at = object.find(key);
    if (at != object.end() && at->is_number_integer()) {
        const double value = at->get<double>();
        if (value >= 0 && value < 9007199254740992.0)
            return value;
    }
    problems.error(pointer + "/" + key, "expected a whole number from 0 to below 2^53",
                   export_again);
    return {};
}

// Figures that contradict each other are those of no run.
void check_sums(const Json& report, const std::string& pointer, ProblemList& problems) {
    const auto count = [&](const char* key) { return count_of(report, key, pointer, problems); };
    const auto requests = count("requests"), succeeded = count("succeeded"),
               failed = count("failed"), truncated = count("truncated"),
               attempts = count("attempts");
    // Rejected and cancelled requests are what is left; a report need not state them.
    const bool states_all = report.contains("rejected") && report.contains("cancelled");
    const auto rejected = report.contains("rejected") ? count("rejected") : 0.0;
    const auto cancelled = report.contains("cancelled") ? count("cancelled") : 0.0;
    if (requests && succeeded && failed && truncated && rejected && cancelled) {
        const double told = *succeeded + *failed + *truncated + *rejected + *cancelled;
        if (told > *requests || (states_all && told < *requests))
            problems.error(pointer + "/requests", "is not the sum of what became of the requests",
                           export_again);
    }
    const auto targets = report.find("targets");
    if (targets == report.end() || !targets->is_array()) {
        problems.error(pointer + "/targets", "the targets are missing", export_again);
        return;
    }
    double sum = 0;
    for (std::size_t i = 0; i < targets->size(); ++i) {
        const std::string at = pointer + "/targets/" + std::to_string(i);
        if (!(*targets)[i].is_object())
            problems.error(at, "expected a target", export_again);
        else
            sum += count_of((*targets)[i], "attempts", at, problems).value_or(0);
    }
    if (attempts && sum != *attempts)
        problems.error(pointer + "/attempts", "is not the sum of the targets' attempts",
                       export_again);
}

// The value of `key`; null where there is none.
Json member_of(const Json& object, const char* key) {
    const auto at = object.find(key);
    return at == object.end() ? Json() : *at;
}

// Is `judged` of the report what the scenario asked with `asked`?
bool corresponds(const Json& judged, const Json& asked) {
    if (!judged.is_object() || !asked.is_object())
        return false;
    for (const char* key : {"metric", "at_least", "at_most"})
        if (member_of(judged, key) != member_of(asked, key))
            return false;
    Json quantile = member_of(asked, "quantile");
    const std::string metric = text_of(asked, "metric");
    if (quantile.is_null() && (metric == "latency_ms" || metric == "first_token_ms"))
        quantile = 0.95; // what the format takes when a scenario does not say
    if (member_of(judged, "quantile") != quantile)
        return false;
    // A place (@primary) became the name of a target when the scenario met the chain.
    const std::string target = text_of(asked, "target"), found = text_of(judged, "target");
    return target.starts_with('@') ? !found.empty() : found == target;
}

void check_scenario(const Json& report, const std::string& pointer, ProblemList& problems) {
    const auto scenario = report.find("scenario");
    if (scenario == report.end() || !scenario->is_object()) {
        problems.error(pointer + "/scenario", "the scenario is missing", export_again);
        return;
    }
    if (scenario->contains("name") && !(*scenario)["name"].is_string())
        problems.error(pointer + "/scenario/name", "expected a text", export_again);
    const Json expect = member_of(*scenario, "expect");
    const std::string at = pointer + "/expectations";
    const auto judged = report.find("expectations");
    if (judged == report.end() || !judged->is_array()) {
        problems.error(at, "the report does not say what was expected", export_again);
    } else if (!expect.is_null() && !expect.is_array()) {
        problems.error(pointer + "/scenario/expect", "expected a list", export_again);
    } else if (judged->size() != expect.size()) { // null has none
        problems.error(at, "the scenario asks for another number of expectations", export_again);
    } else {
        for (std::size_t i = 0; i < judged->size(); ++i)
            if (!corresponds((*judged)[i], expect[i]))
                problems.error(at + "/" + std::to_string(i),
                               "is not what the scenario asks for in this place", export_again);
    }
}

// What makes an object the record of a run; asked of a report and of its proof alike.
void check_record(const Json& report, const std::string& pointer, ProblemList& problems) {
    count_of(report, "seed", pointer, problems);
    check_sums(report, pointer, problems);
    check_scenario(report, pointer, problems);
}

struct Findings {
    ProblemList broken, failed;
    explicit Findings(const std::string& file) : broken(file), failed(file) {}
};

void check_expectations(const Json& report, const std::string& pointer, Findings& found) {
    const auto list = report.find("expectations");
    if (list == report.end() || !list->is_array())
        return; // check_record has said it
    for (std::size_t i = 0; i < list->size(); ++i) {
        const Json& expectation = (*list)[i];
        const std::string at = pointer + "/expectations/" + std::to_string(i);
        const auto pass = expectation.find("pass");
        if (!expectation.is_object() || pass == expectation.end() || !pass->is_boolean())
            found.broken.error(at, "the verdict is missing", "export the chain again");
        else if (pass->get<bool>() && !meets(expectation))
            found.broken.error(at, "is said to pass, but the observed value does not meet it",
                               "run the scenario again and export");
        else if (!pass->get<bool>())
            found.failed.error(at, text_of(expectation, "metric") + " did not pass",
                               "change the chain and test it again");
    }
}

void check_report(const Json& report, const std::string& pointer, Findings& found) {
    if (!report.is_object()) {
        found.broken.error(pointer, "expected a report, found " + shown(report),
                           "export the chain again");
        return;
    }
    if (text_of(report, "report_sha256") != sha256_without(report, "report_sha256"))
        found.broken.error(pointer + "/report_sha256",
                           "does not match: a figure of this report was edited",
                           "run the scenario again and export");
    check_record(report, pointer, found.broken);
    check_expectations(report, pointer, found);
}

Result<void> accept_report(const Json& report, const std::string& place, const std::string& chain) {
    if (!report.is_object() || text_of(report, "format") != report_format)
        return bad_input(place, "is no report", "expected \"format\": \"brownout.report/1\"");
    const auto partial = report.find("partial");
    if (partial == report.end() || !partial->is_boolean() || partial->get<bool>())
        return bad_input(place,
                         "the run was stopped before its end: a partial report proves nothing",
                         "let the scenario run to its end");
    if (text_of(report, "chain_sha256") != chain)
        return bad_input(place, "was made for another chain, or this one was edited since",
                         "run the scenario again with this chain");
    ProblemList problems("");
    check_record(report, "", problems);
    if (!problems.has_errors())
        return {};
    const Problem& first = problems.all().front();
    return bad_input(place + first.pointer, first.message, first.remedy);
}

} // namespace

std::string chain_sha256(const Json& document) {
    return sha256_without(document, "evidence");
}

Result<Json> with_evidence(const Json& document, const std::vector<Json>& reports) {
    if (!document.is_object())
        return bad_input("", "a chain document is an object");
    if (reports.empty())
        return bad_input("", "there is no report to prove anything",
                         "rehearse a scenario first, or name a report");
    const std::string chain = chain_sha256(document);
    Json evidence = {{"chain_sha256", chain}, {"reports", Json::array()}};
    for (std::size_t i = 0; i < reports.size(); ++i) {
        if (auto accepted = accept_report(reports[i], "report " + std::to_string(i + 1), chain);
            !accepted)
            return fail(accepted.error());
        evidence["reports"].push_back(proof(reports[i]));
    }
    evidence["evidence_sha256"] = canonical_sha256(evidence);
    Json out = document;
    out["evidence"] = std::move(evidence);
    return out;
}

EvidenceCheck check_evidence(const Json& document, const std::string& file) {
    EvidenceCheck out;
    if (!document.is_object() || !document.contains("evidence") || document["evidence"].is_null())
        return out;
    const Json& evidence = document["evidence"];
    Findings found(file);
    const auto reports = evidence.is_object() ? evidence.find("reports") : evidence.end();
    if (!evidence.is_object()) {
        found.broken.error("/evidence", "expected an object, found " + shown(evidence),
                           "export the chain again");
    } else {
        if (reports == evidence.end() || !reports->is_array() || reports->empty())
            found.broken.error("/evidence/reports", "there is no report", "export the chain again");
        else
            for (std::size_t i = 0; i < reports->size(); ++i)
                check_report((*reports)[i], "/evidence/reports/" + std::to_string(i), found);
        if (text_of(evidence, "evidence_sha256") != sha256_without(evidence, "evidence_sha256"))
            found.broken.error("/evidence/evidence_sha256",
                               "does not match: the evidence was edited", "export the chain again");
    }
    const auto take = [&](EvidenceState state, ProblemList& problems) {
        out.state = state;
        out.problems = problems.take();
    };
    if (found.broken.has_errors()) {
        take(EvidenceState::broken, found.broken);
    } else if (text_of(evidence, "chain_sha256") != chain_sha256(document)) {
        ProblemList stale(file);
        stale.error("/evidence/chain_sha256", "the chain was edited after it was tested",
                    "run the scenarios again and export");
        take(EvidenceState::stale, stale);
    } else if (found.failed.has_errors()) {
        take(EvidenceState::failed, found.failed);
    } else {
        out.state = EvidenceState::holds;
    }
    return out;
}

} // namespace brownout::chain
