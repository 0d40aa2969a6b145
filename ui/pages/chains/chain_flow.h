// Request > 1 > 2 > 3 > Fail: the targets of the shown chain as cards in the order in which they
// are tried. Shows what it is given and reports what the user wants; it edits nothing.
#pragma once

#include "ui/pages/chains/target_card.h"

#include <QWidget>

#include <vector>

class QPushButton;
class QVBoxLayout;

namespace brownout::ui {

struct FlowView {
    QString request; // beside the word Request: "task simple · priority · whole answer within 30 s"
    QString order;   // "tries in this order"
    std::vector<CardView> cards;
};

class ChainFlow : public QWidget {
    Q_OBJECT
  public:
    explicit ChainFlow(QWidget* parent = nullptr);
    void setView(const FlowView& view);
    // -1: the request, which stands for the chain as a whole; -2: nothing here.
    void setSelected(int place, bool focus = false);
    TargetCard* card(int place) const;
    int count() const { return static_cast<int>(cards_.size()); }

    // Where a card dropped at this height would go: 0 before the first, count() after the last.
    int slotAt(int y) const;

  Q_SIGNALS:
    void selected(int place);
    void moveRequested(int from, int to); // `to` may lie outside
    void removeRequested(int place);
    void duplicateRequested(int place);
    void toggleRequested(int place);
    void addRequested();

  protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dragMoveEvent(QDragMoveEvent* event) override;
    void dragLeaveEvent(QDragLeaveEvent* event) override;
    void dropEvent(QDropEvent* event) override;

  private:
    void rebuild(std::size_t count);
    TargetCard* makeCard();
    void showDropLine(int slot);

    QVBoxLayout* list_;
    QPushButton* request_;
    QLabel *requestText_, *order_, *allFailed_;
    QPushButton* add_;
    QFrame* dropLine_;
    std::vector<TargetCard*> cards_;
    std::vector<QWidget*> arrows_;
    int selected_ = -2;
};

} // namespace brownout::ui
