#include "ui/pages/forecast/forecast_board.h"

#include "ui/charts/compare_scatter.h"
#include "ui/charts/year_calendar.h"
#include "ui/models/forecast_text.h"
#include "ui/models/format.h"
#include "ui/pages/forecast/figure_card.h"
#include "ui/shell/theme.h"
#include "ui/widgets/bare_table.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/named_button.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QMenu>
#include <QSignalBlocker>

#include <algorithm>

namespace brownout::ui {
namespace {

QFrame* panel(QWidget* parent) {
    auto* out = new QFrame(parent);
    out->setProperty("panel", true);
    return out;
}

} // namespace

ForecastBoard::ForecastBoard(QWidget* parent)
    : QWidget(parent), comparison_(new ComparisonModel(this)), causes_(new CauseModel(this)) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(12);
    column->addLayout(buildFigures());
    auto* middle = new QHBoxLayout;
    middle->setSpacing(12);
    middle->addWidget(buildScatter(), 7);
    middle->addWidget(buildCauses(), 5);
    column->addLayout(middle, 1);
    column->addWidget(buildCalendar());
    refresh();
}

QHBoxLayout* ForecastBoard::buildFigures() {
    auto* row = new QHBoxLayout;
    row->setSpacing(12);
    availability_ = new FigureCard(tr("Availability"), "forecast_availability", this);
    latency_ = new FigureCard(tr("p99 latency"), "forecast_p99", this);
    spend_ = new FigureCard(tr("Spend"), "forecast_spend", this);
    for (FigureCard* card : {availability_, latency_, spend_})
        row->addWidget(card, 1);
    return row;
}

QWidget* ForecastBoard::buildScatter() {
    QFrame* out = panel(this);
    auto* column = new QVBoxLayout(out);
    column->setContentsMargins(14, 10, 10, 6);
    column->setSpacing(4);
    auto* head = new QHBoxLayout;
    head->setSpacing(gridUnit);
    auto* title = new QLabel(tr("Cost against availability"), out);
    title->setProperty("title", true);
    title->setToolTip(tr("The bars hold 19 of 20 simulated years. Every further nine of "
                         "availability has the same room."));
    use_ = namedButton(tr("Make it the chain"), "forecast_use", out);
    use_->setToolTip(tr("Puts the selected chain in place of the shown one; Ctrl+Z takes it back"));
    remove_ = namedButton(tr("Remove"), "forecast_remove", out);
    remove_->setToolTip(tr("Takes the selected chain out of the comparison"));
    auto* more = namedButton(tr("Compare with"), "forecast_compare", out);
    more->setProperty("hasMenu", true);
    compare_ = new QMenu(more);
    compare_->setObjectName(QStringLiteral("forecast_compare_menu"));
    more->setMenu(compare_);
    connect(use_, &QPushButton::clicked, this, &ForecastBoard::useRequested);
    connect(remove_, &QPushButton::clicked, this, &ForecastBoard::removeRequested);
    head->addWidget(title, 1);
    head->addWidget(use_);
    head->addWidget(remove_);
    head->addWidget(more);
    column->addLayout(head);
    scatter_ = new CompareScatter(out);
    scatter_->setObjectName(QStringLiteral("forecast_scatter"));
    connect(scatter_, &CompareScatter::selectedByUser, this, &ForecastBoard::select);
    column->addWidget(scatter_, 1);
    return out;
}

QWidget* ForecastBoard::buildCauses() {
    QFrame* out = panel(this);
    auto* column = new QVBoxLayout(out);
    column->setContentsMargins(14, 10, 10, 10);
    column->setSpacing(4);
    causesTitle_ = new ElidedLabel(out);
    causesTitle_->setProperty("title", true);
    causesTitle_->setText(tr("Where the lost minutes come from"));
    makeCauseTable(out);
    causesEmpty_ = new QLabel(out);
    causesEmpty_->setObjectName(QStringLiteral("forecast_causes_empty"));
    causesEmpty_->setProperty("muted", true);
    causesEmpty_->setAlignment(Qt::AlignCenter);
    causesEmpty_->setWordWrap(true);
    auto* hint = new QLabel(tr("A double click or Enter plays the worst such day."), out);
    hint->setProperty("muted", true);
    hint->setWordWrap(true);
    auto* rareTitle = new QLabel(tr("When outages meet"), out);
    rareTitle->setProperty("title", true);
    rareTitle->setContentsMargins(0, gridUnit, 0, 0);
    rare_ = new QLabel(out);
    rare_->setObjectName(QStringLiteral("forecast_rare"));
    rare_->setWordWrap(true);
    rare_->setTextFormat(Qt::PlainText);
    rare_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    column->addWidget(causesTitle_);
    column->addWidget(table_, 1);
    column->addWidget(causesEmpty_, 1);
    column->addWidget(hint);
    column->addWidget(rareTitle);
    column->addWidget(rare_);
    column->addStretch(0); // what the table does not need
    return out;
}

void ForecastBoard::makeCauseTable(QWidget* parent) {
    table_ = bareTable(causes_, "forecast_causes", tr("Where the lost minutes come from"), parent);
    auto* header = table_->horizontalHeader();
    header->setSectionResizeMode(CauseModel::cause, QHeaderView::Stretch);
    header->setSectionResizeMode(CauseModel::minutes, QHeaderView::ResizeToContents);
    header->setSectionResizeMode(CauseModel::share, QHeaderView::ResizeToContents);
    connect(table_, &QTableView::activated, this,
            [this](const QModelIndex& i) { activateCause(i.row()); });
}

void ForecastBoard::showRare(const QString& text, const QString& method) {
    if (rare_->text() == text)
        return;
    rare_->setText(text);
    rare_->setToolTip(method);
}

QWidget* ForecastBoard::buildCalendar() {
    QFrame* out = panel(this);
    auto* column = new QVBoxLayout(out);
    column->setContentsMargins(14, 10, 10, 8);
    column->setSpacing(6);
    auto* head = new QHBoxLayout;
    calendarTitle_ = new ElidedLabel(out);
    calendarTitle_->setProperty("title", true);
    years_ = new QComboBox(out);
    years_->setObjectName(QStringLiteral("forecast_year"));
    years_->setAccessibleName(tr("Simulated year"));
    years_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    connect(years_, &QComboBox::currentIndexChanged, this, &ForecastBoard::showDays);
    head->addWidget(calendarTitle_, 1);
    head->addWidget(years_);
    column->addLayout(head);
    calendar_ = new YearCalendar(out);
    calendar_->setObjectName(QStringLiteral("forecast_calendar"));
    calendar_->setEmptyText(tr("Here each day of a simulated year will have a cell, coloured by "
                               "what was lost; a click plays that day in slow motion."));
    connect(calendar_, &YearCalendar::dayActivated, this,
            [this](int day) { Q_EMIT dayActivated(year(), day); });
    column->addWidget(calendar_);
    return out;
}

void ForecastBoard::show(const ForecastRun& run) {
    run_ = &run;
    if (selected_ >= static_cast<int>(run.chains().size()))
        selected_ = 0;
    refresh();
}

void ForecastBoard::select(int chain) {
    if (chain == selected_)
        return;
    selected_ = chain;
    refresh();
    Q_EMIT selectionChanged();
}

std::uint64_t ForecastBoard::year() const {
    return years_->currentIndex() < 0 ? 0 : years_->currentData().toULongLong();
}

void ForecastBoard::refresh() {
    const bool any = run_ && !run_->chains().empty() && !run_->chains().front().years.empty();
    const ForecastChain empty;
    const auto index = static_cast<std::size_t>(std::max(0, selected_));
    const ForecastChain& chain =
        any && index < run_->chains().size() ? run_->chains()[index] : empty;
    use_->setVisible(any && selected_ > 0);
    remove_->setVisible(any && selected_ > 0);
    showScatter();
    showFigures(chain);
    causes_->setYears(chain.whole());
    const bool causes = causes_->rowCount() > 0;
    table_->setVisible(causes);
    table_->setMaximumHeight(table_->horizontalHeader()->sizeHint().height() +
                             causes_->rowCount() * table_->verticalHeader()->defaultSectionSize() +
                             gridUnit);
    causesEmpty_->setVisible(!causes);
    causesEmpty_->setText(chain.years.empty()
                              ? tr("Why requests were lost stands here after a simulation.")
                              : tr("Not one request was lost in the simulated years."));
    showYears(chain);
}

void ForecastBoard::showFigures(const ForecastChain& chain) {
    if (chain.years.empty()) {
        const QString none = QStringLiteral("–");
        const QString yet = tr("nothing simulated yet");
        availability_->show(none, yet, {}, tr("Complete answers, of all requests"), {}, true);
        latency_->show(none, yet, {}, tr("Of answered requests"), {}, true);
        spend_->show(none, yet, {}, tr("At the prices on the left"), {}, true);
        return;
    }
    const bool stale = run_->stale(), running = run_->running() && !stale;
    const bool cut = chain.cut();
    const auto a = chain.availability();
    const auto& first = run_->chains();
    QStringList notes;
    if (!cut)
        notes << tr("worst %1").arg(availabilityText(a.least));
    for (const ForecastChain& other : first) // the plainest comparison that there is
        if (&other != &chain &&
            other.candidate.chain.value("targets", chain::Json::array()).size() == 1 &&
            !other.years.empty()) {
            notes << tr("%1 %2").arg(other.label, availabilityText(other.availability().mean));
            break;
        }
    const auto held = [&](const sim::OverYears& years) {
        return cut ? tr("a part of one year") : yearsText(years, running);
    };
    availability_->show(
        availabilityText(a.mean), availabilityRange(a), held(a), notes.join(QStringLiteral(" · ")),
        methodText(a, availabilityText(a.mean_low), availabilityText(a.mean_high)), stale);
    const auto p99 = chain.p99_s();
    const auto seconds = [](double s) { return QString::number(s, 'f', s < 9.95 ? 2 : 1); };
    const auto* year = chain.whole().front();
    latency_->show(
        p99.years ? secondsText(p99.mean) : tr("none"),
        rangeText(p99, seconds(p99.low), seconds(p99.high), QStringLiteral(" s")), held(p99),
        p99.years ? tr("of answered requests · median %1").arg(secondsText(year->p50_ms / 1e3))
                  : tr("no request was answered"),
        methodText(p99, secondsText(p99.mean_low), secondsText(p99.mean_high)), stale);
    const auto spend = chain.spend_month(), wasted = chain.wasted_month();
    if (!spend) {
        spend_->show(tr("unknown"), tr("a price is not known"), {},
                     tr("Put it in under Prices on the left"), {}, stale);
        return;
    }
    spend_->show(tr("%1 USD / month").arg(usdPerMonth(spend->mean)),
                 rangeText(*spend, usdPerMonth(spend->low), usdPerMonth(spend->high),
                           QStringLiteral(" USD")),
                 held(*spend),
                 wasted ? tr("of it wasted %1 USD").arg(usdPerMonth(wasted->mean)) : QString(),
                 methodText(*spend, usdPerMonth(spend->mean_low) + QStringLiteral(" USD"),
                            usdPerMonth(spend->mean_high) + QStringLiteral(" USD")),
                 stale);
}

void ForecastBoard::showScatter() {
    std::vector<ScatterPoint> points;
    if (run_)
        comparison_->setChains(run_->chains());
    int color = 0;
    for (const auto& row : comparison_->rows()) {
        ScatterPoint p;
        p.label = row.label;
        p.colorIndex = color++;
        if (row.any) {
            p.availability = row.availability.mean;
            p.low = row.availability.low;
            p.high = row.availability.high;
            if (row.spend) {
                p.usd = row.spend->mean;
                p.usdLow = row.spend->low;
                p.usdHigh = row.spend->high;
            }
            p.detail = tr("%1: availability %2 (%3); %4")
                           .arg(row.label, availabilityText(row.availability.mean),
                                availabilityRange(row.availability),
                                row.spend ? tr("%1 USD a month").arg(usdPerMonth(row.spend->mean))
                                          : tr("cost unknown"));
        }
        points.push_back(std::move(p));
    }
    const bool unknown = std::any_of(comparison_->rows().begin(), comparison_->rows().end(),
                                     [](const auto& row) { return row.any && !row.spend; });
    scatter_->setEmptyText(
        unknown ? tr("What these chains cost is not known, so there is no place for them here. "
                     "Put the prices in on the left.")
                : tr("Each compared chain will be a point here: the higher, the fewer requests are "
                     "lost; the further left, the cheaper. Press Simulate."));
    scatter_->setPoints(std::move(points));
    scatter_->setSelected(selected_);
}

void ForecastBoard::showYears(const ForecastChain& chain) {
    const std::uint64_t before = year();
    const QSignalBlocker quiet(years_);
    if (years_->count() != static_cast<int>(chain.years.size())) {
        years_->clear();
        for (const auto& y : chain.years)
            years_->addItem(
                tr("Year %1: %2").arg(y.number + 1).arg(availabilityText(y.availability)),
                QVariant::fromValue<qulonglong>(y.number));
    } else {
        for (int i = 0; i < years_->count(); ++i) {
            const auto& y = chain.years[static_cast<std::size_t>(i)];
            years_->setItemText(
                i, tr("Year %1: %2").arg(y.number + 1).arg(availabilityText(y.availability)));
            years_->setItemData(i, QVariant::fromValue<qulonglong>(y.number));
        }
    }
    years_->setCurrentIndex(std::max(0, years_->findData(QVariant::fromValue<qulonglong>(before))));
    years_->setVisible(!chain.years.empty());
    showDays();
}

void ForecastBoard::showDays() {
    const auto index = static_cast<std::size_t>(std::max(0, selected_));
    const bool any = run_ && index < run_->chains().size() && years_->currentIndex() >= 0;
    calendarTitle_->setText(any ? tr("One simulated year of %1, day by day · a click plays the day")
                                      .arg(run_->chains()[index].label)
                                : tr("One simulated year, day by day"));
    if (!any)
        return calendar_->setDays({});
    for (const auto& y : run_->chains()[index].years)
        if (y.number == year())
            calendar_->setDays(y.days);
}

void ForecastBoard::activateCause(int row) {
    if (const auto* cause = causes_->row(row))
        Q_EMIT dayActivated(cause->worstYear, cause->worstDay);
}

} // namespace brownout::ui
