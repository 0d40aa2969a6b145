// batch: every request has exactly one answer, whatever ends the process in between, and outages
// are waited out.
#include "live/batch_patience.h"
#include "support/ctl.h"
#include "support/plain_provider.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include <csignal>

using namespace brownout;
using namespace brownout::live;
using namespace brownout::test;
using namespace std::chrono_literals;

namespace {

QByteArray chain(double first_token_ms) {
    const QByteArray ms = QByteArray::number(first_token_ms);
    return R"({"format":"brownout.chain/1","name":"batch","providers":[
{"id":"aster","dialect":"openai","base_url":"lab:","key":"none","model":{"first_token_ms":)" +
           ms + R"(,"token_ms":0}}],"chains":[{"id":"default","targets":[{"provider":"aster",
"model":"m","price":{"input_usd_per_mtok":1,"output_usd_per_mtok":2}}]}],
"policy":{"retry":{"backoff":{"kind":"none"}}}})";
}

// Of one provider that is asked for real, and whose breaker opens for a moment only.
QByteArray chain(const PlainProvider& provider, const QByteArray& policy = "{}") {
    return R"({"format":"brownout.chain/1","name":"outage","providers":[
{"id":"p","dialect":"openai","base_url":")" +
           QByteArray::fromStdString(provider.base_url()) +
           R"(","key":"none"}],"chains":[{"id":"default","targets":[{"provider":"p","model":"m",
"price":{"input_usd_per_mtok":1,"output_usd_per_mtok":2}}],"policy":)" +
           policy + R"(}],"policy":{"retry":{"attempts_per_target":1},"breaker":{"open_s":0.1}}})";
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

    // As long as nobody takes them requests are held back, and nothing fails.
    void anOutageIsWaitedOut() {
        PlainProvider provider(PlainProvider::answers_503, "42");
        QTemporaryDir dir;
        const QString file = write(dir.path(), "a.chain.json", chain(provider));
        const QString in = write(dir.path(), "in.jsonl", requests(12));
        const QString out = dir.filePath("out.jsonl");
        QProcess process;
        process.start(ctl_path(),
                      {"batch", file, in, out, "--concurrency", "4", "--ordered", "--json"});
        QVERIFY(process.waitForStarted());
        QTRY_VERIFY_WITH_TIMEOUT(provider.requests() >= 6, 20'000); // all at once, then one by one
        QCOMPARE(read(out), QByteArray());
        provider.behave(PlainProvider::answers);
        QVERIFY(process.waitForFinished(30'000));
        const QString err = QString::fromUtf8(process.readAllStandardError());
        QVERIFY2(process.exitCode() == 0, qPrintable(err));
        QCOMPARE(ids(out), expected(12));
        QVERIFY(!read(out).contains("Overloaded"));
        QVERIFY2(err.contains("holding back requests of chain default") && err.contains("503") &&
                     err.contains("held back no longer"),
                 qPrintable(err));
    }

    // Nothing of what is held back is written, and it goes at once.
    void heldBackItIsCancelledAtOnce() {
        PlainProvider provider(PlainProvider::answers_503, "42");
        QTemporaryDir dir;
        const QString file = write(dir.path(), "a.chain.json", chain(provider));
        const QString in = write(dir.path(), "in.jsonl", requests(3));
        const QString out = dir.filePath("out.jsonl");
        QProcess process;
        process.start(ctl_path(), {"batch", file, in, out});
        QVERIFY(process.waitForStarted());
        QByteArray err;
        QTRY_VERIFY_WITH_TIMEOUT((err += process.readAllStandardError()).contains("holding back"),
                                 20'000);
        QElapsedTimer took;
        took.start();
        process.terminate();
        QVERIFY(process.waitForFinished(20'000));
        QCOMPARE(process.exitCode(), 130);
        QVERIFY(took.elapsed() < 5000);
        QCOMPARE(read(out), QByteArray());
        provider.behave(PlainProvider::answers);
        QCOMPARE(ctl({"batch", file, in, out, "--ordered"}).code, 0);
        QCOMPARE(ids(out), expected(3));
    }

    // What does not pass by itself is not waited for, nor an outage that outlasts the patience.
    void notEverythingIsWaitedFor_data() {
        QTest::addColumn<int>("behaviour");
        QTest::addColumn<QByteArray>("policy");
        QTest::addColumn<QString>("patience");
        QTest::addColumn<int>("status");
        const QByteArray none = "{}", poor = R"({"budget":{"per_request_usd":0.0000001}})";
        QTest::newRow("outage, no patience")
            << int{PlainProvider::answers_503} << none << "0" << 503;
        QTest::newRow("outage, little") << int{PlainProvider::answers_503} << none << "1.5" << 503;
        QTest::newRow("never sent twice")
            << int{PlainProvider::resets}
            << QByteArray(R"({"resend_after_ambiguous_failure":"never"})") << "600" << 503;
        QTest::newRow("bad key") << int{PlainProvider::answers_401} << none << "600" << 502;
        QTest::newRow("the caller's fault")
            << int{PlainProvider::answers_400} << none << "600" << 400;
        QTest::newRow("budget") << int{PlainProvider::answers} << poor << "600" << 402;
    }
    void notEverythingIsWaitedFor() {
        QFETCH(int, behaviour);
        QFETCH(QByteArray, policy);
        QFETCH(QString, patience);
        QFETCH(int, status);
        PlainProvider provider(static_cast<PlainProvider::Behaviour>(behaviour), "42");
        QTemporaryDir dir;
        const QString file = write(dir.path(), "a.chain.json", chain(provider, policy));
        const QString in = write(dir.path(), "in.jsonl", requests(2));
        const QString out = dir.filePath("out.jsonl");
        const QStringList asked{"batch", file, in, out, "--ordered", "--concurrency", "1"};
        const CtlResult result = ctl(asked + QStringList{"--patience-s", patience, "--json"});
        QCOMPARE(result.code, 3);
        QCOMPARE(result.json()["failed"].toInt(), 2);
        QCOMPARE(ids(out), expected(2));
        const QByteArray first = read(out).split('\n').first();
        QCOMPARE(QJsonDocument::fromJson(first).object()["response"].toObject()["status_code"],
                 QJsonValue(status));
        if (status != 503)
            return;
        provider.behave(PlainProvider::answers);
        const CtlResult again = ctl(asked + QStringList{"--retry-failed"});
        QVERIFY2(again.code == 0, qPrintable(again.err));
        QCOMPARE(ids(out), expected(2));
    }

    // What was written of a line that has no room is taken back, and told with what helps.
    void aFullDiskLeavesWholeLines() {
        QTemporaryDir dir;
        const QString file = write(dir.path(), "a.chain.json", chain(0));
        const QString in = write(dir.path(), "in.jsonl", requests(40));
        const QString out = dir.filePath("out.jsonl");
        QProcess process;
        process.start("/bin/sh", {"-c", R"(trap "" XFSZ; ulimit -f 8; exec "$0" "$@")", ctl_path(),
                                  "batch", file, in, out, "--concurrency", "1"});
        QVERIFY(process.waitForFinished(30'000));
        QCOMPARE(process.exitCode(), 4);
        const QByteArray err = process.readAllStandardError();
        QVERIFY2(err.contains("out.jsonl: cannot be written") && err.contains("ulimit"), err);
        QVERIFY2(err.contains("goes on where it stopped"), err);
        QVERIFY(read(out).endsWith('\n'));
        QVERIFY(!ids(out).isEmpty() && ids(out).size() < 40);
        const CtlResult rest = ctl({"batch", file, in, out, "--ordered"});
        QVERIFY2(rest.code == 0, qPrintable(rest.err));
        QVERIFY(!rest.err.contains("a piece of a line"));
        QCOMPARE(ids(out), expected(40));
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

    // Whatever was there before, and whichever were asked again.
    void theOrderIsThatOfTheRequests() {
        QTemporaryDir dir;
        const QString file = write(dir.path(), "a.chain.json", chain(5));
        const QString in = write(dir.path(), "in.jsonl", requests(4));
        const QByteArray line = R"({"id":"b","custom_id":"%1","response":{"status_code":%2,)"
                                R"("request_id":"r","body":{"id":"x"}},"error":%3})";
        const auto answer = [&](const char* id, bool well) {
            QByteArray text = line;
            return text.replace("%1", id)
                       .replace("%2", well ? "200" : "503")
                       .replace("%3", well ? "null" : R"({"code":"c","message":"m"})") +
                   "\n";
        };
        const QString out = write(dir.path(), "out.jsonl",
                                  answer("q3", true) + answer("q0", false) + answer("q1", true));
        const CtlResult result = ctl({"batch", file, in, out, "--ordered", "--retry-failed"});
        QCOMPARE(result.code, 0);
        QCOMPARE(ids(out), expected(4));
        const CtlResult nothing = ctl({"batch", file, in, out, "--ordered"});
        QCOMPARE(nothing.code, 0);
        QCOMPARE(ids(out), expected(4));
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
        // Of the batch: what its answers cost counts, whoever asked for them.
        const CtlResult again =
            ctl({"batch", file, in, out, "--max-spend-usd", "0.0002", "--json"});
        QCOMPARE(again.code, 3);
        QCOMPARE(again.json()["spend_usd"].toDouble(), 0.0);
        QCOMPARE(ids(out).size(), done);
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

    void itAsksAgainWithOneAndThenWithMore() {
        BatchPatience patience(600s, 8);
        const Outlook down{true, true, std::nullopt};
        const auto at = [](double s) { return Instant{from_seconds(s)}; };
        QCOMPARE(patience.room("c", at(0)), std::size_t{8});
        HeldBack lines[3];
        for (HeldBack& line : lines) // together: one wait
            QVERIFY(patience.holds_back("c", line, down, "503", at(10)));
        QCOMPARE(patience.room("c", at(10.9)), std::size_t{0});
        QCOMPARE(patience.room("c", at(11)), std::size_t{1});
        QCOMPARE(patience.room("other", at(10.9)), std::size_t{8});
        QVERIFY(patience.waits() && patience.waits()->gives_up == at(610));
        QVERIFY(patience.holds_back("c", lines[0], down, "503", at(11)));
        QVERIFY(patience.asks_again("c") == at(13)); // twice as long
        const Outlook told{true, true, 40s};
        QVERIFY(patience.holds_back("c", lines[0], told, "429", at(13)));
        QVERIFY(patience.asks_again("c") == at(53)); // as the provider said
        patience.answered("c");
        QVERIFY(!patience.waits());
        QCOMPARE(patience.room("c", at(53)), std::size_t{2});
        for (int i = 0; i < 5; ++i)
            patience.answered("c");
        QCOMPARE(patience.room("c", at(53)), std::size_t{8}); // and no more
    }

    void itDoesNotWaitForever() {
        const auto at = [](double s) { return Instant{from_seconds(s)}; };
        const Outlook down{true, true, std::nullopt}, told{true, true, 3600s},
            busy{true, false, 1s};
        HeldBack line;
        QVERIFY(!BatchPatience(0s, 8).holds_back("c", line, down, "", at(0)));
        QVERIFY(!BatchPatience(600s, 8).holds_back("c", line, {}, "", at(0))); // does not pass
        BatchPatience patience(600s, 8);
        QVERIFY(patience.holds_back("c", line, told, "", at(0)));
        QVERIFY(patience.asks_again("c") == at(600)); // a last time
        QVERIFY(!patience.holds_back("c", line, told, "", at(600)));
        HeldBack later; // as long as nothing is answered none waits again, nor is one slowed down
        QVERIFY(!patience.holds_back("c", later, down, "", at(601)));
        QCOMPARE(patience.room("c", at(601)), std::size_t{8});
        patience.answered("c");
        QVERIFY(patience.holds_back("c", later, down, "", at(602)));
        // One that fails where others are answered is at fault itself; who is only busy is not.
        HeldBack poor, patient;
        int tries = 0;
        for (bool again = true; again && tries < 9; ++tries) {
            patience.answered("c");
            QVERIFY(patience.holds_back("c", patient, busy, "", at(610)));
            again = patience.holds_back("c", poor, down, "", at(610));
        }
        QCOMPARE(tries, 4);
        patience.skip(100s); // a pause does not count, and afterwards they are asked at once
        QCOMPARE(patience.room("c", at(710)), std::size_t{1});
        QVERIFY(patience.waits()->gives_up == at(1310));
    }
};

QTEST_GUILESS_MAIN(TestCtlBatch)
#include "test_ctl_batch.moc"
