// One provider of the shown chain: breaker word, seconds to the next probe, what it does to users
// and to the bill, and the buttons that break and restore it. Thread: the window's.
#pragma once

#include "live/snapshot.h"

#include <QElapsedTimer>
#include <QFrame>

class QHBoxLayout;
class QLabel;
class QMenu;
class QPushButton;
class QToolButton;

namespace brownout::ui {

class Session;
class Sparkline;
class StateBadge;

class ProviderTile : public QFrame {
    Q_OBJECT
  public:
    ProviderTile(Session& session, QString provider, QWidget* parent = nullptr);

    const QString& provider() const { return provider_; }
    // The provider's targets in the shown chain, and the picture they come from.
    void setTargets(const std::vector<const live::TargetView*>& targets,
                    const live::Snapshot& snapshot);
    void tick(); // counts down between snapshots

  private:
    QHBoxLayout* makeTop();
    QHBoxLayout* makeFigures();
    QHBoxLayout* makeButtons();
    void buildBreakMenu(QMenu* menu);
    void breakWith(const faults::Fault& fault, std::optional<double> for_s);
    void setFigures(const std::vector<const live::TargetView*>& targets);
    void setState(const std::vector<const live::TargetView*>& targets,
                  const live::Snapshot& snapshot);
    void setOutage(const live::Snapshot& snapshot, std::uint32_t attempts);

    Session& session_;
    QString provider_, name_;
    QLabel *chip_, *model_, *countdown_, *failure_, *p95_, *usd_, *detail_;
    StateBadge* badge_;
    Sparkline* sparkline_;
    QToolButton* break_;
    QPushButton *restore_, *probe_;
    std::vector<std::string> targetNames_;
    QElapsedTimer sinceSnapshot_;
    std::optional<double> waitSeconds_; // as of the snapshot: until a probe, or the end of a wait
    QString waitText_;                  // "probe in %1"
    bool manual_ = false;
};

} // namespace brownout::ui
