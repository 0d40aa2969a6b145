// The one window: a rail with the places, the bars, the pages, and the commands. Thread: the
// window's.
#pragma once

#include "ui/shell/command_palette.h"
#include "ui/shell/notice_list.h"
#include "ui/shell/session.h"
#include "ui/shell/theme.h"

#include <QMainWindow>

class QAction;
class QActionGroup;
class QButtonGroup;
class QStackedWidget;
class QUndoGroup;

namespace brownout::ui {

class ForecastPage;
class LivePage;
class MessageBar;
class OutagesPage;
class PlaygroundPage;

class MainWindow : public QMainWindow {
    Q_OBJECT
  public:
    struct Options {
        ThemeMode theme = ThemeMode::system;
        bool remember = true;       // window size, theme and last file, for the next start
        bool notifyDesktop = false; // of alerts
    };
    MainWindow(Session& session, Options options, QWidget* parent = nullptr);
    ~MainWindow() override;

    enum Place {
        livePlace,
        chainsPlace,
        playgroundPlace,
        outagesPlace,
        forecastPlace,
        exportPlace,
        places
    };
    void showPlace(Place place);
    LivePage* livePage() const { return live_; }
    PlaygroundPage* playgroundPage() const { return playground_; }
    OutagesPage* outagesPage() const { return outages_; }
    ForecastPage* forecastPage() const { return forecast_; }

    // Opens a chain file, or the demo. Steady traffic starts by itself on simulated chains only.
    // False: `error` says why; what was open stays.
    bool openFile(const QString& path, QString* error);
    // `fresh`: as it is built in; what an earlier demo left unsaved is thrown away.
    void openDemo(bool fresh = false);
    void setTheme(ThemeMode mode);

    static QString lastFile(); // empty: none remembered

  protected:
    void closeEvent(QCloseEvent* event) override;

  private:
    QWidget* buildRail();
    void buildPages();
    void buildActions();
    void buildThemeActions();
    QAction* action(const QString& text, const char* name, const QKeySequence& shortcut,
                    std::function<void()> run);
    std::vector<PaletteCommand> commands();
    void chooseAndOpen();
    void save();
    void saveAs();
    void opened(bool recovered);
    void notice(const QString& text, bool problem);
    void showNotices();
    void onSnapshot();
    void onSaveState();

    Session& session_;
    Options options_;
    QButtonGroup* rail_ = nullptr;
    QActionGroup* themes_ = nullptr; // the one in force has the tick
    QStackedWidget* stack_ = nullptr;
    MessageBar* notice_ = nullptr;
    LivePage* live_ = nullptr;
    PlaygroundPage* playground_ = nullptr;
    OutagesPage* outages_ = nullptr;
    ForecastPage* forecast_ = nullptr;
    QUndoGroup* undo_ = nullptr;
    CommandPalette* palette_ = nullptr;
    std::vector<QAction*> actions_; // in the menu and in the palette
    NoticeList notices_;
    quint64 workerNotice_ = 0; // the newest that was taken over
};

} // namespace brownout::ui
