#include "ui/shell/alert_center.h"

#include <QDateTime>

#include <algorithm>

namespace brownout::ui {

namespace {

constexpr int mostNotifications = 3; // at once; more become one

QString timeOf(const record::WallClock& wall, Instant at) {
    const qint64 ms = (wall.unix_ns_at_zero + at.time_since_epoch().count()) / 1'000'000;
    return QDateTime::fromMSecsSinceEpoch(ms).toString(QStringLiteral("HH:mm:ss"));
}

QString lasted(Duration time) {
    const auto s = static_cast<qint64>(to_seconds(time) + 0.5);
    return s < 120        ? AlertCenter::tr("%1 s").arg(s)
           : s < 2 * 3600 ? AlertCenter::tr("%1 min").arg(s / 60)
                          : AlertCenter::tr("%1 h").arg(s / 3600);
}

} // namespace

AlertCenter::AlertCenter(Session& session, QObject* parent) : QObject(parent), session_(session) {
    connect(&session_, &Session::snapshotChanged, this, &AlertCenter::onSnapshot);
    onSnapshot();
}

void AlertCenter::onSnapshot() {
    const auto alerts = session_.snapshot()->alerts;
    if (alerts == seen_)
        return;
    seen_ = alerts;
    tell(*alerts);
    build();
    Q_EMIT changed();
}

void AlertCenter::tell(const std::vector<record::AlertRecord>& alerts) {
    std::vector<std::pair<const record::AlertRecord*, bool>> news; // and whether it is over
    std::set<quint64> raised;
    for (const record::AlertRecord& alert : alerts) {
        const bool fresh = alert.id > last_;
        last_ = std::max<quint64>(last_, alert.id);
        if (fresh)
            news.push_back({&alert, false});
        if (!alert.cleared)
            raised.insert(alert.id);
        else if (fresh || raised_.count(alert.id) > 0)
            news.push_back({&alert, true});
    }
    raised_ = std::move(raised);
    if (!notify_ || !desktopOn_ || news.empty())
        return;
    if (news.size() > mostNotifications) {
        notify_(tr("Brownout: %1 changes of alerts").arg(news.size()),
                tr("%1 alerts are raised now.").arg(raised_.size()), !raised_.empty());
        return;
    }
    for (const auto& [alert, over] : news) {
        const QString about = alert->simulated ? tr("simulated: ") : QString();
        notify_(over ? tr("Brownout: alert over") : tr("Brownout: alert"),
                about + QString::fromStdString(alert->text), !over && !alert->simulated);
    }
}

void AlertCenter::build() {
    rows_.clear();
    const record::WallClock wall = session_.snapshot()->wall;
    for (auto alert = seen_->rbegin(); alert != seen_->rend(); ++alert) {
        if (alert->id <= cleared_)
            continue;
        QString text = QStringLiteral("%1  %2").arg(timeOf(wall, alert->raised),
                                                    QString::fromStdString(alert->text));
        if (alert->cleared)
            text += tr(" - over after %1").arg(lasted(*alert->cleared - alert->raised));
        rows_.push_back({alert->id, alert->cleared.has_value(), std::move(text)});
    }
}

int AlertCenter::raised() const {
    return static_cast<int>(
        std::count_if(rows_.begin(), rows_.end(), [](const Row& row) { return !row.over; }));
}

void AlertCenter::clear() {
    cleared_ = last_;
    build();
    Q_EMIT changed();
}

} // namespace brownout::ui
