// The attempts of one request as a strip, left to right: failed red with a cross, served green with
// a tick, running pulsing; each with target, reason, ms and cost. Also the waterfall below the
// table.
#pragma once

#include "record/records.h"

#include <QWidget>

namespace brownout::ui {

class AttemptRibbon : public QWidget {
    Q_OBJECT
  public:
    enum class Shape { ribbon, waterfall };
    explicit AttemptRibbon(Shape shape = Shape::ribbon, QWidget* parent = nullptr);
    void setRequest(const record::RequestRecord& request);
    void clear();

    // What is drawn, for tests and assistive technology.
    struct Segment {
        QString target, text; // "Aster", "503 overloaded · 0.04 s · 0.00000 USD"
        enum class Kind { failed, served, running, wait, cancelled } kind = Kind::failed;
        double from_ms = 0, to_ms = 0; // since the request's start
    };
    const std::vector<Segment>& segments() const { return segments_; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

  protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override; // tool tips

  private:
    Shape shape_;
    std::vector<Segment> segments_;
};

} // namespace brownout::ui
