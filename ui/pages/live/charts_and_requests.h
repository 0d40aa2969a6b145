// The charts above, the requests of the same time below, with a handle between them: on the Live
// page, and where a simulated day is played again. Thread: the window's.
#pragma once

#include <QSplitter>

namespace brownout::ui {

class RequestPanel;
class Session;
class TimelineChart;

class ChartsAndRequests : public QSplitter {
    Q_OBJECT
  public:
    // `chartName`: the object name of the charts; `heights`: of both at first, px.
    ChartsAndRequests(Session& session, const char* chartName, const QList<int>& heights,
                      QWidget* parent);
    TimelineChart* chart() const { return chart_; }
    RequestPanel* requests() const { return requests_; }

  private:
    TimelineChart* chart_;
    RequestPanel* requests_;
};

} // namespace brownout::ui
