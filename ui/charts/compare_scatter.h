// Cost against availability: a point for each compared chain, with bars that hold 19 of 20
// simulated years. Availability is drawn by the size of what is lost, so that every further nine
// has the same room. A click or the arrow keys select. Thread: the window's.
#pragma once

#include <QWidget>

#include <optional>
#include <vector>

namespace brownout::ui {

struct ScatterPoint {
    QString label, detail; // detail: for the tool tip and screen readers
    int colorIndex = 0;
    double availability = 1, low = 1, high = 1; // 0 to 1
    std::optional<double> usd, usdLow, usdHigh; // a month; nothing: unknown
    friend bool operator==(const ScatterPoint&, const ScatterPoint&) = default;
};

// Positions of the availability axis: 0 is 0 %, each further nine adds 1; all is at `most`.
double nines(double availability, double most);

class CompareScatter : public QWidget {
    Q_OBJECT
  public:
    explicit CompareScatter(QWidget* parent = nullptr);
    void setPoints(std::vector<ScatterPoint> points);
    void setSelected(int index);
    int selected() const { return selected_; }
    void setEmptyText(const QString& text);
    // Where a point is drawn; nothing: it has no known cost, or is not there.
    std::optional<QPointF> position(int index) const;
    QSize sizeHint() const override { return {520, 300}; }
    QSize minimumSizeHint() const override { return {320, 160}; }

  Q_SIGNALS:
    void selectedByUser(int index);

  protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool event(QEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

  private:
    struct Scale;
    Scale scale() const;
    int pointAt(const QPointF& at) const;
    void choose(int index);
    void paintAxes(class QPainter& p, const Scale& s) const;
    void paintPoint(QPainter& p, const Scale& s, std::size_t i) const;
    void paintLabels(QPainter& p, const Scale& s) const;

    std::vector<ScatterPoint> points_;
    QString empty_;
    int selected_ = 0;
};

} // namespace brownout::ui
