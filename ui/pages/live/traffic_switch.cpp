#include "ui/pages/live/traffic_switch.h"

#include "ui/models/format.h"
#include "ui/models/traffic_cost.h"
#include "ui/shell/session.h"
#include "ui/shell/theme.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QMessageBox>
#include <QPushButton>

namespace brownout::ui {

namespace {

QString rateText(double rate) {
    if (rate <= 0)
        return QObject::tr("Off");
    return rate == 1 ? QObject::tr("1 request/s") : QObject::tr("%1 requests/s").arg(rate);
}

// The worker confirms a choice with its next snapshot; until then the choice stands.
constexpr qint64 settleMs = 600;

} // namespace

TrafficSwitch::TrafficSwitch(Session& session, QWidget* parent)
    : QWidget(parent), session_(session) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(gridUnit);
    auto* label = new QLabel(tr("Traffic"), this);
    label->setProperty("muted", true);
    rates_ = new QComboBox(this);
    rates_->setObjectName(QStringLiteral("traffic"));
    rates_->setAccessibleName(tr("Traffic"));
    rates_->setToolTip(tr("Steady requests to the shown chain, at random moments"));
    for (const double rate : {0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0})
        rates_->addItem(rateText(rate), rate);
    label->setBuddy(rates_);
    cost_ = new QLabel(this);
    cost_->setObjectName(QStringLiteral("traffic_cost"));
    cost_->setProperty("muted", true);
    row->addWidget(label);
    row->addWidget(rates_);
    row->addWidget(cost_);
    connect(rates_, &QComboBox::activated, this, &TrafficSwitch::chosen);
}

void TrafficSwitch::chosen(int index) {
    const double rate = rates_->itemData(index).toDouble();
    const bool real = !chainIsSimulated(session_.editor().document(), session_.chainId());
    if (rate > 0 && real && !confirmReal(rate)) {
        refresh();
        return;
    }
    session_.setTraffic(rate, real);
    sinceChoice_.restart();
    showCost(rate);
}

bool TrafficSwitch::confirmReal(double rate) {
    const TrafficCost cost = trafficCost(session_.editor().document(), session_.chainId(), rate);
    QMessageBox box(QMessageBox::Warning, tr("Call real providers?"),
                    tr("This chain reaches real providers. Every request is sent over the network "
                       "and charged to your account."),
                    QMessageBox::Cancel, this);
    box.setObjectName(QStringLiteral("confirm_real_traffic"));
    box.setInformativeText(
        cost.usd_per_hour
            ? tr("%1 cost about %2 USD an hour at the price of %3, with %4 tokens in and %5 out "
                 "each. Fallbacks may cost more.")
                  .arg(rateText(rate), formatUsd(*cost.usd_per_hour), cost.target)
                  .arg(typicalInputTokens)
                  .arg(typicalOutputTokens)
            : tr("What that costs is not known: %1 has no price.").arg(cost.target));
    auto* start = box.addButton(tr("Start traffic"), QMessageBox::AcceptRole);
    box.setDefaultButton(QMessageBox::Cancel);
    box.exec();
    return box.clickedButton() == start;
}

void TrafficSwitch::showRate(double rate) {
    int index = rates_->findData(rate);
    if (index < 0) { // set by someone else to a rate of their own
        index = rates_->count();
        rates_->addItem(rateText(rate), rate);
    }
    if (rates_->currentIndex() != index)
        rates_->setCurrentIndex(index);
}

void TrafficSwitch::showCost(double rate) {
    QString text;
    if (rate > 0) {
        const TrafficCost cost =
            trafficCost(session_.editor().document(), session_.chainId(), rate);
        text = cost.usd_per_hour ? tr("about %1 USD/h").arg(formatUsd(*cost.usd_per_hour))
                                 : tr("cost unknown");
        cost_->setToolTip(tr("If %1 serves every request, with %2 tokens in and %3 out each")
                              .arg(cost.target)
                              .arg(typicalInputTokens)
                              .arg(typicalOutputTokens));
    }
    if (cost_->text() != text)
        cost_->setText(text);
}

void TrafficSwitch::refresh() {
    if (sinceChoice_.isValid() && sinceChoice_.elapsed() < settleMs)
        return;
    const auto& traffic = session_.snapshot()->traffic;
    const bool on = traffic.running && QString::fromStdString(traffic.chain) == session_.chainId();
    const double rate = on ? traffic.requests_per_s : 0;
    showRate(rate);
    showCost(rate);
}

} // namespace brownout::ui
