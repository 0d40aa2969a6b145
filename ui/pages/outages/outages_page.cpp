#include "ui/pages/outages/outages_page.h"

#include "ui/models/scenario_text.h"
#include "ui/pages/outages/fault_palette.h"
#include "ui/pages/outages/hand_panel.h"
#include "ui/pages/outages/library_panel.h"
#include "ui/pages/outages/scenario_page.h"
#include "ui/shell/theme.h"
#include "ui/widgets/timeline_view.h"

#include <QBoxLayout>
#include <QDateTime>
#include <QLabel>
#include <QPushButton>
#include <QStackedWidget>
#include <QStyle>
#include <QTabBar>

#include <cmath>

namespace brownout::ui {
namespace {

constexpr int paletteWidth = 31 * gridUnit;

}

OutagesPage::OutagesPage(Session& session, QWidget* parent) : QWidget(parent), session_(session) {
    setObjectName(QStringLiteral("outages_page"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(2 * gridUnit, gridUnit, 2 * gridUnit, 2 * gridUnit);
    column->setSpacing(gridUnit);
    auto* head = new QHBoxLayout;
    tabs_ = new QTabBar(this);
    tabs_->setObjectName(QStringLiteral("outages_tabs"));
    tabs_->setAccessibleName(tr("Outages"));
    tabs_->setDrawBase(false);
    tabs_->setExpanding(false);
    for (const QString& name : {tr("Scenario"), tr("Library"), tr("Break by hand")})
        tabs_->addTab(name);
    record_ = new QPushButton(this);
    record_->setObjectName(QStringLiteral("record_scenario"));
    record_->setToolTip(tr("Writes down what is broken and restored, here and on the Live page, "
                           "as a scenario that plays it again"));
    connect(record_, &QPushButton::clicked, this, &OutagesPage::toggleRecording);
    head->addWidget(tabs_);
    head->addStretch(1);
    head->addWidget(record_);
    column->addLayout(head);

    auto* row = new QHBoxLayout;
    row->setSpacing(12);
    paletteFrame_ = makePalette();
    row->addWidget(paletteFrame_);
    stack_ = new QStackedWidget(this);
    scenarios_ = new ScenarioPage(session_, stack_);
    scenarios_->setObjectName(QStringLiteral("scenario_page"));
    library_ = new LibraryPanel(session_, stack_);
    library_->setObjectName(QStringLiteral("library_panel"));
    hand_ = new HandPanel(session_, stack_);
    hand_->setObjectName(QStringLiteral("hand_panel"));
    for (QWidget* page : std::initializer_list<QWidget*>{scenarios_, library_, hand_})
        stack_->addWidget(page); // in the order of Tab
    row->addWidget(stack_, 1);
    column->addLayout(row, 1);

    connect(tabs_, &QTabBar::currentChanged, this, [this](int i) { showTab(static_cast<Tab>(i)); });
    connect(scenarios_, &ScenarioPage::evidenceRequested, this, &OutagesPage::evidenceRequested);
    connect(library_, &LibraryPanel::loadRequested, this,
            [this](const chain::Json& json, const QString& name, bool play) {
                if (scenarios_->run().busy()) {
                    Q_EMIT session_.notice(tr("A scenario is playing. Stop it first."), true);
                    return;
                }
                showTab(scenarioTab);
                scenarios_->openUnsaved(json, name);
                if (play)
                    scenarios_->play();
            });
    connect(palette_, &FaultPalette::chosen, hand_, &HandPanel::setKind);
    connect(palette_, &FaultPalette::activated, this, [this](faults::Kind kind) {
        if (stack_->currentIndex() == scenarioTab)
            scenarios_->timeline().addAtCursor(kind);
    });
    connect(&session_, &Session::snapshotChanged, this, &OutagesPage::onSnapshot);
    showTab(scenarioTab);
    onSnapshot();
}

QFrame* OutagesPage::makePalette() {
    auto* panel = new QFrame(this);
    panel->setProperty("panel", true);
    panel->setFixedWidth(paletteWidth);
    auto* column = new QVBoxLayout(panel);
    column->setContentsMargins(12, 10, 12, 10);
    column->setSpacing(gridUnit);
    auto* title = new QLabel(tr("Ways to fail"), panel);
    title->setProperty("title", true);
    column->addWidget(title);
    palette_ = new FaultPalette(panel);
    column->addWidget(palette_, 1);
    paletteHint_ = new QLabel(panel);
    paletteHint_->setProperty("muted", true);
    paletteHint_->setWordWrap(true);
    column->addWidget(paletteHint_);
    return panel;
}

void OutagesPage::showTab(Tab tab) {
    if (tabs_->currentIndex() != tab)
        return tabs_->setCurrentIndex(tab); // comes back here
    session_.scenario().settle();
    stack_->setCurrentIndex(tab);
    paletteFrame_->setVisible(tab != libraryTab);
    palette_->setDragEnabled(tab == scenarioTab);
    paletteHint_->setText(tab == scenarioTab
                              ? tr("Drag into a lane, or Enter: at the mark of the timeline.")
                              : tr("Choose one, then break a provider with it."));
}

void OutagesPage::toggleRecording() {
    if (!recorder_.running()) {
        recorder_.start(*session_.snapshot());
        onSnapshot();
        return;
    }
    if (scenarios_->run().busy()) {
        Q_EMIT session_.notice(tr("A scenario is playing: the recording goes on. End it when the "
                                  "run is over."),
                               false);
        return;
    }
    recorder_.update(*session_.snapshot());
    const QString when =
        QDateTime::currentDateTime().toString(QStringLiteral("yyyy-MM-dd HH:mm:ss"));
    const QString name = tr("recorded %1").arg(when);
    const int faults = recorder_.faults();
    const chain::Json json = recorder_.stop(name.toStdString());
    scenarios_->openUnsaved(json, name);
    showTab(scenarioTab);
    onSnapshot();
    Q_EMIT session_.notice(
        faults == 0
            ? tr("Recorded, but nothing was broken meanwhile.")
            : tr("Recorded %n fault(s). Save the scenario to keep it.", nullptr, faults)
                  .replace(QStringLiteral("(s)"), faults == 1 ? QString() : QStringLiteral("s")),
        false);
}

void OutagesPage::onSnapshot() {
    recorder_.update(*session_.snapshot());
    const bool running = recorder_.running();
    const QString text = running ? tr("Stop recording: %1, %2 faults")
                                       .arg(clockText(std::floor(recorder_.elapsed_s())))
                                       .arg(recorder_.faults())
                                 : tr("Record");
    if (record_->text() == text)
        return;
    record_->setText(text);
    record_->setAccessibleName(text);
    if (record_->property("danger").toBool() != running) {
        record_->setProperty("danger", running);
        record_->style()->unpolish(record_);
        record_->style()->polish(record_);
    }
}

} // namespace brownout::ui
