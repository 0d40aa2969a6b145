// Many requests from a file through the chain: chosen, started, watched, gone on with. The worker
// serves them, so breakers, limits, budgets and faults are those of every other request.
#pragma once

#include "ui/models/batch_failures.h"
#include "ui/shell/session.h"

#include <QWidget>

class QLabel;
class QProgressBar;
class QPushButton;
class QStackedWidget;
class QTableView;

namespace brownout::ui {

class BatchForm;
class MessageBar;

class BatchTab : public QWidget {
    Q_OBJECT
  public:
    explicit BatchTab(Session& session, QWidget* parent = nullptr);

    void setChain(const QString& chain, bool real); // for the next start
    BatchForm* form() const { return form_; }
    void start();
    void pauseOrResume();
    void pause(); // a batch that is running
    void stop();
    void focusPrompt();
    bool running() const;

  protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

  private:
    QWidget* makeControls();
    QWidget* makeNothing();
    QWidget* makeRun();
    QTableView* makeTable(QWidget* parent);
    void startAsked(bool failedAgain);
    void control(live::ControlBatch::What what);
    void onSnapshot();
    void showView(const live::BatchView* view);
    void showFailures(const live::BatchView& view);
    void showButtons();
    void copyFailures();

    Session& session_;
    QString chain_;
    BatchForm* form_;
    QPushButton *start_, *pause_, *stop_, *again_;
    QLabel *hint_, *headline_, *figures_, *failuresTitle_, *noFailures_;
    MessageBar* message_;
    QStackedWidget* stack_;
    QWidget *nothing_, *run_;
    QProgressBar* bar_;
    QTableView* table_;
    BatchFailureModel failures_;
    std::shared_ptr<const live::BatchView> view_; // null: none yet
    bool starting_ = false;                       // asked for, not in a picture yet
};

} // namespace brownout::ui
