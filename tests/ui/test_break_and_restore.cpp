// The main job, through the real window and real sockets: press Break Aster, see it open, see Birch
// answer, press Restore Aster, see it close, lose no request; and what the screen counts is what
// the event log says.
#include "ui/charts/timeline_chart.h"
#include "ui/models/format.h"
#include "ui/pages/live/live_page.h"
#include "ui/shell/main_window.h"

#include "support/ui_warnings.h"

#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QPushButton>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

using namespace brownout;
using namespace brownout::ui;

namespace {

const live::TargetView* view(const live::Snapshot& s, const char* provider) {
    for (const auto& t : s.targets)
        if (t.provider == provider)
            return &t;
    return nullptr;
}

struct LogTotals {
    std::uint64_t started = 0, succeeded = 0, finished = 0;
    double usd = 0, wasted = 0;
    QStringList breaker; // of Aster: "closed>open"
};

LogTotals readLog(const QString& path) {
    LogTotals t;
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return t;
    while (!file.atEnd()) {
        const auto line = chain::parse_json(file.readLine().trimmed().toStdString(), "log");
        if (!line)
            continue;
        const auto event = line->at("event").get<std::string>();
        if (event == "request_started") {
            ++t.started;
        } else if (event == "request_finished") {
            ++t.finished;
            t.succeeded += line->at("result") == "success";
            t.usd += line->at("cost_usd").get<double>();
            t.wasted += line->at("wasted_usd").get<double>();
        } else if (event == "breaker_changed" &&
                   line->at("target").get<std::string>().starts_with("aster/")) {
            t.breaker << QString::fromStdString(line->at("from").get<std::string>() + ">" +
                                                line->at("to").get<std::string>());
        }
    }
    return t;
}

} // namespace

class TestBreakAndRestore : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void initTestCase() {
        test::fail_on_warnings();
        applyTheme(*qApp, ThemeMode::dark);
    }
    void cleanup() { NO_WARNINGS(); }

    // The demo carries traffic by itself and says that it is simulated.
    void theDemoRuns() {
        live::WorkerOptions options;
        options.log_path = logPath().toStdString();
        session_ = std::make_unique<Session>(keys_, options, dir_.path());
        window_ =
            std::make_unique<MainWindow>(*session_, MainWindow::Options{ThemeMode::dark, false});
        window_->resize(1366, 768);
        window_->openDemo();
        window_->show();
        QTRY_VERIFY_WITH_TIMEOUT(totals().succeeded >= 5, 30'000);
        QCOMPARE(label("mode"), QStringLiteral("Simulated"));
        QTRY_COMPARE(label("state_aster"), QStringLiteral("Closed"));
        QVERIFY(strip()->isHidden());
    }

    void breaking() {
        auto* window = window_.get();
        auto* breakButton = window->findChild<QToolButton*>(QStringLiteral("break_aster"));
        QCOMPARE(breakButton->accessibleName(), QStringLiteral("Break Aster"));
        const auto birch = [&] { return view(*session_->snapshot(), "birch")->served; };
        const auto birchBefore = birch();
        QTest::mouseClick(breakButton, Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(label("state_aster"), QStringLiteral("Open"), 30'000);
        auto* restore = window->findChild<QPushButton*>(QStringLiteral("restore_aster"));
        QTRY_VERIFY(restore->isVisible() && !breakButton->isVisible());
        QTRY_COMPARE(strip()->text(), QStringLiteral("Outages active: 1 - Revert all"));
        QTRY_VERIFY_WITH_TIMEOUT(label("countdown_aster").startsWith(QStringLiteral("probe in ")),
                                 30'000);
        QTRY_VERIFY_WITH_TIMEOUT(birch() >= birchBefore + 5, 30'000);
        // The lane fills and the failures are in the plot.
        const auto opened = [&] {
            const auto& frame = window->livePage()->chart()->frame();
            const auto& lane = frame.lanes.at(0).segments;
            return !frame.curves.at(0).failure.empty() && !frame.shades.empty() &&
                   std::any_of(lane.begin(), lane.end(), [](const LaneSegment& s) {
                       return s.state == engine::BreakerState::open && s.to > s.from;
                   });
        };
        QTRY_VERIFY_WITH_TIMEOUT(opened(), 30'000);
    }

    void restoring() {
        QTest::mouseClick(window_->findChild<QPushButton*>(QStringLiteral("restore_aster")),
                          Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(strip()->isHidden(), 30'000);
        // The open time (5 s) passes, the next request is the probe and closes the breaker.
        QTRY_COMPARE_WITH_TIMEOUT(label("state_aster"), QStringLiteral("Closed"), 40'000);
    }

    void theLogSaysWhatTheWindowSaid() {
        // Off, by the switch; then everything that was sent comes to its end.
        auto* traffic = window_->findChild<QComboBox*>(QStringLiteral("traffic"));
        traffic->setFocus();
        QTest::keyClick(traffic, Qt::Key_Home);
        QTRY_VERIFY_WITH_TIMEOUT(!session_->snapshot()->traffic.running && totals().running == 0,
                                 40'000);
        const live::Totals last = totals();
        QCOMPARE(last.failed, std::uint64_t(0)); // no request was lost
        QTRY_COMPARE_WITH_TIMEOUT(
            label("bottom_availability"),
            QStringLiteral("availability 100 % (n %1)").arg(formatCount(last.succeeded)), 30'000);
        const QString spend = label("bottom_spend");

        window_.reset();
        session_.reset(); // writes the log out
        const LogTotals log_totals = readLog(logPath());
        QCOMPARE(log_totals.started, last.requests);
        QCOMPARE(log_totals.finished, last.requests);
        QCOMPARE(log_totals.succeeded, last.succeeded);
        QVERIFY(std::abs(log_totals.usd - last.spend.usd()) < 1e-9);
        QVERIFY(std::abs(log_totals.wasted - last.wasted.usd()) < 1e-9);
        QCOMPARE(spend, QStringLiteral("spend %1 USD, of it wasted %2")
                            .arg(formatUsd(log_totals.usd), formatUsd(log_totals.wasted)));
        QVERIFY(log_totals.breaker.size() >= 3);
        QCOMPARE(log_totals.breaker.first(), QStringLiteral("closed>open"));
        QCOMPARE(log_totals.breaker.last(), QStringLiteral("half_open>closed"));
    }

  private:
    QString logPath() const { return dir_.filePath(QStringLiteral("events.jsonl")); }
    QString label(const char* name) const {
        return window_->findChild<QLabel*>(QLatin1String(name))->text();
    }
    QPushButton* strip() const {
        return window_->findChild<QPushButton*>(QStringLiteral("revert_all_strip"));
    }
    live::Totals totals() const { return session_->snapshot()->totals; }

    QTemporaryDir dir_;
    chain::KeyStore keys_;
    std::unique_ptr<Session> session_;
    std::unique_ptr<MainWindow> window_;
};

QTEST_MAIN(TestBreakAndRestore)
#include "test_break_and_restore.moc"
