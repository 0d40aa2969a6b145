#include "ui/widgets/field_make.h"

#include "ui/models/fault_models.h"
#include "ui/models/scenario_text.h"

#include <algorithm>

namespace brownout::ui::fields {

using Type = FieldSpec::Kind;

constexpr int besideUnit = 132; // px, of a text with a unit behind it

FieldSpec make(const char* prefix, const std::string& pointer, const QString& label, Type kind,
               const QString& unit, const QString& help) {
    FieldSpec spec;
    spec.pointer = pointer;
    spec.label = label;
    spec.kind = kind;
    spec.unit = unit;
    spec.help = help;
    spec.objectName = QLatin1String(prefix) + QString::fromStdString(pointer).replace('/', '_');
    return spec;
}

FieldSpec placeholder(FieldSpec spec, const QString& text) {
    spec.placeholder = text;
    return spec;
}

FieldSpec required(FieldSpec spec) {
    spec.required = true;
    return spec;
}

FieldSpec percent(FieldSpec spec) {
    spec.scale = 0.01;
    spec.unit = QStringLiteral("%");
    spec.range = tr("from 0 to 100 %");
    return spec;
}

FieldSpec distribution(FieldSpec spec) {
    spec.kind = Type::text;
    spec.width = besideUnit;
    spec.toText = distributionText;
    spec.fromText = distributionJson;
    spec.help += tr(" A number, or a distribution: \"lognormal 400 0.8\" (median, sigma), "
                    "\"uniform 100 900\", \"normal 400 50\", \"exponential 300\", "
                    "\"weibull 1.5 300\", \"pareto 100 1.5\", \"empirical 10 20 50\".");
    return spec;
}

FieldSpec choice(FieldSpec spec, std::vector<FieldSpec::Choice> choices) {
    spec.kind = Type::choice;
    spec.choices = std::move(choices);
    return spec;
}

std::vector<FieldSpec::Choice> targetChoices(const chain::Document& chain, bool all) {
    std::vector<FieldSpec::Choice> out = {
        {QStringLiteral("@primary"), tr("first of the chain (@primary)")},
        {QStringLiteral("@2"), tr("second of the chain (@2)")},
        {QStringLiteral("@last"), tr("last of the chain (@last)")}};
    if (all)
        out.push_back({QStringLiteral("*"), faultTargetText("*")});
    for (const chain::Provider& p : chain.providers)
        out.push_back({QString::fromStdString(p.id), faultTargetText(p.id)});
    for (const chain::Chain& c : chain.chains)
        for (const chain::Target& t : c.targets) {
            const QString name = QString::fromStdString(t.name());
            if (std::none_of(out.begin(), out.end(),
                             [&](const auto& known) { return known.value == name; }))
                out.push_back({name, faultTargetText(t.name())});
        }
    return out;
}

} // namespace brownout::ui::fields
