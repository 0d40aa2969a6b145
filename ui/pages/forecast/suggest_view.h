// Suggestions for the shown chain: a goal, a search, the Pareto front of what it found, what each
// change buys, and one click to apply it. Thread: the window's.
#pragma once

#include "ui/models/suggest_run.h"
#include "ui/shell/session.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QTableView;
class QVBoxLayout;

namespace brownout::ui {

class MessageBar;

class SuggestView : public QWidget {
    Q_OBJECT
  public:
    explicit SuggestView(Session& session, QWidget* parent = nullptr);
    SuggestRun& run() { return run_; }
    SuggestionModel* model() const { return model_; }
    void begin(); // anew, for the chain that is shown
    void search();
    void apply(); // the selected one, undoable

  Q_SIGNALS:
    void left();
    void applied(const QString& what);

  protected:
    void keyPressEvent(QKeyEvent* event) override;

  private:
    QWidget* buildGoal();
    QWidget* buildFound();
    void onEnded(const QString& error);
    void showSelected();
    std::optional<double> number(QLineEdit* field, double most, bool* fine);

    Session& session_;
    SuggestRun run_;
    SuggestionModel* model_;
    MessageBar* message_;
    QLineEdit *availability_, *budget_;
    QComboBox* effort_;
    QPushButton *search_, *cancel_, *apply_, *back_;
    QProgressBar* progress_;
    QLabel *phase_, *heading_;
    QTableView* table_;
    QVBoxLayout* changes_;
    QWidget* list_ = nullptr;
};

} // namespace brownout::ui
