// The list of all ways to fail, by group, searched by what they are called on screen and in files.
// They are dragged from here, or chosen with Enter.
#pragma once

#include "ui/models/fault_models.h"

#include <QSortFilterProxyModel>
#include <QWidget>

class QLabel;
class QLineEdit;
class QTreeView;

namespace brownout::ui {

class FaultPalette : public QWidget {
    Q_OBJECT
  public:
    explicit FaultPalette(QWidget* parent = nullptr);
    faults::Kind kind() const; // the one before where none is chosen
    void setDragEnabled(bool on);
    void focusSearch();

  Q_SIGNALS:
    void chosen(faults::Kind kind);
    void activated(faults::Kind kind); // Enter, or a double click

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    void search(const QString& words);
    void chooseFirst();
    FaultKindTree kinds_;
    QSortFilterProxyModel found_;
    QLineEdit* search_;
    QTreeView* tree_;
    QLabel* nothing_;
    faults::Kind kind_ = faults::Kind::http_error;
};

} // namespace brownout::ui
