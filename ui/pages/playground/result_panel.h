// The right side of the playground: what came of a request, and, behind two more tabs, the raw
// request and reply and the code that would send the same.
#pragma once

#include "ui/pages/playground/code_view.h"

#include <QFrame>

class QStackedWidget;

namespace brownout::ui {

class RawView;
class Session;

class ResultPanel : public QFrame {
    Q_OBJECT
  public:
    enum Tab { resultTab, rawTab, codeTab };
    // `below` stays under the result, whatever it shows; may be null.
    ResultPanel(const QString& name, QWidget* result, QWidget* below, QWidget* parent = nullptr);

    Tab tab() const;
    void showTab(Tab tab);
    RawView* raw() const { return raw_; }
    CodeView* code() const { return code_; }

  Q_SIGNALS:
    void tabShown(Tab tab);

  private:
    QTabBar* bar_;
    QStackedWidget* stack_;
    RawView* raw_;
    CodeView* code_;
};

// What CodeView shows for a request: each enabled target of the chain; what was really sent, where
// it was. `first`: the one that answered, or the first.
std::vector<CodeChoice> codeChoices(const Session& session, const QString& chain,
                                    const wire::ChatRequest& request,
                                    const std::vector<live::ExchangePtr>& sent, int* first);

} // namespace brownout::ui
