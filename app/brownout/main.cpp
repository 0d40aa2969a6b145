// The desktop app: options, keys, session, window. Wiring only.
#include "app/brownout/screenshots.h"
#include "app/common/keychain_store.h"
#include "app/common/process.h"
#include "app/common/user_files.h"
#include "chain/kept_keychain.h"

#include <CLI/CLI.hpp>
#include <QApplication>
#include <QDir>
#include <QFileInfo>
#include <QScreen>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTimer>

#include <cstdio>
#include <optional>

namespace {

using namespace brownout;

struct Options {
    std::string file, theme, screenshots, size = "1600x1000";
    bool demo = false;
    double after_s = 24;
};

std::optional<QSize> read_size(const std::string& text) {
    const QStringList parts = QString::fromStdString(text).split(QLatin1Char('x'));
    const QSize size = parts.size() == 2 ? QSize(parts[0].toInt(), parts[1].toInt()) : QSize(0, 0);
    if (size.width() < 640 || size.height() < 480 || size.width() > 8192 || size.height() > 8192)
        return std::nullopt;
    return size;
}

// Returns the exit code when there is nothing left to do.
std::optional<int> read_options(int argc, char** argv, Options& o) {
    CLI::App cli{"Brownout: break your AI providers on purpose, and watch what your users would "
                 "have felt."};
    cli.add_option("FILE", o.file,
                   "a chain to open (*.chain.json); without one, the last or the demo");
    cli.add_flag("--demo", o.demo, "open the demo chain as it is built in");
    cli.add_option("--theme", o.theme, "light, dark or system")
        ->check(CLI::IsMember({"light", "dark", "system"}));
    cli.add_option("--screenshot", o.screenshots,
                   "run the demo, write pictures to this directory, exit");
    cli.add_option("--size", o.size, "of the pictures, WIDTHxHEIGHT");
    cli.add_option("--after", o.after_s, "seconds that the demo runs before the pictures")
        ->check(CLI::Range(2.0, 3600.0));
    try {
        cli.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        const int code = cli.exit(e);
        return code == 0 ? 0 : 2;
    }
    if (!read_size(o.size)) {
        std::fprintf(stderr,
                     "brownout: --size: \"%s\" is no size. Use WIDTHxHEIGHT, from 640x480 "
                     "to 8192x8192\n",
                     o.size.c_str());
        return 2;
    }
    return std::nullopt;
}

ui::ThemeMode theme_of(const Options& o) {
    const QString name =
        !o.theme.empty() ? QString::fromStdString(o.theme)
        : o.screenshots.empty()
            ? QSettings().value(QStringLiteral("theme"), QStringLiteral("system")).toString()
            : QStringLiteral("dark");
    return name == QLatin1String("light")  ? ui::ThemeMode::light
           : name == QLatin1String("dark") ? ui::ThemeMode::dark
                                           : ui::ThemeMode::system;
}

// False: `error` says why.
bool open_first(ui::MainWindow& window, const Options& o, QString* error) {
    if (!o.file.empty())
        return window.openFile(QString::fromStdString(o.file), error);
    const QString last = ui::MainWindow::lastFile();
    if (o.demo || !o.screenshots.empty() || last.isEmpty() || !QFileInfo::exists(last) ||
        !window.openFile(last, error))
        window.openDemo(o.demo);
    return true;
}

int run(QApplication& app, const Options& o) {
    const bool pictures = !o.screenshots.empty();
    ui::applyTheme(app, theme_of(o));
    QTemporaryDir scratch;
    const QString recovery =
        pictures ? scratch.path()
                 : QDir(QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation))
                       .filePath(QStringLiteral("recovery"));
    QDir().mkpath(recovery);
    // Pictures come from the demo, which needs no key.
    const auto keychain = pictures ? nullptr : app::open_keychain();
    std::optional<chain::KeptKeychain> kept; // edits must not wait for it
    if (keychain)
        kept.emplace(*keychain);
    chain::KeyStore keys(kept ? &*kept : nullptr);
    live::WorkerOptions worker;
    worker.allow_real_traffic = true; // the window asks before it sets any
    if (!pictures)
        worker.ledger_path = app::ledger_path();
    ui::Session session(keys, worker, recovery);
    if (!pictures)
        session.setReportsDir(
            QDir(QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation))
                .filePath(QStringLiteral("reports")));
    if (kept) {
        QObject::connect(&session.editor(), &ui::DocumentEditor::opening, &session,
                         [&kept] { kept->forget(); });
        // Who comes back from elsewhere may have unlocked it there.
        QObject::connect(&app, &QGuiApplication::applicationStateChanged, &session,
                         [&kept](Qt::ApplicationState state) {
                             if (state == Qt::ApplicationActive)
                                 kept->forget_refusals();
                         });
    }
    if (!pictures) // an imported table; one that cannot be read leaves the built-in one
        session.editor().setPrices(*chain::load_prices(app::prices_path()).value);
    ui::MainWindow window(session, {theme_of(o), !pictures, !pictures});
    QString error;
    if (!open_first(window, o, &error)) {
        std::fprintf(stderr, "brownout: %s\n", qPrintable(error));
        return 2;
    }
    if (pictures) {
        const QString wrong = app::take_screenshots(
            session, window,
            {QString::fromStdString(o.screenshots), *read_size(o.size), o.after_s});
        if (!wrong.isEmpty())
            std::fprintf(stderr, "brownout: %s\n", qPrintable(wrong));
        return wrong.isEmpty() ? 0 : 4;
    }
    if (!QSettings().contains(QStringLiteral("window/geometry")))
        window.resize(QSize(1440, 920).boundedTo(window.screen()->availableSize()));
    window.show();
    // A signal handler may only set a flag; the window looks at it.
    const auto& cancelled = app::cancel_on_signals();
    QTimer watch;
    QObject::connect(&watch, &QTimer::timeout, &window, [&] {
        if (cancelled)
            window.close();
    });
    watch.start(100);
    return QApplication::exec();
}

} // namespace

int main(int argc, char** argv) {
    brownout::app::forbid_core_dumps();
    Options options;
    if (const auto code = read_options(argc, argv, options))
        return *code;
    if (!options.screenshots.empty() && qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM") &&
        qEnvironmentVariableIsEmpty("DISPLAY") && qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication app(argc, argv);
    QApplication::setOrganizationName(QStringLiteral("brownout"));
    QApplication::setApplicationName(QStringLiteral("brownout"));
    QApplication::setApplicationDisplayName(QStringLiteral("Brownout"));
    QApplication::setApplicationVersion(QStringLiteral(BROWNOUT_VERSION));
    QApplication::setDesktopFileName(QStringLiteral("brownout"));
    return run(app, options);
}
