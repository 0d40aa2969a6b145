// A stretch of a simulated year in slow motion, in the charts and the table of the Live page. It
// says what it is, and leads back. Thread: the window's.
#pragma once

#include "sim/forecast.h"
#include "ui/models/replay.h"
#include "ui/shell/session.h"

#include <QWidget>

class QComboBox;
class QHBoxLayout;
class QLabel;
class QProgressBar;
class QPushButton;
class QSlider;

namespace brownout::ui {

class MessageBar;
class RequestPanel;
class StateBadge;
class TimelineChart;

class ReplayView : public QWidget {
    Q_OBJECT
  public:
    explicit ReplayView(Session& session, QWidget* parent = nullptr);
    // A day of a year of a compared chain; it begins shortly before the first loss.
    void play(const sim::Candidate& chain, const QString& label,
              const sim::Assumptions& assumptions, const sim::ForecastYear& year, int day);
    void leave(); // stops playing and loading

    bool loading() const { return loader_.running(); }
    const ReplayPlayer* player() const { return player_.get(); } // null: nothing is there yet
    void setSpeed(int factor);
    void setPaused(bool paused);
    void seek(double s); // seconds since the year began
    TimelineChart* chart() const { return chart_; }

  Q_SIGNALS:
    void left(); // the user wants back

  protected:
    void hideEvent(QHideEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

  private:
    QHBoxLayout* buildHeader();
    QHBoxLayout* buildTransport();
    void onLoaded(ReplayEventsPtr events);
    void tick();
    void show(bool table);
    void showLoading(bool loading);
    QString sentence() const;

    Session& session_;
    ReplayLoader loader_;
    std::unique_ptr<ReplayPlayer> player_;

    StateBadge* badge_;
    QLabel *title_, *time_, *loadingText_;
    MessageBar* message_;
    QPushButton *back_, *pause_;
    QComboBox *speed_, *range_;
    QSlider* slider_;
    QProgressBar* progress_;
    TimelineChart* chart_;
    RequestPanel* requests_;
    QTimer clock_;
    QElapsedTimer sinceTick_, sinceSnapshot_, sinceTable_;
    double startAt_ = 0;
    int day_ = 0;
    sim::ForecastDay figures_;
    bool paused_ = false;
};

} // namespace brownout::ui
