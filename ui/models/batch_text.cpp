#include "ui/models/batch_text.h"

#include "base/calendar.h"
#include "ui/models/format.h"
#include "ui/models/words.h"

#include <QFileInfo>
#include <QStringList>

namespace brownout::ui {

using State = live::BatchView::State;

namespace {

QString nameOfFile(const std::string& path) {
    return QFileInfo(QString::fromStdString(path)).fileName();
}

} // namespace

QString batchHeadline(const live::BatchView& view) {
    const live::BatchProgress& p = view.progress;
    const QString share = tr("%1 of %2 answered").arg(formatCount(p.done), formatCount(p.requests));
    switch (view.state) {
    case State::reading:
        return tr("Reading %1").arg(nameOfFile(view.in));
    case State::running:
        return p.held_chain.empty() ? share : tr("Waiting for an outage to pass: %1").arg(share);
    case State::paused:
        return p.running > 0 ? tr("Pausing: %1, %2 on their way").arg(share).arg(p.running)
                             : tr("Paused: %1").arg(share);
    case State::stopping:
        return tr("Stopping: %1").arg(share);
    case State::finished:
        return p.requests == 0 ? tr("%1 holds no requests").arg(nameOfFile(view.in))
                               : tr("All %1 requests have an answer").arg(formatCount(p.requests));
    case State::stopped:
        return tr("Cancelled: %1").arg(share);
    case State::refused:
        return tr("It could not start");
    case State::failed:
        break;
    }
    return view.limited ? tr("The spending limit was reached: %1").arg(share)
                        : tr("It ended early: %1").arg(share);
}

QString batchFigures(const live::BatchView& view) {
    const live::BatchProgress& p = view.progress;
    if (view.state == State::reading || view.state == State::refused)
        return {};
    QStringList parts;
    parts << tr("%1 failed").arg(formatCount(p.failed));
    if (!view.over())
        parts << tr("%1 running").arg(p.running);
    if (!view.over() && p.held_back > 0)
        parts << tr("%1 held back").arg(formatCount(p.held_back));
    if (view.before > 0)
        parts << tr("%1 were there before").arg(formatCount(view.before));
    parts << (p.cost_unknown ? tr("at least %1") : tr("%1")).arg(usdText(p.spend));
    if (p.per_min > 0)
        parts << tr("%1 a minute").arg(formatCount(static_cast<std::uint64_t>(p.per_min + 0.5)));
    if (!view.over() && p.seconds_left)
        parts << tr("about %1 left").arg(QString::fromStdString(rough_time(*p.seconds_left)));
    return parts.join(QStringLiteral(", "));
}

QString batchAdvice(const live::BatchView& view) {
    const live::BatchProgress& p = view.progress;
    if (view.limited)
        return tr("The next request could have exceeded it. Raise Max spend and start again: it "
                  "goes on where it stopped.");
    if (view.error)
        return QString::fromStdString(view.error->text());
    if (view.state == State::stopped)
        return tr("Start goes on where it stopped; what was on its way is asked again.");
    if (view.state == State::running && !p.held_chain.empty())
        return tr("Chain %1 does not answer (%2). It is asked again %3; requests are held back for "
                  "%4 at most, then they fail.")
            .arg(QString::fromStdString(p.held_chain), QString::fromStdString(p.held_why),
                 p.asks_again_s > 0
                     ? tr("in %1").arg(QString::fromStdString(rough_time(p.asks_again_s)))
                     : tr("now"),
                 QString::fromStdString(rough_time(p.patience_left_s)));
    if (view.mended && !view.over())
        return tr("%1 ended in a piece of a line. It was taken away, its request is asked again.")
            .arg(nameOfFile(view.out));
    return {};
}

QString answersBeside(const QString& requests) {
    if (requests.isEmpty())
        return {};
    const QFileInfo file(requests);
    const QString name = file.completeBaseName() + QStringLiteral(".answers.jsonl");
    return file.path() == QLatin1String(".") ? name : file.path() + QLatin1Char('/') + name;
}

} // namespace brownout::ui
