// The attempt ribbon: rows of attempts in, segments and pixels out.
#include "ui/models/format.h"
#include "ui/shell/theme.h"
#include "ui/widgets/attempt_ribbon.h"

#include <QElapsedTimer>
#include <QHelpEvent>
#include <QSignalSpy>
#include <QTest>
#include <QToolTip>

using namespace brownout;
using namespace brownout::ui;
using engine::OutcomeClass;
using Kind = AttemptSegment::Kind;

namespace {

Instant at(double ms) {
    return Instant{from_ms(ms)};
}

record::AttemptRecord attempt(const char* target, double from, double to, OutcomeClass cls,
                              const char* message = "", double usd = 0) {
    record::AttemptRecord a;
    a.target = target;
    a.provider = a.target.substr(0, a.target.find('/'));
    a.started = at(from);
    a.finished = to >= 0;
    a.ended = at(std::max(to, 0.0));
    a.outcome.cls = cls;
    a.outcome.cost = Money::from_usd(usd);
    a.message = message;
    return a;
}

record::RequestRecord request(std::vector<record::AttemptRecord> attempts, double ended = -1) {
    record::RequestRecord r;
    r.started = at(0);
    r.finished = ended >= 0;
    r.ended = at(std::max(ended, 0.0));
    r.attempts = std::move(attempts);
    return r;
}

record::RequestRecord served() {
    auto ok = attempt("birch/haiku", 391, 1591, OutcomeClass::success, "", 0.00031);
    ok.first_token = at(1251);
    return request({attempt("aster/gpt", 0, 40, OutcomeClass::retry, "503 overloaded"),
                    attempt("aster/gpt", 350, 390, OutcomeClass::retry, "503 overloaded"), ok},
                   1591);
}

// "failed Aster 503 overloaded · 0.04 s · 0.00 USD @0-40"
QString row(const AttemptSegment& s) {
    static const char* const words[] = {"failed", "served", "running", "wait", "cancelled"};
    return QStringLiteral("%1 %2 %3 @%4-%5")
        .arg(words[static_cast<int>(s.kind)], QString::fromStdString(s.target),
             QString::fromStdString(s.text()))
        .arg(s.from_ms, 0, 'f', 0)
        .arg(s.to_ms, 0, 'f', 0);
}

QStringList rows(const std::vector<AttemptSegment>& segments) {
    QStringList out;
    for (const auto& s : segments)
        out << row(s);
    return out;
}

bool shows(const QImage& image, const QRect& rect, const QColor& color) {
    for (int y = rect.top(); y <= rect.bottom(); ++y)
        for (int x = rect.left(); x <= rect.right(); ++x) {
            const QColor p = image.pixelColor(x, y);
            if (std::abs(p.red() - color.red()) + std::abs(p.green() - color.green()) +
                    std::abs(p.blue() - color.blue()) <
                24)
                return true;
        }
    return false;
}

} // namespace
Q_DECLARE_METATYPE(brownout::record::RequestRecord)

class TestRibbon : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, ThemeMode::light); }
    void init() {
        QTest::failOnWarning(
            QRegularExpression(QStringLiteral("^(?!This plugin does not support).*$")));
    }

    void segments_data() {
        QTest::addColumn<record::RequestRecord>("in");
        QTest::addColumn<double>("now");
        QTest::addColumn<QStringList>("out");

        QTest::newRow("nothing yet") << request({}) << 0.0 << QStringList{};
        QTest::newRow("failed twice with a wait, then served")
            << served() << 0.0
            << QStringList{"failed Aster 503 overloaded · 0.04 s · 0.00 USD @0-40",
                           "wait  wait · 0.31 s @40-350",
                           "failed Aster 503 overloaded · 0.04 s · 0.00 USD @350-390",
                           "served Birch first token 0.86 s · 1.20 s · 0.00031 USD @391-1591"};
        QTest::newRow("a millisecond between attempts is no wait")
            << request({attempt("aster/gpt", 0, 2, OutcomeClass::failover, "connection refused"),
                        attempt("birch/haiku", 4, 700, OutcomeClass::success)},
                       700)
            << 0.0
            << QStringList{"failed Aster connection refused · 0.002 s · 0.00 USD @0-2",
                           "served Birch answered · 0.70 s · 0.00 USD @4-700"};
        QTest::newRow("running until now")
            << request({attempt("aster/gpt", 0, -1, OutcomeClass::success)}) << 420.0
            << QStringList{"running Aster waiting for an answer · 0.42 s @0-420"};
        {
            auto r = request({attempt("openai/gpt-5", 0, -1, OutcomeClass::success)});
            r.attempts[0].first_token = at(300);
            QTest::newRow("running and answering")
                << r << 900.0
                << QStringList{"running OpenAI answering, first token 0.30 s · 0.90 s @0-900"};
        }
        QTest::newRow("backoff that goes on")
            << request({attempt("aster/gpt", 0, 40, OutcomeClass::retry, "500")}) << 340.0
            << QStringList{"failed Aster 500 · 0.04 s · 0.00 USD @0-40",
                           "wait  wait · 0.30 s @40-340"};
        QTest::newRow("cancelled by the caller")
            << request({attempt("aster/gpt", 0, 250, OutcomeClass::cancelled)}, 250) << 0.0
            << QStringList{"cancelled Aster cancelled · 0.25 s · 0.00 USD @0-250"};
        {
            auto lost = attempt("aster/gpt", 0, 900, OutcomeClass::cancelled);
            lost.outcome.cause = engine::Cause::hedge_lost;
            QTest::newRow("a hedge overlaps and leaves no wait")
                << request(
                       {lost, attempt("birch/haiku", 500, 900, OutcomeClass::success, "", 0.02)},
                       900)
                << 0.0
                << QStringList{"cancelled Aster another was faster · 0.90 s · 0.00 USD @0-900",
                               "served Birch answered · 0.40 s · 0.0200 USD @500-900"};
        }
        {
            auto r = request({attempt("aster/gpt", 0, 100, OutcomeClass::broken_stream, "cut"),
                              attempt("aster/mini", 100, 200, OutcomeClass::success)},
                             200);
            r.cost_unknown = true;
            r.attempts[0].outcome.cost = Money::from_usd(0.0001);
            r.attempts[0].outcome.cost_estimated = true;
            QTest::newRow("two models of one provider; estimated and unknown costs")
                << r << 0.0
                << QStringList{"failed Aster gpt cut · 0.10 s · about 0.00010 USD @0-100",
                               "served Aster mini answered · 0.10 s · cost unknown @100-200"};
        }
        {
            auto r = request({attempt("aster/gpt", 0, 5, OutcomeClass::disable)}, 5);
            r.attempts[0].outcome.cause = engine::Cause::bad_key;
            QTest::newRow("no message: the cause's name")
                << r << 0.0 << QStringList{"failed Aster bad_key · 0.005 s · 0.00 USD @0-5"};
        }
    }
    void segments() {
        QFETCH(record::RequestRecord, in);
        QFETCH(double, now);
        QFETCH(QStringList, out);
        QCOMPARE(rows(attemptSegments(in, at(now))), out);
    }

    void figures_data() {
        QTest::addColumn<QString>("got");
        QTest::addColumn<QString>("wanted");
        QTest::newRow("tiny is not nothing") << secondsText(0.0002) << "< 0.001 s";
        QTest::newRow("nothing") << secondsText(0) << "0.000 s";
        QTest::newRow("1 ms") << secondsText(0.001) << "0.001 s";
        QTest::newRow("rounds up into the next form") << secondsText(0.00951) << "0.01 s";
        QTest::newRow("below ten") << secondsText(9.994) << "9.99 s";
        QTest::newRow("ten") << secondsText(9.996) << "10.0 s";
        QTest::newRow("minutes") << secondsText(125.4) << "125 s";
        QTest::newRow("tiny money") << usdText(Money::from_usd(0.00031)) << "0.00031 USD";
        QTest::newRow("cents") << usdText(Money::from_usd(0.25)) << "0.25 USD";
        QTest::newRow("dollars") << usdText(Money::from_usd(3)) << "3.00 USD";
    }
    void figures() {
        QFETCH(QString, got);
        QFETCH(QString, wanted);
        QCOMPARE(got, wanted);
    }

    void saysWhatItShows() {
        AttemptRibbon ribbon;
        QVERIFY(ribbon.accessibleDescription().contains(QStringLiteral("No request yet")));
        ribbon.setRequest(served());
        QCOMPARE(
            ribbon.accessibleDescription(),
            QStringLiteral("Aster failed: 503 overloaded, 0.04 s, 0.00 USD. Waited 0.31 s. Aster "
                           "failed: 503 overloaded, 0.04 s, 0.00 USD. Birch served: first token "
                           "0.86 s, 1.20 s, 0.00031 USD"));
        ribbon.clear();
        QVERIFY(ribbon.segments().empty());
    }

    void paintsFailedRedAndServedGreen_data() {
        QTest::addColumn<int>("shape");
        QTest::addColumn<int>("width");
        QTest::newRow("ribbon") << 0 << 900;
        QTest::newRow("narrow ribbon") << 0 << 260;
        QTest::newRow("waterfall") << 1 << 420;
        QTest::newRow("narrow waterfall") << 1 << 200;
    }
    void paintsFailedRedAndServedGreen() {
        QFETCH(int, shape);
        QFETCH(int, width);
        AttemptRibbon ribbon(static_cast<AttemptRibbon::Shape>(shape));
        ribbon.setRequest(served());
        ribbon.resize(width, ribbon.sizeHint().height());
        ribbon.show();
        const QImage image = ribbon.grab().toImage();
        QCOMPARE(ribbon.segments().size(), std::size_t{4});
        QVERIFY(shows(image, ribbon.segmentRect(0), colors().bad));
        QVERIFY(shows(image, ribbon.segmentRect(3), colors().good));
        QVERIFY(!shows(image, ribbon.segmentRect(3), colors().bad));
        for (std::size_t i = 0; i < 4; ++i) {
            QVERIFY2(ribbon.rect().contains(ribbon.segmentRect(i)), "nothing is cut off");
            for (std::size_t k = i + 1; k < 4; ++k)
                QVERIFY(!ribbon.segmentRect(i).intersects(ribbon.segmentRect(k)));
        }
    }

    void toolTipHoldsTheWholeText() {
        AttemptRibbon ribbon;
        ribbon.setRequest(served());
        ribbon.resize(200, ribbon.sizeHint().height()); // everything is elided here
        ribbon.show();
        const QPoint in = ribbon.segmentRect(3).center();
        QHelpEvent help(QEvent::ToolTip, in, ribbon.mapToGlobal(in));
        QApplication::sendEvent(&ribbon, &help);
        QCOMPARE(QToolTip::text(),
                 QStringLiteral("Birch served: first token 0.86 s, 1.20 s, 0.00031 USD"));
    }

    void repaintsOnlyWhileSomethingRuns() {
        struct Counting : AttemptRibbon {
            int paints = 0;
            void paintEvent(QPaintEvent* e) override {
                ++paints;
                AttemptRibbon::paintEvent(e);
            }
        } ribbon;
        ribbon.resize(600, 48);
        ribbon.setRequest(served());
        ribbon.show();
        QTRY_VERIFY(ribbon.paints > 0);
        int still = 0;
        do { // until the window system has had its say
            still = ribbon.paints;
            QTest::qWait(200);
        } while (ribbon.paints != still);
        ribbon.setRequest(served()); // the same again
        QTest::qWait(350);
        QCOMPARE(ribbon.paints, still);
        ribbon.setRequest(request({attempt("aster/gpt", 0, -1, OutcomeClass::success)}));
        QElapsedTimer moving;
        moving.start();
        QTRY_VERIFY2_WITH_TIMEOUT(ribbon.paints >= still + 6, "it moves", 20'000);
        QVERIFY2(ribbon.paints <= still + 3 + moving.elapsed() / 75, "but cheaply");
        ribbon.hide();
        const int hidden = ribbon.paints;
        QTest::qWait(250);
        QCOMPARE(ribbon.paints, hidden);
    }
};

QTEST_MAIN(TestRibbon)
#include "test_ribbon.moc"
