// Cases of hedging, money, streams and the ways around a refusal.
#pragma once

#include "live/policy_rows/cases.h"

namespace brownout::test::rows {

inline Cases hedge_cases() {
    const std::string slow = R"({"faults":[{"target":"aster","kind":"latency","ms":700}]})";
    return {
        {"hedge", "", R"({"after_ms":100})", "{}", slow,
         [](const RowRun& b, const RowRun& a) {
             return Judge{}
                 .same("hedges before", b.sum("hedges"), 0)
                 .same("served by aster before", b.served("aster"), 1)
                 .same("hedges after", a.sum("hedges"), 1)
                 .same("served by birch after", a.served("birch"), 1)
                 .text();
         }},
        {"hedge/after_ms", "100", "400", "{}", slow,
         [](const RowRun& b, const RowRun& a) {
             return Judge{}
                 .waits("the hedge before", b.hedged_after_ms(), 100)
                 .waits("the hedge after", a.hedged_after_ms(), 400)
                 .text();
         }},
        {"hedge/after_quantile", "0.9999", "0.5", "{}", R"({"requests":40,"per_s":25})",
         [](const RowRun& b, const RowRun& a) {
             // Not none before: a hedged attempt that lost is never measured to its end.
             return Judge{}
                 .between("hedges before", b.sum("hedges"), 0, 14)
                 .between("hedges after", a.sum("hedges"), b.sum("hedges") + 3, 36)
                 .text();
         },
         2,
         R"({"providers/0/model":{"first_token_ms":{"lognormal":{"median":60,"sigma":0.8}},
             "token_ms":1}})"},
        {"hedge/max_extra", "", "2", R"({"hedge":{"after_ms":100}})",
         R"({"faults":[{"target":"aster","kind":"latency","ms":800},
                       {"target":"birch","kind":"latency","ms":900}]})",
         [](const RowRun& b, const RowRun& a) {
             return Judge{}
                 .same("hedges before", b.sum("hedges"), 1)
                 .same("served by aster before", b.served("aster"), 1)
                 .same("hedges after", a.sum("hedges"), 2)
                 .same("served by cedar after", a.served("cedar"), 1)
                 .text();
         },
         3},
    };
}

// An answer of 100 tokens in and 5 out is expected to cost about 0.00015 USD.
inline Cases money_cases() {
    const std::string five = R"({"requests":5,"per_s":10})";
    const auto refused = [](std::size_t after, const char* scope) -> RowCheck {
        return [=](const RowRun& b, const RowRun& a) {
            return Judge{}
                .same("refused before", b.results("refused"), std::size_t{0})
                .same("refused after", a.results("refused"), after)
                .same("caps named after", a.count("budget_refused", "scope", scope), after)
                .text();
        };
    };
    return {
        {"budget", "", R"({"per_request_usd":0.00001})", "{}", "", refused(1, "request")},
        {"budget/per_request_usd", "", "0.0005", "{}", "",
         [](const RowRun& b, const RowRun& a) {
             return Judge{}
                 .same("served by aster before", b.served("aster"), 1)
                 .same("served by birch after", a.served("birch"), 1)
                 .text();
         },
         2,
         R"({"chains/0/targets/0/price":{"input_usd_per_mtok":100,"output_usd_per_mtok":1000}})"},
        {"budget/per_hour_usd", "", "0.00038", "{}", five, refused(3, "hour"), 1},
        {"budget/per_day_usd", "", "0.00038", "{}", five, refused(3, "day"), 1},
        {"budget/per_provider_day_usd", R"({"aster":1})", R"({"aster":0.00038})", "{}", five,
         [](const RowRun& b, const RowRun& a) {
             return Judge{}
                 .same("served by aster before", b.served("aster"), 5)
                 .same("served by aster after", a.served("aster"), 2)
                 .same("served by birch after", a.served("birch"), 3)
                 .text();
         }},
        {"budget/on_exceeded", "", "\"reject\"",
         R"({"budget":{"per_provider_day_usd":{"aster":0.00038}}})", five,
         [](const RowRun& b, const RowRun& a) {
             return Judge{}
                 .same("served by birch before", b.served("birch"), 3)
                 .same("served by birch after", a.served("birch"), 0)
                 .same("refused after", a.results("refused"), std::size_t{3})
                 .text();
         }},
        {"minimum_quality", "", "0.9", "{}", "",
         [](const RowRun& b, const RowRun& a) {
             return Judge{}
                 .same("served by aster before", b.served("aster"), 1)
                 .same("served by birch after", a.served("birch"), 1)
                 .text();
         },
         2, R"({"chains/0/targets/0/quality":0.5})"},
    };
}

inline Cases stream_cases() {
    const std::string cut =
        R"({"output_tokens":20,"faults":[{"target":"aster","kind":"stream_cut","after_tokens":8}]})";
    const auto ends = [](const char* modes_before, const char* result_before,
                         const char* modes_after, const char* result_after) -> RowCheck {
        return [=](const RowRun& b, const RowRun& a) {
            return Judge{}
                .same("attempts before", b.modes(), std::string{modes_before})
                .same("so ended before", b.results(result_before), std::size_t{1})
                .same("attempts after", a.modes(), std::string{modes_after})
                .same("so ended after", a.results(result_after), std::size_t{1})
                .text();
        };
    };
    const std::string prefills = R"({"chains/0/targets/1/capabilities":["stream","prefill"]})";
    return {
        {"commit_after", "", R"({"tokens":12})", "{}", cut,
         ends("fresh restart", "success", "fresh failover", "success")},
        {"commit_after", "\"first_token\"", "\"complete\"", "{}", R"({"output_tokens":40})",
         [](const RowRun& b, const RowRun& a) {
             return Judge{}
                 .between("the first token before", b.first_token_ms(), 0, 5 + late_ms)
                 .between("the first token after", a.first_token_ms(), 390, 1e4)
                 .text();
         },
         1, R"({"providers/0/model":{"first_token_ms":5,"token_ms":10}})"},
        {"on_broken_stream", "\"restart\"", "\"continue\"", "{}", cut,
         ends("fresh restart", "success", "fresh resume", "success"), 2, prefills},
        {"on_broken_stream", "\"partial\"", "\"error\"", "{}", cut,
         ends("fresh", "partial", "fresh", "failed")},
    };
}

inline Cases reroute_cases() {
    const auto says = [](const char* kind, const std::string& when = "") {
        return R"({"faults":[{"target":"aster","kind":")" + std::string{kind} + "\"" +
               (when.empty() ? "" : R"(,"when":)" + when) + "}]}";
    };
    const std::string lost = R"({"faults":[{"target":"aster","kind":"reset","stage":"headers",
                                 "when":{"first":1}}]})";
    const std::string once = R"({"retry":{"attempts_per_target":1}})";
    return {
        {"on_moderation", "", "\"next_target\"", "{}", says("moderation"),
         stories("aster:reroute = rejected", "aster:reroute birch:success = success")},
        {"on_context_exceeded", "", "\"propagate\"", "{}", says("context_exceeded"),
         stories("aster:reroute birch:success = success", "aster:reroute = rejected")},
        {"on_bad_key", "", "\"propagate\"", "{}", says("bad_key"),
         [](const RowRun& b, const RowRun& a) {
             return Judge{}
                 .same("before", b.story(), std::string("aster:disable birch:success = success"))
                 .same("after", a.story(), std::string("aster:disable = failed"))
                 .same("told either way",
                       b.count("provider_disabled") + a.count("provider_disabled"), std::size_t{2})
                 .text();
         }},
        {"on_model_missing", "", "\"propagate\"", "{}", says("model_missing"),
         stories("aster:reroute birch:success = success", "aster:reroute = failed")},
        {"disable_s", "", "0.4", "{}",
         R"({"requests":10,"per_s":10,"faults":[{"target":"aster","kind":"quota_exhausted",
             "when":{"first":1}}]})",
         [](const RowRun& b, const RowRun& a) {
             return Judge{}
                 .same("served by aster before", b.served("aster"), 0)
                 .between("served by aster after", a.served("aster"), 3, 8)
                 .text();
         }},
        {"resend_after_ambiguous_failure", "", "\"never\"", once, lost,
         [](const RowRun& b, const RowRun& a) {
             return Judge{}
                 .same("answers before", b.results("success"), std::size_t{1})
                 .same("failures after", a.results("failed"), std::size_t{1})
                 .same("attempts after", a.sum("attempts"), 1)
                 .text();
         }},
        {"resend_after_ambiguous_failure", "\"always\"", "\"never\"", once, lost,
         [](const RowRun& b, const RowRun& a) {
             return Judge{}
                 .same("answers before", b.results("success"), std::size_t{1})
                 .same("failures after", a.results("failed"), std::size_t{1})
                 .text();
         }},
    };
}

} // namespace brownout::test::rows
