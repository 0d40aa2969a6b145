#include "ui/pages/chains/inspector.h"

#include "ui/models/chain_edits.h"
#include "ui/models/words.h"
#include "ui/pages/chains/alert_editor.h"
#include "ui/pages/chains/chain_view.h"
#include "ui/pages/chains/key_editor.h"
#include "ui/shell/session.h"
#include "ui/shell/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPointer>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>

namespace brownout::ui {

namespace {

constexpr int inspectorWidth = 416;

QPushButton* levelButton(const QString& name, const QString& objectName) {
    auto* button = new QPushButton(name);
    button->setProperty("flat", true);
    button->setObjectName(objectName);
    button->setAccessibleName(name);
    return button;
}

} // namespace

Inspector::Inspector(Session& session, QWidget* parent) : QFrame(parent), session_(session) {
    setProperty("panel", true);
    setObjectName(QStringLiteral("inspector"));
    setAccessibleName(tr("Inspector"));
    setFixedWidth(inspectorWidth);
    connect(&session.editor(), &DocumentEditor::settling, this, &Inspector::flush);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(2 * gridUnit, gridUnit + 4, gridUnit, gridUnit);
    column->setSpacing(gridUnit / 2);
    auto* levels = new QHBoxLayout;
    levels->setSpacing(gridUnit / 2);
    levelDocument_ = levelButton(tr("Document"), QStringLiteral("level_document"));
    levelChain_ = levelButton(tr("Chain"), QStringLiteral("level_chain"));
    connect(levelDocument_, &QPushButton::clicked, this, [this] {
        Q_EMIT levelRequested({Selection::Kind::document, {}, 0});
    });
    connect(levelChain_, &QPushButton::clicked, this, [this] {
        Q_EMIT levelRequested({Selection::Kind::chain, shownChain(), 0});
    });
    levels->addWidget(levelDocument_);
    levels->addWidget(levelChain_);
    levels->addStretch();
    column->addLayout(levels);
    title_ = new QLabel;
    title_->setProperty("heading", true);
    title_->setWordWrap(true);
    title_->setTextFormat(Qt::PlainText);
    title_->setObjectName(QStringLiteral("inspector_title"));
    column->addWidget(title_);
    subtitle_ = new QLabel;
    subtitle_->setProperty("muted", true);
    subtitle_->setWordWrap(true);
    column->addWidget(subtitle_);
    trouble_ = new QLabel;
    trouble_->setWordWrap(true);
    trouble_->setTextFormat(Qt::PlainText);
    trouble_->setProperty("tone", "bad");
    trouble_->setObjectName(QStringLiteral("inspector_problem"));
    trouble_->hide();
    column->addWidget(trouble_);
    scroll_ = new QScrollArea;
    scroll_->setWidgetResizable(true);
    scroll_->setFrameShape(QFrame::NoFrame);
    scroll_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    // Always there: fields keep their places when a message makes the form longer.
    scroll_->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn);
    column->addWidget(scroll_, 1);
}

void Inspector::setSelection(const Selection& selection) {
    // A field that is being typed in belongs to what was selected.
    if (!(selection == selection_))
        flush();
    selection_ = selection;
    refresh();
}

void Inspector::flush() {
    std::vector<QPointer<JsonField>> fields; // an edit may build other rows
    for (const Row& row : rows_)
        fields.emplace_back(row.field);
    for (const auto& field : fields)
        if (field)
            field->flush();
    if (keys_)
        keys_->flush();
    if (alerts_)
        alerts_->flush();
}

std::string Inspector::base() const {
    const auto& json = session_.editor().json();
    switch (selection_.kind) {
    case Selection::Kind::document:
    case Selection::Kind::alerts:
        return {};
    case Selection::Kind::chain:
        return edits::chainPointer(json, selection_.id);
    case Selection::Kind::target:
        return edits::targetPointer(json, selection_.id, selection_.index);
    case Selection::Kind::provider:
        return edits::providerPointer(json, selection_.id);
    }
    return {};
}

std::string Inspector::shownChain() const {
    const bool ofChain =
        selection_.kind == Selection::Kind::chain || selection_.kind == Selection::Kind::target;
    return ofChain ? selection_.id : session_.chainId().toStdString();
}

bool Inspector::exists() const {
    if (selection_.kind == Selection::Kind::document || selection_.kind == Selection::Kind::alerts)
        return true;
    const std::string pointer = base();
    return !pointer.empty() && edits::at(session_.editor().json(), pointer);
}

std::vector<FieldSection> Inspector::sections() const {
    const auto& document = session_.editor().document();
    std::vector<FieldSection> out;
    const auto add = [&](std::vector<FieldSection> more) {
        for (auto& s : more)
            out.push_back(std::move(s));
    };
    switch (selection_.kind) {
    case Selection::Kind::document:
        out.push_back(documentSection());
        add(policySections(chain::PolicyLevel::document, "/policy", document));
        break;
    case Selection::Kind::chain:
        out.push_back(chainSection());
        add(policySections(chain::PolicyLevel::chain, "/policy", document));
        break;
    case Selection::Kind::target: {
        auto own = targetSections(document);
        out.push_back(own[0]);
        add(policySections(chain::PolicyLevel::target, "", document));
        own.erase(own.begin());
        add(std::move(own));
        break;
    }
    case Selection::Kind::provider:
        add(providerSections(*edits::at(session_.editor().json(), base())));
        break;
    case Selection::Kind::alerts: // has a form of its own
        break;
    }
    return out;
}

// Two selections of the same shape have the same fields.
std::string Inspector::shape() const {
    if (!exists())
        return "none";
    std::string out = std::to_string(static_cast<int>(selection_.kind));
    for (const auto& section : sections())
        for (const auto& entry : section.entries) {
            out += "|" + entry.spec.pointer;
            for (const auto& choice : entry.spec.choices)
                if (!entry.row)
                    out += "," + choice.value.toStdString();
        }
    return out;
}

void Inspector::rebuild() {
    rows_.clear();
    keys_ = nullptr;
    alerts_ = nullptr;
    model_ = nullptr;
    content_ = new QWidget;
    // Never wider than the view, whatever a row asks for: a form that slides sideways hides its
    // ends.
    content_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    content_->setProperty("scrolled", true);
    auto* column = new QVBoxLayout(content_);
    column->setContentsMargins(0, gridUnit / 2, gridUnit, gridUnit);
    column->setSpacing(gridUnit / 2 + 2);
    if (selection_.kind == Selection::Kind::alerts)
        addAlerts(*column);
    else if (exists()) {
        bool first = true;
        for (auto& section : sections()) {
            addSection(*column, std::move(section));
            if (first && selection_.kind == Selection::Kind::provider)
                addKeys(*column);
            first = false;
        }
    }
    column->addStretch();
    if (QWidget* old = scroll_->takeWidget()) {
        old->hide();
        old->deleteLater(); // one of its fields may be what led here
    }
    scroll_->setWidget(content_);
}

void Inspector::addSection(QVBoxLayout& column, FieldSection section) {
    auto* title = new QLabel(section.title);
    title->setWordWrap(true);
    title->setProperty("title", true);
    title->setContentsMargins(0, rows_.empty() ? 0 : gridUnit, 0, 0);
    column.addWidget(title);
    for (auto& entry : section.entries) {
        auto* field = new JsonField(std::move(entry.spec));
        field->edited = [this, field](std::optional<chain::Json> value) {
            apply(*field, std::move(value));
        };
        column.addWidget(field);
        if (selection_.kind == Selection::Kind::target && field->spec().pointer == "/model") {
            model_ = field;
            model_->setCompletions(models_, ModelListModel::priceRole);
        }
        rows_.push_back({field, entry.row});
    }
}

void Inspector::addKeys(QVBoxLayout& column) {
    auto* title = new QLabel(tr("Key"));
    title->setProperty("title", true);
    title->setContentsMargins(0, gridUnit, 0, 0);
    column.addWidget(title);
    keys_ = new KeyEditor(session_.keys());
    keys_->setObjectName(QStringLiteral("key_editor"));
    column.addWidget(keys_);
    keys_->edited = [this](chain::Json key, const QString& what) {
        auto& editor = session_.editor();
        const std::string pointer = base() + "/key";
        editor.edit(tr("Change key of %1").arg(text(selection_.id)),
                    edits::set(editor.json(), pointer, std::move(key)),
                    what.isEmpty() ? QString() : text(pointer) + QLatin1Char('/') + what);
    };
    connect(keys_, &KeyEditor::stored, &session_, &Session::reloadKeys);
    connect(keys_, &KeyEditor::stored, this, &Inspector::keysStored);
}

void Inspector::addAlerts(QVBoxLayout& column) {
    alerts_ = new AlertEditor(session_);
    column.addWidget(alerts_);
    connect(alerts_, &AlertEditor::chosen, this, [this](int rule) {
        Q_EMIT levelRequested({Selection::Kind::alerts, {}, rule});
    });
}

void Inspector::refresh() {
    std::string now = shape();
    if (now != shape_) {
        shape_ = std::move(now);
        rebuild();
    }
    refreshHeader();
    if (!exists())
        return;
    refreshFields();
    refreshModel();
    refreshKeys();
    if (alerts_)
        alerts_->show(selection_.index);
}

void Inspector::refreshHeader() {
    const auto& json = session_.editor().json();
    const std::string chainId = shownChain();
    levelDocument_->setEnabled(selection_.kind != Selection::Kind::document);
    levelChain_->setEnabled(selection_.kind != Selection::Kind::chain);
    levelChain_->setText(tr("Chain %1").arg(text(chainId)));
    levelChain_->setAccessibleName(levelChain_->text());

    QString title, subtitle;
    switch (selection_.kind) {
    case Selection::Kind::document:
        title = session_.editor().displayName();
        subtitle = tr("Holds for every chain that does not say otherwise.");
        break;
    case Selection::Kind::chain:
        title = tr("Chain %1").arg(text(selection_.id));
        subtitle = tr("Grey values come from the document.");
        break;
    case Selection::Kind::target:
        if (exists()) {
            const auto word = [&](const char* key) {
                const auto* value = edits::at(json, base() + key);
                return value && value->is_string() ? text(value->get<std::string>())
                                                   : tr("not set");
            };
            title =
                Session::displayName(word("/provider")) + QStringLiteral(" / ") + word("/model");
        }
        subtitle = tr("Grey values come from the chain and the document.");
        break;
    case Selection::Kind::provider:
        title = Session::displayName(text(selection_.id));
        if (const auto users = edits::usersOf(json, selection_.id); users.empty()) {
            subtitle = tr("Not used by any chain yet.");
        } else {
            QStringList names;
            for (const auto& id : users)
                names << text(id);
            subtitle = tr("Used by %1.").arg(names.join(QStringLiteral(", ")));
        }
        break;
    case Selection::Kind::alerts:
        title = tr("Alerts and webhooks");
        subtitle = tr("Who is told when something goes wrong while requests are served.");
        break;
    }
    if (!exists()) {
        title = tr("Nothing selected");
        subtitle = tr("Choose a chain, a target or a provider to see its settings.");
    }
    title_->setText(title);
    subtitle_->setText(subtitle);
}

void Inspector::refreshKeys() {
    if (!keys_)
        return;
    const auto& editor = session_.editor();
    const auto* provider = editor.document().provider(selection_.id);
    chain::Provider shown;
    if (provider)
        shown = *provider;
    shown.id = selection_.id;
    const std::string pointer = base() + "/key";
    keys_->show(shown, edits::at(editor.json(), pointer), [&](const std::string& deeper) {
        for (const auto& p : editor.problems())
            if (p.severity == chain::Problem::Severity::error &&
                edits::below(p.pointer, pointer + deeper))
                return problemText(p);
        return QString();
    });
}

bool Inspector::focusPointer(const std::string& pointer) {
    const std::string at = base();
    if (keys_ && edits::below(pointer, at + "/key")) {
        scroll_->ensureWidgetVisible(keys_);
        keys_->focusBelow(pointer.substr(at.size() + 4));
        return true;
    }
    if (alerts_)
        return alerts_->focusPointer(pointer);
    for (const Row& row : rows_)
        if (edits::below(pointer, at + row.field->spec().pointer)) {
            scroll_->ensureWidgetVisible(row.field, 0, 4 * gridUnit);
            row.field->focusEditor();
            return true;
        }
    return false;
}

void Inspector::focusKeys() {
    if (!keys_)
        return;
    scroll_->ensureWidgetVisible(keys_);
    keys_->focusBelow({});
}

} // namespace brownout::ui
