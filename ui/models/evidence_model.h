// The reports that may go into a tested chain: those of this run and those loaded from files, each
// with its verdict and whether it was made for the chain as it is now. Checked rows are exported; a
// report of another chain cannot be checked.
#pragma once

#include "chain/json.h"

#include <QAbstractTableModel>

#include <vector>

namespace brownout::ui {

class EvidenceModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    enum Column { scenario, verdict, match, availability, requests, origin, columns };
    static constexpr std::size_t keptAtMost = 50; // the oldest go first

    using QAbstractTableModel::QAbstractTableModel;
    // `report` is a well-formed brownout.report/1. False: it is there already.
    bool add(chain::Json report, const QString& from);
    void remove(int row);
    void setChain(const std::string& sha256); // of the document as it is now
    std::vector<chain::Json> chosen() const;
    int matching() const; // rows made for the chain as it is now
    const chain::Json& report(int row) const { return rows_[static_cast<std::size_t>(row)].report; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;

  Q_SIGNALS:
    void chosenChanged();

  private:
    struct Row {
        chain::Json report;
        QString origin;
        bool checked = false, matches = false, partial = false;
        int passed = 0, expected = 0;
    };
    QString text(const Row& row, int column) const;
    QVariant tone(const Row& row, int column) const;
    std::vector<Row> rows_;
    std::string chain_;
};

} // namespace brownout::ui
