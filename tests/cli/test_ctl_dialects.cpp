// send, through a chain of every chat dialect in the lab, each in turn the only healthy one: the
// same text and the right cost, streaming and not.
#include "support/ctl.h"

#include <QJsonArray>
#include <QTemporaryDir>
#include <QtTest>

using namespace brownout::test;

namespace {

struct Speaker {
    const char *dialect, *model;
};
constexpr Speaker speakers[] = {{"openai", "gpt-5-mini"},
                                {"azure", "my-deployment"},
                                {"anthropic", "claude-opus-5"},
                                {"gemini", "gemini-2.5-flash"},
                                {"nexaapi", "gpt-5-mini"}};

QByteArray chain_with(const QByteArray& healthy) {
    QByteArray providers, targets;
    for (const Speaker& speaker : speakers) {
        const bool well = healthy == speaker.dialect;
        const QByteArray id = speaker.dialect;
        const QByteArray comma = providers.isEmpty() ? "" : ",";
        providers += comma + "{\"id\":\"" + id + "\",\"dialect\":\"" + speaker.dialect +
                     "\",\"base_url\":\"lab:\",\"key\":\"none\",\"model\":{\"first_token_ms\":1,"
                     "\"token_ms\":0,\"error_ratio\":" +
                     (well ? "0" : "1") + "}}";
        targets += comma + "{\"provider\":\"" + id + "\",\"model\":\"" + speaker.model +
                   "\",\"price\":{\"input_usd_per_mtok\":1,\"output_usd_per_mtok\":10}}";
    }
    return "{\"format\":\"brownout.chain/1\",\"name\":\"t\",\"providers\":[" + providers +
           "],\"chains\":[{\"id\":\"default\",\"targets\":[" + targets +
           "]}],\"policy\":{\"retry\":{\"attempts_per_target\":1,\"max_attempts\":20}}}";
}

} // namespace

class TestCtlDialects : public QObject {
    Q_OBJECT
    QString short_, whole_; // what the first healthy one said

  private Q_SLOTS:
    void eachInTurn_data() {
        QTest::addColumn<QByteArray>("healthy");
        QTest::addColumn<bool>("stream");
        for (const Speaker& speaker : speakers)
            for (const bool stream : {false, true})
                QTest::addRow("%s %s", speaker.dialect, stream ? "stream" : "whole")
                    << QByteArray(speaker.dialect) << stream;
    }
    void eachInTurn() {
        QFETCH(QByteArray, healthy);
        QFETCH(bool, stream);
        QTemporaryDir dir;
        const QString chain = write(dir.path(), "a.chain.json", chain_with(healthy));
        QStringList unlimited{"send", chain, "--prompt", "Say it.", "--seed", "7"};
        if (stream)
            unlimited << "--stream";
        const QStringList arguments = unlimited + QStringList{"--max-tokens", "12"};
        const CtlResult plain = ctl(arguments);
        QVERIFY2(plain.code == 0, qPrintable(plain.err));
        const CtlResult result = ctl(arguments + QStringList{"--json"});
        QVERIFY2(result.code == 0, qPrintable(result.err));
        const QJsonObject json = result.json();

        QCOMPARE(json["served_by"].toString().section('/', 0, 0), healthy);
        QCOMPARE(json["text"].toString(), plain.out.trimmed());
        QCOMPARE(json["text"].toString().split(' ').size(), 12);
        const CtlResult whole = ctl(unlimited);
        QVERIFY2(whole.code == 0, qPrintable(whole.err));
        if (short_.isEmpty()) {
            short_ = json["text"].toString();
            whole_ = whole.out;
        }
        QCOMPARE(json["text"].toString(), short_);
        QCOMPARE(whole.out, whole_);
        // "Say it." is two tokens, with four around it and three to start the answer.
        QCOMPARE(json["usage"]["input_tokens"].toInt(), 9);
        QCOMPARE(json["usage"]["output_tokens"].toInt(), 12);
        QVERIFY(qAbs(json["cost_usd"].toDouble() - (9 * 1 + 12 * 10) / 1e6) < 1e-12);

        // The others failed, each in its own words, and were read as what they are.
        const QJsonArray attempts = json["attempts"].toArray();
        for (const QJsonValue attempt : attempts)
            if (!attempt["target"].toString().startsWith(healthy))
                QVERIFY2(attempt["message"].toString().startsWith("500"), qPrintable(result.out));
        int before = 0;
        while (speakers[before].dialect != healthy)
            ++before;
        QCOMPARE(attempts.size(), qsizetype{before + 1});
    }
};

QTEST_GUILESS_MAIN(TestCtlDialects)
#include "test_ctl_dialects.moc"
