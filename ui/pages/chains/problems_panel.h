// What is wrong with the document, in a list with a jump to each place. Hidden when nothing is.
#pragma once

#include "chain/problem.h"

#include <QFrame>

class QLabel;
class QVBoxLayout;

namespace brownout::ui {

class ProblemsPanel : public QFrame {
    Q_OBJECT
  public:
    explicit ProblemsPanel(QWidget* parent = nullptr);
    void show(const std::vector<chain::Problem>& problems);
    static constexpr std::size_t shownAtMost = 20;

  Q_SIGNALS:
    void jumpRequested(const std::string& pointer);

  private:
    QLabel* title_;
    QVBoxLayout* list_;
    std::vector<std::string> shown_; // texts, to do nothing when nothing changed
};

} // namespace brownout::ui
