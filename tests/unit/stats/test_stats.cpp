// Quantiles against closed forms, the sketch against its error bound, intervals against published
// values.
#include "stats/distribution.h"
#include "stats/interval.h"
#include "stats/portable_math.h"
#include "stats/series.h"
#include "stats/sketch.h"

#include <QtTest>

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace brownout;
using namespace brownout::stats;

namespace {
bool near(double a, double b, double relative) {
    return std::fabs(a - b) <= relative * std::max({std::fabs(a), std::fabs(b), 1e-300});
}
} // namespace

Q_DECLARE_METATYPE(brownout::stats::Distribution)

class TestStats : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void portableMathAgreesWithTheStandardLibrary() {
        for (int i = -700; i <= 700; ++i) {
            const double x = i + 0.37;
            QVERIFY2(near(portable_exp(x), std::exp(x), 4e-16), qPrintable(QString::number(x)));
        }
        for (double x = 1e-300; x < 1e300; x *= 3.7)
            QVERIFY2(std::fabs(portable_log(x) - std::log(x)) <= 3e-16 * std::fabs(std::log(x)),
                     qPrintable(QString::number(x)));
        QCOMPARE(portable_log(1.0), 0.0);
        QVERIFY(std::isinf(portable_log(0.0)));
        QCOMPARE(portable_exp(-1000.0), 0.0);
        QVERIFY(std::isinf(portable_exp(1000.0)));
        QCOMPARE(portable_pow(0.0, 2.0), 0.0);
        QVERIFY(near(portable_pow(2.0, 10.0), 1024.0, 1e-14));
    }

    void quantile_data() {
        QTest::addColumn<Distribution>("d");
        QTest::addColumn<double>("q");
        QTest::addColumn<double>("expected");
        const auto row = [](const char* name, Distribution d, double q, double expected) {
            QTest::newRow(name) << d << q << expected;
        };
        row("constant", Constant{7}, 0.3, 7);
        row("uniform", Uniform{10, 20}, 0.25, 12.5);
        // Normal quantiles: Abramowitz and Stegun, table 26.5; the last two from tail expansions.
        row("normal median", Normal{5, 2}, 0.5, 5);
        row("normal 97.5", Normal{0, 1}, 0.975, 1.959963984540054);
        row("normal 99.9", Normal{0, 1}, 0.999, 3.090232306167813);
        row("normal 2.5", Normal{10, 3}, 0.025, 10 - 3 * 1.959963984540054);
        row("normal 1e-9", Normal{0, 1}, 1e-9, -5.997807015007686);
        row("normal 1e-15", Normal{0, 1}, 1e-15, -7.941345326170998);
        row("lognormal median", Lognormal{350, 0.4}, 0.5, 350);
        row("lognormal 97.5", Lognormal{350, 0.4}, 0.975, 350 * std::exp(0.4 * 1.959963984540054));
        row("exponential", Exponential{2}, 0.9, 2 * std::log(10.0));
        row("weibull", Weibull{0.65, 3}, 0.5, 3 * std::pow(std::log(2.0), 1 / 0.65));
        row("weibull of shape 1 is exponential", Weibull{1, 2}, 0.9, 2 * std::log(10.0));
        row("pareto", Pareto{2, 1.5}, 0.99, 2 * std::pow(0.01, -1 / 1.5));
        row("empirical between two", Empirical{{1, 2, 4}}, 0.75, 3);
        row("empirical end", Empirical{{1, 2, 4}}, 1.0, 4);
        row("empirical single", Empirical{{9}}, 0.5, 9);
    }
    void quantile() {
        QFETCH(Distribution, d);
        QFETCH(double, q);
        QFETCH(double, expected);
        const double got = stats::quantile(d, q);
        QVERIFY2(near(got, expected, 1e-13), qPrintable(QString::number(got, 'g', 17)));
    }

    void mean_data() {
        QTest::addColumn<Distribution>("d");
        QTest::addColumn<double>("expected");
        QTest::newRow("constant") << Distribution{Constant{7}} << 7.0;
        QTest::newRow("uniform") << Distribution{Uniform{10, 20}} << 15.0;
        QTest::newRow("normal") << Distribution{Normal{5, 2}} << 5.0;
        QTest::newRow("lognormal") << Distribution{Lognormal{100, 0.5}} << 100 * std::exp(0.125);
        QTest::newRow("exponential") << Distribution{Exponential{3}} << 3.0;
        QTest::newRow("weibull") << Distribution{Weibull{0.65, 3}} << 3 * std::tgamma(1 + 1 / 0.65);
        QTest::newRow("weibull 2") << Distribution{Weibull{2, 1}} << std::sqrt(M_PI) / 2;
        QTest::newRow("pareto") << Distribution{Pareto{2, 3}} << 3.0;
        QTest::newRow("empirical") << Distribution{Empirical{{1, 2, 6}}} << 3.0;
    }
    void mean() {
        QFETCH(Distribution, d);
        QFETCH(double, expected);
        QVERIFY2(near(stats::mean(d), expected, 1e-13),
                 qPrintable(QString::number(stats::mean(d), 'g', 17)));
        QVERIFY(std::isinf(stats::mean(Pareto{1, 1})));
    }

    void samplesFollowTheirDistribution_data() {
        QTest::addColumn<Distribution>("d");
        QTest::addColumn<double>("expected");
        for (const auto& [name, d] : std::initializer_list<std::pair<const char*, Distribution>>{
                 {"constant", Constant{7}},
                 {"uniform", Uniform{10, 20}},
                 {"normal", Normal{50, 2}},
                 {"lognormal", Lognormal{100, 0.5}},
                 {"exponential", Exponential{3}},
                 {"weibull", Weibull{0.65, 3}},
                 {"pareto", Pareto{2, 3}}})
            QTest::newRow(name) << d << stats::mean(d);
    }
    void samplesFollowTheirDistribution() {
        QFETCH(Distribution, d);
        QFETCH(double, expected);
        Rng rng(20261121);
        double sum = 0;
        constexpr int n = 200'000;
        for (int i = 0; i < n; ++i)
            sum += sample(d, rng);
        QVERIFY2(near(sum / n, expected, 0.02), qPrintable(QString::number(sum / n)));
    }

    void samplesAreNeverNegativeAndRepeat() {
        Rng a(1), b(1);
        for (int i = 0; i < 10'000; ++i) {
            const double x = sample(Normal{0, 5}, a);
            QVERIFY(x >= 0);
            QCOMPARE(x, sample(Normal{0, 5}, b));
        }
    }

    // These bits are the same everywhere: a change here changes every recorded simulation.
    void samplesHaveKnownBits() {
        Rng rng(42);
        std::uint64_t hash = 0;
        for (int i = 0; i < 1000; ++i)
            for (const Distribution& d :
                 {Distribution{Lognormal{350, 0.4}}, Distribution{Weibull{0.65, 3}},
                  Distribution{Pareto{1, 1.2}}, Distribution{Exponential{2}}}) {
                const double x = sample(d, rng);
                std::uint64_t bits = 0;
                std::memcpy(&bits, &x, sizeof bits);
                hash = mix64(hash ^ bits);
            }
        QCOMPARE(hash, std::uint64_t{11026122618166563010u});
    }

    void sketchStaysWithinItsError_data() {
        QTest::addColumn<Distribution>("d");
        QTest::newRow("lognormal") << Distribution{Lognormal{350, 1.2}};
        QTest::newRow("pareto") << Distribution{Pareto{1, 0.9}};
        QTest::newRow("uniform") << Distribution{Uniform{0, 1}};
        QTest::newRow("tiny") << Distribution{Uniform{1e-5, 1e-4}};
        QTest::newRow("huge") << Distribution{Uniform{1e9, 9e10}};
    }
    void sketchStaysWithinItsError() {
        QFETCH(Distribution, d);
        Rng rng(7);
        Sketch sketch;
        std::vector<double> all;
        for (int i = 0; i < 50'000; ++i) {
            all.push_back(sample(d, rng));
            sketch.add(all.back());
        }
        std::sort(all.begin(), all.end());
        for (const double q : {0.001, 0.01, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0}) {
            const auto rank = static_cast<std::size_t>(
                std::max(1.0, std::ceil(q * static_cast<double>(all.size()))));
            const double exact = all[rank - 1];
            const double got = sketch.quantile(q);
            QVERIFY2(std::fabs(got - exact) <= Sketch::relative_error * 1.0001 * exact + 1e-6,
                     qPrintable(QString("q %1: %2, exactly %3").arg(q).arg(got).arg(exact)));
        }
        QCOMPARE(sketch.count(), all.size());
        QCOMPARE(sketch.min(), all.front());
        QCOMPARE(sketch.max(), all.back());
    }

    void mergedSketchesEqualOneSketch() {
        Rng rng(3);
        Sketch whole, parts[3], merged;
        for (int i = 0; i < 30'000; ++i) {
            const double x = sample(Lognormal{std::pow(10.0, i % 3 * 3), 1}, rng);
            whole.add(x);
            parts[i % 3].add(x);
        }
        for (const int i : {2, 0, 1}) // highest first, so that merging grows to the left as well
            merged.merge(parts[i]);
        merged.merge(Sketch{});
        QCOMPARE(merged.count(), whole.count());
        for (double q = 0; q <= 1; q += 0.01)
            QCOMPARE(merged.quantile(q), whole.quantile(q));
        QVERIFY(near(merged.sum(), whole.sum(), 1e-12));
    }

    void sketchEdges() {
        Sketch s;
        QCOMPARE(s.quantile(0.5), 0.0);
        QCOMPARE(s.mean(), 0.0);
        s.add(-1);
        s.add(std::nan(""));
        s.add(0);
        QCOMPARE(s.count(), 3u);
        QCOMPARE(s.quantile(0.99), 0.0);
        s.add(10, 7);
        QCOMPARE(s.count(), 10u);
        QCOMPARE(s.quantile(0.3), 0.0);
        QCOMPARE(s.quantile(0.31), 10.0); // clamped to what was seen
        s.add(INFINITY);
        QVERIFY(std::isfinite(s.sum()));
        s.clear();
        QCOMPARE(s.count(), 0u);
    }

    // Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
    void wilsonAgainstPublishedValues_data() {
        QTest::addColumn<quint64>("successes");
        QTest::addColumn<quint64>("total");
        QTest::addColumn<double>("low");
        QTest::addColumn<double>("high");
        QTest::newRow("81/263") << quint64{81} << quint64{263} << 0.2553 << 0.3662;
        QTest::newRow("15/148") << quint64{15} << quint64{148} << 0.0624 << 0.1605;
        QTest::newRow("0/20") << quint64{0} << quint64{20} << 0.0 << 0.1611;
        QTest::newRow("1/29") << quint64{1} << quint64{29} << 0.0061 << 0.1718;
        QTest::newRow("29/29") << quint64{29} << quint64{29} << 0.8830 << 1.0;
        QTest::newRow("none") << quint64{0} << quint64{0} << 0.0 << 1.0;
    }
    void wilsonAgainstPublishedValues() {
        QFETCH(quint64, successes);
        QFETCH(quint64, total);
        QFETCH(double, low);
        QFETCH(double, high);
        const auto interval = wilson(successes, total);
        QVERIFY2(std::fabs(interval.low - low) < 5e-5, qPrintable(QString::number(interval.low)));
        QVERIFY2(std::fabs(interval.high - high) < 5e-5,
                 qPrintable(QString::number(interval.high)));
    }

    void studentT() {
        const double two[] = {1, 3};
        const auto a = student_t(two); // t(1) = 12.706, standard error 1
        QVERIFY(near(a.low, 2 - 12.706204736, 1e-9));
        QVERIFY(near(a.high, 2 + 12.706204736, 1e-9));
        // 41 values with mean 0 and variance 1: t(40) = 2.02108.
        std::vector<double> many(41, 0.0);
        for (int i = 0; i < 20; ++i) {
            many[static_cast<std::size_t>(2 * i)] = 1;
            many[static_cast<std::size_t>(2 * i + 1)] = -1;
        }
        const auto b = student_t(many);
        QVERIFY(near(b.high, 2.0210753903 / std::sqrt(41.0), 1e-6));
        const double one[] = {4};
        QCOMPARE(student_t(one).low, 4.0);
        QCOMPARE(student_t(one).high, 4.0);
    }

    void seriesKeepsSecondsApart() {
        Series series(120);
        QVERIFY(series.view().empty());
        series.attempt(5, false, true, 100);
        series.attempt(5, true, false, 9999); // a failure's time is no latency
        series.spend(5, 0.25, 0.5);
        series.attempt(8, false, false, 300);
        const auto view = series.view();
        QCOMPARE(view.size(), std::size_t{2});
        QCOMPARE(view[0].second, 5);
        QCOMPARE(view[0].attempts, 2u);
        QCOMPARE(view[0].failures, 1u);
        QCOMPARE(view[0].served, 1u);
        QVERIFY(near(view[0].p99_ms, 100, 0.006));
        QCOMPARE(view[0].useful_usd, 0.25);
        QCOMPARE(view[0].wasted_usd, 0.5);
        QCOMPARE(view[1].second, 8);
        QVERIFY(near(view[1].p50_ms, 300, 0.006));
    }

    void seriesIsBoundedAndViewsStayAsTheyWere() {
        Series series(180);
        for (int s = 0; s < 100; ++s)
            series.attempt(s, s % 2 == 0, s % 2 == 1, s);
        const auto early = series.view();
        QCOMPARE(early.size(), std::size_t{100});
        for (int s = 100; s < 10'000; ++s)
            series.attempt(s, true, false, 1);
        QCOMPARE(early.size(), std::size_t{100});
        QCOMPARE(early[99].second, 99);
        const auto late = series.view();
        QVERIFY(late.size() >= 180 && late.size() <= 180 + Series::chunk_size);
        QCOMPARE(late[late.size() - 1].second, 9999);
        QVERIFY(late[0].p50_ms < 0); // only failures: nothing was observed
        for (std::size_t i = 1; i < late.size(); ++i)
            QCOMPARE(late[i].second, late[i - 1].second + 1);
    }
};

QTEST_APPLESS_MAIN(TestStats)
#include "test_stats.moc"
