// Documents and scenarios for simulations, and runs of them, for tests.
#pragma once

#include "record/report.h"
#include "sim/simulate.h"

#include <QTest>

namespace brownout::test {

using chain::Json;

inline Json parsed(const std::string& text) {
    return Json::parse(text);
}

// Providers p1, p2 ... with these models, each with model m1, m2 ..., priced 1 and 2 USD per
// million tokens, in one chain.
inline chain::Document chain_of(const std::vector<std::string>& models,
                                const std::string& policy = "{}") {
    Json providers = Json::array(), targets = Json::array();
    for (std::size_t i = 0; i < models.size(); ++i) {
        const std::string n = std::to_string(i + 1);
        providers.push_back({{"id", "p" + n},
                             {"dialect", "openai"},
                             {"base_url", "lab:"},
                             {"key", "none"},
                             {"model", parsed(models[i])}});
        targets.push_back({{"provider", "p" + n},
                           {"model", "m" + n},
                           {"price", {{"input_usd_per_mtok", 1.0}, {"output_usd_per_mtok", 2.0}}}});
    }
    const auto read =
        chain::read_document({{"format", "brownout.chain/1"},
                              {"name", "test"},
                              {"providers", providers},
                              {"chains", Json::array({{{"id", "default"}, {"targets", targets}}})},
                              {"policy", parsed(policy)}},
                             "test.chain.json");
    for (const auto& p : read.problems)
        if (!read.ok())
            qFatal("%s", p.text().c_str());
    return *read.value;
}

// `rest`: more members of the scenario, each followed by a comma.
inline faults::Scenario scenario_of(const std::string& traffic, const std::string& rest = "") {
    const auto read =
        faults::read_scenario(parsed("{\"format\":\"brownout.scenario/1\",\"name\":\"test\"," +
                                     rest + "\"traffic\":" + traffic + "}"),
                              "test.scenario.json");
    for (const auto& p : read.problems)
        if (!read.ok())
            qFatal("%s", p.text().c_str());
    return *read.value;
}

inline Json simulated(const chain::Document& document, const faults::Scenario& scenario,
                      sim::SimulateOptions options = {}) {
    options.chain_sha256 = std::string(64, 'a');
    const auto report = sim::simulate(document, scenario, options);
    if (!report)
        qFatal("%s", report.error().text().c_str());
    for (const auto& p : record::check_report(*report, "report"))
        qFatal("%s", p.text().c_str());
    return *report;
}

} // namespace brownout::test
