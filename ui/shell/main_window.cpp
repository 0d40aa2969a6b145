#include "ui/shell/main_window.h"

#include "chain/presets.h"
#include "ui/models/traffic_cost.h"
#include "ui/pages/chains/chains_page.h"
#include "ui/pages/export/export_page.h"
#include "ui/pages/forecast/forecast_page.h"
#include "ui/pages/live/live_page.h"
#include "ui/pages/outages/outages_page.h"
#include "ui/pages/outages/scenario_page.h"
#include "ui/pages/playground/playground_page.h"
#include "ui/shell/bars.h"
#include "ui/widgets/message_bar.h"

#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QButtonGroup>
#include <QCloseEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>
#include <QSettings>
#include <QShortcut>
#include <QStackedWidget>
#include <QToolButton>
#include <QUndoGroup>
#include <QVBoxLayout>

namespace brownout::ui {

namespace {

constexpr double demoRequestsPerSecond = 5;

struct PlaceInfo {
    const char *label, *icon, *objectName, *key;
};
constexpr PlaceInfo placeInfo[] = {
    {"Live", "live", "rail_live", "Ctrl+1"},
    {"Chains", "chains", "rail_chains", "Ctrl+2"},
    {"Playground", "playground", "rail_playground", "Ctrl+3"},
    {"Outages", "outages", "rail_outages", "Ctrl+4"},
    {"Forecast", "forecast", "rail_forecast", "Ctrl+5"},
    {"Export", "export", "rail_export", "Ctrl+6"},
};

const char* settingOf(ThemeMode mode) {
    return mode == ThemeMode::light ? "light" : mode == ThemeMode::dark ? "dark" : "system";
}

} // namespace

MainWindow::MainWindow(Session& session, Options options, QWidget* parent)
    : QMainWindow(parent), session_(session), options_(options) {
    setObjectName(QStringLiteral("main_window"));
    setWindowIcon(QIcon(QStringLiteral(":/icons/app.svg")));
    auto* center = new QWidget(this);
    auto* column = new QVBoxLayout(center);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* top = new TopBar(session_, center);
    column->addWidget(top);
    auto* middle = new QHBoxLayout;
    middle->setSpacing(0);
    middle->addWidget(buildRail());
    auto* pages = new QVBoxLayout;
    pages->setSpacing(0);
    notice_ = new MessageBar(center);
    notice_->setObjectName(QStringLiteral("notice"));
    connect(notice_, &MessageBar::closed, this, [this] { notices_.clear(); });
    auto* around = new QVBoxLayout;
    around->setContentsMargins(16, 0, 16, 0);
    around->addWidget(notice_);
    pages->addLayout(around);
    stack_ = new QStackedWidget(center);
    pages->addWidget(stack_, 1);
    middle->addLayout(pages, 1);
    column->addLayout(middle, 1);
    column->addWidget(new BottomBar(session_, center));
    setCentralWidget(center);
    setMinimumSize(1200, 700); // below that controls would overlap

    buildPages();
    buildActions();
    if (options_.notifyDesktop)
        top->notifyDesktop(options_.remember);
    palette_ = new CommandPalette([this] { return commands(); }, this);
    auto* menu = new QMenu(top->menuButton());
    menu->setProperty("ticks", true);
    for (QAction* a : actions_) {
        if (a->objectName() == QLatin1String("undo") ||
            a->objectName() == QLatin1String("theme_light") ||
            a->objectName() == QLatin1String("quit"))
            menu->addSeparator();
        menu->addAction(a);
    }
    top->menuButton()->setMenu(menu);
    connect(top, &TopBar::paletteRequested, palette_, &CommandPalette::open);
    connect(top, &TopBar::alertRulesRequested, findChild<QAction*>(QStringLiteral("edit_alerts")),
            &QAction::trigger);
    connect(&session_, &Session::notice, this, &MainWindow::notice);
    connect(&session_, &Session::snapshotChanged, this, &MainWindow::onSnapshot);
    connect(&session_.editor(), &DocumentEditor::changed, this, &MainWindow::onSaveState);
    connect(&session_.editor(), &DocumentEditor::saveStateChanged, this, &MainWindow::onSaveState);
    if (options_.remember)
        restoreGeometry(QSettings().value(QStringLiteral("window/geometry")).toByteArray());
    showPlace(livePlace);
    onSaveState();
    center->setFocus(); // nothing is outlined until the keyboard is used
}

MainWindow::~MainWindow() = default;

QWidget* MainWindow::buildRail() {
    auto* rail = new QFrame(this);
    rail->setObjectName(QStringLiteral("rail"));
    auto* column = new QVBoxLayout(rail);
    column->setContentsMargins(0, 8, 0, 8);
    column->setSpacing(2);
    rail_ = new QButtonGroup(this);
    rail_->setExclusive(true);
    for (int i = 0; i < places; ++i) {
        const PlaceInfo& info = placeInfo[i];
        auto* button = new QToolButton(rail);
        button->setText(tr(info.label));
        button->setIcon(icon(QLatin1String(info.icon)));
        button->setIconSize({22, 22});
        button->setToolButtonStyle(Qt::ToolButtonTextUnderIcon);
        button->setCheckable(true);
        button->setFixedSize(84, 58);
        button->setFocusPolicy(Qt::TabFocus);
        button->setObjectName(QLatin1String(info.objectName));
        button->setAccessibleName(tr(info.label));
        button->setToolTip(QStringLiteral("%1  %2").arg(tr(info.label), QLatin1String(info.key)));
        rail_->addButton(button, i);
        column->addWidget(button);
        auto* shortcut = new QShortcut(QKeySequence(QLatin1String(info.key)), this);
        connect(shortcut, &QShortcut::activated, this, [this, i] { showPlace(Place(i)); });
    }
    column->addStretch(1);
    connect(rail_, &QButtonGroup::idClicked, this, [this](int id) { showPlace(Place(id)); });
    return rail;
}

void MainWindow::buildPages() {
    live_ = new LivePage(session_, stack_);
    auto* chains = new ChainsPage(session_, stack_);
    playground_ = new PlaygroundPage(session_, stack_);
    outages_ = new OutagesPage(session_, stack_);
    forecast_ = new ForecastPage(session_, stack_);
    for (QWidget* page : {static_cast<QWidget*>(live_), static_cast<QWidget*>(chains),
                          static_cast<QWidget*>(playground_), static_cast<QWidget*>(outages_),
                          static_cast<QWidget*>(forecast_),
                          static_cast<QWidget*>(new ExportPage(session_, stack_))})
        stack_->addWidget(page); // in the order of Place
    connect(live_, &LivePage::addKeyRequested, this, [this, chains] {
        showPlace(chainsPlace);
        chains->showKeys();
    });
    connect(playground_, &PlaygroundPage::chainsRequested, this,
            [this, chains](const QString& provider) {
                showPlace(chainsPlace);
                chains->showKeys(provider);
            });
    connect(outages_, &OutagesPage::evidenceRequested, this, [this] { showPlace(exportPlace); });
}

QAction* MainWindow::action(const QString& text, const char* name, const QKeySequence& shortcut,
                            std::function<void()> run) {
    auto* a = new QAction(text, this);
    a->setObjectName(QLatin1String(name));
    a->setShortcut(shortcut);
    connect(a, &QAction::triggered, this, [run = std::move(run)] { run(); });
    addAction(a);
    actions_.push_back(a);
    return a;
}

void MainWindow::buildActions() {
    action(tr("Open chain file..."), "open", QKeySequence::Open, [this] { chooseAndOpen(); });
    action(tr("Open the demo"), "open_demo", {}, [this] { openDemo(); });
    action(tr("Save"), "save", QKeySequence::Save, [this] { save(); });
    action(tr("Save as..."), "save_as", QKeySequence(QStringLiteral("Ctrl+Shift+S")),
           [this] { saveAs(); });
    undo_ = new QUndoGroup(this);
    undo_->addStack(&session_.editor().undoStack());
    undo_->addStack(&session_.scenario().undoStack());
    undo_->addStack(&session_.forecast().undoStack());
    undo_->setActiveStack(&session_.editor().undoStack());
    QAction* undoAction = undo_->createUndoAction(this, tr("Undo"));
    undoAction->setObjectName(QStringLiteral("undo"));
    undoAction->setShortcut(QKeySequence(QStringLiteral("Ctrl+Z")));
    QAction* redoAction = undo_->createRedoAction(this, tr("Redo"));
    redoAction->setObjectName(QStringLiteral("redo"));
    redoAction->setShortcuts(
        {QKeySequence(QStringLiteral("Ctrl+Shift+Z")), QKeySequence(QStringLiteral("Ctrl+Y"))});
    for (QAction* a : {undoAction, redoAction}) {
        addAction(a);
        actions_.push_back(a);
    }
    action(tr("Alert rules and webhooks"), "edit_alerts", {}, [this] {
        showPlace(chainsPlace);
        findChild<ChainsPage*>()->jumpTo("/alerts");
    });
    buildThemeActions();
    auto* palette = new QAction(this);
    palette->setShortcut(QKeySequence(QStringLiteral("Ctrl+K")));
    connect(palette, &QAction::triggered, this, [this] { palette_->open(); });
    addAction(palette);
    action(tr("Quit"), "quit", QKeySequence(QStringLiteral("Ctrl+Q")), [this] { close(); });
}

void MainWindow::buildThemeActions() {
    themes_ = new QActionGroup(this);
    const std::tuple<QString, const char*, ThemeMode> modes[] = {
        {tr("Light theme"), "theme_light", ThemeMode::light},
        {tr("Dark theme"), "theme_dark", ThemeMode::dark},
        {tr("Theme of the desktop"), "theme_system", ThemeMode::system}};
    for (const auto& [text, name, mode] : modes) {
        QAction* a = action(text, name, {}, [this, m = mode] { setTheme(m); });
        a->setCheckable(true);
        a->setData(static_cast<int>(mode));
        a->setChecked(mode == options_.theme);
        themes_->addAction(a);
    }
}

std::vector<PaletteCommand> MainWindow::commands() {
    std::vector<PaletteCommand> list;
    for (int i = 0; i < places; ++i)
        list.push_back({tr("Go to %1").arg(tr(placeInfo[i].label)), QLatin1String(placeInfo[i].key),
                        [this, i] { showPlace(Place(i)); }});
    const auto snapshot = session_.snapshot();
    const auto& document = session_.editor().document();
    if (const auto* shown = document.chain(session_.chainId().toStdString())) {
        QStringList seen;
        for (const auto& t : shown->targets) {
            const QString provider = QString::fromStdString(t.provider);
            if (seen.contains(provider))
                continue;
            seen << provider;
            bool broken = false;
            for (const auto& f : snapshot->active_faults)
                broken = broken || (f.manual && f.target == t.provider);
            const QString name = Session::displayName(provider);
            if (broken)
                list.push_back({tr("Restore %1").arg(name), {}, [this, provider] {
                                    session_.restoreProvider(provider);
                                }});
            else
                list.push_back({tr("Break %1").arg(name), {}, [this, provider] {
                                    session_.breakProvider(provider, {});
                                }});
        }
    }
    if (!snapshot->active_faults.empty())
        list.push_back({tr("Revert all outages"), {}, [this] { session_.revertAll(); }});
    if (session_.scenario().bound() && !outages_->scenarios().run().busy())
        list.push_back({tr("Play the scenario %1").arg(session_.scenario().title()), {}, [this] {
                            showPlace(outagesPlace);
                            outages_->scenarios().play();
                        }});
    list.push_back({tr("Run a batch from a file"), {}, [this] {
                        showPlace(playgroundPlace);
                        playground_->showTab(PlaygroundPage::batchTab);
                    }});
    list.push_back({tr("Simulate years of this chain"), {}, [this] {
                        showPlace(forecastPlace);
                        forecast_->simulate();
                    }});
    list.push_back({outages_->recording() ? tr("Stop recording") : tr("Record a scenario"),
                    {},
                    [this] { outages_->toggleRecording(); }});
    for (const auto& c : document.chains)
        list.push_back({tr("Show chain %1").arg(QString::fromStdString(c.id)),
                        {},
                        [this, id = QString::fromStdString(c.id)] { session_.setChainId(id); }});
    if (snapshot->traffic.running)
        list.push_back({tr("Switch traffic off"), {}, [this] { session_.setTraffic(0); }});
    else if (chainIsSimulated(document, session_.chainId()))
        list.push_back({tr("Switch traffic on, 5 requests/s"), {}, [this] {
                            session_.setTraffic(demoRequestsPerSecond);
                        }});
    const std::pair<QString, int> ranges[] = {
        {tr("the last minute"), 60}, {tr("the last 10 minutes"), 600}, {tr("the last hour"), 3600}};
    for (const auto& [name, seconds] : ranges)
        list.push_back({tr("Show %1").arg(name), {}, [this, s = seconds] {
                            showPlace(livePlace);
                            live_->setRangeSeconds(s);
                        }});
    list.push_back(
        {tr("Reset counters and charts"), {}, [this] { session_.post(live::ResetCounters{}); }});
    for (QAction* a : actions_)
        if (a->isEnabled())
            list.push_back({a->text(), a->shortcut().toString(QKeySequence::NativeText),
                            [a] { a->trigger(); }});
    return list;
}

void MainWindow::showPlace(Place place) {
    rail_->button(place)->setChecked(true);
    stack_->setCurrentIndex(place);
    if (undo_) // what is edited there
        undo_->setActiveStack(place == outagesPlace    ? &session_.scenario().undoStack()
                              : place == forecastPlace ? &session_.forecast().undoStack()
                                                       : &session_.editor().undoStack());
}

bool MainWindow::openFile(const QString& path, QString* error) {
    bool recovered = false;
    session_.editor().settle(); // of the old one, for its recovery file
    if (!session_.editor().open(path, error, &recovered))
        return false;
    if (options_.remember)
        QSettings().setValue(QStringLiteral("last_file"), QFileInfo(path).absoluteFilePath());
    opened(recovered);
    return true;
}

void MainWindow::openDemo(bool fresh) {
    const auto json = chain::parse_json(chain::demo_chain_text(), "demo.chain.json");
    if (!json) { // built in: cannot be wrong in a build whose tests passed
        notice(QString::fromStdString(json.error().text()), true);
        return;
    }
    bool recovered = false;
    session_.editor().settle();
    if (fresh)
        session_.editor().openFresh(*json, tr("Demo"));
    else
        session_.editor().openUnsaved(*json, tr("Demo"), &recovered);
    if (options_.remember)
        QSettings().remove(QStringLiteral("last_file"));
    opened(recovered);
}

void MainWindow::opened(bool recovered) {
    notices_.clear();
    notice_->clear();
    const bool simulated = chainIsSimulated(session_.editor().document(), session_.chainId());
    session_.setTraffic(simulated ? demoRequestsPerSecond : 0);
    if (recovered)
        notice(tr("Edits that were not saved are back. Undo (Ctrl+Z) takes them away."), false);
}

QString MainWindow::lastFile() {
    return QSettings().value(QStringLiteral("last_file")).toString();
}

void MainWindow::chooseAndOpen() {
    const QString path = QFileDialog::getOpenFileName(
        this, tr("Open chain file"), QFileInfo(session_.editor().path()).path(),
        tr("Chains (*.chain.json *.json);;All files (*)"));
    QString error;
    if (!path.isEmpty() && !openFile(path, &error))
        notice(error, true);
}

void MainWindow::save() {
    if (stack_->currentIndex() == outagesPlace)
        return outages_->scenarios().save();
    if (session_.editor().path().isEmpty()) {
        saveAs();
        return;
    }
    QString error;
    if (!session_.editor().save(&error))
        notice(error, true);
}

void MainWindow::saveAs() {
    if (stack_->currentIndex() == outagesPlace)
        return outages_->scenarios().saveAs();
    session_.editor().settle();
    QString name = session_.editor().path();
    if (name.isEmpty())
        name = QString::fromStdString(session_.editor().document().name) +
               QStringLiteral(".chain.json");
    const QString path = QFileDialog::getSaveFileName(this, tr("Save chain file"), name,
                                                      tr("Chains (*.chain.json)"));
    if (path.isEmpty())
        return;
    QString error;
    if (!session_.editor().saveAs(path, &error)) {
        notice(error, true);
        return;
    }
    if (options_.remember)
        QSettings().setValue(QStringLiteral("last_file"), QFileInfo(path).absoluteFilePath());
}

void MainWindow::setTheme(ThemeMode mode) {
    applyTheme(*qApp, mode);
    options_.theme = mode;
    for (QAction* a : themes_->actions())
        a->setChecked(a->data().toInt() == static_cast<int>(mode));
    if (options_.remember)
        QSettings().setValue(QStringLiteral("theme"), QLatin1String(settingOf(mode)));
}

void MainWindow::notice(const QString& text, bool problem) {
    notices_.add(text, problem ? Tone::bad : Tone::accent);
    showNotices();
}

void MainWindow::showNotices() {
    notice_->show(notices_.html(), notices_.tone(), {}, true);
}

void MainWindow::onSnapshot() {
    const quint64 before = workerNotice_;
    for (const live::Notice& said : session_.snapshot()->notices) {
        if (said.id > before)
            notices_.add(QString::fromStdString(said.text), Tone::warn);
        workerNotice_ = std::max<quint64>(workerNotice_, said.id);
    }
    if (workerNotice_ != before && !notices_.empty())
        showNotices();
}

void MainWindow::onSaveState() {
    const auto& editor = session_.editor();
    setWindowTitle(QStringLiteral("%1[*] - Brownout").arg(editor.displayName()));
    setWindowModified(editor.isModified());
}

void MainWindow::closeEvent(QCloseEvent* event) {
    // Nothing to ask: edits that are not in the file yet are in the recovery file.
    session_.editor().settle();
    session_.scenario().settle();
    session_.forecast().settle();
    if (options_.remember)
        QSettings().setValue(QStringLiteral("window/geometry"), saveGeometry());
    event->accept();
}

} // namespace brownout::ui
