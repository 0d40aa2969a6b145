// One assumption in two lines: what, how much, and where that comes from. Pressed, it opens its
// fields. Thread: the window's.
#pragma once

#include <QAbstractButton>

namespace brownout::ui {

class AssumptionRow : public QAbstractButton {
    Q_OBJECT
  public:
    // `opens`: whether there are fields to open.
    AssumptionRow(const QString& title, bool opens, QWidget* parent = nullptr);
    // `tip`: the source in full.
    void show(const QString& value, const QString& source, const QString& tip);
    void setProblem(const QString& text); // empty: none; stands in place of the source
    QString value() const { return value_; }
    QString source() const { return source_; }
    QString problem() const { return problem_; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

  protected:
    void paintEvent(QPaintEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void enterEvent(QEnterEvent* event) override;
    void leaveEvent(QEvent* event) override;

  private:
    void describe();
    QString value_, source_, tip_, problem_;
    bool hovered_ = false;
};

} // namespace brownout::ui
