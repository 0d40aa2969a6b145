#include "ui/models/calibrate_run.h"

#include "chain/distribution_read.h"
#include "ui/models/format.h"
#include "ui/shell/session.h"

#include <QMetaObject>

#include <algorithm>
#include <cmath>
#include <thread>

namespace brownout::ui {
namespace {

constexpr std::uint64_t checkRuns = 5; // of what happened against what the models say

} // namespace

struct CalibrateRun::Job {
    std::atomic<bool> cancel{false};
    std::jthread thread;
};

CalibrateRun::CalibrateRun(QObject* parent) : QObject(parent) {}

CalibrateRun::~CalibrateRun() {
    if (job_)
        job_->cancel = true;
}

void CalibrateRun::start(const QString& path, const chain::Document& document) {
    if (job_)
        return;
    job_ = std::make_unique<Job>();
    const auto tell = [this](auto call) { // we outlive the thread: ~Job joins it
        QMetaObject::invokeMethod(this, std::move(call), Qt::QueuedConnection);
    };
    job_->thread =
        std::jthread([this, tell, file = path.toStdString(), document, cancel = &job_->cancel] {
            tune::CalibrateOptions options;
            options.check_runs = checkRuns;
            options.chain = &document;
            options.cancel = cancel;
            options.progress = [this, tell](double share, const std::string& what) {
                tell([this, share, text = QString::fromStdString(what)] {
                    Q_EMIT progressed(share, text);
                });
            };
            auto found = tune::calibrate(file, options);
            if (found) {
                tell([this, out = std::move(*found)] {
                    job_.reset();
                    Q_EMIT fitted(out);
                });
            } else {
                tell([this, why = QString::fromStdString(found.error().text())] {
                    job_.reset();
                    Q_EMIT failed(why);
                });
            }
        });
}

namespace {

// The traffic that was seen, in place of what was assumed of it; its shape over a week stays.
void takeTraffic(chain::Json& traffic, const tune::SeenTraffic& seen, const QString& log) {
    constexpr double most = 5e6; // requests a day: more are refused in a forecast
    if (!(seen.requests_per_day > 0) || seen.requests_per_day > most)
        return;
    const double digits = std::pow(10, std::floor(std::log10(seen.requests_per_day)) - 2);
    traffic["requests_per_day"] =
        std::max(1.0, std::round(seen.requests_per_day / digits)) * digits;
    traffic["stream"] = seen.stream;
    if (seen.input_tokens)
        traffic["input_tokens"] = chain::to_json(*seen.input_tokens);
    if (seen.output_tokens)
        traffic["output_tokens"] = chain::to_json(*seen.output_tokens);
    traffic["source"] = QObject::tr("counted in %1 over %2 h")
                            .arg(log, QString::number(seen.watched_h, 'g', 3))
                            .toStdString();
}

} // namespace

chain::Json withFits(chain::Json assumptions, const tune::Calibration& found,
                     const chain::Document& document, const QString& log, QString* summary) {
    QStringList told;
    for (const tune::ProviderFit& fit : found.providers) {
        const QString name = Session::displayName(QString::fromStdString(fit.provider));
        if (!document.provider(fit.provider))
            continue;
        if (!fit.model) {
            told << QObject::tr("%1: none (%2)").arg(name, QString::fromStdString(fit.missing));
            continue;
        }
        const std::string source = QObject::tr("fitted to %1, %2 attempts")
                                       .arg(log, formatCount(fit.attempts))
                                       .toStdString();
        chain::Json latency = fit.json;
        latency["source"] = source;
        chain::Json& place = assumptions["providers"][fit.provider];
        if (latency.contains("outages")) { // too few of them: what was assumed stays
            chain::Json outages = latency["outages"];
            outages["source"] = source;
            place["outages"] = std::move(outages);
            latency.erase("outages");
        }
        place["latency"] = std::move(latency);
        told << (fit.first_token
                     ? QObject::tr("%1: %2 attempts, %3 outages, first token %4 (distance %5)")
                           .arg(name, formatCount(fit.attempts))
                           .arg(fit.outages)
                           .arg(QString::fromStdString(fit.first_token->family))
                           .arg(fit.first_token->ks, 0, 'f', 3)
                     : QObject::tr("%1: %2 attempts, %3 outages")
                           .arg(name, formatCount(fit.attempts))
                           .arg(fit.outages));
    }
    if (found.traffic && !told.isEmpty()) {
        takeTraffic(assumptions["traffic"], *found.traffic, log);
        told << QObject::tr("%1 requests a day")
                    .arg(formatCount(
                        static_cast<std::uint64_t>(std::llround(found.traffic->requests_per_day))));
    }
    const auto within = std::count_if(found.check.begin(), found.check.end(),
                                      [](const auto& figure) { return figure.within(); });
    if (!found.check.empty() && !told.isEmpty())
        told << QObject::tr(
                    "the log's own traffic with these models: %1 of %2 figures within range")
                    .arg(within)
                    .arg(found.check.size());
    if (summary)
        *summary = told.join(QStringLiteral("; "));
    return assumptions;
}

} // namespace brownout::ui
