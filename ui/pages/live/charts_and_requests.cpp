#include "ui/pages/live/charts_and_requests.h"

#include "ui/charts/timeline_chart.h"
#include "ui/pages/live/request_panel.h"
#include "ui/shell/session.h"

#include <QVBoxLayout>

namespace brownout::ui {

ChartsAndRequests::ChartsAndRequests(Session& session, const char* chartName,
                                     const QList<int>& heights, QWidget* parent)
    : QSplitter(Qt::Vertical, parent) {
    auto* charts = new QFrame(this);
    charts->setProperty("panel", true);
    auto* inside = new QVBoxLayout(charts);
    inside->setContentsMargins(6, 6, 2, 2);
    chart_ = new TimelineChart(charts);
    chart_->setObjectName(QLatin1String(chartName));
    inside->addWidget(chart_);
    connect(chart_, &TimelineChart::problem, &session,
            [&session](const QString& text) { Q_EMIT session.notice(text, true); });
    requests_ = new RequestPanel(session, this);
    setChildrenCollapsible(false);
    setHandleWidth(10);
    addWidget(charts);
    addWidget(requests_);
    setStretchFactor(0, 2);
    setStretchFactor(1, 1);
    setSizes(heights);
}

} // namespace brownout::ui
