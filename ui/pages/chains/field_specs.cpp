#include "ui/pages/chains/field_specs.h"

#include "ui/models/words.h"
#include "ui/shell/session.h"

#include <QLocale>

#include <cmath>

namespace brownout::ui {

namespace {

using Kind = FieldSpec::Kind;
using chain::PolicyRow;
using chain::RowKind;

QString objectNameOf(std::string_view pointer) {
    QString name = QStringLiteral("field_") + text(pointer);
    return name.replace(QLatin1Char('/'), QLatin1Char('_')).replace("__", "_");
}

FieldSpec spec(const char* pointer, const QString& label, Kind kind = Kind::text,
               const QString& unit = {}, const QString& help = {}, const QString& placeholder = {},
               double scale = 1) {
    FieldSpec s;
    s.pointer = pointer;
    s.label = label;
    s.unit = unit;
    s.help = help;
    s.kind = kind;
    s.scale = scale;
    s.placeholder = placeholder;
    s.objectName = objectNameOf(pointer);
    return s;
}

FieldSpec required(FieldSpec s) {
    s.required = true;
    return s;
}

FieldSpec choices(FieldSpec s, std::vector<FieldSpec::Choice> list) {
    s.kind = Kind::choice;
    s.choices = std::move(list);
    return s;
}

bool isRatio(const PolicyRow& row) {
    return row.name() == "failure_ratio" || row.name() == "slow_call_ratio";
}

QString wordOf(std::string_view name) {
    return text(name).replace(QLatin1Char('_'), QLatin1Char(' '));
}

QString rangeText(const PolicyRow& row, double scale, const QString& unit) {
    if (!std::isfinite(row.range.low) || !std::isfinite(row.range.high))
        return {};
    const auto number = [&](double v) { return QString::number(v / scale, 'g', 6); };
    return (row.range.open_low ? tr(" Above %1, at most %2 %3.") : tr(" From %1 to %2 %3."))
        .arg(number(row.range.low), number(row.range.high), unit)
        .replace(QStringLiteral(" ."), QStringLiteral("."));
}

// As the reader words it, in the unit of the field.
QString shownRange(const PolicyRow& row, double scale, const QString& unit) {
    const auto number = [&](double v) {
        return QLocale(QLocale::English).toString(v / scale, 'g', 12); // thousands in groups
    };
    const bool low = std::isfinite(row.range.low), high = std::isfinite(row.range.high);
    QString out;
    if (low && high)
        out = (row.range.open_low ? tr("above %1 and at most %2") : tr("from %1 to %2"))
                  .arg(number(row.range.low), number(row.range.high));
    else if (low)
        out =
            (row.range.open_low ? tr("above %1") : tr("of at least %1")).arg(number(row.range.low));
    else if (high)
        out = tr("of at most %1").arg(number(row.range.high));
    return out.isEmpty() || unit.isEmpty() ? out : out + QLatin1Char(' ') + unit;
}

FieldSpec specOf(const PolicyRow& row, const std::string& prefix) {
    FieldSpec s;
    s.pointer = prefix + "/" + std::string(row.pointer);
    s.label = text(row.label);
    s.unit = text(row.unit);
    s.objectName = objectNameOf(row.pointer);
    s.nullable = row.nullable;
    s.kind = Kind::number;
    switch (row.kind) {
    case RowKind::duration:
        if (row.unit == "ms") { // people think of these in seconds
            s.scale = 1000;
            s.unit = QStringLiteral("s");
        }
        break;
    case RowKind::boolean:
        s.kind = Kind::boolean;
        break;
    case RowKind::choice:
        s.kind = Kind::choice;
        for (const auto& name : row.choices)
            s.choices.push_back({text(name), wordOf(name)});
        break;
    case RowKind::commit:
        s.kind = Kind::commit;
        break;
    case RowKind::group:
        s.kind = Kind::group;
        s.on = row.pointer == "hedge" ? chain::Json{{"after_ms", 800}} : chain::Json::object();
        break;
    default:
        break;
    }
    if (isRatio(row)) {
        s.scale = 0.01;
        s.unit = QStringLiteral("%");
    }
    s.range = shownRange(row, s.scale, s.unit);
    s.help = text(row.help) + rangeText(row, s.scale, s.unit);
    if (row.nullable && s.kind != Kind::group)
        s.help += tr(" Write off to switch it off.");
    if (row.kind == RowKind::commit)
        s.help += tr(" first_token, complete, or a number of tokens.");
    return s;
}

QString sectionOf(const PolicyRow& row) {
    const auto slash = row.pointer.find('/');
    if (slash == row.pointer.npos && row.kind != RowKind::group)
        return tr("When something goes wrong");
    const auto* group = chain::policy_row(row.pointer.substr(0, slash));
    return group ? text(group->label) : text(row.pointer.substr(0, slash));
}

// Rows below a group inside a section carry the group's name where their own says too little.
QString labelOf(const PolicyRow& row) {
    const std::string_view parent = row.parent();
    if (parent == "retry/backoff" && row.name() == "kind")
        return tr("Backoff");
    if (parent == "retry/budget")
        return tr("Retry budget: %1").arg(text(row.label).toLower());
    return text(row.label);
}

} // namespace

std::vector<FieldSection> policySections(chain::PolicyLevel level, const std::string& prefix,
                                         const chain::Document& document) {
    std::vector<FieldSection> out;
    const auto section = [&](const QString& title) -> FieldSection& {
        for (auto& s : out)
            if (s.title == title)
                return s;
        out.push_back({title, {}});
        return out.back();
    };
    for (const PolicyRow& row : chain::policy_table()) {
        // A group that is always there has nothing of its own to set.
        if (!row.allowed_at(level) || (row.kind == RowKind::group && !row.nullable) ||
            (level == chain::PolicyLevel::target && row.whole_request))
            continue;
        FieldSection& into = section(sectionOf(row));
        if (row.kind == RowKind::amounts) {
            for (const auto& provider : document.providers) {
                FieldSpec s = specOf(row, prefix);
                s.kind = Kind::number;
                s.pointer += "/" + chain::escape_pointer(provider.id);
                s.objectName += QLatin1Char('_') + QString::fromStdString(provider.id);
                s.label =
                    tr("%1 per day").arg(Session::displayName(QString::fromStdString(provider.id)));
                s.placeholder = tr("off");
                into.entries.push_back({std::move(s), nullptr});
            }
            continue;
        }
        FieldSpec s = specOf(row, prefix);
        s.label = labelOf(row);
        into.entries.push_back({std::move(s), &row});
    }
    return out;
}

FieldSection documentSection() {
    FieldSection out{tr("Document"), {}};
    out.entries.push_back({required(spec("/name", tr("Name")))});
    out.entries.push_back({choices(spec("/unknown_model", tr("Unknown model"), Kind::choice, {},
                                        tr("What a request for a model that no chain has gets."),
                                        tr("default chain")),
                                   {{QStringLiteral("default"), tr("default chain")},
                                    {QStringLiteral("error"), tr("error 404")}})});
    return out;
}

FieldSection chainSection() {
    FieldSection out{tr("Chain"), {}};
    out.entries.push_back({required(spec("/id", tr("Name")))});
    out.entries.push_back(
        {spec("/task", tr("Task"), Kind::text, {},
              tr("What the chain is for: simple, coding, complex, image ..."), tr("any"))});
    out.entries.push_back({choices(spec("/strategy", tr("Strategy"), Kind::choice, {},
                                        tr("Which target is first."), tr("priority")),
                                   {{QStringLiteral("priority"), tr("priority")},
                                    {QStringLiteral("weighted"), tr("weighted")},
                                    {QStringLiteral("cheapest"), tr("cheapest")},
                                    {QStringLiteral("fastest"), tr("fastest")}})});
    return out;
}

std::vector<FieldSection> targetSections(const chain::Document& document) {
    FieldSection what{tr("Target"), {}};
    std::vector<FieldSpec::Choice> providers;
    for (const auto& p : document.providers) {
        const QString id = QString::fromStdString(p.id);
        providers.push_back({id, id});
    }
    what.entries.push_back(
        {choices(required(spec("/provider", tr("Provider"))), std::move(providers))});
    what.entries.push_back({required(spec("/model", tr("Model"), Kind::text, {},
                                          tr("The model's name as the provider spells it.")))});
    what.entries.push_back({spec("/enabled", tr("Enabled"), Kind::boolean, {}, {}, tr("yes"))});
    what.entries.push_back(
        {spec("/weight", tr("Weight"), Kind::number, {},
              tr("Share of requests under the strategy weighted."), QStringLiteral("1"))});
    what.entries.push_back({spec("/quality", tr("Quality"), Kind::number, {},
                                 tr("Your own judgement from 0 to 1; compared with the minimum "
                                    "quality."),
                                 QStringLiteral("1"))});
    what.entries.push_back({choices(
        spec("/breaker_hold", tr("Hold breaker"), Kind::choice, {},
             tr("Open: never used. Closed: used whatever happens."), tr("by its own rules")),
        {{QStringLiteral("open"), tr("open")}, {QStringLiteral("closed"), tr("closed")}})});
    FieldSection price{tr("Price"), {}};
    const QString perMillion = tr("USD per million");
    price.entries.push_back({spec("/price/input_usd_per_mtok", tr("Input tokens"), Kind::number,
                                  perMillion, {}, tr("unknown"))});
    price.entries.push_back({spec("/price/output_usd_per_mtok", tr("Output tokens"), Kind::number,
                                  perMillion, {}, tr("unknown"))});
    price.entries.push_back({spec("/price/cached_input_usd_per_mtok", tr("Cached input"),
                                  Kind::number, perMillion, {}, tr("unknown"))});
    price.entries.push_back(
        {spec("/price/image_usd", tr("Picture"), Kind::number, tr("USD each"), {}, tr("unknown"))});
    FieldSection model{tr("Model"), {}};
    model.entries.push_back(
        {spec("/context_tokens", tr("Context"), Kind::number, tr("tokens"),
              tr("Longest input; longer requests skip this target."), tr("unknown"))});
    model.entries.push_back(
        {spec("/capabilities", tr("Can do"), Kind::words, {},
              tr("stream, tools, images_in, image, json, prefill"), tr("by dialect"))});
    return {what, price, model};
}

namespace {

// A distribution of the kind that most people want has two numbers; a plain number has one; any
// other kind is left to the file.
void addDistribution(FieldSection& into, const chain::Json& provider, const char* name,
                     const QString& label, double median) {
    const std::string base = std::string("/model/") + name;
    const chain::Json::json_pointer pointer(base);
    const chain::Json* value = provider.contains(pointer) ? &provider[pointer] : nullptr;
    const QString ms = QStringLiteral("ms");
    if (value && value->is_number()) {
        into.entries.push_back({spec(base.c_str(), label, Kind::number, ms)});
        return;
    }
    if (value && !(value->is_object() && value->contains("lognormal")))
        return;
    into.entries.push_back(
        {spec((base + "/lognormal/median").c_str(), label, Kind::number, ms,
              tr("Median of a lognormal distribution."), QString::number(median))});
    into.entries.push_back(
        {spec((base + "/lognormal/sigma").c_str(), tr("spread"), Kind::number, {},
              tr("Sigma of the lognormal distribution: 0 is always the same, "
                 "1 is very uneven."),
              QStringLiteral("0.4"))});
}

FieldSection healthSection() {
    FieldSection out{tr("Health check"), {}};
    FieldSpec check = spec("/health_check", tr("Health check"), Kind::group, {},
                           tr("Asks whether it is up even while no request needs it."), tr("off"));
    check.nullable = true;
    check.on = {{"every_s", 60}, {"by", "models"}};
    out.entries.push_back({std::move(check)});
    FieldSpec every = spec("/health_check/every_s", tr("Every"), Kind::number, QStringLiteral("s"),
                           tr("From 1 to 86,400 s."), QStringLiteral("60"));
    out.entries.push_back({std::move(every)});
    out.entries.push_back({choices(
        spec("/health_check/by", tr("By"), Kind::choice, {},
             tr("The list of models is free; a tiny prompt costs, and counts as wasted spend."),
             tr("list of models")),
        {{QStringLiteral("models"), tr("list of models")},
         {QStringLiteral("prompt"), tr("tiny prompt")}})});
    return out;
}

} // namespace

std::optional<FieldSpec> specAt(const std::string& pointer) {
    // "/policy/ROW", "/chains/N/policy/ROW" and "/chains/N/targets/M/ROW"
    const auto tail = [&]() -> std::string {
        const auto policy = pointer.find("/policy/");
        if (policy != pointer.npos)
            return pointer.substr(policy + 8);
        for (const char* group : {"/timeouts/", "/retry/"})
            if (const auto at = pointer.find(group);
                at != pointer.npos && pointer.rfind("/chains/", 0) == 0)
                return pointer.substr(at + 1);
        return {};
    }();
    const PolicyRow* row = tail.empty() ? nullptr : chain::policy_row(tail);
    if (!row)
        return std::nullopt;
    FieldSpec out = specOf(*row, {});
    out.label = labelOf(*row);
    return out;
}

std::vector<FieldSection> providerSections(const chain::Json& provider) {
    const bool simulated = provider.is_object() && provider.contains("base_url") &&
                           provider["base_url"] == chain::Json("lab:");
    FieldSection what{tr("Provider"), {}};
    what.entries.push_back(
        {required(spec("/id", tr("Name"), Kind::text, {},
                       tr("Targets, budgets and alerts follow when it changes.")))});
    what.entries.push_back({spec("/base_url", tr("Base URL"), Kind::text, {},
                                 tr("lab: is a simulated provider built into Brownout."))});
    std::vector<FieldSpec::Choice> dialects;
    for (const auto& name : chain::dialect_names)
        dialects.push_back({text(name), text(name)});
    what.entries.push_back({choices(spec("/dialect", tr("Dialect"), Kind::choice, {},
                                         tr("The language that its endpoint speaks.")),
                                    std::move(dialects))});
    std::vector<FieldSection> out{what};
    if (simulated) {
        FieldSection model{tr("Simulated behaviour"), {}};
        addDistribution(model, provider, "first_token_ms", tr("First token"), 400);
        addDistribution(model, provider, "token_ms", tr("Between tokens"), 15);
        model.entries.push_back(
            {spec("/model/error_ratio", tr("Errors"), Kind::number, QStringLiteral("%"),
                  tr("Share of answers that are HTTP 500."), QStringLiteral("0"), 0.01)});
        out.push_back(model);
    } else {
        FieldSection network{tr("Network"), {}};
        network.entries.push_back({spec("/proxy", tr("Proxy"), Kind::text, {}, {}, tr("none"))});
        network.entries.push_back({spec("/tls/ca_file", tr("CA file"), Kind::text, {},
                                        tr("Certificates to trust."), tr("the system's"))});
        out.push_back(network);
    }
    FieldSection limits{tr("Never exceed"), {}};
    limits.entries.push_back({spec("/limits/requests_per_min", tr("Requests"), Kind::number,
                                   tr("per minute"), {}, tr("no limit"))});
    limits.entries.push_back({spec("/limits/tokens_per_min", tr("Tokens"), Kind::number,
                                   tr("per minute"), {}, tr("no limit"))});
    limits.entries.push_back({spec("/limits/concurrency", tr("At the same time"), Kind::number,
                                   tr("requests"), {}, tr("no limit"))});
    out.push_back(limits);
    out.push_back(healthSection());
    return out;
}

} // namespace brownout::ui
