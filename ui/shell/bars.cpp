#include "ui/shell/bars.h"

#include "ui/models/format.h"
#include "ui/models/traffic_cost.h"
#include "ui/shell/alert_button.h"
#include "ui/shell/desktop_notifier.h"
#include "ui/shell/endpoint_switch.h"
#include "ui/shell/theme.h"
#include "ui/widgets/state_badge.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSettings>
#include <QSignalBlocker>
#include <QToolButton>

namespace brownout::ui {

namespace {

void setText(QLabel* label, const QString& text) {
    if (label->text() != text)
        label->setText(text);
}

} // namespace

TopBar::TopBar(Session& session, QWidget* parent) : QFrame(parent), session_(session) {
    setObjectName(QStringLiteral("top_bar"));
    // A crowded page may not squeeze it: it stays where it is from page to page.
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(16, 8, 16, 8);
    row->setSpacing(12);
    auto* mark = new QLabel(this);
    mark->setPixmap(
        QIcon(QStringLiteral(":/icons/app.svg")).pixmap(QSize(24, 24), devicePixelRatio()));
    mark->setAccessibleName(tr("Brownout"));
    auto* brand = new QLabel(QStringLiteral("Brownout"), this);
    brand->setObjectName(QStringLiteral("brand"));
    chain_ = new QComboBox(this);
    chain_->setObjectName(QStringLiteral("chain"));
    chain_->setAccessibleName(tr("Chain"));
    chain_->setToolTip(tr("The chain that is shown and exercised"));
    chain_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    chain_->setMinimumContentsLength(12);
    mode_ = new StateBadge(this);
    mode_->setObjectName(QStringLiteral("mode"));
    strip_ = new QPushButton(this);
    strip_->setObjectName(QStringLiteral("revert_all_strip"));
    strip_->setAccessibleName(tr("Revert all"));
    strip_->setProperty("strip", true);
    strip_->setIcon(icon(QStringLiteral("outages"), colors().bad));
    strip_->setToolTip(tr("End every outage, scheduled ones included"));
    strip_->hide();
    search_ = new QPushButton(tr("Search or command   Ctrl+K"), this);
    search_->setObjectName(QStringLiteral("open_palette"));
    search_->setAccessibleName(tr("Search or command"));
    search_->setIcon(icon(QStringLiteral("search")));
    menu_ = new QToolButton(this);
    menu_->setObjectName(QStringLiteral("main_menu"));
    menu_->setAccessibleName(tr("Menu"));
    menu_->setToolTip(tr("Menu"));
    menu_->setIcon(icon(QStringLiteral("menu")));
    menu_->setPopupMode(QToolButton::InstantPopup);
    menu_->setFocusPolicy(Qt::StrongFocus);
    menu_->setProperty("bareMenu", true);
    row->addWidget(mark);
    row->addWidget(brand);
    row->addSpacing(20);
    row->addWidget(chain_);
    row->addWidget(mode_);
    row->addWidget(new EndpointSwitch(session_, this));
    row->addStretch(1);
    alerts_ = new AlertCenter(session_, this);
    alertButton_ = new AlertButton(*alerts_, this);
    connect(alertButton_, &AlertButton::rulesRequested, this, &TopBar::alertRulesRequested);
    row->addWidget(alertButton_);
    row->addWidget(strip_);
    row->addWidget(search_);
    row->addWidget(menu_);

    connect(chain_, &QComboBox::activated, this,
            [this](int i) { session_.setChainId(chain_->itemData(i).toString()); });
    connect(strip_, &QPushButton::clicked, &session_, &Session::revertAll);
    connect(search_, &QPushButton::clicked, this, &TopBar::paletteRequested);
    connect(&session_.editor(), &DocumentEditor::changed, this, &TopBar::onDocument);
    connect(&session_, &Session::chainChanged, this, &TopBar::onDocument);
    connect(&session_, &Session::snapshotChanged, this, &TopBar::onSnapshot);
    onDocument();
}

void TopBar::notifyDesktop(bool remember) {
    auto* desktop = new DesktopNotifier(this);
    alerts_->setNotify([desktop](const QString& title, const QString& text, bool urgent) {
        desktop->show(title, text, urgent);
    });
    if (!remember)
        return;
    const QString setting = QStringLiteral("alerts/desktop");
    alertButton_->setDesktopOn(QSettings().value(setting, true).toBool());
    connect(alertButton_, &AlertButton::desktopToggled, this,
            [setting](bool on) { QSettings().setValue(setting, on); });
}

void TopBar::onDocument() {
    const auto& document = session_.editor().document();
    const QSignalBlocker quiet(chain_);
    QStringList ids;
    for (const auto& c : document.chains)
        ids << QString::fromStdString(c.id);
    QStringList shown;
    for (int i = 0; i < chain_->count(); ++i)
        shown << chain_->itemData(i).toString();
    const QString name = QString::fromStdString(document.name);
    const auto label = [&](const QString& id) {
        return name.isEmpty() ? id : QStringLiteral("%1 / %2").arg(name, id);
    };
    if (shown != ids || (!ids.isEmpty() && chain_->itemText(0) != label(ids[0]))) {
        chain_->clear();
        for (const QString& id : ids)
            chain_->addItem(label(id), id);
    }
    chain_->setCurrentIndex(static_cast<int>(ids.indexOf(session_.chainId())));
    if (ids.isEmpty())
        return;
    const bool simulated = chainIsSimulated(document, session_.chainId());
    mode_->setState(simulated ? tr("Simulated") : tr("Live"),
                    simulated ? Tone::accent : Tone::warn);
    mode_->setToolTip(simulated
                          ? tr("Every provider of this chain is simulated: nothing leaves this "
                               "computer and nothing is charged.")
                          : tr("This chain reaches real providers: requests leave this computer "
                               "and are charged."));
}

void TopBar::onSnapshot() {
    const auto count = session_.snapshot()->active_faults.size();
    if (count > 0) {
        const QString text = tr("Outages active: %1 - Revert all").arg(count);
        if (strip_->text() != text) {
            strip_->setText(text);
            strip_->setAccessibleName(text);
        }
    }
    if (strip_->isHidden() == (count > 0))
        strip_->setVisible(count > 0);
}

BottomBar::BottomBar(Session& session, QWidget* parent) : QFrame(parent), session_(session) {
    setObjectName(QStringLiteral("bottom_bar"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(16, 4, 16, 4);
    row->setSpacing(24);
    rate_ = field(row, "bottom_rate");
    availability_ = field(row, "bottom_availability");
    spend_ = field(row, "bottom_spend");
    running_ = field(row, "bottom_running");
    row->addStretch(1);
    saved_ = field(row, "bottom_saved");
    connect(&session_, &Session::snapshotChanged, this, &BottomBar::onSnapshot);
    connect(&session_.editor(), &DocumentEditor::changed, this, &BottomBar::onSaveState);
    connect(&session_.editor(), &DocumentEditor::saveStateChanged, this, &BottomBar::onSaveState);
    onSnapshot();
    onSaveState();
}

QLabel* BottomBar::field(QHBoxLayout* row, const char* name) {
    auto* label = new QLabel(this);
    label->setObjectName(QLatin1String(name));
    row->addWidget(label);
    return label;
}

void BottomBar::onSnapshot() {
    const auto& t = session_.snapshot()->totals;
    setText(rate_, tr("%1 requests/s").arg(t.requests_per_s, 0, 'f', 1));
    const auto counted = t.succeeded + t.failed;
    setText(availability_, counted == 0 ? tr("availability: no requests yet")
                                        : tr("availability %1 (n %2)")
                                              .arg(formatAvailability(t.succeeded, t.failed),
                                                   formatCount(counted)));
    setText(spend_, tr("spend %1 USD, of it wasted %2")
                        .arg(formatUsd(t.spend.usd()), formatUsd(t.wasted.usd())));
    setText(running_, tr("%1 running").arg(t.running));
}

void BottomBar::onSaveState() {
    auto& editor = session_.editor();
    const QString name = editor.displayName();
    QString text;
    if (!editor.isValid())
        text = tr("%1 - has errors: the last valid version is running").arg(name);
    else if (editor.isModified())
        text = tr("%1 - edits not saved to the file yet (kept if the app ends)").arg(name);
    else if (editor.path().isEmpty())
        text = tr("%1 - not saved as a file").arg(name);
    else
        text = tr("%1 - all changes saved").arg(name);
    setText(saved_, text);
}

} // namespace brownout::ui
