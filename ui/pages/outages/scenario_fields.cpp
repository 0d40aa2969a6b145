#include "ui/pages/outages/scenario_fields.h"

#include "ui/widgets/field_make.h"

#include <QCoreApplication>

namespace brownout::ui {
namespace {

using namespace fields;
using faults::Kind;
using Type = FieldSpec::Kind;

const char* const faultPrefix = "fault";

FieldSpec faultField(const char* pointer, const QString& label, Type kind, const QString& unit,
                     const QString& help) {
    return make(faultPrefix, pointer, label, kind, unit, help);
}

FieldSpec timeField(Kind kind) {
    const bool forEver = kind == Kind::hang || kind == Kind::connect_hang ||
                         kind == Kind::stream_stall || kind == Kind::keepalive_only;
    const QString label = kind == Kind::slow_tokens      ? tr("Adds to each token")
                          : kind == Kind::slow_close     ? tr("Closes after")
                          : kind == Kind::stream_stall   ? tr("Stalls for")
                          : kind == Kind::keepalive_only ? tr("Goes on for")
                          : forEver                      ? tr("Silent for")
                                                         : tr("Waits");
    FieldSpec spec =
        distribution(faultField("/ms", label, Type::text, tr("ms"),
                                forEver ? tr("How long; 0 is for good.") : tr("How long.")));
    return forEver ? placeholder(spec, tr("for good")) : required(spec);
}

FieldSpec parameterField(std::string_view name, Kind kind) {
    if (name == "status")
        return placeholder(faultField("/status", tr("Status"), Type::number, {},
                                      tr("From 400 to 599, as the provider would send it.")),
                           QStringLiteral("503"));
    if (name == "code")
        return placeholder(faultField("/code", tr("Error code"), Type::text, {},
                                      tr("In the error body; empty: what this dialect sends.")),
                           tr("the dialect's own"));
    if (name == "message")
        return placeholder(faultField("/message", tr("Message"), Type::text, {},
                                      tr("In the error body; empty: what this dialect sends.")),
                           tr("the dialect's own"));
    if (name == "retry_after_s")
        return placeholder(faultField("/retry_after_s", tr("Retry-After"), Type::number, tr("s"),
                                      tr("The header of that name; empty: not sent.")),
                           tr("not sent"));
    if (name == "body")
        return placeholder(faultField("/body", tr("Whole body"), Type::text, {},
                                      tr("Sent as it is, instead of the dialect's error.")),
                           tr("the dialect's own"));
    if (name == "ms")
        return timeField(kind);
    if (name == "stage")
        return choice(faultField("/stage", tr("When"), Type::choice, {},
                                 tr("How far the exchange comes before the reset.")),
                      {{QStringLiteral("accept"), tr("as it connects")},
                       {QStringLiteral("request"), tr("after the request")},
                       {QStringLiteral("headers"), tr("amid the headers")}});
    if (name == "after_tokens")
        return placeholder(faultField("/after_tokens", tr("After"), Type::number, tr("tokens"),
                                      tr("So many tokens come through first.")),
                           QStringLiteral("0"));
    if (name == "how")
        return choice(
            faultField("/how", tr("Closes by"), Type::choice, {},
                       tr("An orderly end, or a reset of the connection.")),
            {{QStringLiteral("fin"), tr("end (FIN)")}, {QStringLiteral("rst"), tr("reset (RST)")}});
    if (name == "at_token")
        return placeholder(
            faultField("/at_token", tr("At token"), Type::number, {}, tr("Counted from 0.")),
            QStringLiteral("0"));
    if (name == "requests_per_min")
        return faultField("/requests_per_min", tr("Allows"), Type::number, tr("req/min"),
                          tr("Requests a minute before it answers 429."));
    if (name == "tokens_per_min")
        return faultField("/tokens_per_min", tr("Allows tokens"), Type::number, tr("tok/min"),
                          tr("Tokens a minute before it answers 429."));
    if (name == "fraction")
        return placeholder(percent(faultField("/fraction", tr("Sends"), Type::number, {},
                                              tr("How much of the body is sent."))),
                           QStringLiteral("50"));
    if (name == "pointer")
        return required(faultField("/pointer", tr("Leaves out"), Type::text, {},
                                   tr("A JSON pointer, for example /choices/0/message.")));
    if (name == "kbyte_per_s")
        return required(faultField("/kbyte_per_s", tr("Carries"), Type::number, tr("kB/s"),
                                   tr("Kilobytes a second.")));
    if (name == "factor")
        return required(faultField("/factor", tr("Costs"), Type::number, tr("times"),
                                   tr("How many times as much as the chain believes.")));
    FieldSpec spec = required(faultField("/targets", tr("Together with"), Type::words, {},
                                         tr("Providers or places: @2, @last, birch.")));
    return name == "targets"
               ? spec
               : faultField(("/" + std::string(name)).c_str(), text(name), Type::text, {}, {});
}

FormSection whenSection(Kind kind) {
    FormSection out{tr("When"), {}};
    auto& f = out.fields;
    f.push_back(placeholder(faultField("/when/at_s", tr("Begins at"), Type::number, tr("s"),
                                       tr("Seconds since the start.")),
                            QStringLiteral("0")));
    f.push_back(placeholder(
        faultField("/when/for_s", tr("Lasts"), Type::number, tr("s"), tr("Empty: to the end.")),
        tr("to the end")));
    f.push_back(placeholder(faultField("/when/every_s", tr("Again every"), Type::number, tr("s"),
                                       tr("The window comes again and again; needs a length.")),
                            tr("once")));
    if (kind != Kind::price_change) { // a price is one for all requests
        f.push_back(placeholder(
            percent(faultField("/when/probability", tr("Hits"), Type::number, {},
                               tr("The share of requests that it hits, drawn one by one."))),
            QStringLiteral("100")));
        f.push_back(placeholder(faultField("/when/first", tr("Only the first"), Type::number,
                                           tr("requests"), tr("Then it is over.")),
                                tr("all")));
        f.push_back(placeholder(faultField("/when/after", tr("Not the first"), Type::number,
                                           tr("requests"), tr("They come through.")),
                                QStringLiteral("0")));
        FieldSpec ramp = faultField("/when/ramp", tr("Share changes"), Type::group, {},
                                    tr("The share of requests that it hits grows or shrinks."));
        ramp.on = {{"from", 0}, {"to", 1}, {"over_s", 30}};
        ramp.placeholder = tr("no");
        f.push_back(ramp);
        f.push_back(percent(faultField("/when/ramp/from", tr("from"), Type::number, {},
                                       tr("The share at the beginning."))));
        f.push_back(percent(
            faultField("/when/ramp/to", tr("to"), Type::number, {}, tr("The share at the end."))));
        f.push_back(faultField("/when/ramp/over_s", tr("within"), Type::number, tr("s"),
                               tr("How long the change takes.")));
    }
    FieldSpec renewal = faultField("/when/renewal", tr("Comes and goes"), Type::group, {},
                                   tr("At random: well for a while, broken for a while."));
    renewal.on = {{"gap_s", {{"exponential", {{"mean", 20}}}}},
                  {"repair_s", {{"exponential", {{"mean", 5}}}}}};
    renewal.placeholder = tr("no");
    f.push_back(renewal);
    f.push_back(distribution(faultField("/when/renewal/gap_s", tr("well for"), Type::text, tr("s"),
                                        tr("Time between outages."))));
    f.push_back(distribution(faultField("/when/renewal/repair_s", tr("broken for"), Type::text,
                                        tr("s"), tr("Length of an outage."))));
    return out;
}

FormSection matchSection() {
    return {tr("Which requests"),
            {choice(faultField("/match/stream", tr("Streamed"), Type::boolean, {},
                               tr("Only requests that are streamed, or only others.")),
                    {}),
             choice(faultField("/match/image", tr("Pictures"), Type::boolean, {},
                               tr("Only requests for pictures, or only others.")),
                    {}),
             placeholder(faultField("/match/task", tr("Task"), Type::text, {},
                                    tr("Only requests of this task.")),
                         tr("any"))}};
}

} // namespace

std::vector<FieldSpec> parameterFields(faults::Kind kind) {
    std::vector<FieldSpec> out;
    for (const std::string_view name : faults::info(kind).parameters)
        out.push_back(parameterField(name, kind));
    return out;
}

std::vector<FormSection> faultSections(faults::Kind kind, const chain::Document& chain) {
    FormSection whom{{}, {}};
    whom.fields.push_back(
        required(choice(faultField("/target", tr("Hits"), Type::choice, {},
                                   tr("By name, or by place so that the scenario fits any chain.")),
                        targetChoices(chain, kind != Kind::group_outage))));
    std::vector<FormSection> out{whom};
    if (auto parameters = parameterFields(kind); !parameters.empty())
        out.push_back({tr("How"), std::move(parameters)});
    out.push_back(whenSection(kind));
    if (kind != Kind::price_change) {
        FormSection match = matchSection();
        for (std::size_t i = 0; i < 2; ++i)
            match.fields[i].kind = Type::boolean;
        for (FieldSpec& spec : match.fields)
            spec.placeholder = tr("any");
        out.push_back(std::move(match));
    }
    for (FormSection& section : out) // the form of faults by hand has the same parameters
        for (FieldSpec& spec : section.fields)
            spec.objectName.replace(QStringLiteral("fault_"), QStringLiteral("rule_"));
    return out;
}

FormSection unknownKindSection() {
    std::vector<FieldSpec::Choice> kinds;
    for (const faults::KindInfo& info : faults::kinds())
        kinds.push_back({text(info.name), text(info.label)});
    return {
        {},
        {required(choice(make("rule", "/kind", tr("Kind"), Type::choice, {}, tr("How it fails.")),
                         std::move(kinds)))}};
}

} // namespace brownout::ui
