// One webhook of the document: its address, and a button that makes a real call to it and shows
// what came back. The address may hold what lets callers in: it is shown in its field and goes
// nowhere else but to its receiver.
#pragma once

#include "live/webhook_test.h"
#include "ui/widgets/json_form.h"

class QLabel;
class QPushButton;

namespace brownout::ui {

class Session;

class HookRow : public QWidget {
    Q_OBJECT
  public:
    HookRow(Session& session, live::Hook hook, QWidget* parent = nullptr);
    std::string pointer() const; // "/hooks/on_alert"
    void refresh();              // the document changed
    void flush();                // commits what is being typed
    void focusField();

  private:
    std::string address() const; // as it is written; empty: none, or none that the reader takes
    void test();
    void tell(const QString& text, const char* tone);

    Session& session_;
    const live::Hook hook_;
    JsonForm* form_;
    QPushButton* test_;
    QLabel* result_;
    std::string told_; // the address that the result is of
    bool running_ = false;
};

} // namespace brownout::ui
