// The left column: chains, and providers with the state of their keys.
#pragma once

#include "ui/models/row_list.h"

#include <QFrame>

class QLabel;
class QListView;
class QPushButton;

namespace brownout::ui {

class ChainsSidebar : public QFrame {
    Q_OBJECT
  public:
    explicit ChainsSidebar(QWidget* parent = nullptr);
    void setChains(std::vector<ListRow> rows);
    void setProviders(std::vector<ListRow> rows);
    void setProblems(const QString& count); // "2 warnings"; empty: none
    // What is selected elsewhere; empty: nothing in that list.
    void setSelected(const QString& chain, const QString& provider);

  Q_SIGNALS:
    void chainChosen(const QString& id);
    void providerChosen(const QString& id);
    void addChainRequested();
    void removeChainRequested(const QString& id);
    void addProviderRequested();
    void removeProviderRequested(const QString& id);
    void documentRequested();
    void alertsRequested();
    void problemsRequested();

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    QListView* makeList(RowListModel& model, const QString& name, const QString& objectName);
    void fitHeight(QListView& list, const RowListModel& model, int atMost);
    void select(QListView& list, const RowListModel& model, const QString& id);

    RowListModel chains_, providers_;
    QListView *chainList_, *providerList_;
    QPushButton *removeChain_, *removeProvider_, *problems_;
};

} // namespace brownout::ui
