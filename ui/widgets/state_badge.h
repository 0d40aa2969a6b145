// A word in a coloured pill with a mark of its own: disc Closed, cross Open, half disc Half-open.
// The marks are drawn, because fonts may lack them.
#pragma once

#include <QLabel>

namespace brownout::ui {

enum class Tone { neutral, good, warn, bad, accent };

struct Tint {
    QColor ink, ground;
};
Tint tintOf(Tone tone); // of a badge, in the theme of now

class StateBadge : public QLabel {
    Q_OBJECT
  public:
    explicit StateBadge(QWidget* parent = nullptr);
    void setState(const QString& word, Tone tone); // no work when nothing changed
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

  private:
    void restyle();
    Tone tone_ = Tone::neutral;

  protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override; // theme change
};

} // namespace brownout::ui
