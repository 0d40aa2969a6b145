// A request as code, for each target that it may go to, in three languages.
#pragma once

#include "ui/pages/playground/code_sample.h"

#include <QWidget>

class QComboBox;
class QPlainTextEdit;
class QPushButton;
class QTabBar;

namespace brownout::ui {

// One target that the request may go to, as code or with the reason why not.
struct CodeChoice {
    QString target; // "Birch · claude-haiku-4-5"
    std::optional<Sample> sample;
    QString why; // without a sample
};

class CodeView : public QWidget {
    Q_OBJECT
  public:
    explicit CodeView(QWidget* parent = nullptr);
    // Keeps the chosen language; shows the choice `first`, or, while that and the targets stay the
    // same, the one that the reader chose.
    void showChoices(std::vector<CodeChoice> choices, int first);
    QString code() const;

  private:
    void show();
    std::vector<CodeChoice> choices_;
    int first_ = -1;
    QComboBox* target_;
    QTabBar* language_;
    QPushButton* copy_;
    QPlainTextEdit* text_;
};

} // namespace brownout::ui
