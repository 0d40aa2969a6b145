#include "ui/pages/forecast/assumption_list.h"

#include "chain/model_presets.h"

#include "ui/models/forecast_text.h"
#include "ui/models/format.h"
#include "ui/models/words.h"
#include "ui/pages/forecast/assumption_fields.h"
#include "ui/pages/forecast/assumption_row.h"
#include "ui/shell/theme.h"

#include <QPointer>
#include <QVBoxLayout>

#include <algorithm>

namespace brownout::ui {
namespace {

std::string below(const std::string& provider, bool outages) {
    return "/providers/" + chain::escape_pointer(provider) + (outages ? "/outages" : "/latency");
}

bool lies(const std::string& pointer, const std::string& base) {
    return pointer == base || pointer.starts_with(base + "/");
}

} // namespace

AssumptionList::AssumptionList(Session& session, QWidget* parent)
    : QWidget(parent), session_(session), column_(new QVBoxLayout(this)) {
    column_->setContentsMargins(0, 0, 4, 0);
    column_->setSpacing(0);
    connect(&session_.forecast(), &ForecastEditor::settling, this, &AssumptionList::flush);
    refresh({});
}

void AssumptionList::flush() {
    std::vector<QPointer<JsonForm>> forms;
    for (const Section& s : sections_)
        if (s.form)
            forms.emplace_back(s.form);
    for (const auto& form : forms)
        if (form)
            form->flush();
}

AssumptionList::Section* AssumptionList::section(const QString& key) {
    const auto at = std::find_if(sections_.begin(), sections_.end(),
                                 [&](const Section& s) { return s.key == key; });
    return at == sections_.end() ? nullptr : &*at;
}

AssumptionRow* AssumptionList::row(const QString& key) const {
    for (const Section& s : sections_)
        if (s.key == key)
            return s.row;
    return nullptr;
}

void AssumptionList::open(const QString& key) {
    for (const Section& s : sections_)
        if (s.form)
            s.row->setChecked(s.key == key);
}

void AssumptionList::addSection(const QString& key, const QString& title, bool opens,
                                std::vector<std::string> bases) {
    Section s;
    s.key = key;
    s.bases = std::move(bases);
    s.row = new AssumptionRow(title, opens, this);
    s.row->setObjectName(QStringLiteral("assume_") + QString(key).replace('/', '_'));
    column_->addWidget(s.row);
    if (opens) {
        s.form = new JsonForm(this);
        s.form->setContentsMargins(gridUnit, gridUnit / 2, 0, gridUnit);
        s.form->hide();
        column_->addWidget(s.form);
        connect(s.row, &QAbstractButton::toggled, this, [this, key](bool on) {
            Section* own = section(key);
            if (!own)
                return;
            if (on) {
                for (const Section& other : sections_)
                    if (other.form && other.key != key)
                        other.row->setChecked(false);
                fill(*own);
            } else {
                own->form->flush();
            }
            if ((own = section(key)))
                own->form->setVisible(on);
        });
    }
    sections_.push_back(std::move(s));
}

void AssumptionList::rebuild() {
    const auto& document = session_.editor().document();
    const chain::Chain* shown = document.chain(session_.chainId().toStdString());
    QStringList providers;
    QString made = session_.chainId();
    if (shown)
        for (const auto& target : shown->targets) {
            made += QLatin1Char('\n') + text(target.name());
            if (!providers.contains(text(target.provider)))
                providers << text(target.provider);
        }
    if (made == built_ && !sections_.empty())
        return;
    built_ = made;
    for (const Section& s : sections_)
        for (QWidget* w : {static_cast<QWidget*>(s.row), static_cast<QWidget*>(s.form)})
            if (w) {
                w->hide();
                w->deleteLater(); // it may be what is being pressed
            }
    sections_.clear();
    while (QLayoutItem* item = column_->takeAt(0))
        delete item;
    addSection(QStringLiteral("chain"), tr("Chain"), false, {});
    addSection(QStringLiteral("traffic"), tr("Traffic"), true, {"/traffic"});
    addSection(QStringLiteral("years"), tr("Period"), true, {"/years", "/seed"});
    for (const QString& id : providers) {
        const QString name = Session::displayName(id);
        addSection(id + QStringLiteral("/outages"), tr("%1 outages").arg(name), true,
                   {below(id.toStdString(), true)});
        addSection(id + QStringLiteral("/latency"), tr("%1 latency").arg(name), true,
                   {below(id.toStdString(), false)});
    }
    addSection(QStringLiteral("prices"), tr("Prices"), true, {"/prices"});
    column_->addStretch(1);
}

void AssumptionList::refresh(std::vector<chain::Problem> trouble) {
    trouble_ = std::move(trouble);
    rebuild();
    for (Section& s : sections_)
        fill(s);
}

void AssumptionList::fill(Section& s) {
    if (s.key == QLatin1String("chain"))
        fillChain(s);
    else if (s.key == QLatin1String("traffic"))
        fillTraffic(s);
    else if (s.key == QLatin1String("years"))
        fillYears(s);
    else if (s.key == QLatin1String("prices"))
        fillPrices(s);
    else
        fillModel(s, s.key.section('/', 0, -2).toStdString(),
                  s.key.endsWith(QLatin1String("/outages")));
    QString problem;
    for (const auto* list : {&session_.forecast().problems(), &std::as_const(trouble_)})
        for (const auto& p : *list)
            if (problem.isEmpty() && p.severity == chain::Problem::Severity::error &&
                std::any_of(s.bases.begin(), s.bases.end(),
                            [&](const auto& base) { return lies(p.pointer, base); }))
                problem = problemSentence(p);
    s.row->setProblem(problem);
}

void AssumptionList::showForm(Section& s, const chain::Json& object, const std::string& base) {
    std::vector<chain::Problem> all = session_.forecast().problems();
    all.insert(all.end(), trouble_.begin(), trouble_.end());
    s.form->show(object, base, all);
}

void AssumptionList::fillChain(Section& s) {
    const auto& document = session_.editor().document();
    std::vector<std::string> names;
    if (const auto* shown = document.chain(session_.chainId().toStdString()))
        for (const auto& target : shown->targets)
            if (target.enabled)
                names.push_back(target.name());
    s.row->show(
        session_.chainId(), targetsLabel(names),
        tr("The chain of the bar above: %1. Edit it on the Chains page.").arg(targetsLabel(names)));
}

void AssumptionList::fillTraffic(Section& s) {
    const auto& a = session_.forecast().assumptions();
    const chain::Json* written = session_.forecast().at("/traffic/source");
    const QString source =
        written && written->is_string() ? text(written->get<std::string>()) : QString();
    s.row->show(tr("%1 / day").arg(formatCount(static_cast<std::uint64_t>(a.requests_per_day))),
                source.isEmpty() ? tr("%1 · %2 tokens in, %3 out")
                                       .arg(shapeText(a.shape), distributionShort(a.input_tokens),
                                            distributionShort(a.output_tokens))
                                 : source,
                source.isEmpty() ? tr("An assumption: put in the figures of your own app.")
                                 : tr("%1; over a week: %2").arg(source, shapeText(a.shape)));
    if (!s.row->isChecked())
        return;
    s.form->setSections(s.key, {trafficFields()});
    s.form->edited = [this](const FieldSpec& spec, std::optional<chain::Json> value) {
        chain::Json next = session_.forecast().json();
        next["traffic"].erase("source"); // it is the user's own now
        const chain::Json::json_pointer at("/traffic" + spec.pointer);
        if (value)
            next[at] = std::move(*value);
        else
            next["traffic"].erase(spec.pointer.substr(1));
        session_.forecast().edit(tr("Change traffic"), std::move(next),
                                 text("/traffic" + spec.pointer));
    };
    const chain::Json* traffic = session_.forecast().at("/traffic");
    showForm(s, traffic ? *traffic : chain::Json::object(), "/traffic");
}

void AssumptionList::fillYears(Section& s) {
    const auto& a = session_.forecast().assumptions();
    s.row->show(a.years == 1 ? tr("1 year") : tr("%1 years").arg(a.years),
                tr("365 days each · seed %1").arg(a.seed),
                tr("Every chain meets the same years: the same requests, the same outages."));
    if (!s.row->isChecked())
        return;
    s.form->setSections(s.key, {yearsFields()});
    s.form->edited = [this](const FieldSpec& spec, std::optional<chain::Json> value) {
        session_.forecast().set(tr("Change the period"), spec.pointer, std::move(value),
                                text(spec.pointer));
    };
    showForm(s, session_.forecast().json(), "");
}

void AssumptionList::fillModel(Section& s, const std::string& provider, bool outages) {
    const chain::Provider* p = session_.editor().document().provider(provider);
    if (!p)
        return;
    const auto a = sim::assumed(session_.forecast().assumptions(), *p);
    const std::string &preset = outages ? a.outages_preset : a.latency_preset,
                      &source = outages ? a.outages_source : a.latency_source;
    const auto* row =
        outages ? chain::model_presets().outage(preset) : chain::model_presets().latency_of(preset);
    QStringList parts;
    if (outages && !a.outages.is_null())
        parts << outagesDetail(a);
    parts << text(source).section(QStringLiteral(": "), 0, 0);
    s.row->show(outages ? outagesText(a) : latencyText(a), parts.join(QStringLiteral(" · ")),
                row ? text(source + ". " + row->fit) : text(source));
    if (!s.row->isChecked())
        return;
    const bool fromFile = p->model && (!outages || p->model->outages);
    s.form->setSections(s.key, {outages ? outageFields(fromFile) : latencyFields(fromFile)});
    s.form->edited = [this, provider, outages](const FieldSpec& spec,
                                               std::optional<chain::Json> value) {
        editModel(provider, outages, spec, std::move(value));
    };
    const std::string base = below(provider, outages);
    const chain::Json* own = session_.forecast().at(base);
    const bool figures =
        own && own->is_object() && !own->contains("preset") && !own->contains("none");
    chain::Json object = figures ? *own : outages ? a.outages : a.latency;
    if (object.is_null())
        object = chain::Json::object();
    else if (outages && !object.contains("severity"))
        object["severity"] = 1;
    object["preset"] = figures                          ? "own"
                       : outages && a.outages.is_null() ? "none"
                       : !preset.empty()                ? preset
                       : fromFile                       ? "file"
                                                        : "own";
    showForm(s, object, base);
}

void AssumptionList::editModel(const std::string& provider, bool outages, const FieldSpec& spec,
                               std::optional<chain::Json> value) {
    const chain::Provider* p = session_.editor().document().provider(provider);
    if (!p)
        return;
    ForecastEditor& editor = session_.forecast();
    const QString name = Session::displayName(text(provider));
    const QString what =
        outages ? tr("Change outages of %1").arg(name) : tr("Change latency of %1").arg(name);
    const std::string base = below(provider, outages);
    const auto a = sim::assumed(editor.assumptions(), *p);
    const chain::Json* own = editor.at(base);
    chain::Json figures =
        own && own->is_object() && !own->contains("preset") && !own->contains("none") ? *own
        : outages                                                                     ? a.outages
                                                                                      : a.latency;
    if (figures.is_null()) // from no outages to some
        figures = chain::model_presets().outages.front().model;
    figures["source"] = tr("your own figures").toStdString();
    if (spec.pointer == "/preset") {
        const std::string choice = value && value->is_string() ? value->get<std::string>() : "file";
        editor.set(what, base,
                   choice == "file"   ? std::nullopt
                   : choice == "none" ? std::optional(chain::Json{{"none", true}})
                   : choice == "own"  ? std::optional(figures)
                                      : std::optional(chain::Json{{"preset", choice}}));
        return;
    }
    const std::string key = spec.pointer.substr(1);
    if (value)
        figures[key] = std::move(*value);
    else
        figures.erase(key);
    editor.set(what, base, std::move(figures), text(base + spec.pointer));
}

void AssumptionList::fillPrices(Section& s) {
    const auto& document = session_.editor().document();
    const auto& a = session_.forecast().assumptions();
    std::vector<FormSection> sections;
    chain::Json object = chain::Json::object();
    QStringList sources, lines;
    double least = 1e300, most = -1;
    int unknown = 0;
    const auto* shown = document.chain(session_.chainId().toStdString());
    for (const auto& target : shown ? shown->targets : std::vector<chain::Target>()) {
        if (object.contains(target.name()))
            continue;
        const auto price = sim::assumed_price(a, target);
        object[target.name()] = price.price ? chain::to_json(*price.price) : chain::Json::object();
        if (const auto* own =
                session_.forecast().at("/prices/" + chain::escape_pointer(target.name())))
            object[target.name()] = *own;
        const QString label =
            Session::displayName(text(target.provider)) + QLatin1Char(' ') + text(target.model);
        lines << tr("%1: %2, %3").arg(label, priceText(price), text(price.source));
        if (!sources.contains(text(price.source)))
            sources << text(price.source);
        if (price.price && price.price->output_usd_per_mtok) {
            least = std::min(least, *price.price->output_usd_per_mtok);
            most = std::max(most, *price.price->output_usd_per_mtok);
        } else {
            ++unknown;
        }
        sections.push_back(priceFields(label, "/" + chain::escape_pointer(target.name())));
    }
    const QString value = unknown > 0     ? tr("%1 unknown").arg(unknown)
                          : most < 0      ? tr("none")
                          : least == most ? formatUsd(most)
                                          : tr("%1 to %2").arg(formatUsd(least), formatUsd(most));
    s.row->show(value, tr("USD a million tokens out · %1").arg(sources.join(QStringLiteral("; "))),
                lines.join(QLatin1Char('\n')));
    if (!s.row->isChecked())
        return;
    s.form->setSections(s.key + built_, std::move(sections));
    s.form->edited = [this, object](const FieldSpec& spec, std::optional<chain::Json> v) {
        // A target's price is one thing: what is changed takes the rest of it along.
        const auto split = spec.pointer.rfind('/');
        const std::string target = spec.pointer.substr(0, split),
                          key = spec.pointer.substr(split + 1);
        chain::Json price = object.value(chain::Json::json_pointer(target), chain::Json::object());
        if (v)
            price[key] = std::move(*v);
        else
            price.erase(key);
        session_.forecast().set(tr("Change a price"), "/prices" + target,
                                price.empty() ? std::nullopt : std::optional(std::move(price)),
                                text("/prices" + spec.pointer));
    };
    showForm(s, object, "/prices");
}

} // namespace brownout::ui
