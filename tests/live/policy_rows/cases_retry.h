// Cases of the rows below `retry`.
#pragma once

#include "live/policy_rows/cases.h"

namespace brownout::test::rows {

// Waits of the only target's retries, in whole, before and after.
inline RowCheck waits(std::vector<double> before, std::vector<double> after) {
    return [=](const RowRun& b, const RowRun& a) {
        Judge judge;
        for (std::size_t i = 0; i < before.size(); ++i)
            judge.waits("a wait before", b.wait_ms(0, int(i) + 1), before[i]);
        for (std::size_t i = 0; i < after.size(); ++i)
            judge.waits("a wait after", a.wait_ms(0, int(i) + 1), after[i]);
        return judge.text();
    };
}

// One wait of each of ten requests: its smallest and its largest within these.
struct Spread {
    double low, smallest_below, largest_above, high;
};
inline RowCheck spreads(Spread before, Spread after) {
    return [=](const RowRun& b, const RowRun& a) {
        Judge judge;
        const auto look = [&](const char* when, const RowRun& run, const Spread& s) {
            double smallest = 1e9, largest = -1;
            for (std::size_t r = 0; r < 10; ++r) {
                const double wait = run.wait_ms(r, 1);
                smallest = std::min(smallest, wait);
                largest = std::max(largest, wait);
            }
            judge.between((std::string{"the smallest wait "} + when).c_str(), smallest, s.low - 1.5,
                          s.smallest_below);
            judge.between((std::string{"the largest wait "} + when).c_str(), largest,
                          s.largest_above, s.high + late_ms);
        };
        look("before", b, before);
        look("after", a, after);
        return judge.text();
    };
}

inline RowCheck aster_attempts(double low_before, double high_before, double low_after,
                               double high_after) {
    return [=](const RowRun& b, const RowRun& a) {
        return Judge{}
            .between("attempts on aster before", b.attempts("aster"), low_before, high_before)
            .between("attempts on aster after", a.attempts("aster"), low_after, high_after)
            .text();
    };
}

inline Cases backoff_cases() {
    const auto backoff = [](const std::string& rest) {
        return R"({"retry":{"attempts_per_target":4,"backoff":{)" + rest + "}}," + no_breaker + "}";
    };
    const std::string linear = backoff(R"("base_ms":150,"factor":2,"jitter":"none")");
    const std::string jitter =
        R"({"retry":{"attempts_per_target":2,"backoff":{"kind":"fixed","base_ms":300}},)" +
        no_breaker + "}";
    const std::string ten =
        R"({"requests":10,"per_s":50,"faults":[{"target":"aster","kind":"http_error","status":500}]})";
    const Spread none{300, 330, 300, 300}, full{0, 150, 150, 300}, equal{150, 225, 225, 300},
        additive{300, 420, 390, 600}, decorrelated{300, 600, 500, 900};
    return {
        {"retry/backoff", R"({"kind":"fixed","base_ms":400,"jitter":"none"})", R"({"kind":"none"})",
         "{" + no_breaker + "}", fails_500, waits({400}, {0}), 1},
        {"retry/backoff/kind", "\"fixed\"", "\"linear\"", linear, fails_500,
         waits({150, 150, 150}, {150, 300, 450}), 1},
        {"retry/backoff/kind", "\"exponential\"", "\"none\"", linear, fails_500,
         waits({150, 300, 600}, {0, 0, 0}), 1},
        {"retry/backoff/base_ms", "20", "400", backoff(R"("kind":"fixed","jitter":"none")"),
         fails_500, waits({20, 20}, {400, 400}), 1},
        {"retry/backoff/factor", "1", "4",
         backoff(R"("kind":"exponential","base_ms":100,"jitter":"none")"), fails_500,
         waits({100, 100}, {100, 400}), 1},
        {"retry/backoff/cap_ms", "", "150",
         backoff(R"("kind":"exponential","base_ms":100,"factor":4,"jitter":"none")"), fails_500,
         waits({100, 400}, {100, 150}), 1},
        {"retry/backoff/jitter", "\"none\"", "\"full\"", jitter, ten, spreads(none, full), 1},
        {"retry/backoff/jitter", "\"equal\"", "\"additive\"", jitter, ten, spreads(equal, additive),
         1},
        {"retry/backoff/jitter", "\"none\"", "\"decorrelated\"", jitter, ten,
         spreads(none, decorrelated), 1},
    };
}

inline Cases retry_cases() {
    const std::string quick = "{" + quick_retry + "}";
    const std::string budget_policy = "{" + quick_retry + "," + no_breaker + "}";
    const auto budget = [](const std::string& rest) {
        return R"({"retry":{"backoff":{"kind":"none"},"budget":{)" + rest + "}}," + no_breaker +
               "}";
    };
    const std::string ten =
        R"({"requests":10,"per_s":20,"faults":[{"target":"aster","kind":"http_error","status":500}]})";
    const std::string busy = R"({"faults":[{"target":"aster","kind":"http_error","status":429,
                                 "retry_after_s":0.4,"when":{"first":1}}]})";
    Cases cases{
        {"retry", R"({"attempts_per_target":2,"backoff":{"kind":"none"}})",
         R"({"attempts_per_target":1})", "{}", fails_500,
         stories("aster:retry aster:retry birch:success = success",
                 "aster:retry birch:success = success")},
        {"retry/attempts_per_target", "1", "3", quick, fails_500,
         stories("aster:retry birch:success = success",
                 "aster:retry aster:retry aster:retry birch:success = success")},
        {"retry/max_attempts", "", "2", R"({"retry":{"attempts_per_target":1}})",
         R"({"faults":[{"target":"*","kind":"http_error","status":500}]})",
         stories("aster:retry birch:retry cedar:retry = failed",
                 "aster:retry birch:retry = failed"),
         3},
        {"retry/honour_retry_after", "", "false", quick, busy,
         [](const RowRun& b, const RowRun& a) {
             return Judge{}
                 .same("before", b.story(), std::string("aster:cooldown aster:success = success"))
                 .waits("the wait before", b.wait_ms(0, 1), 400)
                 .same("after", a.story(), std::string("aster:cooldown birch:success = success"))
                 .text();
         }},
        {"retry/max_wait_ms", "", "100", quick, busy,
         [](const RowRun& b, const RowRun& a) {
             return Judge{}
                 .same("before", b.story(), std::string("aster:cooldown aster:success = success"))
                 .waits("the wait before", b.wait_ms(0, 1), 400)
                 .same("after", a.story(), std::string("aster:cooldown birch:success = success"))
                 .same("cooldowns after", a.count("cooldown", "target", "aster/m"), std::size_t{1})
                 .text();
         }},
        {"retry/budget", "", R"({"ratio":0,"min_per_s":0})", budget_policy, ten,
         aster_attempts(20, 20, 10, 10)},
        {"retry/budget/ratio", "", "1", budget(R"("min_per_s":0)"), ten,
         aster_attempts(11, 12, 20, 20)},
        {"retry/budget/min_per_s", "0", "1", budget(R"("ratio":0)"), ten,
         aster_attempts(10, 10, 20, 20)},
        {"retry/budget/ttl_s", "", "0.3", budget(R"("ratio":0,"min_per_s":2)"), ten,
         aster_attempts(20, 20, 10, 10)},
    };
    for (RowCase& c : backoff_cases())
        cases.push_back(std::move(c));
    return cases;
}

} // namespace brownout::test::rows
