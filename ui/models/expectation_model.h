// What a scenario expects, and how it stands: pending with the value so far, then passed or failed
// (or not finished, where the run was stopped), each with a word and a mark.
#pragma once

#include "live/snapshot.h"

#include <QAbstractTableModel>

namespace brownout::ui {

class ExpectationModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    enum Column { verdictColumn, expectationColumn, observedColumn, columns };
    enum Role { verdictRole = Qt::UserRole + 1 };
    enum class Verdict { pending, passed, failed, unfinished };
    enum class Run { running, finished, stopped };
    using QAbstractTableModel::QAbstractTableModel;

    void setExpectations(const std::vector<faults::Expectation>& expectations); // none observed yet
    // A finished run makes every verdict final. A run that was stopped gives none at all: what its
    // rest would have brought is not known.
    void setJudged(const std::vector<record::Judged>& judged, Run run);
    Verdict verdict(int row) const;
    const record::Judged& judged(int row) const { return judged_[static_cast<std::size_t>(row)]; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

  private:
    void adopt(std::vector<record::Judged> judged, Run run);
    std::vector<record::Judged> judged_;
    Run run_ = Run::running;
};

// "Latency p99 at most 4 s", "Aster's breaker opens after at most 5 s". Pure.
QString expectationText(const faults::Expectation& expectation);
// Why it failed, in a sentence: "Availability: 96.2 % observed, at least 99.9 % wanted ..."; with
// `lastFailure`, what the last request without an answer met, where that explains it. Pure.
QString whyFailed(const record::Judged& judged, const QString& lastFailure);
// The observed value in the metric's unit: "99.97 %", "1.31 s". Pure.
QString observedText(faults::Metric metric, double value);

} // namespace brownout::ui
