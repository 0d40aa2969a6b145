#include "ui/pages/chains/alert_editor.h"

#include "ui/models/alert_edits.h"
#include "ui/models/alert_text.h"
#include "ui/models/chain_edits.h"
#include "ui/pages/chains/alert_fields.h"
#include "ui/pages/chains/chain_view.h"
#include "ui/pages/chains/hook_row.h"
#include "ui/shell/session.h"
#include "ui/shell/theme.h"
#include "ui/widgets/named_button.h"

#include <QBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QListView>
#include <QMenu>

#include <algorithm>

namespace brownout::ui {

namespace ops = alert_edits;

namespace {

constexpr int tallestList = 240; // px

QPushButton* iconButton(const QString& text, const char* name, const char* iconName = "") {
    auto* out = namedButton(text, name, nullptr);
    if (*iconName)
        out->setIcon(icon(QLatin1String(iconName)));
    return out;
}

QLabel* wrappedWords(const char* name, bool muted) {
    auto* out = new QLabel;
    out->setObjectName(QLatin1String(name));
    out->setWordWrap(true);
    out->setTextFormat(Qt::PlainText);
    out->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred); // long words wrap too
    if (muted)
        out->setProperty("muted", true);
    return out;
}

QLabel* sectionTitle(const QString& text, int above) {
    auto* out = new QLabel(text);
    out->setProperty("title", true);
    out->setContentsMargins(0, above, 0, 0);
    return out;
}

} // namespace

AlertEditor::AlertEditor(Session& session, QWidget* parent) : QWidget(parent), session_(session) {
    setObjectName(QStringLiteral("alert_editor"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gridUnit / 2 + 2);
    column->addWidget(sectionTitle(tr("Alert rules"), 0));
    state_ = wrappedWords("alert_state", true);
    column->addWidget(state_);
    makeList(*column);
    makeButtons(*column);
    makeForm(*column);
    column->addWidget(sectionTitle(tr("Webhooks"), gridUnit));
    auto* about = wrappedWords("hooks_about", true);
    about->setText(tr("Each gets a POST with JSON. No request waits for them, and no key is in "
                      "them."));
    column->addWidget(about);
    for (const live::Hook hook : {live::Hook::on_failover, live::Hook::on_alert}) {
        hooks_.push_back(new HookRow(session_, hook));
        column->addWidget(hooks_.back());
    }
}

void AlertEditor::makeList(QBoxLayout& column) {
    list_ = new QListView;
    list_->setModel(&rules_);
    list_->setItemDelegate(new RowDelegate(list_));
    list_->setProperty("bare", true);
    list_->setObjectName(QStringLiteral("alert_list"));
    list_->setAccessibleName(tr("Alert rules"));
    list_->setFrameShape(QFrame::NoFrame);
    list_->setMouseTracking(true);
    list_->setEditTriggers(QAbstractItemView::NoEditTriggers);
    list_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    column.addWidget(list_);
    connect(list_->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& index) {
                if (!following_ && index.isValid())
                    Q_EMIT chosen(index.row());
            });
    list_->installEventFilter(this);
}

bool AlertEditor::eventFilter(QObject* watched, QEvent* event) {
    if (watched != list_ || event->type() != QEvent::KeyPress)
        return QWidget::eventFilter(watched, event);
    const auto& key = static_cast<QKeyEvent&>(*event);
    if (key.key() == Qt::Key_Delete)
        remove();
    else if (key.key() == Qt::Key_D && key.modifiers() == Qt::ControlModifier)
        duplicate();
    else
        return false;
    return true;
}

void AlertEditor::makeButtons(QBoxLayout& column) {
    auto* row = new QHBoxLayout;
    row->setSpacing(gridUnit);
    add_ = iconButton(tr("Add rule"), "add_alert", "add");
    add_->setProperty("hasMenu", true);
    auto* menu = new QMenu(add_);
    for (const std::string_view metric : ops::metrics())
        menu->addAction(metricLabel(metric), this, [this, metric] { this->add(metric); });
    add_->setMenu(menu);
    duplicate_ = iconButton(tr("Duplicate"), "duplicate_alert", "copy");
    duplicate_->setAccessibleName(tr("Duplicate rule"));
    remove_ = iconButton(tr("Remove"), "remove_alert", "remove");
    remove_->setAccessibleName(tr("Remove rule"));
    none_ = iconButton(tr("No alerts"), "no_alerts");
    none_->setToolTip(tr("Nothing is watched then but keys and models"));
    default_ = iconButton(tr("Use the default rule"), "default_alert");
    for (QPushButton* b : {add_, duplicate_, remove_, none_, default_})
        row->addWidget(b);
    row->addStretch(1);
    column.addLayout(row);
    connect(duplicate_, &QPushButton::clicked, this, &AlertEditor::duplicate);
    connect(remove_, &QPushButton::clicked, this, &AlertEditor::remove);
    connect(none_, &QPushButton::clicked, this, [this] {
        session_.editor().settle();
        session_.editor().edit(tr("No alerts"), ops::removeAll(session_.editor().json()));
    });
    connect(default_, &QPushButton::clicked, this, [this] {
        session_.editor().settle();
        session_.editor().edit(tr("Use the default alert rule"),
                               ops::useDefault(session_.editor().json()));
    });
}

void AlertEditor::makeForm(QBoxLayout& column) {
    form_ = new JsonForm;
    form_->edited = [this](const FieldSpec& spec, std::optional<chain::Json> value) {
        apply(spec, std::move(value));
    };
    column.addWidget(form_);
    sentence_ = wrappedWords("alert_sentence", true);
    column.addWidget(sentence_);
    trouble_ = wrappedWords("alert_problem", false);
    trouble_->setProperty("tone", "bad");
    column.addWidget(trouble_);
}

void AlertEditor::show(int rule) {
    rule_ = std::clamp(rule, 0, std::max(0, ops::ruleCount(session_.editor().json()) - 1));
    showList();
    showRule();
    for (HookRow* hook : hooks_)
        hook->refresh();
}

QString AlertEditor::problemOf(int rule) const {
    const std::string base = "/alerts/" + std::to_string(rule);
    for (const auto& p : session_.editor().problems())
        if (p.severity == chain::Problem::Severity::error && edits::below(p.pointer, base))
            return problemText(p);
    return {};
}

void AlertEditor::showList() {
    const chain::Json& json = session_.editor().json();
    const int count = ops::ruleCount(json);
    std::vector<ListRow> rows;
    for (int i = 0; i < count; ++i) {
        const chain::Json& rule = *ops::rule(json, i);
        const QString problem = problemOf(i);
        rows.push_back({QString::number(i), alertTitle(rule), alertScope(rule),
                        problem.isEmpty() ? QString() : tr("Error"),
                        problem.isEmpty() ? Tone::neutral : Tone::bad, problem});
    }
    following_ = true;
    rules_.setRows(std::move(rows));
    int height = 2;
    for (int i = 0; i < count; ++i)
        height += list_->sizeHintForRow(i);
    list_->setFixedHeight(std::min(height, tallestList));
    list_->setVisible(count > 0);
    if (count > 0 && list_->currentIndex().row() != rule_)
        list_->setCurrentIndex(rules_.index(rule_));
    following_ = false;
    // A key that is refused and a model that is unknown need no rule; this is told where it counts.
    const bool byDefault = ops::hasDefaultOnly(json);
    if (byDefault) {
        QString rule = alertTitle(ops::defaultRule());
        rule[0] = rule[0].toLower();
        state_->setText(
            tr("Without rules of its own a document has this one: %1, %2.\n\n%3")
                .arg(rule, alertScope(ops::defaultRule()), alertSentence(chain::default_alert())));
    } else if (count == 0)
        state_->setText(tr("No alerts are wanted. A key that is refused and a model that its "
                           "provider does not know are told all the same."));
    else
        state_->setText(tr("Told in the top bar, by the desktop, as events and to the webhook."));
    duplicate_->setVisible(count > 0);
    remove_->setVisible(count > 0);
    none_->setVisible(byDefault);
    default_->setVisible(!byDefault && count == 0);
}

void AlertEditor::showRule() {
    const auto& editor = session_.editor();
    const chain::Json* rule = ops::rule(editor.json(), rule_);
    form_->setVisible(rule);
    QStringList others;
    QString sentence;
    if (rule) {
        const std::string metric = ops::metricOf(*rule);
        std::vector<FieldSpec> fields = alertFields(metric, editor.document());
        QString key = QString::fromStdString(metric);
        for (const FieldSpec& spec : fields)
            for (const auto& choice : spec.choices)
                key += QLatin1Char('\n') + choice.value;
        form_->setSections(key, {{{}, std::move(fields)}});
        others = form_->show(*rule, "/alerts/" + std::to_string(rule_), editor.problems());
        const auto& read = editor.document().alerts;
        const auto place = static_cast<std::size_t>(rule_);
        if (editor.isValid() && place < read.size())
            sentence = alertSentence(read[place]);
    } else { // of the list as a whole
        for (const auto& p : editor.problems())
            if (p.severity == chain::Problem::Severity::error && p.pointer == "/alerts")
                others << problemText(p);
    }
    sentence_->setText(sentence);
    sentence_->setVisible(!sentence.isEmpty());
    trouble_->setText(others.join(QLatin1Char('\n')));
    trouble_->setVisible(!others.isEmpty());
}

void AlertEditor::apply(const FieldSpec& spec, std::optional<chain::Json> value) {
    auto& editor = session_.editor();
    const std::string pointer = "/alerts/" + std::to_string(rule_) + spec.pointer;
    const QString key = QString::fromStdString(pointer);
    const QString what = tr("Change alert: %1").arg(spec.label.toLower());
    if (spec.pointer == "/metric" && value && value->is_string())
        editor.edit(what, ops::setMetric(editor.json(), rule_, value->get<std::string>()), key);
    else
        editor.edit(what,
                    value ? edits::set(editor.json(), pointer, std::move(*value))
                          : edits::unset(editor.json(), pointer),
                    key);
}

// Edits first and moves the selection then: the rule is there when it is chosen.
void AlertEditor::add(std::string_view metric) {
    auto& editor = session_.editor();
    editor.settle();
    editor.edit(tr("Add alert"), ops::addRule(editor.json(), ops::usualRule(metric)));
    Q_EMIT chosen(ops::ruleCount(editor.json()) - 1);
    form_->focusFirst();
}

void AlertEditor::duplicate() {
    auto& editor = session_.editor();
    editor.settle();
    const int copy = rule_ + 1;
    editor.edit(tr("Duplicate alert"), ops::duplicateRule(editor.json(), rule_));
    Q_EMIT chosen(copy);
}

void AlertEditor::remove() {
    auto& editor = session_.editor();
    editor.settle();
    editor.edit(tr("Remove alert"), ops::removeRule(editor.json(), rule_));
}

void AlertEditor::flush() {
    form_->flush();
    for (HookRow* hook : hooks_)
        hook->flush();
}

bool AlertEditor::focusPointer(const std::string& pointer) {
    for (HookRow* hook : hooks_)
        if (edits::below(pointer, hook->pointer())) {
            hook->focusField();
            return true;
        }
    const std::string base = "/alerts/" + std::to_string(rule_);
    if (!edits::below(pointer, base)) {
        (rules_.rowCount() > 0 ? static_cast<QWidget*>(list_) : add_)
            ->setFocus(Qt::OtherFocusReason);
        return pointer == "/alerts";
    }
    JsonField* field = form_->field(pointer.substr(base.size()));
    if (field)
        field->focusEditor();
    else
        list_->setFocus(Qt::OtherFocusReason);
    return true;
}

} // namespace brownout::ui
