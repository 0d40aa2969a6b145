#include "ui/shell/alert_button.h"

#include "ui/shell/theme.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QListWidget>
#include <QMenu>
#include <QStyle>
#include <QWidgetAction>

#include <algorithm>

namespace brownout::ui {

namespace {

constexpr int listWidth = 520, mostHeight = 320; // px

} // namespace

AlertButton::AlertButton(AlertCenter& alerts, QWidget* parent)
    : QPushButton(parent), alerts_(alerts) {
    setObjectName(QStringLiteral("alerts"));
    setProperty("hasMenu", true);
    setToolTip(tr("Alerts that were raised, and those that are over"));
    auto* menu = new QMenu(this);
    auto* panel = new QWidget(menu);
    auto* column = new QVBoxLayout(panel);
    column->setContentsMargins(gridUnit, gridUnit, gridUnit, gridUnit);
    list_ = new QListWidget(panel);
    list_->setObjectName(QStringLiteral("alerts_list"));
    list_->setAccessibleName(tr("Alerts"));
    list_->setWordWrap(true);
    list_->setSelectionMode(QAbstractItemView::SingleSelection);
    list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    list_->setFixedWidth(listWidth);
    column->addWidget(list_);
    auto* row = new QHBoxLayout;
    desktop_ = new QCheckBox(tr("Desktop notifications"), panel);
    desktop_->setObjectName(QStringLiteral("alerts_desktop"));
    desktop_->setToolTip(tr("Tell the desktop, too, when an alert is raised and when it is over"));
    desktop_->setChecked(alerts_.desktopOn());
    desktop_->setAccessibleName(desktop_->text());
    auto* clear = new QPushButton(tr("Clear list"), panel);
    clear->setAccessibleName(clear->text());
    clear->setObjectName(QStringLiteral("alerts_clear"));
    clear->setToolTip(
        tr("Forget what is listed; what is still raised is listed again when it is raised anew"));
    auto* rules = new QPushButton(tr("Rules"), panel);
    rules->setAccessibleName(tr("Alert rules"));
    rules->setObjectName(QStringLiteral("alerts_rules"));
    rules->setToolTip(tr("Shows what raises alerts, on the Chains page"));
    row->addWidget(desktop_);
    row->addStretch(1);
    row->addWidget(rules);
    row->addWidget(clear);
    column->addLayout(row);
    auto* action = new QWidgetAction(menu);
    action->setDefaultWidget(panel);
    menu->addAction(action);
    setMenu(menu);

    connect(menu, &QMenu::aboutToShow, this, &AlertButton::fit);
    connect(rules, &QPushButton::clicked, this, [this, menu] {
        menu->close();
        Q_EMIT rulesRequested();
    });
    connect(clear, &QPushButton::clicked, this, [this, menu] {
        menu->close();
        alerts_.clear();
    });
    connect(desktop_, &QCheckBox::toggled, this, [this](bool on) {
        alerts_.setDesktopOn(on);
        Q_EMIT desktopToggled(on);
    });
    connect(&alerts_, &AlertCenter::changed, this, &AlertButton::refresh);
    refresh();
}

void AlertButton::setDesktopOn(bool on) {
    desktop_->setChecked(on);
}

void AlertButton::refresh() {
    const int raised = alerts_.raised();
    const QString text = raised == 0   ? tr("Alerts over")
                         : raised == 1 ? tr("1 alert")
                                       : tr("%1 alerts").arg(raised);
    setText(text);
    setAccessibleName(text);
    if (property("strip").toBool() != (raised > 0)) {
        setProperty("strip", raised > 0);
        style()->unpolish(this);
        style()->polish(this);
    }
    const QIcon wrong = ui::icon(QStringLiteral("warning"), colors().bad),
                fine = ui::icon(QStringLiteral("check"), colors().good);
    setIcon(raised > 0 ? wrong : fine);
    list_->clear();
    for (const AlertCenter::Row& row : alerts_.rows())
        list_->addItem(new QListWidgetItem(row.over ? fine : wrong, row.text));
    fit();
    setVisible(!alerts_.rows().empty());
}

// As high as its lines are, up to a border.
void AlertButton::fit() {
    int height = 2 * list_->frameWidth() + gridUnit;
    for (int i = 0; i < list_->count() && height < mostHeight; ++i)
        height += list_->sizeHintForRow(i);
    list_->setFixedHeight(std::min(height, mostHeight));
}

} // namespace brownout::ui
