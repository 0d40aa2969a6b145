// A simulated year as weeks of days, each coloured by the minutes of its traffic that were lost.
// The scale is one of brightness, which colour-blind people see as well; the worst days have a dot.
// A click, or Enter on the day that the arrow keys have reached, plays it. Thread: the window's.
#pragma once

#include "sim/forecast.h"

#include <QWidget>

namespace brownout::ui {

// How bad a day was, 0 (nothing lost) to 4 (an hour and more), by the minutes lost.
int lossLevel(const sim::ForecastDay& day);
inline constexpr int lossLevels = 5;
QColor lossColor(int level); // of the theme in force

class YearCalendar : public QWidget {
    Q_OBJECT
  public:
    explicit YearCalendar(QWidget* parent = nullptr);
    // Days that were not simulated have no requests. Empty: no year.
    void setDays(std::vector<sim::ForecastDay> days);
    void setEmptyText(const QString& text);
    int day() const { return current_; } // that has the focus's frame, from 0
    void setDay(int day);
    QRectF cell(int day) const; // where it is drawn
    QString describe(int day) const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {560, 120}; }

  Q_SIGNALS:
    void dayActivated(int day);

  protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool event(QEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

  private:
    double side() const; // of a cell with its gap
    int dayAt(const QPointF& at) const;
    void paintLegend(class QPainter& p) const;
    std::vector<sim::ForecastDay> days_;
    QString empty_;
    int current_ = 0;
};

} // namespace brownout::ui
