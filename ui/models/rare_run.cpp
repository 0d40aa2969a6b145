#include "ui/models/rare_run.h"

#include "ui/models/forecast_text.h"
#include "ui/models/format.h"

#include <QMetaObject>

#include <thread>

namespace brownout::ui {

struct RareRun::Job {
    std::atomic<bool> cancel{false};
    std::jthread thread;
};

RareRun::RareRun(QObject* parent) : QObject(parent) {}

RareRun::~RareRun() {
    stop();
}

void RareRun::stop() {
    if (job_)
        job_->cancel = true; // a simulation looks at it every millisecond or so
    job_.reset();            // joins
    ++run_;
}

void RareRun::forget() {
    stop();
    found_.clear();
    Q_EMIT changed();
}

const RareRun::Found* RareRun::found(int chain) const {
    const auto at = found_.find(chain);
    return at == found_.end() ? nullptr : &at->second;
}

void RareRun::look(int chain, const sim::Candidate& candidate,
                   const sim::Assumptions& assumptions) {
    if (found_.contains(chain) || (job_ && chain_ == chain))
        return;
    stop();
    chain_ = chain;
    job_ = std::make_unique<Job>();
    // We outlive the thread, which ~Job joins; an answer of an older one finds another number.
    job_->thread = std::jthread([this, run = run_, document = candidate.document,
                                 scenario = sim::year_of(assumptions, candidate.chain_id),
                                 years = years_, seed = assumptions.seed, cancel = &job_->cancel] {
        stepBack();
        sim::RareOptions options;
        options.years = years;
        options.seed = seed;
        options.cancel = cancel;
        const auto outages = sim::rare_outages(document, scenario, options);
        Found found;
        if (outages)
            found.outages = *outages;
        else
            found.error = QString::fromStdString(outages.error().message);
        QMetaObject::invokeMethod(
            this, [this, run, found = std::move(found)]() mutable { take(run, std::move(found)); },
            Qt::QueuedConnection);
    });
    Q_EMIT changed();
}

void RareRun::take(quint64 run, Found found) {
    if (run != run_)
        return;
    job_.reset();
    found_[chain_] = std::move(found);
    Q_EMIT changed();
}

QString rareText(const RareRun::Found& found) {
    if (!found.error.isEmpty())
        return found.error;
    const sim::RareOutages& o = found.outages;
    sim::OverYears range;
    range.years = static_cast<std::size_t>(o.years);
    range.low = o.availability.low;
    range.high = o.availability.high;
    const double meet = static_cast<double>(o.joint_windows) / o.years;
    const QString often = meet >= 1
                              ? QObject::tr("Several providers were out at once %1 times a year.")
                                    .arg(meet, 0, 'f', meet < 10 ? 1 : 0)
                              : QObject::tr("Several providers were out at once every %1 years.")
                                    .arg(1 / meet, 0, 'f', 1 / meet < 10 ? 1 : 0);
    return QObject::tr("%1 over %2 years of outages (%3). ")
               .arg(availabilityText(o.availability.value),
                    formatCount(static_cast<std::uint64_t>(o.years)), availabilityRange(range)) +
           (o.joint_windows == 0 ? QObject::tr("No two providers were ever out at once.") : often);
}

} // namespace brownout::ui
