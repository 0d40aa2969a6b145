// One line of text that ends in an ellipsis where there is no room, and then tells the whole as its
// tool tip. Takes the room that it is given.
#pragma once

#include <QLabel>

namespace brownout::ui {

class ElidedLabel : public QLabel {
    Q_OBJECT
  public:
    explicit ElidedLabel(QWidget* parent = nullptr);
    QSize minimumSizeHint() const override;
    bool isElided() const;

  protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;
};

} // namespace brownout::ui
