// Rows for the classifier's tests: what came in, and the outcome in one line, as
// "cooldown rate_limited B0 after 2000" (B+ counts for the breaker; times in ms).
#pragma once

#include "wire/classify.h"

#include <QtTest>

namespace classify_rows {

using namespace brownout;
using namespace brownout::wire;

// 2026-08-20 12:00 UTC
constexpr std::int64_t now = 1787227200;

inline std::string word(const engine::Outcome& o) {
    std::string text = engine::name(o.cls);
    text += std::string(" ") + engine::name(o.cause);
    text += o.counts_for_breaker ? " B+" : " B0";
    if (o.provider_wide)
        text += " provider";
    if (o.ambiguous)
        text += " ambiguous";
    if (o.retry_after)
        text += " after " + std::to_string(std::llround(to_ms(*o.retry_after)));
    return text;
}

inline Headers headers_from(const QString& lines) {
    Headers all;
    for (const QString& line : lines.split("; ", Qt::SkipEmptyParts)) {
        const auto colon = line.indexOf(": ");
        all.emplace_back(line.left(colon).toStdString(), line.mid(colon + 2).toStdString());
    }
    return all;
}

inline QByteArray error(const char* message, const char* type, const char* code) {
    const auto quoted = [](const char* s) {
        return s ? "\"" + QByteArray(s) + "\"" : QByteArray("null");
    };
    return "{\"error\":{\"message\":" + quoted(message) + ",\"type\":" + quoted(type) +
           ",\"param\":null,\"code\":" + quoted(code) + "}}";
}

struct Table {
    const char* vendor;
    chain::Dialect dialect = chain::Dialect::openai;
    void row(int status, const QByteArray& body, const char* expected, const char* headers = "") {
        const QByteArray name = QByteArray(vendor) + " " + QByteArray::number(status) + " " +
                                body.left(160) + " " + headers;
        QTest::newRow(name.constData()) << QString(vendor) << static_cast<int>(dialect) << status
                                        << body << QString(headers) << QByteArray(expected);
    }
};

inline void columns() {
    QTest::addColumn<QString>("vendor");
    QTest::addColumn<int>("dialect");
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QString>("headers");
    QTest::addColumn<QByteArray>("expected");
}

inline void check() {
    QFETCH(QString, vendor);
    QFETCH(int, dialect);
    QFETCH(int, status);
    QFETCH(QByteArray, body);
    QFETCH(QString, headers);
    QFETCH(QByteArray, expected);
    const std::string host = vendor.toStdString(), text = body.toStdString();
    const Headers all = headers_from(headers);
    ReplyFacts facts;
    facts.dialect = static_cast<chain::Dialect>(dialect);
    facts.vendor = host;
    facts.status = status;
    facts.headers = &all;
    facts.body = text;
    facts.request_sent = true;
    facts.in_stream = status == 200;
    facts.unix_now = now;
    const auto got = classify(facts);
    QCOMPARE(QByteArray::fromStdString(word(got.outcome)), expected);
    QCOMPARE(int{got.outcome.status}, status);
    QVERIFY(!got.message.empty() && got.message.size() <= 300);
    QVERIFY(got.code.size() <= 64);
    QVERIFY(got.message.find('\n') == std::string::npos);
}

} // namespace classify_rows
