#include "ui/models/forecast_models.h"

#include "ui/models/forecast_text.h"
#include "ui/models/format.h"

#include <algorithm>

namespace brownout::ui {
namespace {

QVariant alignment(bool number) {
    return QVariant::fromValue(Qt::AlignVCenter | (number ? Qt::AlignRight : Qt::AlignLeft));
}

bool sameYears(const sim::OverYears& a, const sim::OverYears& b) {
    return a.years == b.years && a.mean == b.mean && a.low == b.low && a.high == b.high;
}

} // namespace

bool operator==(const ComparisonModel::Row& a, const ComparisonModel::Row& b) {
    return a.label == b.label && a.any == b.any && sameYears(a.availability, b.availability) &&
           sameYears(a.p99_s, b.p99_s) && a.spend.has_value() == b.spend.has_value() &&
           (!a.spend || sameYears(*a.spend, *b.spend));
}

ComparisonModel::ComparisonModel(QObject* parent) : QAbstractTableModel(parent) {}

void ComparisonModel::setChains(const std::vector<ForecastChain>& chains) {
    std::vector<Row> next;
    for (const ForecastChain& chain : chains) {
        Row row;
        row.label = chain.label;
        row.any = !chain.years.empty();
        if (row.any) {
            row.availability = chain.availability();
            row.p99_s = chain.p99_s();
            row.spend = chain.spend_month();
            const auto years = chain.whole();
            for (const auto* year : years)
                row.requests += year->requests / years.size();
        }
        next.push_back(std::move(row));
    }
    if (next.size() != rows_.size()) {
        beginResetModel();
        rows_ = std::move(next);
        endResetModel();
        return;
    }
    for (std::size_t i = 0; i < next.size(); ++i)
        if (!(next[i] == rows_[i])) {
            rows_[i] = std::move(next[i]);
            Q_EMIT dataChanged(index(static_cast<int>(i), 0),
                               index(static_cast<int>(i), columns - 1));
        }
}

int ComparisonModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int ComparisonModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : columns;
}

QVariant ComparisonModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const Row& row = rows_[static_cast<std::size_t>(index.row())];
    if (role == Qt::TextAlignmentRole)
        return alignment(index.column() != label);
    if (role != Qt::DisplayRole)
        return {};
    if (index.column() == label)
        return row.label;
    if (!row.any)
        return tr("to come");
    switch (index.column()) {
    case availability:
        return availabilityText(row.availability.mean);
    case p99:
        return row.p99_s.years ? secondsText(row.p99_s.mean) : tr("no answer");
    default:
        return row.spend ? usdPerMonth(row.spend->mean) + QStringLiteral(" USD") : tr("unknown");
    }
}

QVariant ComparisonModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= columns)
        return {};
    if (role == Qt::TextAlignmentRole)
        return alignment(section != label);
    const QString names[] = {tr("chain"), tr("availability"), tr("p99"), tr("a month")};
    return role == Qt::DisplayRole ? QVariant(names[section]) : QVariant();
}

CauseModel::CauseModel(QObject* parent) : QAbstractTableModel(parent) {}

void CauseModel::setYears(const std::vector<const sim::ForecastYear*>& years) {
    std::vector<Row> next;
    std::uint64_t requests = 0, lost = 0;
    std::vector<std::uint64_t> sums;
    for (const auto* year : years) {
        requests += year->requests;
        lost += year->lost;
        for (const auto& why : year->causes) {
            auto at = std::find_if(next.begin(), next.end(),
                                   [&](const Row& row) { return row.out == why.out; });
            if (at == next.end()) {
                next.emplace_back().out = why.out;
                sums.push_back(0);
                at = next.end() - 1;
            }
            sums[static_cast<std::size_t>(at - next.begin())] += why.lost;
            if (why.lost > at->worstLost) {
                at->worstLost = why.lost;
                at->worstYear = year->number;
                at->worstDay = why.worst_day;
            }
        }
    }
    constexpr double minutesOfYear = sim::days_of_year * 1440.0;
    for (std::size_t i = 0; i < next.size(); ++i) {
        next[i].share = lost ? static_cast<double>(sums[i]) / static_cast<double>(lost) : 0;
        next[i].minutesAYear =
            requests ? static_cast<double>(sums[i]) / static_cast<double>(requests) * minutesOfYear
                     : 0;
    }
    std::stable_sort(next.begin(), next.end(),
                     [](const Row& a, const Row& b) { return a.minutesAYear > b.minutesAYear; });
    beginResetModel();
    rows_ = std::move(next);
    endResetModel();
}

const CauseModel::Row* CauseModel::row(int i) const {
    return i >= 0 && i < static_cast<int>(rows_.size()) ? &rows_[static_cast<std::size_t>(i)]
                                                        : nullptr;
}

int CauseModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int CauseModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : columns;
}

QVariant CauseModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const Row& row = rows_[static_cast<std::size_t>(index.row())];
    if (role == Qt::TextAlignmentRole)
        return alignment(index.column() != cause);
    if (role == Qt::ToolTipRole)
        return tr("Worst in simulated year %1, on %2. Enter or a double click plays that day.")
            .arg(row.worstYear + 1)
            .arg(dateText(row.worstDay));
    if (role != Qt::DisplayRole)
        return {};
    switch (index.column()) {
    case cause:
        return causeText(row.out);
    case minutes:
        return row.minutesAYear < 0.05 ? QStringLiteral("< 0.1")
               : row.minutesAYear < 0.95
                   ? QString::number(row.minutesAYear, 'f', 1)
                   : formatCount(static_cast<std::uint64_t>(std::llround(row.minutesAYear)));
    default:
        return row.share < 0.005 ? tr("< 1 %")
                                 : QStringLiteral("%1 %").arg(qRound(row.share * 100));
    }
}

QVariant CauseModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= columns)
        return {};
    if (role == Qt::TextAlignmentRole)
        return alignment(section != cause);
    const QString names[] = {tr("cause"), tr("min a year"), tr("share")};
    return role == Qt::DisplayRole ? QVariant(names[section]) : QVariant();
}

} // namespace brownout::ui
