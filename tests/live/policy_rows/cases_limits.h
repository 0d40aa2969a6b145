// Cases of the rows below `timeouts` and `breaker`.
#pragma once

#include "live/policy_rows/cases_retry.h"

namespace brownout::test::rows {

// How long the first attempt took, and why it ended.
inline RowCheck first_attempt(double before_ms, double after_ms, const char* cause) {
    return [=](const RowRun& b, const RowRun& a) {
        return Judge{}
            .waits("the attempt before", b.attempt_ms(), before_ms)
            .waits("the attempt after", a.attempt_ms(), after_ms)
            .same("limits broken before", b.count("attempt_finished", "outcome", cause),
                  std::size_t{1})
            .same("limits broken after", a.count("attempt_finished", "outcome", cause),
                  std::size_t{1})
            .text();
    };
}

inline Cases timeout_cases() {
    const std::string once = R"("retry":{"attempts_per_target":1})";
    const std::string silent = R"({"faults":[{"target":"aster","kind":"hang"}]})";
    const std::string stalls =
        R"({"output_tokens":9,"faults":[{"target":"aster","kind":"stream_stall","after_tokens":3}]})";
    return {
        {"timeouts", R"({"first_token_ms":700})", R"({"first_token_ms":200})", "{" + once + "}",
         silent, first_attempt(700, 200, "first_token_timeout")},
        {"timeouts/connect_ms", "700", "200", "{" + once + "}", "",
         first_attempt(700, 200, "connect_timeout"), 2, "", true},
        {"timeouts/first_token_ms", "700", "200", "{" + once + "}", silent,
         first_attempt(700, 200, "first_token_timeout")},
        {"timeouts/stall_ms", "700", "200", "{" + once + "}", stalls,
         [](const RowRun& b, const RowRun& a) {
             return Judge{}
                 .between("the attempt before", b.attempt_ms(), 700, 1000)
                 .between("the attempt after", a.attempt_ms(), 200, 500)
                 .same("stalls before", b.count("attempt_finished", "outcome", "stall_timeout"),
                       std::size_t{1})
                 .same("stalls after", a.count("attempt_finished", "outcome", "stall_timeout"),
                       std::size_t{1})
                 .text();
         }},
        {"timeouts/attempt_ms", "800", "250", "{" + once + "}", R"({"output_tokens":40})",
         first_attempt(800, 250, "attempt_timeout"), 2,
         R"({"providers/0/model":{"first_token_ms":5,"token_ms":100}})"},
        {"timeouts/total_ms", "800", "250", "{" + once + "}", silent,
         [](const RowRun& b, const RowRun& a) {
             return Judge{}
                 .waits("the request before", b.request_ms(), 800)
                 .waits("the request after", a.request_ms(), 250)
                 .same("failures", b.results("failed") + a.results("failed"), std::size_t{2})
                 .text();
         },
         1},
        {"timeouts/share_deadline", "", "false",
         R"({"retry":{"attempts_per_target":1},"timeouts":{"total_ms":800}})", silent,
         [](const RowRun& b, const RowRun& a) {
             return Judge{}
                 .waits("the silent attempt before", b.attempt_ms(), 400)
                 .same("answers before", b.results("success"), std::size_t{1})
                 .waits("the silent attempt after", a.attempt_ms(), 800)
                 .same("failures after", a.results("failed"), std::size_t{1})
                 .text();
         }},
    };
}

inline std::string down(const std::string& when, int requests, double per_s) {
    return R"({"requests":)" + std::to_string(requests) + R"(,"per_s":)" + std::to_string(per_s) +
           R"(,"faults":[{"target":"aster","kind":"http_error","status":503)" +
           (when.empty() ? "" : R"(,"when":)" + when) + "}]}";
}

inline Cases breaker_opening_cases() {
    const auto ratio = [](const std::string& rest) {
        return R"({"breaker":{"consecutive_failures":null,)" + rest + "}}";
    };
    const std::string slow_later =
        R"({"requests":10,"per_s":4,"faults":[{"target":"aster","kind":"latency","ms":150,
            "when":{"after":2}}]})";
    const auto slow_opens = [](std::size_t before, std::size_t after) -> RowCheck {
        return [=](const RowRun& b, const RowRun& a) {
            return Judge{}
                .same("opened as slow before", b.count("breaker_changed", "why", "slow_calls"),
                      before)
                .same("opened as slow after", a.count("breaker_changed", "why", "slow_calls"),
                      after)
                .text();
        };
    };
    return {
        {"breaker", "", R"({"consecutive_failures":1})", "{}", down("", 6, 10),
         aster_attempts(3, 3, 1, 1)},
        {"breaker/consecutive_failures", "", "5", R"({"breaker":{"failure_ratio":null}})",
         down("", 8, 10), aster_attempts(3, 3, 5, 5)},
        {"breaker/failure_ratio", "", "0.25", ratio(R"("minimum_requests":4)"),
         down(R"({"after":3})", 10, 10), aster_attempts(6, 6, 4, 4)},
        {"breaker/minimum_requests", "", "4", ratio(R"("failure_ratio":0.5)"), down("", 12, 10),
         aster_attempts(10, 10, 4, 4)},
        {"breaker/window_s", "", "0.3", ratio(R"("minimum_requests":4)"), down("", 9, 5),
         aster_attempts(4, 4, 9, 9)},
        {"breaker/slow_call_ms", "", "100", R"({"breaker":{"minimum_requests":3,
          "slow_call_ratio":0.5}})",
         slow_later, slow_opens(0, 1)},
        {"breaker/slow_call_ratio", "", "0.5",
         R"({"breaker":{"minimum_requests":3,"slow_call_ms":100}})", slow_later, slow_opens(0, 1)},
    };
}

inline Cases breaker_closing_cases() {
    const auto probes = [](std::size_t before, std::size_t after) -> RowCheck {
        return [=](const RowRun& b, const RowRun& a) {
            return Judge{}
                .same("probes before", b.count("attempt_started", "probe", true), before)
                .same("probes after", a.count("attempt_started", "probe", true), after)
                .text();
        };
    };
    const auto more_probes = [](const RowRun& b, const RowRun& a) {
        const auto before = double(b.count("attempt_started", "probe", true));
        return Judge{}
            .between("probes before", before, 2, 4)
            .between("probes after", double(a.count("attempt_started", "probe", true)), before + 2,
                     12)
            .text();
    };
    const auto opens = [](const std::string& rest) {
        return R"({"breaker":{"consecutive_failures":1,)" + rest + "}}";
    };
    return {
        {"breaker/open_s", "", "0.4", "{}", down(R"({"first":3})", 12, 10),
         [](const RowRun& b, const RowRun& a) {
             return Judge{}
                 .same("served by aster before", b.served("aster"), 0)
                 .between("served by aster after", a.served("aster"), 3, 9)
                 .text();
         }},
        {"breaker/open_growth", "", "1", opens(R"("open_s":0.3)"), down("", 30, 10), more_probes},
        {"breaker/open_cap_s", "", "0.3", opens(R"("open_s":0.3)"), down("", 30, 10), more_probes},
        {"breaker/half_open_probes", "", "3", opens(R"("open_s":0.3)"),
         down(R"({"first":1})", 24, 30), probes(1, 3), 2,
         R"({"providers/0/model":{"first_token_ms":300,"token_ms":1}})"},
        {"breaker/close_after_successes", "", "3", opens(R"("open_s":0.3)"),
         down(R"({"first":1})", 12, 10), probes(1, 3)},
        {"breaker/when_all_open", "", "\"refuse\"",
         R"({"retry":{"attempts_per_target":1},"breaker":{"consecutive_failures":1}})",
         down("", 3, 10),
         [](const RowRun& b, const RowRun& a) {
             return Judge{}
                 .same("attempts before", b.attempts("aster"), 3)
                 .same("failed before", b.results("failed"), std::size_t{3})
                 .same("attempts after", a.attempts("aster"), 1)
                 .same("refused after", a.results("refused"), std::size_t{2})
                 .text();
         },
         1},
    };
}

} // namespace brownout::test::rows
