// Plain text as tall as it is, to stand among other widgets that scroll together: wrapped,
// selectable, never markup. Text that grows at its end keeps the reader's selection. Beyond 6,000
// px it scrolls by itself, so that endless text stays cheap.
#pragma once

#include <QPlainTextEdit>

namespace brownout::ui {

class TextBlock : public QPlainTextEdit {
    Q_OBJECT
  public:
    static constexpr int highest = 6000; // px

    explicit TextBlock(QWidget* parent = nullptr);
    void showText(const QString& text); // the same text: no work

  protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override; // the font changed

  private:
    void fit();
};

} // namespace brownout::ui
