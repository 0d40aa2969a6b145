// What is left of a quota, as each provider's headers say it.
#include "wire/quota.h"

#include <QTest>

using namespace brownout;
using namespace brownout::wire;

namespace {
constexpr std::int64_t now = 1'755'780'059; // 2025-08-21T12:40:59Z
}

class TestWireQuota : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void left_data() {
        QTest::addColumn<QString>("headers"); // "name: value", a line each
        QTest::addColumn<QString>("requests");
        QTest::addColumn<QString>("tokens");
        const auto row = [](const char* what, const char* headers, const char* requests,
                            const char* tokens) {
            QTest::newRow(what) << headers << requests << tokens;
        };
        row("OpenAI",
            "x-ratelimit-limit-requests: 500\nx-ratelimit-remaining-requests: 499\n"
            "x-ratelimit-reset-requests: 120ms\nx-ratelimit-remaining-tokens: 29985\n"
            "x-ratelimit-reset-tokens: 6m0s",
            "499 in 0.12 s", "29985 in 360 s");
        row("names in any case",
            "X-RateLimit-Remaining-Requests: 0\nX-RateLimit-Reset-Requests: 1s", "0 in 1 s", "");
        row("Groq",
            "x-ratelimit-remaining-requests: 14370\nx-ratelimit-reset-requests: 2m59.56s\n"
            "x-ratelimit-remaining-tokens: 17997\nx-ratelimit-reset-tokens: 7.66s",
            "14370 in 179.56 s", "17997 in 7.66 s");
        row("Anthropic, with dates; the scarcest kind of tokens",
            "anthropic-ratelimit-requests-remaining: 3\n"
            "anthropic-ratelimit-requests-reset: 2025-08-21T12:41:00Z\n"
            "anthropic-ratelimit-tokens-remaining: 90000\n"
            "anthropic-ratelimit-tokens-reset: 2025-08-21T12:41:59Z\n"
            "anthropic-ratelimit-output-tokens-remaining: 8000\n"
            "anthropic-ratelimit-output-tokens-reset: 2025-08-21T12:41:09Z",
            "3 in 1 s", "8000 in 10 s");
        row("OpenRouter, epoch in milliseconds",
            "X-RateLimit-Remaining: 7\nX-RateLimit-Reset: 1755780064000", "7 in 5 s", "");
        row("epoch in seconds, bare seconds",
            "x-ratelimit-remaining-requests: 1\nx-ratelimit-reset-requests: 1755780069\n"
            "x-ratelimit-remaining-tokens: 2\nx-ratelimit-reset-tokens: 30",
            "1 in 10 s", "2 in 30 s");
        row("a fraction that is none, and white space",
            "x-ratelimit-remaining-requests:  12.0 \nx-ratelimit-reset-requests: 1s", "12 in 1 s",
            "");
        row("without a reset: nothing", "x-ratelimit-remaining: 0", "", "");
        row("without a number: nothing", "x-ratelimit-reset-requests: 1s", "", "");
        row("Azure's unknown",
            "x-ratelimit-remaining-requests: -1\nx-ratelimit-reset-requests: 1s\n"
            "x-ratelimit-remaining-tokens: 5\nx-ratelimit-reset-tokens: 0",
            "", "");
        row("in the past",
            "anthropic-ratelimit-requests-remaining: 3\n"
            "anthropic-ratelimit-requests-reset: 2025-08-21T12:40:00Z",
            "", "");
        row("a day at most", "x-ratelimit-remaining: 1\nx-ratelimit-reset: 7d", "1 in 86400 s", "");
        row("nonsense",
            "x-ratelimit-remaining-requests: many\nx-ratelimit-reset-requests: 1s\n"
            "x-ratelimit-remaining-tokens: 99999999999999999999\nx-ratelimit-reset-tokens: 1s\n"
            "x-ratelimit-remaining: 1.5\nx-ratelimit-reset: 1s",
            "", "");
        row("nothing at all", "content-type: text/html", "", "");
    }
    void left() {
        QFETCH(QString, headers);
        QFETCH(QString, requests);
        QFETCH(QString, tokens);
        Headers given;
        for (const QString& line : headers.split(QLatin1Char('\n'))) {
            const auto colon = line.indexOf(QLatin1Char(':'));
            given.emplace_back(line.left(colon).toStdString(), line.mid(colon + 1).toStdString());
        }
        const auto text = [](const std::optional<Left>& l) {
            return l ? QStringLiteral("%1 in %2 s").arg(l->left).arg(to_seconds(l->resets_in))
                     : QString{};
        };
        const QuotaLeft found = quota_left(given, now);
        QCOMPARE(text(found.requests), requests);
        QCOMPARE(text(found.tokens), tokens);
        QCOMPARE(found.any(), !requests.isEmpty() || !tokens.isEmpty());
    }
};

QTEST_APPLESS_MAIN(TestWireQuota)
#include "test_wire_quota.moc"
