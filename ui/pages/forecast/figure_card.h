// One large figure with its range, where the range held, and what it leaves out. Thread: the
// window's.
#pragma once

#include <QFrame>

class QLabel;

namespace brownout::ui {

class ElidedLabel;

class FigureCard : public QFrame {
    Q_OBJECT
  public:
    FigureCard(const QString& title, const char* name, QWidget* parent = nullptr);
    // `stale`: of other assumptions than those that are shown: paler.
    void show(const QString& figure, const QString& range, const QString& held, const QString& note,
              const QString& tip, bool stale);

  protected:
    void changeEvent(QEvent* event) override;

  private:
    void sizeFigure();
    QLabel *title_, *figure_;
    ElidedLabel *range_, *held_, *note_;
    bool sizing_ = false;
};

} // namespace brownout::ui
