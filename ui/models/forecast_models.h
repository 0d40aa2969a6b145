// The compared chains and the causes of lost requests as tables. Thread: the window's.
#pragma once

#include "ui/models/forecast_run.h"

#include <QAbstractTableModel>

namespace brownout::ui {

// One row for each compared chain, the shown one first.
class ComparisonModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    enum Column { label, availability, p99, spend, columns };
    explicit ComparisonModel(QObject* parent = nullptr);

    struct Row {
        QString label;
        bool any = false; // has been simulated
        sim::OverYears availability, p99_s;
        std::optional<sim::OverYears> spend;
        std::uint64_t requests = 0; // a year
        friend bool operator==(const Row&, const Row&);
    };
    void setChains(const std::vector<ForecastChain>& chains);
    const std::vector<Row>& rows() const { return rows_; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

  private:
    std::vector<Row> rows_;
};

// Why requests were lost, in all simulated years of one chain.
class CauseModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    enum Column { cause, minutes, share, columns };
    explicit CauseModel(QObject* parent = nullptr);

    struct Row {
        std::vector<std::string> out;
        double minutesAYear = 0, share = 0;
        std::uint64_t worstYear = 0; // its number; where it lost most in a day
        int worstDay = 0;
        std::uint64_t worstLost = 0; // in that year
    };
    void setYears(const std::vector<const sim::ForecastYear*>& years);
    const Row* row(int i) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

  private:
    std::vector<Row> rows_;
};

} // namespace brownout::ui
