// Form fields of the playground: labels that belong to them, names for assistive technology,
// numbers that may be left out.
#pragma once

#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>

#include <optional>

namespace brownout::ui {

inline constexpr std::size_t promptLimit = 1u << 20; // characters; far beyond any context window

inline constexpr int noCount = 0; // of a spin box: "not sent"

// A label for `field`, which gets its text as accessible name.
QLabel* captionFor(QWidget* field, const QString& text, QWidget* parent);
// Two captions with their fields a row.
QGridLayout* fieldGrid();
void putField(QGridLayout& grid, QWidget* field, const QString& caption, int row, int column,
              QWidget* parent);
QLabel* mutedLabel(const QString& text, QWidget* parent);
QPlainTextEdit* makeEditor(const QString& name, const char* objectName, const QString& hint,
                           QWidget* parent);
// A whole number of 64 bits, or nothing: "not sent".
QLineEdit* makeSeed(const char* objectName, QWidget* parent);
std::optional<std::int64_t> seedOf(const QLineEdit& field);
void setSeed(QLineEdit& field, std::optional<std::int64_t> seed);

} // namespace brownout::ui
