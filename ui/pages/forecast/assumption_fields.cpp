#include "ui/pages/forecast/assumption_fields.h"

#include "chain/model_presets.h"
#include "ui/models/words.h"
#include "ui/widgets/field_make.h"

namespace brownout::ui {
namespace {

using Type = FieldSpec::Kind;

// What is left out comes from somewhere else: there is nothing to reset to here.
FieldSpec field(const char* prefix, const std::string& pointer, const QString& label, Type kind,
                const QString& unit, const QString& help) {
    FieldSpec spec = fields::required(fields::make(prefix, pointer, label, kind, unit, help));
    spec.width = 72;
    return spec;
}

FieldSpec distribution(FieldSpec spec) {
    spec = fields::distribution(std::move(spec));
    spec.width = 144;
    return spec;
}

FieldSpec presets(const char* prefix, const std::vector<chain::ModelPreset>& rows, bool fromFile) {
    FieldSpec spec =
        field(prefix, "/preset", tr("Model"), Type::choice, {}, tr("Where the figures come from."));
    if (fromFile)
        spec.choices.push_back({QStringLiteral("file"), tr("as in the chain file")});
    for (const auto& row : rows)
        spec.choices.push_back({QString::fromStdString(row.id), QString::fromStdString(row.label)});
    spec.choices.push_back({QStringLiteral("own"), tr("figures of your own")});
    return spec;
}

} // namespace

FormSection trafficFields() {
    const char* const p = "traffic";
    FieldSpec shape = field(p, "/shape", tr("Shape"), Type::choice, {},
                            tr("How the requests spread over the hours of a week."));
    shape.choices = {{QStringLiteral("steady"), tr("steady")},
                     {QStringLiteral("daily"), tr("day and night")},
                     {QStringLiteral("weekly"), tr("day, night, weekend")}};
    return {{},
            {field(p, "/requests_per_day", tr("Requests"), Type::number, tr("a day"),
                   tr("On average over the year, above 0 and at most 5,000,000.")),
             shape,
             distribution(
                 field(p, "/input_tokens", tr("Tokens in"), Type::text, {}, tr("Of a request."))),
             distribution(
                 field(p, "/output_tokens", tr("Tokens out"), Type::text, {}, tr("Of an answer."))),
             field(p, "/stream", tr("Streamed"), Type::boolean, {},
                   tr("Whether callers ask for a stream."))}};
}

FormSection yearsFields() {
    const char* const p = "years";
    return {{},
            {field(p, "/years", tr("Years"), Type::number, {},
                   tr("How many years are simulated for each chain, 1 to 200. More of them make "
                      "the ranges surer and take longer.")),
             field(p, "/seed", tr("Seed"), Type::number, {},
                   tr("The same seed gives the same years, on every machine."))}};
}

FormSection outageFields(bool fromFile) {
    const char* const p = "outages";
    FieldSpec which = presets(p, chain::model_presets().outages, fromFile);
    which.choices.push_back({QStringLiteral("none"), tr("no outages")});
    return {{},
            {which,
             distribution(field(p, "/gap_h", tr("Between"), Type::text, tr("h"),
                                tr("Hours from the end of an outage to the next one."))),
             distribution(field(p, "/repair_h", tr("Lasts"), Type::text, tr("h"),
                                tr("Hours that an outage takes."))),
             fields::percent(field(p, "/severity", tr("Severity"), Type::number, {},
                                   tr("Share of the requests that fail during an outage.")))}};
}

FormSection latencyFields(bool fromFile) {
    const char* const p = "latency";
    return {{},
            {presets(p, chain::model_presets().latency, fromFile),
             distribution(field(p, "/first_token_ms", tr("First token"), Type::text, tr("ms"),
                                tr("Until the first token of an answer."))),
             distribution(field(p, "/token_ms", tr("Each token"), Type::text, tr("ms"),
                                tr("Between two tokens."))),
             fields::percent(field(p, "/error_ratio", tr("Errors"), Type::number, {},
                                   tr("Share of the requests that are answered with 500, outages "
                                      "apart.")))}};
}

FormSection priceFields(const QString& title, const std::string& target) {
    const char* const p = "prices";
    return {title,
            {field(p, target + "/input_usd_per_mtok", tr("In"), Type::number,
                   tr("USD a million tokens"), tr("What a million tokens of input cost.")),
             field(p, target + "/output_usd_per_mtok", tr("Out"), Type::number,
                   tr("USD a million tokens"), tr("What a million tokens of output cost."))}};
}

} // namespace brownout::ui
