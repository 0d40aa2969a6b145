// What the window costs: start to first painted frame, resident memory, a replot of the Live charts
// with 8 providers and an hour of seconds, and the longest time in which the window did not answer
// while the worker carries 1,000 requests/s, and while years are simulated on every core. Prints
// medians. Needs no display (QT_QPA_PLATFORM=offscreen).
#include "ui/charts/timeline_chart.h"
#include "ui/pages/forecast/forecast_page.h"
#include "ui/pages/live/live_page.h"
#include "ui/shell/main_window.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QFile>
#include <QTemporaryDir>
#include <QTimer>

#include <algorithm>
#include <cstdio>
#include <random>

using namespace brownout;
using namespace brownout::ui;

namespace {

double median(std::vector<double> v) {
    std::sort(v.begin(), v.end());
    return v.empty() ? 0 : v[v.size() / 2];
}

double residentMb() {
    QFile file(QStringLiteral("/proc/self/statm"));
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    return file.readAll().split(' ').value(1).toDouble() * 4096 / 1e6;
}

void wait(int ms) {
    QEventLoop loop;
    QTimer::singleShot(ms, &loop, &QEventLoop::quit);
    loop.exec();
}

class FirstPaint : public QObject {
  public:
    bool painted = false;
    bool eventFilter(QObject* watched, QEvent* event) override {
        painted = painted || event->type() == QEvent::Paint;
        return QObject::eventFilter(watched, event);
    }
};

// Eight noisy targets, an hour of seconds each.
live::SnapshotPtr hourOfData(std::vector<ChartTarget>& targets,
                             std::vector<stats::Series>& series) {
    auto s = std::make_shared<live::Snapshot>();
    std::mt19937 rng(1);
    std::lognormal_distribution<double> ms(6.5, 0.5);
    std::uniform_real_distribution<double> share(0, 1);
    for (int t = 0; t < 8; ++t) {
        const std::string name = "p" + std::to_string(t) + "/m";
        targets.push_back({name, QStringLiteral("P%1").arg(t), t});
        series.emplace_back(3600);
        for (int second = 0; second < 3600; ++second) {
            for (int i = 0; i < 5; ++i)
                series.back().attempt(second, share(rng) < 0.03, true, ms(rng));
            series.back().spend(second, 0.001, 0.0001);
        }
        live::TargetView view;
        view.name = name;
        view.series = series.back().view();
        s->targets.push_back(std::move(view));
    }
    s->now = Instant{from_seconds(3600)};
    return s;
}

void benchReplot() {
    std::vector<ChartTarget> targets;
    std::vector<stats::Series> series;
    const auto base = hourOfData(targets, series);
    TimelineChart chart;
    chart.resize(1280, 480);
    chart.setTargets(targets);
    chart.setRangeSeconds(3600);
    chart.setSnapshot(base);
    chart.show();
    wait(200);
    std::vector<double> times;
    for (int i = 0; i < 60; ++i) {
        auto next = std::make_shared<live::Snapshot>(*base); // one second later
        for (std::size_t t = 0; t < series.size(); ++t) {
            series[t].attempt(3600 + i, false, true, 700);
            next->targets[t].series = series[t].view();
        }
        chart.setSnapshot(next);
        chart.advance(3600.0 + i);
        QElapsedTimer timer;
        timer.start();
        chart.replotNow();
        times.push_back(static_cast<double>(timer.nsecsElapsed()) / 1e6);
        QCoreApplication::processEvents();
    }
    std::printf("replot, 8 providers, 1 h at 1 s: median %.1f ms, longest %.1f ms\n", median(times),
                *std::max_element(times.begin(), times.end()));
}

chain::Json fastChain() {
    chain::Json providers = chain::Json::array(), targets = chain::Json::array();
    for (const char* id : {"aster", "birch", "cedar"}) {
        providers.push_back({{"id", id},
                             {"dialect", "openai"},
                             {"base_url", "lab:"},
                             {"key", "none"},
                             {"model",
                              {{"first_token_ms", 3},
                               {"token_ms", 0},
                               {"output_tokens", 3},
                               {"error_ratio", 0.02}}}});
        targets.push_back({{"provider", id}, {"model", "m"}});
    }
    return {{"format", "brownout.chain/1"},
            {"name", "bench"},
            {"providers", providers},
            {"chains", chain::Json::array({{{"id", "default"}, {"targets", targets}}})}};
}

// Milliseconds between two turns of the window's loop.
std::vector<double> turns(int ms) {
    QElapsedTimer since;
    std::vector<double> gaps;
    QTimer beat;
    beat.setTimerType(Qt::PreciseTimer);
    QObject::connect(&beat, &QTimer::timeout, &beat, [&] {
        if (since.isValid())
            gaps.push_back(static_cast<double>(since.nsecsElapsed()) / 1e6);
        since.restart();
    });
    beat.start(1);
    wait(ms);
    return gaps;
}

// Twenty years of four chains, each year's figures shown as they come; the demo goes on beside.
void benchForecast(Session& session, MainWindow& window) {
    window.openDemo();
    wait(2000);
    window.showPlace(MainWindow::forecastPlace);
    session.forecast().set(QStringLiteral("bench"), "/traffic/requests_per_day", 2000);
    session.forecast().set(QStringLiteral("bench"), "/years", 20);
    window.forecastPage()->simulate();
    const auto gaps = turns(10'000);
    const auto& run = window.forecastPage()->run();
    auto sorted = gaps;
    std::sort(sorted.begin(), sorted.end());
    std::printf("window while years are simulated (%.0f million requests in 10 s): median turn "
                "%.1f ms, 99.9th percentile %.1f ms, longest stall %.1f ms\n",
                static_cast<double>(run.requests()) / 1e6, median(gaps),
                sorted[sorted.size() * 999 / 1000], sorted.back());
    window.forecastPage()->run().cancel();
    window.showPlace(MainWindow::livePlace);
}

void benchStall(Session& session, MainWindow& window) {
    session.editor().openUnsaved(fastChain(), QStringLiteral("bench"));
    session.setTraffic(1000);
    window.livePage()->setRangeSeconds(60);
    wait(3000); // up to speed
    const auto before = session.snapshot()->totals.requests;
    const auto gaps = turns(10'000);
    const auto carried = session.snapshot()->totals.requests - before;
    std::printf("window while the worker carries %.0f requests/s: median turn %.1f ms, longest "
                "stall %.1f ms\n",
                static_cast<double>(carried) / 10, median(gaps),
                *std::max_element(gaps.begin(), gaps.end()));
    session.setTraffic(0);
}

} // namespace

int main(int argc, char** argv) {
    QElapsedTimer start;
    start.start();
    QApplication app(argc, argv);
    applyTheme(app, ThemeMode::dark);
    QTemporaryDir dir;
    chain::KeyStore keys;
    Session session(keys, {}, dir.path());
    MainWindow window(session, {ThemeMode::dark, false});
    FirstPaint paint;
    window.centralWidget()->installEventFilter(&paint);
    window.resize(1366, 768);
    window.openDemo();
    window.show();
    while (!paint.painted)
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    std::printf("start to first painted frame: %.0f ms\n",
                static_cast<double>(start.nsecsElapsed()) / 1e6);
    wait(10'000);
    std::printf("resident memory after 10 s of the demo: %.0f MB\n", residentMb());
    benchReplot();
    benchForecast(session, window);
    benchStall(session, window);
    std::printf("resident memory at the end: %.0f MB\n", residentMb());
    return 0;
}
