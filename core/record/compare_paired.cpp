#include "record/compare_paired.h"

#include "record/report_words.h"

#include <algorithm>
#include <vector>

namespace brownout::record {

using chain::Json;

bool same_draws(const Json& a, const Json& b) {
    const auto whole = [](const Json& report) {
        return word(report, "mode") == "simulated" && field(report, "partial") == false;
    };
    return whole(a) && whole(b) && field(a, "seed") == field(b, "seed") &&
           field(a, "scenario") == field(b, "scenario");
}

namespace {

const Json& values(const Json& report, const char* key) {
    return field(field(field(report, "per_run"), key), "values");
}

} // namespace

std::size_t paired_runs(const Json& a, const Json& b) {
    if (!same_draws(a, b))
        return 0;
    const Json &of_a = values(a, "availability"), &of_b = values(b, "availability");
    return of_a.is_array() && of_b.is_array() ? std::min(of_a.size(), of_b.size()) : 0;
}

std::optional<stats::Interval> paired_difference(const Json& a, const Json& b, const char* key,
                                                 double times_a, double times_b) {
    const Json &of_a = values(a, key), &of_b = values(b, key);
    if (!same_draws(a, b) || !of_a.is_array() || !of_b.is_array())
        return std::nullopt;
    std::vector<double> differences;
    for (std::size_t i = 0; i < std::min(of_a.size(), of_b.size()); ++i)
        if (of_a[i].is_number() && of_b[i].is_number())
            differences.push_back(of_b[i].get<double>() * times_b -
                                  of_a[i].get<double>() * times_a);
    if (differences.size() < 2)
        return std::nullopt;
    return stats::student_t(differences);
}

} // namespace brownout::record
