#include "record/records.h"

#include <algorithm>
#include <cstdio>

namespace brownout::record {

namespace {

constexpr std::size_t max_explained = 32; // attempts in one sentence

std::string seconds_text(Duration d) {
    char text[32];
    const double s = to_seconds(d);
    std::snprintf(text, sizeof text, s < 1 ? "%.2f s" : "%.1f s", s);
    return text;
}

std::string words_for(const AttemptRecord& attempt) {
    if (!attempt.finished)
        return "still running";
    if (!attempt.message.empty())
        return attempt.message;
    std::string text = attempt.outcome.status ? std::to_string(attempt.outcome.status) + " " : "";
    text += attempt.code.empty() ? engine::name(attempt.outcome.cause) : attempt.code;
    std::replace(text.begin(), text.end(), '_', ' ');
    return text;
}

} // namespace

bool fell_back(const RequestRecord& request) {
    if (request.served_by.empty())
        return false;
    const std::string& first = !request.first_choice.empty() ? request.first_choice
                               : request.attempts.empty()    ? request.served_by
                                                             : request.attempts.front().target;
    return request.served_by != first;
}

std::optional<std::size_t> serving_attempt(const RequestRecord& request) {
    using engine::OutcomeClass;
    if (request.served_by.empty())
        return std::nullopt;
    for (std::size_t i = request.attempts.size(); i-- > 0;) {
        const AttemptRecord& a = request.attempts[i];
        if (a.target == request.served_by && a.outcome.cls != OutcomeClass::cancelled &&
            a.outcome.cls != OutcomeClass::reject)
            return i;
    }
    return std::nullopt;
}

std::string explain(const RequestRecord& request) {
    if (request.attempts.empty())
        return "no target could be tried";
    std::string out;
    std::size_t told = 0;
    for (const auto& attempt : request.attempts) {
        if (told == max_explained) {
            out += "; and " + std::to_string(request.attempts.size() - told) + " more";
            break;
        }
        if (told++ > 0)
            out += "; ";
        out += attempt.target + ": " + words_for(attempt);
        if (attempt.finished)
            out += " (" + seconds_text(attempt.ended - attempt.started) + ")";
    }
    return out;
}

} // namespace brownout::record
