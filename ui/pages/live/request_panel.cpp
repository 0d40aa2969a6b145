#include "ui/pages/live/request_panel.h"

#include "ui/models/format.h"
#include "ui/shell/session.h"
#include "ui/shell/theme.h"
#include "ui/widgets/attempt_ribbon.h"
#include "ui/widgets/bare_table.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QScrollArea>
#include <QSplitter>
#include <QStyle>
#include <QVBoxLayout>

namespace brownout::ui {

RequestPanel::RequestPanel(Session& session, QWidget* parent) : QFrame(parent) {
    setProperty("panel", true);
    setObjectName(QStringLiteral("request_panel"));
    model_ = new RequestModel(
        [&session](const QString& provider) { return seriesColor(session.colorIndex(provider)); },
        this);
    proxy_ = new RequestProxy(model_, this);

    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(1, 1, 1, 1);
    auto* splitter = new QSplitter(Qt::Horizontal, this);
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(buildTable());
    splitter->addWidget(buildDetail());
    splitter->setStretchFactor(0, 7);
    splitter->setStretchFactor(1, 3);
    splitter->setSizes({700, 320});
    row->addWidget(splitter);
}

QWidget* RequestPanel::buildTable() {
    auto* side = new QWidget(this);
    auto* column = new QVBoxLayout(side);
    column->setContentsMargins(8, 8, 0, 4);
    column->setSpacing(4);
    filter_ = new QLineEdit(side);
    filter_->setObjectName(QStringLiteral("request_filter"));
    filter_->setAccessibleName(tr("Filter requests"));
    filter_->setPlaceholderText(tr("Filter, for example  provider:aster class:failover ms>500"));
    filter_->setToolTip(RequestFilter::help());
    filter_->setClearButtonEnabled(true);
    filter_->setProperty("mono", true);
    filterError_ = new QLabel(side);
    filterError_->setObjectName(QStringLiteral("request_filter_error"));
    filterError_->setProperty("tone", "bad");
    filterError_->hide();
    connect(filter_, &QLineEdit::textChanged, this, &RequestPanel::setFilter);

    table_ = bareTable(proxy_, "request_table", tr("Requests"), side);
    table_->setIconSize({10, 10});
    table_->setSortingEnabled(true);
    table_->horizontalHeader()->setSortIndicatorClearable(true);
    table_->sortByColumn(-1, Qt::AscendingOrder); // newest first, as they come
    table_->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    auto* header = table_->horizontalHeader();
    header->setSectionResizeMode(QHeaderView::Interactive);
    // Wide enough for what stands in them, header included.
    const char* const samples[] = {"00:00:00.000", "r-m0m0m0m0m0", "complex",
                                   "OpenRouter  ", "attempts",     "first token",
                                   "000.0 s ",     "0.000000",     "rejected"};
    for (int i = 0; i < RequestModel::columns; ++i)
        table_->setColumnWidth(i, fontMetrics().horizontalAdvance(QLatin1String(samples[i])) + 26);
    header->setStretchLastSection(true);
    connect(table_->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &RequestPanel::selectionChanged);

    empty_ = new QLabel(side);
    empty_->setObjectName(QStringLiteral("requests_empty"));
    empty_->setProperty("muted", true);
    empty_->setAlignment(Qt::AlignCenter);
    empty_->setWordWrap(true);
    column->addWidget(filter_);
    column->addWidget(filterError_);
    column->addWidget(table_, 1);
    column->addWidget(empty_, 1);
    table_->setMinimumHeight(44); // header and a row: charts and tiles need theirs too
    table_->hide();
    return side;
}

QWidget* RequestPanel::buildDetail() {
    auto* side = new QWidget(this);
    side->setMinimumWidth(220);
    auto* column = new QVBoxLayout(side);
    column->setContentsMargins(12, 10, 8, 8);
    column->setSpacing(6);
    heading_ = new QLabel(side);
    heading_->setObjectName(QStringLiteral("request_heading"));
    heading_->setWordWrap(true);
    heading_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    error_ = new QLabel(side);
    error_->setObjectName(QStringLiteral("request_error"));
    error_->setProperty("tone", "bad");
    error_->setTextFormat(Qt::PlainText); // the words of a provider
    error_->setWordWrap(true);
    error_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    error_->hide();
    waterfall_ = new AttemptRibbon(AttemptRibbon::Shape::waterfall, side);
    waterfall_->setObjectName(QStringLiteral("waterfall"));
    auto* scroll = new QScrollArea(side);
    scroll->setWidget(waterfall_);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setMinimumHeight(36);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->viewport()->setAutoFillBackground(false);
    waterfall_->setAutoFillBackground(false); // switched on by setWidget()
    column->addWidget(heading_);
    column->addWidget(error_);
    column->addWidget(scroll, 1);
    showRequest(nullptr, false);
    return side;
}

void RequestPanel::setFilter(const QString& text) {
    const QString error = proxy_->setFilterText(text);
    filterError_->setText(error);
    filterError_->setVisible(!error.isEmpty());
    if (filter_->property("invalid").toBool() != !error.isEmpty()) {
        filter_->setProperty("invalid", !error.isEmpty());
        filter_->style()->unpolish(filter_);
        filter_->style()->polish(filter_);
    }
}

void RequestPanel::setSnapshot(const live::SnapshotPtr& snapshot) {
    const QString keep = chosen_ ? QString::fromStdString(chosen_->id) : QString();
    model_->setSnapshot(snapshot);
    const bool any = model_->rowCount() > 0;
    if (table_->isHidden() == any) {
        table_->setVisible(any);
        empty_->setVisible(!any);
    }
    const QString hint = snapshot->traffic.running
                             ? tr("The first request is on its way.")
                             : tr("No requests yet. Switch traffic on above, or send a prompt on "
                                  "the Playground page.");
    if (empty_->text() != hint)
        empty_->setText(hint);

    const QString noAttempts = any ? tr("No failover yet. Select a request to see its attempts.")
                                   : tr("No request yet: its attempts appear here.");
    if (waterfall_->placeholder() != noAttempts)
        waterfall_->setPlaceholder(noAttempts);

    record::RequestPtr latestFailover;
    for (int i = 0; i < model_->rowCount(); ++i) {
        const auto r = model_->request(i);
        if (!keep.isEmpty()) {
            if (QString::fromStdString(r->id) == keep) {
                showRequest(r, true);
                return;
            }
        } else if (!latestFailover && r->finished && r->attempts.size() > 1) {
            latestFailover = r;
        }
    }
    if (keep.isEmpty())
        showRequest(latestFailover, false);
}

void RequestPanel::selectionChanged() {
    const auto rows = table_->selectionModel()->selectedRows();
    if (rows.isEmpty())
        return; // scrolled out of the list: what was chosen stays in view
    chosen_ = model_->request(proxy_->mapToSource(rows.first()).row());
    showRequest(chosen_, true);
}

void RequestPanel::showRequest(const record::RequestPtr& request, bool chosen) {
    if (request && request == shown_ && !heading_->text().isEmpty())
        return;
    shown_ = request;
    if (!request) {
        heading_->clear(); // what there is none of is told below, once
        heading_->hide();
        error_->hide();
        waterfall_->clear();
        return;
    }
    heading_->show();
    const auto count = static_cast<int>(request->attempts.size());
    QStringList parts{count == 1 ? tr("1 attempt") : tr("%1 attempts").arg(count)};
    if (request->finished)
        parts << secondsText(request->ended - request->started);
    parts << (request->cost_unknown
                  ? tr("cost unknown")
                  : QString::number(request->cost.usd(), 'f', 5) + QStringLiteral(" USD"));
    for (QString& part : parts) // a figure keeps its unit, and goes to the next line with it
        part.replace(QLatin1Char(' '), QChar::Nbsp);
    heading_->setText(QStringLiteral("%1<b>%2</b> · %3")
                          .arg(chosen ? QString() : tr("Latest failover "),
                               QString::fromStdString(request->id),
                               parts.join(QStringLiteral(" · "))));
    error_->setText(QString::fromStdString(request->error));
    error_->setVisible(!request->error.empty());
    waterfall_->setRequest(*request);
}

} // namespace brownout::ui
