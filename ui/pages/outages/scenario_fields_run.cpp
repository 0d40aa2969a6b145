// The fields of expectations, and of a scenario with its traffic.
#include "ui/models/scenario_edits.h"
#include "ui/models/scenario_text.h"
#include "ui/pages/outages/scenario_fields.h"
#include "ui/widgets/field_make.h"

namespace brownout::ui {

using namespace fields;
using Type = FieldSpec::Kind;

QString metricLabel(faults::Metric metric) {
    using faults::Metric;
    switch (metric) {
    case Metric::availability:
        return tr("Availability");
    case Metric::latency_ms:
        return tr("Latency");
    case Metric::first_token_ms:
        return tr("Time to the first token");
    case Metric::attempts_per_request:
        return tr("Attempts per request");
    case Metric::fallback_ratio:
        return tr("Requests that fell back");
    case Metric::spend_usd:
        return tr("Spend");
    case Metric::wasted_usd:
        return tr("Wasted spend");
    case Metric::served_by:
        return tr("Share served by a target");
    case Metric::breaker_opens_within_s:
        return tr("Breaker opens within");
    case Metric::recovers_within_s:
        return tr("Serves again within");
    case Metric::longest_gap_s:
        return tr("Longest gap without an answer");
    }
    return {};
}

std::vector<FormSection> expectationSections(faults::Metric metric, const chain::Document& chain) {
    using faults::Metric;
    const char* const prefix = "expect";
    std::vector<FieldSpec::Choice> metrics;
    for (int i = 0; i <= static_cast<int>(Metric::longest_gap_s); ++i) {
        const auto each = static_cast<Metric>(i);
        metrics.push_back({text(faults::name(each)), metricLabel(each)});
    }
    FormSection out;
    out.fields.push_back(required(choice(make(prefix, "/metric", tr("Expect"), Type::choice, {},
                                              tr("What is measured over the whole run.")),
                                         std::move(metrics))));
    if (scenario_edits::needsTarget(metric))
        out.fields.push_back(required(choice(make(prefix, "/target", tr("Of"), Type::choice, {},
                                                  tr("The provider, model or place.")),
                                             targetChoices(chain, false))));
    if (scenario_edits::hasQuantile(metric))
        out.fields.push_back(
            placeholder(percent(make(prefix, "/quantile", tr("Quantile"), Type::number, {},
                                     tr("99: what 99 % of the requests stay within."))),
                        QStringLiteral("95")));
    const bool share = metric == Metric::availability || metric == Metric::fallback_ratio ||
                       metric == Metric::served_by;
    const bool time = scenario_edits::hasQuantile(metric);
    const bool money = metric == Metric::spend_usd || metric == Metric::wasted_usd;
    const QString unit = money                                    ? tr("USD")
                         : metric == Metric::attempts_per_request ? QString()
                                                                  : tr("s");
    for (const auto& [pointer, label] :
         {std::pair{"/at_least", tr("At least")}, std::pair{"/at_most", tr("At most")}}) {
        FieldSpec spec = make(prefix, pointer, label, Type::number, unit,
                              tr("The observed value is held to it when the run ends."));
        if (share)
            spec = percent(spec);
        if (time) {
            spec.scale = 1000;
            spec.range = tr("of at least 0 s");
        }
        out.fields.push_back(placeholder(spec, tr("any")));
    }
    return {out};
}

namespace {

FieldSpec field(const char* pointer, const QString& label, Type kind, const QString& unit,
                const QString& help) {
    return make("scenario", pointer, label, kind, unit, help);
}

FormSection aboutSection() {
    return {
        {},
        {required(field("/name", tr("Name"), Type::text, {}, tr("As lists and reports call it."))),
         field("/description", tr("Teaches"), Type::text, {},
               tr("A sentence on what one learns from it.")),
         placeholder(field("/duration_s", tr("Lasts"), Type::number, tr("s"),
                           tr("How long requests are sent.")),
                     tr("see requests")),
         placeholder(field("/max_requests", tr("Ends after"), Type::number, tr("requests"),
                           tr("Instead of a time, or with one.")),
                     tr("any"))}};
}

// How requests come.
void addArrivals(std::vector<FieldSpec>& f, bool closed) {
    f.push_back(placeholder(
        choice(field("/traffic/arrivals", tr("Requests come"), Type::choice, {},
                     tr("At random, evenly, or from callers that wait for their answers.")),
               {{QStringLiteral("poisson"), tr("at random (Poisson)")},
                {QStringLiteral("uniform"), tr("evenly")},
                {QStringLiteral("closed"), tr("from waiting callers")}}),
        tr("at random (Poisson)")));
    if (closed) {
        f.push_back(placeholder(field("/traffic/clients", tr("Callers"), Type::number, {},
                                      tr("So many requests run at once.")),
                                QStringLiteral("1")));
        f.push_back(placeholder(distribution(field("/traffic/think_ms", tr("Pause"), Type::text,
                                                   tr("ms"), tr("Between answer and request."))),
                                QStringLiteral("0")));
    } else {
        FieldSpec rate = field("/traffic/requests_per_s", tr("Rate"), Type::text, tr("req/s"),
                               tr("Requests a second; in steps: \"2, 60s: 10, 90s: 2\"."));
        rate.width = 132;
        rate.toText = rateText;
        rate.fromText = rateJson;
        f.push_back(placeholder(rate, QStringLiteral("1")));
    }
}

// What they ask for, and whom.
void addRequests(std::vector<FieldSpec>& f, const chain::Document& chain) {
    f.push_back(placeholder(field("/traffic/stream", tr("Streamed"), Type::boolean, {},
                                  tr("Whether answers come token by token.")),
                            tr("yes")));
    f.push_back(placeholder(field("/traffic/image", tr("Pictures"), Type::boolean, {},
                                  tr("Whether the requests ask for pictures.")),
                            tr("no")));
    f.push_back(placeholder(distribution(field("/traffic/input_tokens", tr("Question"), Type::text,
                                               tr("tokens"), tr("Length of the prompts."))),
                            QStringLiteral("200")));
    f.push_back(placeholder(distribution(field("/traffic/output_tokens", tr("Answer"), Type::text,
                                               tr("tokens"), tr("Length of the answers."))),
                            QStringLiteral("100")));
    if (chain.chains.size() > 1) {
        std::vector<FieldSpec::Choice> chains;
        for (const chain::Chain& c : chain.chains)
            chains.push_back({QString::fromStdString(c.id), QString::fromStdString(c.id)});
        f.push_back(placeholder(choice(field("/traffic/chain", tr("Chain"), Type::choice, {},
                                             tr("Which chain the requests go to.")),
                                       std::move(chains)),
                                tr("default")));
    }
    FieldSpec mix = field("/traffic/task", tr("Tasks"), Type::text, {},
                          tr("Shares by task, for example \"simple 0.8, coding 0.2\"."));
    mix.toText = mixText;
    mix.fromText = mixJson;
    f.push_back(placeholder(mix, tr("one")));
    f.push_back(placeholder(field("/traffic/trace", tr("From a file"), Type::text, {},
                                  tr("A CSV file with the time, the input and the output tokens "
                                     "of each request, instead of a rate.")),
                            tr("none")));
    f.push_back(placeholder(field("/traffic/time_scale", tr("File's pace"), Type::number,
                                  tr("times"), tr("How many times as fast as the file's times.")),
                            QStringLiteral("1")));
}

} // namespace

std::vector<FormSection> scenarioSections(bool closed, const chain::Document& chain) {
    FormSection traffic{tr("Traffic"), {}};
    addArrivals(traffic.fields, closed);
    addRequests(traffic.fields, chain);
    return {aboutSection(), traffic};
}

} // namespace brownout::ui
