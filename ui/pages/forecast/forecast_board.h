// What came of a forecast: three figures with their ranges, the compared chains by cost and
// availability, why requests were lost, and a simulated year day by day. All of it speaks of the
// selected chain. Thread: the window's.
#pragma once

#include "ui/models/forecast_models.h"

#include <QWidget>

class QComboBox;
class QHBoxLayout;
class QLabel;
class QMenu;
class QPushButton;
class QTableView;

namespace brownout::ui {

class CompareScatter;
class ElidedLabel;
class FigureCard;
class YearCalendar;

class ForecastBoard : public QWidget {
    Q_OBJECT
  public:
    explicit ForecastBoard(QWidget* parent = nullptr);
    void show(const ForecastRun& run);
    int selected() const { return selected_; } // of the run's chains; 0 is the shown one
    void select(int chain);
    // What is known of a thousand years of the selected chain, in a sentence; `method`: how.
    void showRare(const QString& text, const QString& method);
    std::uint64_t year() const; // number of the one in the calendar
    CompareScatter* scatter() const { return scatter_; }
    YearCalendar* calendar() const { return calendar_; }
    CauseModel* causes() const { return causes_; }
    ComparisonModel* comparison() const { return comparison_; }
    QMenu* compareMenu() const { return compare_; } // filled by its owner

  Q_SIGNALS:
    void selectionChanged();
    void dayActivated(std::uint64_t year, int day); // of the selected chain
    void useRequested();                            // the selected chain in place of the shown one
    void removeRequested();                         // from the comparison

  private:
    QHBoxLayout* buildFigures();
    QWidget* buildScatter();
    QWidget* buildCauses();
    void makeCauseTable(QWidget* parent);
    QWidget* buildCalendar();
    void refresh();
    void showFigures(const ForecastChain& chain);
    void showScatter();
    void showYears(const ForecastChain& chain);
    void showDays();
    void activateCause(int row);

    const ForecastRun* run_ = nullptr;
    int selected_ = 0;
    ComparisonModel* comparison_;
    CauseModel* causes_;
    FigureCard *availability_, *latency_, *spend_;
    CompareScatter* scatter_;
    QMenu* compare_;
    QPushButton *use_, *remove_;
    QTableView* table_;
    QLabel *causesEmpty_, *rare_;
    ElidedLabel *causesTitle_, *calendarTitle_;
    QComboBox* years_;
    YearCalendar* calendar_;
};

} // namespace brownout::ui
