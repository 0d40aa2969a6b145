// The attempts of one request as a strip, left to right: failed red with a cross, served green with
// a tick, running pulsing, waits grey between them; each with target, reason, seconds and cost.
// Also the waterfall below the request table, where lengths and places are true to time.
#pragma once

#include "record/records.h"

#include <QElapsedTimer>
#include <QTimer>
#include <QWidget>

namespace brownout::ui {

// One piece of the picture. A wait has neither target nor cost.
struct AttemptSegment {
    enum class Kind { failed, served, running, wait, cancelled };
    std::string target; // "Aster"; with the model where a provider's models would be mixed up
    std::string reason; // "503 overloaded", "first token 0.86 s", "wait"
    std::string took;   // "0.04 s"
    std::string cost;   // "0.00031 USD", "cost unknown", "about ..." where no usage was sent
    Kind kind = Kind::failed;
    double from_ms = 0, to_ms = 0; // since the request's start; running: until the picture's `now`
    // "503 overloaded · 0.04 s · 0.00000 USD"
    std::string text() const;
    // "Aster failed: 503 overloaded, 0.04 s, 0.00000 USD": for tool tips and screen readers.
    std::string sentence() const;
    friend bool operator==(const AttemptSegment&, const AttemptSegment&) = default;
};

// Attempts in the order of their start, and the waits during which none ran. Waits shorter than
// 5 ms are the driver's own work and not shown. `now`: when the record was taken; attempts that
// still run end there. Pure.
std::vector<AttemptSegment> attemptSegments(const record::RequestRecord& request, Instant now = {});

class AttemptRibbon : public QWidget {
    Q_OBJECT
  public:
    enum class Shape { ribbon, waterfall };
    using Segment = AttemptSegment;

    explicit AttemptRibbon(Shape shape = Shape::ribbon, QWidget* parent = nullptr);
    // `now` as in attemptSegments; the snapshot's. The same segments again: no work.
    void setRequest(const record::RequestRecord& request, Instant now = {});
    void clear();
    // What an empty one says: "Select a request to see its attempts."
    void setPlaceholder(const QString& text);
    const QString& placeholder() const { return placeholder_; }

    // What is drawn, for tests and assistive technology.
    const std::vector<Segment>& segments() const { return segments_; }
    QRect segmentRect(std::size_t index) const; // where it is drawn
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    bool hasHeightForWidth() const override { return false; }

  protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override; // tool tips
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

  private:
    void adopt(std::vector<Segment> segments);
    void animate();
    bool hasRunning() const;
    double runningFor() const; // ms since the segments were set
    double spanMs() const;
    QString tookText(const Segment& segment) const;
    std::vector<QRect> ribbonRects() const;
    QRect waterfallRow(std::size_t index) const;
    QRect waterfallBar(std::size_t index) const;
    int waterfallTextWidth() const; // right of the longest bar
    void paintRibbon(QPainter& painter) const;
    void paintWaterfall(QPainter& painter) const;

    Shape shape_;
    std::vector<Segment> segments_;
    QString placeholder_;
    QTimer pulse_;
    QElapsedTimer since_; // the segments were set
};

} // namespace brownout::ui
