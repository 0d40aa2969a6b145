// Outages that rarely meet: the availability of a chain over a thousand years of outages, with
// traffic only where somebody is out (sim/rare_outages.h). In the background; what was found of a
// chain is kept. Thread: the window's.
#pragma once

#include "sim/assumptions.h"
#include "sim/rare_outages.h"

#include <QObject>
#include <QString>

#include <map>
#include <memory>

namespace brownout::ui {

class RareRun : public QObject {
    Q_OBJECT
  public:
    explicit RareRun(QObject* parent = nullptr);
    ~RareRun() override; // waits for the threads, a few milliseconds

    double years() const { return years_; }
    void setYears(double years) { years_ = years; } // of chains that are looked at from now on

    struct Found {
        sim::RareOutages outages;
        QString error; // why there is nothing; empty: `outages` is there
    };
    // Looks once at the chain that goes by this number; whoever is being looked at is left.
    void look(int chain, const sim::Candidate& candidate, const sim::Assumptions& assumptions);
    void forget(); // of all chains: other ones come
    bool running() const { return job_ != nullptr; }
    const Found* found(int chain) const; // null: not looked at

  Q_SIGNALS:
    void changed();

  private:
    struct Job;
    void stop();
    void take(quint64 run, Found found);
    std::unique_ptr<Job> job_;
    std::map<int, Found> found_;
    double years_ = 1000;
    int chain_ = 0; // that is looked at
    quint64 run_ = 0;
};

// "99.9951 % over 1,000 years of outages (99.9945 to 99.9957 %). Several providers ..." Pure.
QString rareText(const RareRun::Found& found);

} // namespace brownout::ui
