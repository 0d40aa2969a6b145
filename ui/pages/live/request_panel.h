// The request table with its filter, and the attempts of the selected request as a waterfall. With
// nothing selected it shows the latest request that had to fail over. Thread: the window's.
#pragma once

#include "ui/models/request_model.h"

#include <QFrame>

class QLabel;
class QLineEdit;
class QTableView;

namespace brownout::ui {

class AttemptRibbon;
class Session;

class RequestPanel : public QFrame {
    Q_OBJECT
  public:
    explicit RequestPanel(Session& session, QWidget* parent = nullptr);
    void setSnapshot(const live::SnapshotPtr& snapshot);

  private:
    QWidget* buildTable();
    QWidget* buildDetail();
    void setFilter(const QString& text);
    void selectionChanged();
    void showRequest(const record::RequestPtr& request, bool chosen);

    RequestModel* model_;
    RequestProxy* proxy_;
    QLineEdit* filter_;
    QLabel *filterError_, *empty_, *heading_, *error_;
    QTableView* table_;
    AttemptRibbon* waterfall_;
    record::RequestPtr chosen_, shown_;
    bool traffic_ = false;
};

} // namespace brownout::ui
