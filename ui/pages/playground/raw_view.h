// What one request really put on the wire and what came back, attempt by attempt. A key is shown as
// a variable; its value is never here.
#pragma once

#include "live/snapshot.h"
#include "ui/models/exchange_list.h"

#include <QWidget>

class QLabel;
class QListView;
class QPlainTextEdit;
class QStackedWidget;
class QVBoxLayout;

namespace brownout::ui {

class RawView : public QWidget {
    Q_OBJECT
  public:
    explicit RawView(QWidget* parent = nullptr);
    // Null: nothing was asked yet.
    void showWire(const live::PromptView* prompt);

  private:
    QPlainTextEdit* addText(const QString& name, const char* objectName, QVBoxLayout* column);
    void showChosen();
    ExchangeList model_;
    QStackedWidget* stack_;
    QListView* list_;
    QLabel *note_, *empty_;
    QPlainTextEdit *request_, *reply_;
};

} // namespace brownout::ui
