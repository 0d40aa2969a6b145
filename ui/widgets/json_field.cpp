#include "ui/widgets/json_field.h"

#include "ui/models/key_state.h"
#include "ui/shell/theme.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QStyle>
#include <QToolButton>

#include <cmath>

namespace brownout::ui {

namespace {

constexpr int editorWidth = 92, wideEditorWidth = 164;

void setStyled(QWidget* widget, const char* name, const QVariant& value) {
    if (widget->property(name) == value)
        return;
    widget->setProperty(name, value);
    widget->style()->unpolish(widget);
    widget->style()->polish(widget);
}

bool isCombo(FieldSpec::Kind kind) {
    return kind == FieldSpec::Kind::boolean || kind == FieldSpec::Kind::choice ||
           kind == FieldSpec::Kind::group;
}

QString numberText(double value) {
    return QLocale::c().toString(value, 'g', 12).remove(QLatin1Char(','));
}

} // namespace

JsonField::JsonField(FieldSpec spec, QWidget* parent) : QWidget(parent), spec_(std::move(spec)) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(2);
    auto* row = new QHBoxLayout;
    row->setSpacing(gridUnit);
    column->addLayout(row);
    auto* label = new QLabel(spec_.label);
    label->setProperty("muted", true);
    label->setMinimumWidth(labelWidth);
    label->setMaximumWidth(labelWidth);
    label->setWordWrap(true);
    label->setToolTip(spec_.help);
    row->addWidget(label);
    if (isCombo(spec_.kind))
        makeCombo();
    else
        makeText();
    QWidget* editor = text_ ? static_cast<QWidget*>(text_) : combo_;
    editor->setObjectName(spec_.objectName);
    editor->setAccessibleName(spec_.label);
    editor->setAccessibleDescription(spec_.help);
    editor->setToolTip(spec_.help);
    label->setBuddy(editor);
    // Words take the room that there is; numbers stand in a column, their units behind them.
    const bool fills = combo_ || editor->maximumWidth() > editor->minimumWidth();
    row->addWidget(editor, fills ? 1 : 0);
    if (!fills) {
        auto* unit = new QLabel(spec_.unit);
        unit->setProperty("muted", true);
        unit->setWordWrap(true);
        row->addWidget(unit, 1);
    }
    reset_ = new QToolButton;
    reset_->setIcon(icon(QStringLiteral("restore")));
    reset_->setProperty("flat", true);
    reset_->setObjectName(spec_.objectName + QStringLiteral("_reset"));
    reset_->setAccessibleName(tr("Reset %1 to inherited").arg(spec_.label));
    QSizePolicy keep = reset_->sizePolicy();
    keep.setRetainSizeWhenHidden(true);
    reset_->setSizePolicy(keep);
    reset_->hide();
    row->addWidget(reset_);
    connect(reset_, &QToolButton::clicked, this, [this] {
        delay_.stop();
        if (edited)
            edited(std::nullopt);
    });
    problem_ = new QLabel;
    problem_->setWordWrap(true);
    problem_->setTextFormat(Qt::PlainText);
    problem_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred); // long words wrap too
    problem_->setObjectName(spec_.objectName + QStringLiteral("_problem"));
    problem_->hide();
    column->addWidget(problem_);
    note_ = new QLabel;
    note_->setWordWrap(true);
    note_->setTextFormat(Qt::PlainText);
    note_->setProperty("muted", true);
    note_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    note_->setObjectName(spec_.objectName + QStringLiteral("_note"));
    note_->hide();
    column->addWidget(note_);
    delay_.setSingleShot(true);
    delay_.setInterval(commitAfterMs);
    connect(&delay_, &QTimer::timeout, this, &JsonField::commit);
}

void JsonField::makeText() {
    text_ = new QLineEdit;
    const bool wide = spec_.kind == FieldSpec::Kind::text || spec_.kind == FieldSpec::Kind::words;
    if (wide && spec_.unit.isEmpty() && spec_.width == 0)
        text_->setMinimumWidth(wideEditorWidth);
    else
        text_->setFixedWidth(spec_.width > 0 ? spec_.width : wide ? wideEditorWidth : editorWidth);
    connect(text_, &QLineEdit::textEdited, &delay_, qOverload<>(&QTimer::start));
    connect(text_, &QLineEdit::editingFinished, this, &JsonField::commit);
}

void JsonField::makeCombo() {
    combo_ = new QComboBox;
    combo_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    combo_->setMinimumContentsLength(4);
    combo_->setMinimumWidth(wideEditorWidth);
    combo_->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    combo_->setFocusPolicy(Qt::StrongFocus);
    combo_->installEventFilter(this);
    combo_->addItem(QString(), QString());
    if (spec_.kind == FieldSpec::Kind::boolean) {
        combo_->addItem(tr("yes"), QStringLiteral("true"));
        combo_->addItem(tr("no"), QStringLiteral("false"));
    }
    if (spec_.kind == FieldSpec::Kind::group) {
        combo_->addItem(tr("on"), QStringLiteral("on"));
        combo_->addItem(tr("off"), QStringLiteral("off"));
    }
    for (const auto& choice : spec_.choices)
        combo_->addItem(choice.label, choice.value);
    connect(combo_, &QComboBox::activated, this, &JsonField::commit);
}

bool JsonField::eventFilter(QObject* watched, QEvent* event) {
    // Scrolling the inspector must not turn what happens to lie under the pointer.
    if (watched == combo_ && event->type() == QEvent::Wheel && !combo_->hasFocus()) {
        event->ignore();
        return true;
    }
    if (completer_ && watched == text_ && event->type() == QEvent::KeyPress &&
        static_cast<QKeyEvent*>(event)->key() == Qt::Key_Down) {
        offerAll();
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

QString JsonField::shown(const FieldSpec& spec, const chain::Json& value) {
    if (value.is_null())
        return tr("off");
    if (spec.toText)
        return spec.toText(value);
    if (spec.kind == FieldSpec::Kind::group && value.is_object())
        return tr("on");
    if (value.is_boolean())
        return value.get<bool>() ? tr("yes") : tr("no");
    if (value.is_number())
        return numberText(value.get<double>() / spec.scale);
    if (value.is_string()) {
        const QString word = QString::fromStdString(value.get<std::string>());
        for (const auto& choice : spec.choices)
            if (choice.value == word)
                return choice.label;
        return word;
    }
    if (value.is_array() && spec.kind == FieldSpec::Kind::words) {
        QStringList words;
        for (const auto& item : value)
            words << (item.is_string() ? QString::fromStdString(item.get<std::string>())
                                       : QString::fromStdString(item.dump()));
        return words.join(QStringLiteral(", "));
    }
    if (spec.kind == FieldSpec::Kind::commit && value.is_object() && value.contains("tokens"))
        return QString::fromStdString(value["tokens"].dump());
    return QString::fromStdString(
        value.dump(-1, ' ', false, chain::Json::error_handler_t::replace));
}

std::optional<chain::Json> JsonField::parsed(const FieldSpec& spec, const QString& text) {
    const QString trimmed = text.trimmed();
    if (trimmed.isEmpty())
        return std::nullopt;
    const QString low = trimmed.toLower();
    if (spec.nullable && (low == QLatin1String("off") || low == QLatin1String("none")))
        return chain::Json(nullptr);
    if (spec.fromText)
        return spec.fromText(trimmed);
    if (spec.kind == FieldSpec::Kind::number) {
        bool ok = false;
        const double number = QLocale::c().toDouble(trimmed, &ok) * spec.scale;
        if (ok && std::isfinite(number)) {
            const double near =
                std::round(number); // 0.3 s * 1000 is 300 ms, not 299.99999999999994
            const bool whole = std::abs(number - near) <= 1e-9 * std::max(1.0, std::abs(number));
            if (whole && std::abs(near) < 9e15)
                return chain::Json(static_cast<std::int64_t>(near));
            return chain::Json(number);
        }
    }
    if (spec.kind == FieldSpec::Kind::commit) {
        bool ok = false;
        const int tokens = trimmed.toInt(&ok);
        if (ok)
            return chain::Json{{"tokens", tokens}};
    }
    if (spec.kind == FieldSpec::Kind::words) {
        chain::Json words = chain::Json::array();
        for (const QString& word : trimmed.split(QLatin1Char(','), Qt::SkipEmptyParts))
            words.push_back(word.trimmed().toStdString());
        return words;
    }
    return chain::Json(trimmed.toStdString());
}

void JsonField::setInherited(const chain::Json* inherited) {
    const QString value = inherited ? shown(spec_, *inherited) : spec_.placeholder;
    if (text_)
        text_->setPlaceholderText(value);
    if (combo_)
        combo_->setItemText(0, value.isEmpty() ? tr("not set")
                               : inherited     ? tr("%1 (inherited)").arg(value)
                                               : value);
    reset_->setToolTip(inherited ? tr("Reset to inherited: %1 %2").arg(value, spec_.unit).trimmed()
                                 : tr("Remove this setting"));
}

void JsonField::show(const chain::Json* own, const chain::Json* inherited) {
    setInherited(inherited);
    reset_->setVisible(own != nullptr && !spec_.required);
    const QString text = own ? shown(spec_, *own) : QString();
    if (text_) {
        const bool typing = text_->hasFocus() && (delay_.isActive() || refused_);
        // The same value in other letters ("1.50" while 1.5 is being typed) stays as typed.
        const auto typed = parsed(spec_, text_->text());
        const bool same = own ? typed && *typed == *own : !typed;
        if (!typing && !(same && text_->hasFocus()))
            text_->setText(text);
        if (!text_->hasFocus())
            text_->setCursorPosition(0); // an address shows its beginning
        committed_ = typing ? text : text_->text();
        setStyled(text_, "set", own != nullptr);
        return;
    }
    const QSignalBlocker block(combo_);
    int index = 0;
    if (own) {
        const bool group = spec_.kind == FieldSpec::Kind::group;
        const QString value = group && own->is_object() ? QStringLiteral("on")
                              : own->is_null()          ? QStringLiteral("off")
                              : own->is_boolean()       ? (own->get<bool>() ? "true" : "false")
                              : own->is_string() ? QString::fromStdString(own->get<std::string>())
                                                 : text;
        index = combo_->findData(value);
        if (index < 0) { // something that this list does not offer: shown, and kept
            combo_->addItem(text, value);
            index = combo_->count() - 1;
        }
    }
    combo_->setCurrentIndex(index);
}

void JsonField::commit() {
    delay_.stop();
    if (!edited)
        return;
    if (combo_) {
        const QString value = combo_->currentData().toString();
        if (value.isEmpty())
            edited(std::nullopt);
        else if (value == QLatin1String("true") || value == QLatin1String("false"))
            edited(chain::Json(value == QLatin1String("true")));
        else if (value == QLatin1String("off") && spec_.nullable)
            edited(chain::Json(nullptr));
        else if (spec_.kind == FieldSpec::Kind::group)
            edited(spec_.on);
        else
            edited(chain::Json(value.toStdString()));
        return;
    }
    if (text_->text() == committed_ && !refused_)
        return;
    const QString kept =
        spec_.secretQuery ? text_->text().section(QLatin1Char('?'), 0, 0) : text_->text();
    refused_ = looksLikeKey(kept);
    if (refused_) {
        setProblem(spec_.secretQuery
                       ? tr("This looks like a key, so it was not put into the document. What lets "
                            "callers in may stand behind a ? only.")
                       : tr("This looks like a key, so it was not put into the document. Keys are "
                            "set at their provider."),
                   true);
        return;
    }
    setProblem({}, false);
    committed_ = text_->text();
    edited(parsed(spec_, text_->text()));
}

void JsonField::setProblem(const QString& text, bool isError) {
    if (refused_ && text.isEmpty())
        return; // our own refusal stands until the text is changed
    problem_->setText(text);
    problem_->setVisible(!text.isEmpty());
    setStyled(problem_, "tone", isError ? QStringLiteral("bad") : QStringLiteral("warn"));
    QWidget* editor = text_ ? static_cast<QWidget*>(text_) : combo_;
    setStyled(editor, "invalid", isError && !text.isEmpty());
    editor->setAccessibleDescription(text.isEmpty() ? spec_.help : text);
}

QString inShownUnit(const FieldSpec& spec, const chain::Problem& problem,
                    const std::string& pointer, const QString& otherwise) {
    // Only the reader's complaint about the number itself; a clash with another value says more.
    const bool ofNumber = spec.kind == FieldSpec::Kind::number && problem.pointer == pointer &&
                          problem.message.rfind("expected a", 0) == 0;
    if (!ofNumber || spec.scale == 1 || spec.range.isEmpty())
        return otherwise;
    return JsonField::tr("Expected a number %1.").arg(spec.range);
}

void JsonField::flush() {
    if (delay_.isActive())
        commit();
}

bool JsonField::hasProblem() const {
    return !problem_->text().isEmpty();
}

void JsonField::focusEditor() {
    QWidget* editor = text_ ? static_cast<QWidget*>(text_) : combo_;
    editor->setFocus(Qt::OtherFocusReason);
    if (text_)
        text_->selectAll();
}

} // namespace brownout::ui
