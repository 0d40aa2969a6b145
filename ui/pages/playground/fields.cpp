#include "ui/pages/playground/fields.h"

#include "ui/shell/theme.h"

#include <QRegularExpressionValidator>

namespace brownout::ui {

QLabel* captionFor(QWidget* field, const QString& text, QWidget* parent) {
    auto* label = new QLabel(text, parent);
    label->setBuddy(field);
    field->setAccessibleName(text);
    return label;
}

QGridLayout* fieldGrid() {
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(gridUnit);
    grid->setVerticalSpacing(gridUnit);
    grid->setColumnStretch(1, 1);
    grid->setColumnStretch(3, 1);
    return grid;
}

void putField(QGridLayout& grid, QWidget* field, const QString& caption, int row, int column,
              QWidget* parent) {
    grid.addWidget(captionFor(field, caption, parent), row, column);
    grid.addWidget(field, row, column + 1);
}

QLabel* mutedLabel(const QString& text, QWidget* parent) {
    auto* label = new QLabel(text, parent);
    label->setProperty("muted", true);
    label->setTextFormat(Qt::PlainText);
    return label;
}

QPlainTextEdit* makeEditor(const QString& name, const char* objectName, const QString& hint,
                           QWidget* parent) {
    auto* editor = new QPlainTextEdit(parent);
    editor->setObjectName(QLatin1String(objectName));
    editor->setAccessibleName(name);
    editor->setPlaceholderText(hint);
    editor->setTabChangesFocus(true);
    return editor;
}

QLineEdit* makeSeed(const char* objectName, QWidget* parent) {
    auto* field = new QLineEdit(parent);
    field->setObjectName(QLatin1String(objectName));
    field->setPlaceholderText(QObject::tr("not sent"));
    field->setToolTip(QObject::tr("A whole number; the same one gives the same answer where the "
                                  "model can do that"));
    field->setValidator(
        new QRegularExpressionValidator(QRegularExpression(QStringLiteral("\\d{0,18}")), field));
    return field;
}

std::optional<std::int64_t> seedOf(const QLineEdit& field) {
    bool number = false;
    const qint64 value = field.text().toLongLong(&number);
    return number ? std::optional<std::int64_t>{value} : std::nullopt;
}

void setSeed(QLineEdit& field, std::optional<std::int64_t> seed) {
    field.setText(seed ? QString::number(*seed) : QString());
}

} // namespace brownout::ui
