// When to come back: every form that providers write it in.
#include "wire/classify.h"
#include "wire/retry_hint.h"

#include <QtTest>

using namespace brownout;
using namespace brownout::wire;

namespace {
// Wed, 21 Oct 2026 07:27:00 GMT
constexpr std::int64_t now = 1792567620;
constexpr double nothing = -1;

double ms(std::optional<Duration> d) {
    return d ? to_ms(*d) : nothing;
}
} // namespace

class TestRetryHint : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void forms_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<double>("expected_ms");
        const auto row = [](const char* text, double expected) {
            QTest::newRow(*text ? text : "empty") << QString(text) << expected;
        };
        row("0", 0);
        row("-1", nothing);
        row("1.5", 1500);
        row("Wed, 21 Oct 2026 07:28:00 GMT", 60'000);
        row("soon", nothing);
        row("86400", 86'400'000);
        row("864000", 86'400'000); // clamped to a day
        row("34.4s", 34'400);
        row("6m0s", 360'000);
        row("292.5ms", 292.5);
        row("12ms", 12);
        row("2m59.56s", 179'560);
        row("10h17m5.723541104s", 37'025'723.541104);
        row("1d", 86'400'000);
        row("2026-10-21T07:27:30Z", 30'000);
        row("2026-10-21T07:27:30.250Z", 30'000);
        row("2026-10-21T09:27:30+02:00", 30'000);
        row("2026-10-20T07:27:30Z", nothing);          // past
        row("Tue, 20 Oct 2026 07:28:00 GMT", nothing); // past
        row("1792567650", 30'000);                     // epoch seconds
        row("1792567650000", 30'000);                  // epoch milliseconds
        row("1600000000", nothing);                    // past
        row("nan", nothing);
        row("inf", nothing);
        row("1e9", nothing);
        row("", nothing);
        row("   7  ", 7000);
        row("5 apples", nothing);
        row("1.2.3", nothing);
        row("Wed, 31 Feb 2026 07:28:00 GMT", nothing);
        row("99999999999999999999999999", 86'400'000);
    }
    void forms() {
        QFETCH(QString, text);
        QFETCH(double, expected_ms);
        QCOMPARE(ms(parse_retry_hint(text.toStdString(), now)), expected_ms);
    }

    void headers_data() {
        QTest::addColumn<QString>("lines"); // "name: value" separated by "; "
        QTest::addColumn<double>("expected_ms");
        const auto row = [](const char* lines, double expected) {
            QTest::newRow(lines) << QString(lines) << expected;
        };
        row("retry-after: 12", 12'000);
        row("Retry-After: 12; retry-after-ms: 1400", 1400);
        row("x-ms-retry-after-ms: 37000", 37'000);
        row("retry-after-ms: 0; retry-after: 3", 3000); // Azure's "unknown"
        row("retry-after-ms: -1; retry-after: 3", 3000);
        row("retry-after: 0", 0);
        row("x-ratelimit-reset-tokens: 1.4s; x-ratelimit-reset-requests: 20ms", 20);
        row("x-ratelimit-reset-tokens: 6m0s; x-ratelimit-remaining-tokens: 0; "
            "x-ratelimit-reset-requests: 20ms; x-ratelimit-remaining-requests: 99",
            360'000);
        row("anthropic-ratelimit-tokens-reset: 2026-10-21T07:27:10Z; "
            "anthropic-ratelimit-tokens-remaining: 0",
            10'000);
        row("x-ratelimit-reset: 1792567625000", 5000);
        row("retry-after: 20; x-ratelimit-reset-requests: 20ms", 20'000);
        row("content-type: text/html", nothing);
        row("retry-after: soon", nothing);
    }
    void headers() {
        QFETCH(QString, lines);
        QFETCH(double, expected_ms);
        Headers all;
        for (const QString& line : lines.split("; ")) {
            const auto colon = line.indexOf(": ");
            all.emplace_back(line.left(colon).toStdString(), line.mid(colon + 2).toStdString());
        }
        QCOMPARE(ms(hint_in_headers(all, now)), expected_ms);
    }

    void sentences_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<double>("expected_ms");
        const auto row = [](const char* text, double expected) {
            QTest::newRow(text) << QString(text) << expected;
        };
        row("Limit 30000, Requested 1200. Please try again in 1.4s.", 1400);
        row("Please try again in 292.5ms. Visit us", 292.5);
        row("model: gemini-3.1-pro\nPlease retry in 10h17m5.723541104s.", 37'025'723.541104);
        row("token rate limit. Please retry after 37 seconds.", 37'000);
        row("Please retry after 2 minutes", 120'000);
        row("Please retry after 500 milliseconds", 500);
        row("Your rate limit resets in ~30s.", 30'000);
        row("You will regain access on 2026-10-21 at 08:00 UTC.", 1'980'000);
        row("You will regain access on 2026-12-01 at 00:00 UTC.", 86'400'000);
        row("You will regain access on 2026-09-01 at 00:00 UTC.", nothing);
        row("try again in a while", nothing);
        row("Overloaded", nothing);
    }
    void sentences() {
        QFETCH(QString, text);
        QFETCH(double, expected_ms);
        QCOMPARE(ms(hint_in_message(text.toStdString(), now)), expected_ms);
    }
};

QTEST_APPLESS_MAIN(TestRetryHint)
#include "test_retry_hint.moc"
