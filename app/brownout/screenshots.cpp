#include "app/brownout/screenshots.h"

#include "ui/pages/forecast/forecast_page.h"
#include "ui/pages/live/live_page.h"
#include "ui/pages/playground/chat_tab.h"
#include "ui/pages/playground/playground_page.h"

#include <QDir>
#include <QEventLoop>
#include <QTimer>

#include <algorithm>

namespace brownout::app {

namespace {

void wait(double seconds) {
    QEventLoop loop;
    QTimer::singleShot(static_cast<int>(seconds * 1e3), &loop, &QEventLoop::quit);
    loop.exec();
}

} // namespace

QString take_screenshots(ui::Session& session, ui::MainWindow& window,
                         const ScreenshotOptions& options) {
    QDir directory(options.directory);
    if (!directory.mkpath(QStringLiteral(".")))
        return QStringLiteral("%1: cannot make this directory. Name one that you may write to")
            .arg(options.directory);

    window.resize(options.size);
    window.show();
    // A stretch of time that the run fills.
    window.livePage()->setRangeSeconds(options.after_s <= 150 ? 60 : 600);
    const double half = std::max(1.0, options.after_s / 2);
    // A conversation: Aster answers, breaks, and Birch steps in for it.
    const double talk = std::min(3.0, half / 2);
    wait(half - talk);
    window.playgroundPage()->sendPrompt(
        QStringLiteral("Explain in three sentences why a circuit breaker helps an app whose "
                       "provider is down."));
    wait(talk);
    for (int i = 0; i < 100 && window.playgroundPage()->chat()->running(); ++i)
        wait(0.1);
    const auto& document = session.editor().document();
    const auto* chain = document.chain(session.chainId().toStdString());
    if (chain && !chain->targets.empty())
        session.breakProvider(QString::fromStdString(chain->targets.front().provider), {});
    window.playgroundPage()->sendPrompt(
        QStringLiteral("And when should it close again? Answer for a pager at night."));
    wait(half);

    // Years are simulated once the demo has had its time, so that neither slows the other.
    window.showPlace(ui::MainWindow::forecastPlace);
    window.forecastPage()->simulate();
    constexpr double patience_s = 180; // then the picture is of the years so far
    const auto busy = [&] {
        return window.forecastPage()->run().running() || window.forecastPage()->rare().running();
    };
    for (double s = 0; s < patience_s && busy(); s += 0.1)
        wait(0.1);

    const std::pair<ui::MainWindow::Place, const char*> pictures[] = {
        {ui::MainWindow::livePlace, "live.png"},
        {ui::MainWindow::chainsPlace, "chains.png"},
        {ui::MainWindow::playgroundPlace, "playground.png"},
        {ui::MainWindow::outagesPlace, "outages.png"},
        {ui::MainWindow::forecastPlace, "forecast.png"},
        {ui::MainWindow::exportPlace, "export.png"},
    };
    for (const auto& [place, name] : pictures) {
        window.showPlace(place);
        wait(0.4); // layout, and a snapshot for the page
        const QString path = directory.filePath(QLatin1String(name));
        if (!window.grab().save(path))
            return QStringLiteral("%1: cannot write this picture. Is the disk full?").arg(path);
    }
    return {};
}

} // namespace brownout::app
