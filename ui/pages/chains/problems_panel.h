// What is wrong with the document, and what it hardly means, in a list with a jump to each place
// and a fix where one is mechanical. Hidden when there is nothing to say.
#pragma once

#include "ui/pages/chains/problem_list.h"

#include <QFrame>

class QLabel;
class QVBoxLayout;

namespace brownout::ui {

class ProblemsPanel : public QFrame {
    Q_OBJECT
  public:
    explicit ProblemsPanel(QWidget* parent = nullptr);
    void show(const std::vector<ProblemEntry>& entries); // errors first
    void focusFirst() { focusLine(0); }
    static QString countText(const std::vector<ProblemEntry>& entries); // "1 error, 2 warnings"
    static constexpr std::size_t shownAtMost = 20;

  Q_SIGNALS:
    void jumpRequested(const std::string& pointer);
    void fixRequested(const brownout::chain::Fix& fix);

  private:
    QWidget* line(const ProblemEntry& entry, std::size_t number);
    int focusedLine() const; // -1: the focus is elsewhere
    void focusLine(int line);

    QLabel* title_;
    QVBoxLayout* list_;
    std::vector<ProblemEntry> shown_;
};

} // namespace brownout::ui
