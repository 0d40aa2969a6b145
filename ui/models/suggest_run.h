// A search for better settings of the shown chain, in the background, and what it found as a table.
// Thread: the window's.
#pragma once

#include "sim/assumptions.h"
#include "tune/suggest.h"

#include <QAbstractTableModel>
#include <QObject>

#include <memory>

namespace brownout::ui {

struct SuggestWish {
    std::optional<double> availability; // 0 to 1, at least
    std::optional<double> usdMonth;     // at most
    double effort = 2e7;                // simulated requests, about
};

class SuggestRun : public QObject {
    Q_OBJECT
  public:
    explicit SuggestRun(QObject* parent = nullptr);
    ~SuggestRun() override;

    // `document`: the open one. The search plays years of at most `searchedPerDay` requests a day,
    // so that it takes seconds; money is of the real traffic.
    void start(const chain::Json& document, const std::string& chainId,
               const sim::Candidate& assumed, const sim::Assumptions& assumptions,
               const SuggestWish& wish);
    void cancel(); // what was found until then is told
    bool running() const { return job_ != nullptr; }
    const tune::Suggestions* found() const { return found_ ? &*found_ : nullptr; }

    static constexpr double searchedPerDay = 1000;

  Q_SIGNALS:
    void progressed(double share, const QString& phase);
    void ended(const QString& error); // empty: found() is there

  private:
    struct Job;
    void stop();
    std::unique_ptr<Job> job_;
    std::optional<tune::Suggestions> found_;
    quint64 run_ = 0;
};

// The Pareto front, a row each, the chain as it is among them.
class SuggestionModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    enum Column { changes, availability, p99, spend, meets, columns };
    explicit SuggestionModel(QObject* parent = nullptr);
    void setFound(const tune::Suggestions* found); // null: nothing; copied
    const tune::Suggestion* at(int row) const;
    int best() const { return best_; } // -1: none meets the wish

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

  private:
    std::vector<tune::Suggestion> rows_;
    int best_ = -1;
};

// "without it: 0.02 points less available, p99 0.3 s longer, 1.20 USD a month more"; empty: it is
// not known. Pure.
QString buysText(const tune::Change& change);

} // namespace brownout::ui
