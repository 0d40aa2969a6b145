// An inline message with up to a few buttons; never a dialog. Hidden when it has nothing to say.
#pragma once

#include "ui/widgets/state_badge.h"

#include <QFrame>

#include <functional>

class QHBoxLayout;
class QLabel;

namespace brownout::ui {

class MessageBar : public QFrame {
    Q_OBJECT
  public:
    explicit MessageBar(QWidget* parent = nullptr);

    struct Button {
        QString label, objectName;
        std::function<void()> action;
    };
    // `text` may hold <b> and <br>. Replaces what was shown; the same text and buttons: no work.
    void show(const QString& text, Tone tone = Tone::accent, std::vector<Button> buttons = {},
              bool closable = false);
    void clear();
    QString text() const;

  Q_SIGNALS:
    void closed(); // by the user, with the cross

  private:
    QHBoxLayout* buttons_;
    QLabel* label_;
    Tone tone_ = Tone::accent;
};

} // namespace brownout::ui
