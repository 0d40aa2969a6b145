#include "faults/outages.h"

#include "faults/fault_read.h"

namespace brownout::faults {
namespace {

constexpr double hour_s = 3600;

struct InSeconds { // of a distribution of hours
    stats::Distribution operator()(const stats::Constant& d) const {
        return stats::Constant{d.value * hour_s};
    }
    stats::Distribution operator()(const stats::Uniform& d) const {
        return stats::Uniform{d.low * hour_s, d.high * hour_s};
    }
    stats::Distribution operator()(const stats::Normal& d) const {
        return stats::Normal{d.mean * hour_s, d.sd * hour_s};
    }
    stats::Distribution operator()(const stats::Lognormal& d) const {
        return stats::Lognormal{d.median * hour_s, d.sigma};
    }
    stats::Distribution operator()(const stats::Exponential& d) const {
        return stats::Exponential{d.mean * hour_s};
    }
    stats::Distribution operator()(const stats::Weibull& d) const {
        return stats::Weibull{d.shape, d.scale * hour_s};
    }
    stats::Distribution operator()(const stats::Pareto& d) const {
        return stats::Pareto{d.minimum * hour_s, d.shape};
    }
    stats::Distribution operator()(stats::Empirical d) const {
        for (double& value : d.sorted)
            value *= hour_s;
        return d;
    }
};

} // namespace

chain::Checked<std::vector<Rule>> outage_rules(const chain::Document& document,
                                               const std::string& file) {
    chain::ProblemList problems(file);
    std::vector<Rule> rules;
    for (std::size_t i = 0; i < document.providers.size(); ++i) {
        const chain::Provider& provider = document.providers[i];
        if (!provider.simulated() || !provider.model || !provider.model->outages)
            continue;
        const chain::ProviderModel::Outages& outages = *provider.model->outages;
        Rule rule;
        if (!outages.fault.is_null()) {
            chain::Json fault = outages.fault;
            fault["target"] = provider.id;
            rule = read_rule(fault, "/providers/" + std::to_string(i) + "/model/outages/fault",
                             problems);
        }
        rule.target = provider.id;
        rule.when = {};
        rule.when.probability = outages.severity;
        rule.when.renewal = When::Renewal{std::visit(InSeconds{}, outages.gap_h),
                                          std::visit(InSeconds{}, outages.repair_h)};
        rules.push_back(std::move(rule));
    }
    chain::Checked<std::vector<Rule>> out;
    if (!problems.has_errors())
        out.value = std::move(rules);
    out.problems = problems.take();
    return out;
}

} // namespace brownout::faults
