#include "ui/models/forecast_editor.h"

#include "ui/shell/session.h"

namespace brownout::ui {
namespace {

chain::Json toJson(const sim::Compared& c) {
    chain::Json out = chain::Json::object();
    if (!c.label.empty())
        out["label"] = c.label;
    if (!c.chain.empty())
        out["chain"] = c.chain;
    if (!c.targets.empty())
        out["targets"] = c.targets;
    if (c.policy.is_object())
        out["policy"] = c.policy;
    if (c.copy.is_object())
        out["copy"] = c.copy;
    return out;
}

// Takes away `pointer`, and the objects above it that are empty then.
void removeAt(chain::Json& json, std::string pointer) {
    using Pointer = chain::Json::json_pointer;
    while (!pointer.empty() && json.contains(Pointer(pointer))) {
        const Pointer at(pointer);
        json[at.parent_pointer()].erase(at.back());
        if (at.parent_pointer().empty() || !json[at.parent_pointer()].empty())
            return;
        pointer = at.parent_pointer().to_string();
    }
}

// Makes the objects on the way; a name made of digits is a name, too.
void setAt(chain::Json& json, const std::string& pointer, chain::Json value) {
    std::vector<std::string> names;
    for (chain::Json::json_pointer at(pointer); !at.empty(); at.pop_back())
        names.insert(names.begin(), at.back());
    chain::Json* place = &json;
    for (const std::string& name : names) {
        if (!place->is_object())
            *place = chain::Json::object();
        place = &(*place)[name];
    }
    *place = std::move(value);
}

} // namespace

ForecastEditor::ForecastEditor(QString recoveryDir, QObject* parent)
    : JsonEditor(std::move(recoveryDir), QStringLiteral(".forecast-recovery.json"), parent) {
    openUnsaved(sim::default_assumptions(), tr("Forecast"));
}

JsonEditor::Reading ForecastEditor::read(const chain::Json& json, const std::string& file) {
    auto checked = sim::read_assumptions(json, file);
    Reading out{std::move(checked.problems), checked.ok(), {}};
    if (checked.ok())
        out.adopt = [this, read = std::move(*checked.value)]() mutable {
            assumptions_ = std::move(read);
        };
    return out;
}

const chain::Json* ForecastEditor::at(const std::string& pointer) const {
    const chain::Json::json_pointer p(pointer);
    return json().contains(p) ? &json()[p] : nullptr;
}

void ForecastEditor::set(const QString& what, const std::string& pointer,
                         std::optional<chain::Json> value, const QString& mergeKey) {
    chain::Json next = json();
    if (value)
        setAt(next, pointer, std::move(*value));
    else
        removeAt(next, pointer);
    edit(what, std::move(next), mergeKey);
}

std::vector<sim::Compared> ForecastEditor::compared(const chain::Document& document,
                                                    const QString& shownChain) const {
    if (json().contains("compared"))
        return assumptions_.compared;
    std::vector<sim::Compared> out;
    const chain::Chain* shown = document.chain(shownChain.toStdString());
    if (!shown)
        return out;
    std::vector<std::string> names;
    for (const chain::Target& target : shown->targets)
        if (target.enabled)
            names.push_back(target.name());
    const auto first = [&](std::size_t n) {
        return std::vector<std::string>(names.begin(),
                                        names.begin() + static_cast<std::ptrdiff_t>(n));
    };
    if (names.size() > 1)
        out.push_back({tr("%1 alone").arg(targetsLabel(first(1))).toStdString(),
                       {},
                       first(1),
                       nullptr,
                       nullptr});
    if (names.size() > 2)
        out.push_back({targetsLabel(first(2)).toStdString(), {}, first(2), nullptr, nullptr});
    if (names.size() > 1 && !chain::effective_policy(document, *shown).hedge)
        out.push_back({tr("with a hedge").toStdString(),
                       {},
                       {},
                       {{"hedge", {{"after_quantile", 0.95}}}},
                       nullptr});
    return out;
}

void ForecastEditor::setCompared(const QString& what, const std::vector<sim::Compared>& all) {
    chain::Json list = chain::Json::array();
    for (const sim::Compared& one : all)
        list.push_back(toJson(one));
    chain::Json next = json();
    next["compared"] = std::move(list);
    edit(what, std::move(next));
}

QString targetsLabel(const std::vector<std::string>& targets) {
    QStringList names;
    for (const std::string& target : targets)
        names << Session::displayName(QString::fromStdString(target.substr(0, target.find('/'))));
    return names.join(QStringLiteral(" > "));
}

} // namespace brownout::ui
