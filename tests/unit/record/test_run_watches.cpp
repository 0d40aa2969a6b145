// What a report derives over time: gaps, breaker openings, recoveries, the thinned timeline.
#include "record/fault_watch.h"
#include "record/longest_gap.h"
#include "record/timeline.h"

#include <QtTest>

using namespace brownout;
using namespace brownout::record;
using engine::BreakerState;

namespace {

Instant at(double s) {
    return Instant{} + from_seconds(s);
}

FaultRecord fault(const char* target, double from, double to = -1, std::uint32_t rule = 1) {
    FaultRecord f;
    f.target = target;
    f.from = at(from);
    f.to = to < 0 ? never : at(to);
    f.rule = rule;
    f.kind = "http_error";
    return f;
}

BreakerRecord opening(double t) {
    BreakerRecord b;
    b.at = at(t);
    b.target = "aster/m";
    b.to = BreakerState::open;
    return b;
}

} // namespace

class TestRunWatches : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void breakersAndFaults_data() {
        // A script of "fault from[-to]", "open t", "served t"; then opened and recovered, -1: not.
        QTest::addColumn<QString>("script");
        QTest::addColumn<double>("opened");
        QTest::addColumn<double>("recovered");
        const auto row = [](const char* script, double opened, double recovered) {
            QTest::newRow(script) << QString(script) << opened << recovered;
        };
        row("", -1, -1);
        row("open 1; served 2", -1, -1);
        row("open 1; fault 2; open 4; fault 2-8; served 9", 2, 1);
        row("fault 2; open 4; open 6; fault 2-8; served 9; served 10", 2, 1);
        row("open 4; fault 2; fault 2-8; served 9", 2, 1); // told in another order
        row("fault 2; fault 2-8; served 7.9", -1, -1);
        row("fault 2; served 3", -1, -1);                      // never ended
        row("fault 2; served 8.5; fault 2-8", -1, 0.5);        // the answer was told first
        row("fault 2; fault 2-8; served 9; fault 20", -1, -1); // acts again
        row("fault 2; fault 2-8; served 9; fault 20; fault 20-30; served 33", -1, 3);
        row("fault 2; open 2", 0, -1);
    }
    void breakersAndFaults() {
        QFETCH(QString, script);
        QFETCH(double, opened);
        QFETCH(double, recovered);
        FaultWatch watch("aster");
        for (const QString& step : script.split("; ", Qt::SkipEmptyParts)) {
            const QString what = step.section(' ', 0, 0), when = step.section(' ', 1);
            const double from = when.section('-', 0, 0).toDouble();
            if (what == "fault")
                watch.fault(fault("aster/m", from,
                                  when.contains('-') ? when.section('-', 1).toDouble() : -1));
            else if (what == "open")
                watch.breaker(opening(from));
            else
                watch.served("aster/m", at(from));
        }
        const auto s = [](std::optional<Duration> d) { return d ? to_seconds(*d) : -1; };
        QCOMPARE(s(watch.opened_within()), opened);
        QCOMPARE(s(watch.recovered_within()), recovered);
    }

    void concernsByName_data() {
        QTest::addColumn<QString>("rule");
        QTest::addColumn<QString>("target");
        QTest::addColumn<bool>("yes");
        const auto row = [](const char* rule, const char* target, bool yes) {
            QTest::newRow(qPrintable(QString("%1 on %2").arg(rule, target)))
                << QString(rule) << QString(target) << yes;
        };
        row("*", "aster/m", true);
        row("aster", "aster/gpt-5-mini", true);
        row("aster/gpt-5-mini", "aster", true);
        row("aster/gpt-5-mini", "aster/gpt-5-mini", true);
        row("aster/gpt-5-mini", "aster/other", false);
        row("ast", "aster/m", false);
        row("aster", "asterix/m", false);
        row("birch", "aster/m", false);
        row("router", "router/openai/gpt-5", true);
    }
    void concernsByName() {
        QFETCH(QString, rule);
        QFETCH(QString, target);
        QFETCH(bool, yes);
        QCOMPARE(concerns(rule.toStdString(), target.toStdString()), yes);
    }

    void gaps_data() {
        // "start-end" is an answer, "start!end" a failure, in the order of their ends.
        QTest::addColumn<QString>("script");
        QTest::addColumn<double>("now");
        QTest::addColumn<double>("longest");
        const auto row = [](const char* script, double now, double longest) {
            QTest::newRow(script) << QString(script) << now << longest;
        };
        row("", 10, 0);
        row("0-1", 10, 1);
        row("0-1 9-10", 10, 1); // nothing was due in between
        row("0-1 1.5-2 1.8-2.2", 10, 1);
        row("0-1 2!3 4!5 8-9", 10, 7);                 // from 2 to 9
        row("0-1 2!3", 10, 8);                         // and still nobody is answered
        row("0-1 2!30 20!40 30-31", 31, 29);           // told late: 2 was due all the while
        row("0-1 60-61 2!130", 130, 69);               // and later still: since 61 as well
        row("0-1 60-61 61-62 129-130 2!130", 130, 68); // between 62 and 130
        row("0-1 0.5-1.5 1-2 1.5-2.5", 10, 1);
    }
    void gaps() {
        QFETCH(QString, script);
        QFETCH(double, now);
        QFETCH(double, longest);
        LongestGap gap;
        for (const QString& each : script.split(' ', Qt::SkipEmptyParts)) {
            const QChar mark = each.contains('!') ? '!' : '-';
            gap.request(at(each.section(mark, 0, 0).toDouble()),
                        at(each.section(mark, 1).toDouble()), mark == '-');
        }
        QCOMPARE(to_seconds(gap.longest(at(now))), longest);
    }

    void timelineThinsItself() {
        Timeline timeline;
        for (int s = 0; s < 10'000; ++s)
            timeline.add(at(s), s % 2 == 0, Money{1});
        QVERIFY(timeline.rows().size() <= Timeline::max_rows);
        QCOMPARE(timeline.row_seconds(), 32);
        std::uint64_t requests = 0, failed = 0;
        Money spend;
        for (const auto& row : timeline.rows()) {
            requests += row.requests;
            failed += row.failed;
            spend += row.spend;
        }
        QCOMPARE(requests, 10'000u);
        QCOMPARE(failed, 5'000u);
        QCOMPARE(spend.pico_usd, 10'000);
        QCOMPARE(timeline.rows()[1].requests, 32u);
    }
};

QTEST_APPLESS_MAIN(TestRunWatches)
#include "test_run_watches.moc"
