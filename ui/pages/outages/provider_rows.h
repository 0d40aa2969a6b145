// A row per provider: what ails it, Break with the chosen fault, Restore.
#pragma once

#include "ui/shell/session.h"

#include <QWidget>

class QGridLayout;
class QLabel;
class QPushButton;

namespace brownout::ui {

class StateBadge;

class ProviderRows : public QWidget {
    Q_OBJECT
  public:
    explicit ProviderRows(Session& session, QWidget* parent = nullptr);
    void setFaultSummary(const QString& summary); // for the tool tips of Break

  Q_SIGNALS:
    void breakRequested(const QString& provider);

  private:
    struct Row {
        QString provider;
        QLabel *swatch, *name;
        StateBadge* badge;
        QPushButton *breakIt, *restore;
    };
    void rebuild();
    void refresh();
    Row makeRow(const chain::Provider& provider, int line);
    Session& session_;
    QGridLayout* grid_;
    QWidget* body_ = nullptr;
    QString summary_;
    QStringList shown_; // ids, "!" in front of real ones
    std::vector<Row> rows_;
};

} // namespace brownout::ui
