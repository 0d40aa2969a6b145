// batch: every request has exactly one answer, whatever ends the process in between.
#include "support/ctl.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include <csignal>

using namespace brownout::test;

namespace {

QByteArray chain(double first_token_ms) {
    const QByteArray ms = QByteArray::number(first_token_ms);
    return R"({"format":"brownout.chain/1","name":"batch","providers":[
{"id":"aster","dialect":"openai","base_url":"lab:","key":"none","model":{"first_token_ms":)" +
           ms + R"(,"token_ms":0}}],"chains":[{"id":"default","targets":[{"provider":"aster",
"model":"m","price":{"input_usd_per_mtok":1,"output_usd_per_mtok":2}}]}],
"policy":{"retry":{"backoff":{"kind":"none"}}}})";
}

QByteArray requests(int n) {
    QByteArray all;
    for (int i = 0; i < n; ++i)
        all +=
            "{\"custom_id\":\"q" + QByteArray::number(i) +
            "\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{\"model\":"
            "\"auto\",\"max_tokens\":4,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}}\n";
    return all;
}

// The ids in the order of their lines; each line is a whole answer.
QStringList ids(const QString& path) {
    QStringList all;
    for (const QByteArray& line : read(path).split('\n')) {
        if (line.isEmpty())
            continue;
        const QJsonObject answer = QJsonDocument::fromJson(line).object();
        all << answer["custom_id"].toString();
        if (answer["response"].toObject()["body"].toObject().isEmpty())
            all << QStringLiteral("no body: ") + QString::fromUtf8(line);
    }
    return all;
}

QStringList expected(int n) {
    QStringList all;
    for (int i = 0; i < n; ++i)
        all << QStringLiteral("q%1").arg(i);
    return all;
}

} // namespace

class TestCtlBatch : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void everyRequestHasOneAnswer() {
        QTemporaryDir dir;
        const QString file = write(dir.path(), "a.chain.json", chain(5));
        const QString in = write(dir.path(), "in.jsonl", requests(40));
        const QString out = dir.filePath("out.jsonl");
        const CtlResult result =
            ctl({"batch", file, in, out, "--ordered", "--concurrency", "8", "--json"});
        QVERIFY2(result.code == 0, qPrintable(result.err));
        QCOMPARE(ids(out), expected(40));
        QCOMPARE(result.json()["done"].toInt(), 40);
        QVERIFY(result.json()["complete"].toBool());
        QVERIFY(result.json()["spend_usd"].toDouble() > 0);
        const QJsonObject first =
            QJsonDocument::fromJson(read(out).split('\n').first()).object()["response"].toObject();
        QCOMPARE(first["status_code"].toInt(), 200);
        QCOMPARE(first["body"].toObject()["object"].toString(), "chat.completion");
        // Again: nothing is left to do, and nothing is sent.
        const CtlResult again = ctl({"batch", file, in, out, "--json"});
        QCOMPARE(again.code, 0);
        QCOMPARE(again.json()["spend_usd"].toDouble(), 0.0);
        QCOMPARE(ids(out), expected(40));
    }

    void aKilledBatchGoesOn() {
        QTemporaryDir dir;
        const QString file = write(dir.path(), "a.chain.json", chain(30));
        const QString in = write(dir.path(), "in.jsonl", requests(60));
        const QString out = dir.filePath("out.jsonl");
        for (const int signal : {SIGKILL, SIGTERM}) {
            const auto before = ids(out).size();
            QProcess process;
            process.start(ctl_path(), {"batch", file, in, out, "--concurrency", "3"});
            QVERIFY(process.waitForStarted());
            QTRY_VERIFY_WITH_TIMEOUT(read(out).count('\n') >= before + 6, 20'000);
            ::kill(static_cast<pid_t>(process.processId()), signal);
            QVERIFY(process.waitForFinished(20'000));
            if (signal == SIGTERM)
                QCOMPARE(process.exitCode(), 130);
        }
        QVERIFY(ids(out).size() < 60);
        // As if the disk had taken half a line of the killed one.
        QFile torn(out);
        QVERIFY(torn.open(QIODevice::Append));
        torn.write("{\"id\":\"batch_req_x\",\"custom_id\":\"q59\",\"resp");
        torn.close();
        const CtlResult rest = ctl({"batch", file, in, out, "--concurrency", "20"});
        QVERIFY2(rest.code == 0, qPrintable(rest.err));
        QVERIFY(rest.err.contains("a piece of a line was taken away"));
        QStringList all = ids(out), wanted = expected(60);
        all.sort();
        wanted.sort();
        QCOMPARE(all, wanted);
    }

    void failuresAreAnswersAndCanBeAskedAgain() {
        QTemporaryDir dir;
        const QString file = write(dir.path(), "a.chain.json", chain(5));
        QByteArray lines = requests(2);
        lines += "{\"custom_id\":\"bad\",\"body\":{\"model\":\"auto\",\"messages\":[]}}\n";
        const QString in = write(dir.path(), "in.jsonl", lines), out = dir.filePath("out.jsonl");
        for (const QStringList& more : {QStringList{}, QStringList{}, {"--retry-failed"}}) {
            const CtlResult result =
                ctl(QStringList{"batch", file, in, out, "--json", "--ordered"} + more);
            QCOMPARE(result.code, 3);
            QCOMPARE(result.json()["failed"].toInt(), 1);
            QCOMPARE(ids(out), (QStringList{"q0", "q1", "bad"}));
        }
        const QJsonObject bad =
            QJsonDocument::fromJson(read(out).trimmed().split('\n').last()).object();
        QCOMPARE(bad["response"].toObject()["status_code"].toInt(), 400);
        QVERIFY(bad["error"].toObject()["message"].toString().contains("messages"));
    }

    void aLimitOfSpendEndsIt() {
        QTemporaryDir dir;
        const QString file = write(dir.path(), "a.chain.json", chain(5));
        const QString in = write(dir.path(), "in.jsonl", requests(50));
        const QString out = dir.filePath("out.jsonl");
        const CtlResult result =
            ctl({"batch", file, in, out, "--max-spend-usd", "0.0002", "--json"});
        QCOMPARE(result.code, 3);
        QVERIFY(result.err.contains("spending limit"));
        QVERIFY(result.json()["spend_usd"].toDouble() <= 0.0002);
        const auto done = ids(out).size();
        QVERIFY(done > 0 && done < 50);
    }

    // The requests are not written over, and two batches do not write one file.
    void filesAreNotShared() {
        QTemporaryDir dir;
        const QString file = write(dir.path(), "a.chain.json", chain(200));
        const QString in = write(dir.path(), "in.jsonl", requests(200));
        const CtlResult same = ctl({"batch", file, in, in, "--retry-failed"});
        QCOMPARE(same.code, 2);
        QVERIFY2(same.err.contains("file of requests itself"), qPrintable(same.err));
        QCOMPARE(read(in), requests(200));
        const QString out = dir.filePath("out.jsonl");
        QProcess first;
        first.start(ctl_path(), {"batch", file, in, out, "--concurrency", "1"});
        QVERIFY(first.waitForStarted());
        QTRY_VERIFY_WITH_TIMEOUT(!read(out).isEmpty(), 20'000);
        const CtlResult second = ctl({"batch", file, in, out});
        QCOMPARE(second.code, 4);
        QVERIFY2(second.err.contains("another batch"), qPrintable(second.err));
        first.terminate();
        QVERIFY(first.waitForFinished(20'000));
    }

    void badInput_data() {
        QTest::addColumn<QByteArray>("in");
        QTest::addColumn<QByteArray>("out");
        QTest::addColumn<QString>("words");
        const QByteArray one = requests(1);
        QTest::newRow("no JSON") << one + "{\n" << QByteArray() << "in.jsonl:2";
        QTest::newRow("a list") << QByteArray("[]\n") << QByteArray() << "in.jsonl:1";
        QTest::newRow("no id") << QByteArray("{\"body\":{}}\n") << QByteArray() << "custom_id";
        QTest::newRow("an id twice") << one + one << QByteArray() << "came before";
        QTest::newRow("no body") << QByteArray("{\"custom_id\":\"a\"}\n") << QByteArray() << "body";
        QTest::newRow("another route")
            << QByteArray("{\"custom_id\":\"a\",\"url\":\"/v1/embeddings\",\"body\":{}}\n")
            << QByteArray() << "not served";
        QTest::newRow("streams") << QByteArray("{\"custom_id\":\"a\",\"body\":{\"stream\":true}}\n")
                                 << QByteArray() << "does not stream";
        QTest::newRow("answers of another batch")
            << one << QByteArray("{\"custom_id\":\"other\",\"error\":null}\n") << "out.jsonl:1";
        QTest::newRow("an answer twice") << one
                                         << QByteArray("{\"custom_id\":\"q0\",\"error\":null}\n"
                                                       "{\"custom_id\":\"q0\",\"error\":null}\n")
                                         << "answered twice";
    }
    void badInput() {
        QFETCH(QByteArray, in);
        QFETCH(QByteArray, out);
        QFETCH(QString, words);
        QTemporaryDir dir;
        const QString file = write(dir.path(), "a.chain.json", chain(5));
        const QString from = write(dir.path(), "in.jsonl", in);
        const QString to =
            out.isEmpty() ? dir.filePath("out.jsonl") : write(dir.path(), "out.jsonl", out);
        const CtlResult result = ctl({"batch", file, from, to});
        QCOMPARE(result.code, 2);
        QVERIFY2(result.err.contains(words), qPrintable(result.err));
        QCOMPARE(read(to), out); // nothing lost, nothing begun
    }
};

QTEST_GUILESS_MAIN(TestCtlBatch)
#include "test_ctl_batch.moc"
