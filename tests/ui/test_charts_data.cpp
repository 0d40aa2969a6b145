// Parts of the charts by themselves: thinning, bins, quantiles of mixtures, breaker lanes, axis
// ends, the calendar of a year, figures in words.
#include "ui/charts/thinning.h"
#include "ui/charts/timeline_frame.h"
#include "ui/charts/year_calendar.h"
#include "ui/models/forecast_text.h"

#include <QTest>

#include <cmath>
#include <random>

using namespace brownout;
using namespace brownout::ui;
using engine::BreakerState;

namespace {

const double nan_y = std::nan("");

// "1,5 2,- 3,7": points, "-" is a gap.
std::vector<QPointF> read(const QString& text) {
    std::vector<QPointF> out;
    for (const QString& word : text.split(QLatin1Char(' '), Qt::SkipEmptyParts)) {
        const QStringList xy = word.split(QLatin1Char(','));
        out.push_back({xy[0].toDouble(), xy[1] == QLatin1String("-") ? nan_y : xy[1].toDouble()});
    }
    return out;
}

QString write(const std::vector<QPointF>& points) {
    QStringList out;
    for (const QPointF& p : points)
        out << QStringLiteral("%1,%2").arg(p.x()).arg(std::isnan(p.y()) ? QStringLiteral("-")
                                                                        : QString::number(p.y()));
    return out.join(QLatin1Char(' '));
}

stats::Bucket bucket(double p50, double p95, double p99, std::uint32_t attempts = 10,
                     std::uint32_t failures = 0, std::int64_t second = 0) {
    stats::Bucket b;
    b.second = second;
    b.p50_ms = static_cast<float>(p50);
    b.p95_ms = static_cast<float>(p95);
    b.p99_ms = static_cast<float>(p99);
    b.attempts = attempts;
    b.failures = failures;
    return b;
}

} // namespace

class TestChartsData : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void thins_data() {
        QTest::addColumn<QString>("in");
        QTest::addColumn<double>("from");
        QTest::addColumn<double>("to");
        QTest::addColumn<int>("columns");
        QTest::addColumn<QString>("out");
        QTest::newRow("nothing") << "" << 0. << 10. << 5 << "";
        QTest::newRow("no columns") << "1,1" << 0. << 10. << 0 << "";
        QTest::newRow("empty range") << "1,1" << 5. << 5. << 5 << "";
        QTest::newRow("one point") << "1,7" << 0. << 10. << 5 << "1,7";
        QTest::newRow("one a column stays") << "1,1 3,2 5,3" << 0. << 6. << 3 << "1,1 3,2 5,3";
        QTest::newRow("low and high of a column, in order")
            << "0,5 1,9 2,1 3,4" << 0. << 4. << 1 << "1,9 2,1";
        QTest::newRow("high first") << "0,9 1,5 2,7" << 0. << 4. << 1 << "0,9 1,5";
        QTest::newRow("equal values are one point") << "0,5 1,5 2,5" << 0. << 4. << 1 << "0,5";
        QTest::newRow("neighbours outside are kept")
            << "-2,1 -1,2 1,3 9,4 11,5 12,6" << 0. << 10. << 2 << "-1,2 1,3 9,4 11,5";
        QTest::newRow("a gap outside is no neighbour")
            << "-1,- 1,3 11,-" << 0. << 10. << 2 << "1,3";
        QTest::newRow("gap between columns") << "1,1 5,- 9,2" << 0. << 10. << 10 << "1,1 5,- 9,2";
        QTest::newRow("gap inside a column, extremes on each side")
            << "0,1 1,5 2,- 3,2 4,8 5,4" << 0. << 10. << 1 << "0,1 1,5 2,- 3,2 4,8";
        QTest::newRow("right edge belongs to the last column")
            << "10,3" << 0. << 10. << 4 << "10,3";
    }
    void thins() {
        QFETCH(QString, in);
        QFETCH(double, from);
        QFETCH(double, to);
        QFETCH(int, columns);
        QFETCH(QString, out);
        QCOMPARE(write(thin(read(in), from, to, columns)), out);
    }

    // Noise of an hour: extremes of every column survive, and no more than two points a column.
    void thinningKeepsExtremes() {
        constexpr unsigned seed = 20261121;
        std::mt19937 rng(seed);
        std::lognormal_distribution<double> noise(0, 1);
        std::vector<QPointF> points;
        for (int i = 0; i < 36'000; ++i)
            points.push_back({i / 10.0, noise(rng)});
        constexpr int columns = 600;
        const auto thinned = thin(points, 0, 3600, columns);
        QVERIFY2(thinned.size() <= 2 * columns + 2,
                 qPrintable(QStringLiteral("seed %1").arg(seed)));
        for (int c = 0; c < columns; ++c) {
            double low = 1e9, high = -1e9, thinLow = 1e9, thinHigh = -1e9;
            const auto in = [&](const QPointF& p) {
                return std::min(columns - 1, static_cast<int>(p.x() / 3600 * columns)) == c;
            };
            for (const auto& p : points)
                if (in(p)) {
                    low = std::min(low, p.y());
                    high = std::max(high, p.y());
                }
            for (const auto& p : thinned)
                if (in(p)) {
                    thinLow = std::min(thinLow, p.y());
                    thinHigh = std::max(thinHigh, p.y());
                }
            QCOMPARE(thinLow, low);
            QCOMPARE(thinHigh, high);
        }
        QVERIFY(std::is_sorted(thinned.begin(), thinned.end(),
                               [](const QPointF& a, const QPointF& b) { return a.x() < b.x(); }));
    }

    void splitsRuns() {
        const auto lines = runs(read(QStringLiteral("1,1 2,2 3,- 4,- 5,5")));
        QCOMPARE(lines.size(), std::size_t(2));
        QCOMPARE(write(lines[0]), QStringLiteral("1,1 2,2"));
        QCOMPARE(write(lines[1]), QStringLiteral("5,5"));
    }

    void mixesQuantiles() {
        QCOMPARE(mixtureQuantile({}, 0.5), -1.0);
        const std::vector<stats::Bucket> none{bucket(-1, -1, -1)};
        QCOMPARE(mixtureQuantile(none, 0.5), -1.0);
        const std::vector<stats::Bucket> one{bucket(100, 300, 500), bucket(-1, -1, -1)};
        QCOMPARE(mixtureQuantile(one, 0.50), 100.0);
        QCOMPARE(mixtureQuantile(one, 0.95), 300.0);
        QCOMPARE(mixtureQuantile(one, 0.99), 500.0);
        // Equal seconds mix to themselves.
        const std::vector<stats::Bucket> equal(7, bucket(100, 300, 500));
        QVERIFY(std::abs(mixtureQuantile(equal, 0.50) - 100) < 0.1);
        QVERIFY(std::abs(mixtureQuantile(equal, 0.95) - 300) < 0.1);
        // Of a fast and a slow second, the median lies between, the 95th near the slow one.
        const std::vector<stats::Bucket> mixed{bucket(100, 150, 160), bucket(1000, 1500, 1600)};
        const double p50 = mixtureQuantile(mixed, 0.5), p95 = mixtureQuantile(mixed, 0.95);
        QVERIFY2(p50 >= 150 && p50 <= 1000, qPrintable(QString::number(p50)));
        QVERIFY2(p95 > 1000 && p95 <= 1500, qPrintable(QString::number(p95)));
        // Weighted by how many there were.
        const std::vector<stats::Bucket> heavy{bucket(100, 150, 160, 990),
                                               bucket(1000, 1500, 1600, 10)};
        QVERIFY(mixtureQuantile(heavy, 0.95) < 200);
        // All values equal: nothing to interpolate between.
        const std::vector<stats::Bucket> flat(3, bucket(80, 80, 80));
        QVERIFY(std::abs(mixtureQuantile(flat, 0.95) - 80) < 0.1);
    }

    // Looking only at new seconds gives what looking at all of them gives.
    void binsIncrementally() {
        stats::Series series(3600);
        BinnedSeries growing;
        std::mt19937 rng(7);
        std::uniform_real_distribution<double> ms(50, 900);
        for (int second = 100; second < 400; ++second) {
            if (second % 17 != 0) // seconds without requests
                for (int i = 0; i < 5; ++i)
                    series.attempt(second, second % 11 == 0, true, ms(rng));
            series.spend(second, 0.001, second % 3 ? 0 : 0.0005);
            growing.update(series.view(), 5);
        }
        BinnedSeries whole;
        whole.update(series.view(), 5);
        QCOMPARE(growing.bins().size(), whole.bins().size());
        double useful = 0;
        std::uint32_t attempts = 0;
        for (std::size_t i = 0; i < whole.bins().size(); ++i) {
            const Bin &a = growing.bins()[i], &b = whole.bins()[i];
            QCOMPARE(a.second, b.second);
            QCOMPARE(a.second % 5, 0);
            QCOMPARE(a.p50_ms, b.p50_ms);
            QCOMPARE(a.p95_ms, b.p95_ms);
            QCOMPARE(a.attempts, b.attempts);
            QCOMPARE(a.failures, b.failures);
            QCOMPARE(a.useful_usd, b.useful_usd);
            useful += b.useful_usd;
            attempts += b.attempts;
        }
        QCOMPARE(attempts, 5u * (300 - 18)); // 18 multiples of 17 from 100 to 399
        QVERIFY(std::abs(useful - 0.3) < 1e-9);
        // Another width starts afresh; an emptied series empties the bins.
        growing.update(series.view(), 15);
        whole.update(series.view(), 15);
        QCOMPARE(growing.bins().size(), whole.bins().size());
        growing.update(stats::Series(60).view(), 15);
        QVERIFY(growing.bins().empty());
    }

    void lanes_data() {
        QTest::addColumn<QString>("changes"); // "at:from>to", c closed, h half-open, o open
        QTest::addColumn<char>("now");
        QTest::addColumn<double>("from");
        QTest::addColumn<double>("to");
        QTest::addColumn<QString>("lane");
        QTest::newRow("never changed") << "" << 'c' << 0. << 10. << "c0-10";
        QTest::newRow("opened") << "4:c>o" << 'o' << 0. << 10. << "c0-4 o4-10";
        QTest::newRow("before the range") << "4:c>o" << 'o' << 6. << 10. << "o6-10";
        QTest::newRow("round trip")
            << "2:c>o 7:o>h 8:h>c" << 'c' << 0. << 10. << "c0-2 o2-7 h7-8 c8-10";
        QTest::newRow("other targets are none of ours") << "x3:c>o" << 'c' << 0. << 10. << "c0-10";
        QTest::newRow("after the range") << "12:c>o" << 'o' << 0. << 10. << "c0-10";
        QTest::newRow("same state joins") << "3:o>o" << 'o' << 0. << 10. << "o0-10";
        QTest::newRow("nothing to show") << "" << 'c' << 5. << 5. << "";
    }
    void lanes() {
        QFETCH(QString, changes);
        QFETCH(char, now);
        QFETCH(double, from);
        QFETCH(double, to);
        QFETCH(QString, lane);
        const auto state = [](QChar c) {
            return c == 'c'   ? BreakerState::closed
                   : c == 'h' ? BreakerState::half_open
                              : BreakerState::open;
        };
        std::vector<record::BreakerRecord> records;
        for (QString word : changes.split(QLatin1Char(' '), Qt::SkipEmptyParts)) {
            const bool other = word.startsWith(QLatin1Char('x'));
            word.remove(QLatin1Char('x'));
            const QStringList parts = word.split(QLatin1Char(':'));
            record::BreakerRecord r;
            r.at = Instant{from_seconds(parts[0].toDouble())};
            r.target = other ? "birch/m" : "aster/m";
            r.from = state(parts[1][0]);
            r.to = state(parts[1][2]);
            records.push_back(r);
        }
        QStringList out;
        for (const auto& s :
             laneSegments(records, {}, "aster/m", state(QLatin1Char(now)), from, to))
            out << QStringLiteral("%1%2-%3")
                       .arg(QLatin1Char("cho"[static_cast<int>(s.state)]))
                       .arg(s.from)
                       .arg(s.to);
        QCOMPARE(out.join(QLatin1Char(' ')), lane);
    }

    void axisEnds_data() {
        QTest::addColumn<double>("highest");
        QTest::addColumn<double>("least");
        QTest::addColumn<double>("end");
        QTest::newRow("least") << 0. << 0.5 << 0.5;
        QTest::newRow("up to two") << 1.3 << 0.5 << 2.;
        QTest::newRow("exactly") << 2. << 0.5 << 2.;
        QTest::newRow("up to five") << 2.1 << 0.5 << 5.;
        QTest::newRow("up to ten") << 7. << 0.5 << 10.;
        QTest::newRow("small") << 0.00031 << 0.0001 << 0.0005;
        QTest::newRow("nothing at all") << 0. << 0. << 1.;
    }
    void axisEnds() {
        QFETCH(double, highest);
        QFETCH(double, least);
        QFETCH(double, end);
        QVERIFY(std::abs(niceCeiling(highest, least) - end) < 1e-12);
    }

    void failuresAreDrawnWhereSomethingWasAttempted_data() {
        QTest::addColumn<QList<int>>("seconds"); // with attempts
        QTest::addColumn<QList<int>>("points");  // of each line
        QTest::newRow("every second") << QList<int>{1, 2, 3, 4} << QList<int>{4};
        QTest::newRow("one second without") << QList<int>{1, 2, 4, 5} << QList<int>{2, 2};
        QTest::newRow("breaker open for a while") << QList<int>{1, 2, 9, 30} << QList<int>{2, 1, 1};
        QTest::newRow("nothing") << QList<int>{} << QList<int>{};
    }
    void failuresAreDrawnWhereSomethingWasAttempted() {
        QFETCH(QList<int>, seconds);
        QFETCH(QList<int>, points);
        stats::Series series(3600);
        for (const int s : seconds)
            series.attempt(s, s % 2 == 0, s % 2 != 0, 100);
        std::vector<BinnedSeries> bins(1);
        bins[0].update(series.view(), 1);
        live::Snapshot snapshot;
        const std::vector<ChartTarget> targets{{"aster/m", QStringLiteral("Aster"), 0}};
        TimelineInput in;
        in.snapshot = &snapshot;
        in.targets = &targets;
        in.points = in.bars = &bins;
        in.from = runStart(snapshot.wall);
        in.to = in.from + 60;
        const TimelineFrame frame = makeFrame(in);
        QList<int> drawn;
        for (const auto& line : frame.curves[0].failure)
            drawn << static_cast<int>(line.size());
        QCOMPARE(drawn, points);
    }

    void theCalendarIsWalkedByKeys_data() {
        QTest::addColumn<int>("key");
        QTest::addColumn<int>("day"); // from day 10
        QTest::newRow("next day") << int(Qt::Key_Down) << 11;
        QTest::newRow("day before") << int(Qt::Key_Up) << 9;
        QTest::newRow("next week") << int(Qt::Key_Right) << 17;
        QTest::newRow("week before") << int(Qt::Key_Left) << 3;
        QTest::newRow("first") << int(Qt::Key_Home) << 0;
        QTest::newRow("last") << int(Qt::Key_End) << 364;
        QTest::newRow("next loss") << int(Qt::Key_PageDown) << 200;
        QTest::newRow("no loss before") << int(Qt::Key_PageUp) << 10;
    }
    void theCalendarIsWalkedByKeys() {
        QFETCH(int, key);
        QFETCH(int, day);
        YearCalendar calendar;
        std::vector<sim::ForecastDay> days(sim::days_of_year);
        for (auto& d : days)
            d.requests = 100;
        days[200].lost = 50;
        calendar.setDays(days);
        calendar.setDay(10);
        QTest::keyClick(&calendar, static_cast<Qt::Key>(key));
        QCOMPARE(calendar.day(), day);
        QVERIFY(calendar.accessibleDescription().startsWith(dateText(day)));
    }

    void losses_are_told_apart_data() {
        QTest::addColumn<int>("lost"); // of 1440 requests: minutes
        QTest::addColumn<int>("level");
        for (const auto& [lost, level] :
             {std::pair{0, 0}, {1, 2}, {9, 2}, {10, 3}, {59, 3}, {60, 4}, {1440, 4}})
            QTest::addRow("%d minutes", lost) << lost << level;
    }
    void losses_are_told_apart() {
        QFETCH(int, lost);
        QFETCH(int, level);
        sim::ForecastDay day;
        day.requests = 1440;
        day.lost = static_cast<std::uint32_t>(lost);
        QCOMPARE(lossLevel(day), level);
        day.requests *= 1000;
        QCOMPARE(lossLevel(day), lost == 0 ? 0 : lost < 1000 ? 1 : 2);
    }

    void figuresNeverSayMoreThanTheyKnow_data() {
        QTest::addColumn<double>("availability");
        QTest::addColumn<QString>("text");
        QTest::newRow("all") << 1.0 << "100 %";
        QTest::newRow("nearly all") << 0.9999999 << "99.99999 %";
        QTest::newRow("cut, not rounded") << 0.999969 << "99.9969 %";
        QTest::newRow("three nines") << 0.99962 << "99.962 %";
        QTest::newRow("two") << 0.9949 << "99.49 %";
        QTest::newRow("few") << 0.5 << "50.0 %";
        QTest::newRow("none") << 0.0 << "0.0 %";
    }
    void figuresNeverSayMoreThanTheyKnow() {
        QFETCH(double, availability);
        QFETCH(QString, text);
        QCOMPARE(availabilityText(availability), text);
    }
};

QTEST_MAIN(TestChartsData)
#include "test_charts_data.moc"
