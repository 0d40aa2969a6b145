// A QCustomPlot layerable that calls a function to draw itself. Only for ui/charts.
#pragma once

#include <QtGlobal>

// The header of QCustomPlot needs the keywords that our build switches off.
#define signals Q_SIGNALS
#define slots Q_SLOTS
#define foreach Q_FOREACH
#include <qcustomplot.h>
#undef signals
#undef slots
#undef foreach

#include <functional>

namespace brownout::ui {

class PaintedLayer : public QCPLayerable {
  public:
    // `area` null: drawn over the whole plot, unclipped. The plot owns it.
    PaintedLayer(QCustomPlot* plot, const QString& layer, QCPAxisRect* area,
                 std::function<void(QCPPainter&)> paint)
        : QCPLayerable(plot, layer), area_(area), paint_(std::move(paint)) {}

  protected:
    void applyDefaultAntialiasingHint(QCPPainter* painter) const override {
        painter->setAntialiasing(true);
    }
    QRect clipRect() const override { return area_ ? area_->rect() : mParentPlot->viewport(); }
    void draw(QCPPainter* painter) override { paint_(*painter); }

  private:
    QCPAxisRect* area_;
    std::function<void(QCPPainter&)> paint_;
};

} // namespace brownout::ui
