// A word in a coloured pill with a mark of its own: "● Closed", "✕ Open", "◐ Half-open".
#pragma once

#include <QLabel>

namespace brownout::ui {

enum class Tone { neutral, good, warn, bad, accent };

class StateBadge : public QLabel {
    Q_OBJECT
  public:
    explicit StateBadge(QWidget* parent = nullptr);
    void setState(const QString& word, Tone tone); // no work when nothing changed

  private:
    void restyle();
    Tone tone_ = Tone::neutral;

  protected:
    void changeEvent(QEvent* event) override; // theme change
};

} // namespace brownout::ui
