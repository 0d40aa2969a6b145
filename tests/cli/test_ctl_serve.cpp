// serve as a process: how it ends when it is asked to, and what its log still says when it is
// killed.
#include "support/ctl.h"

#include <QElapsedTimer>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QtTest>

using namespace brownout::test;

namespace {

constexpr int patience_ms = 30'000; // of a machine that is slow

// brownoutctl serve over one simulated provider, with a log.
struct Serving {
    explicit Serving(int token_ms, const QStringList& more = {}) {
        const QString chain = write(
            dir.path(), "a.chain.json",
            R"({"format":"brownout.chain/1","providers":[{"id":"p","dialect":"openai","base_url":"lab:",)"
            R"("model":{"first_token_ms":1,"token_ms":)" +
                QByteArray::number(token_ms) +
                R"(}}],"chains":[{"id":"default","targets":[{"provider":"p","model":"m"}]}]})");
        log = dir.filePath("events.jsonl");
        process.start(ctl_path(), QStringList{"serve", chain, "--port", "0", "--log", log} + more);
        const QByteArray begin = "listening on http://127.0.0.1:";
        if (!QTest::qWaitFor([&] { return process.canReadLine(); }, patience_ms))
            qFatal("serve did not start: %s", process.readAllStandardError().constData());
        const QByteArray line = process.readLine().trimmed();
        if (!line.startsWith(begin))
            qFatal("serve said %s", line.constData());
        port = line.mid(begin.size()).toUShort();
    }
    ~Serving() {
        if (process.state() != QProcess::NotRunning) {
            process.kill();
            process.waitForFinished();
        }
    }
    // A request that is on its way.
    void ask(QTcpSocket& socket, bool stream, int tokens) const {
        const QByteArray body = R"({"messages":[{"role":"user","content":"hi"}],"max_tokens":)" +
                                QByteArray::number(tokens) + (stream ? R"(,"stream":true})" : "}");
        socket.connectToHost(QHostAddress::LocalHost, port);
        socket.write("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                     QByteArray::number(body.size()) + "\r\n\r\n" + body);
    }
    bool connects() const {
        QTcpSocket socket;
        socket.connectToHost(QHostAddress::LocalHost, port);
        return socket.waitForConnected(patience_ms);
    }
    // The log's lines; an empty object stands for one that is not whole.
    QList<QJsonObject> lines() const {
        QList<QJsonObject> all;
        const QByteArray text = read(log);
        for (const QByteArray& line : text.split('\n'))
            if (!line.isEmpty())
                all.push_back(QJsonDocument::fromJson(line).object());
        return all;
    }

    QTemporaryDir dir;
    QString log;
    QProcess process;
    quint16 port = 0;
};

// All that comes until `end` does.
bool read_until(QTcpSocket& socket, QByteArray& text, const QByteArray& end) {
    return QTest::qWaitFor(
        [&] {
            text += socket.readAll();
            return text.contains(end);
        },
        patience_ms);
}

QByteArray request_id(const QByteArray& reply) {
    const QByteArray name = "X-Brownout-Request-Id: ";
    const auto at = reply.indexOf(name) + name.size();
    return reply.mid(at, reply.indexOf('\r', at) - at);
}

} // namespace

class TestCtlServe : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void whatRunsEndsBeforeSigtermDoes() {
        Serving serving(10);
        QTcpSocket stream;
        serving.ask(stream, true, 80);
        QByteArray text;
        QVERIFY(read_until(stream, text, "\"content\":\""));
        serving.process.terminate();
        QVERIFY(QTest::qWaitFor([&] { return !serving.connects(); }, patience_ms));
        QVERIFY2(read_until(stream, text, "data: [DONE]"), text);
        stream.close();
        QVERIFY(serving.process.state() == QProcess::NotRunning ||
                serving.process.waitForFinished(10'000));
        QCOMPARE(serving.process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(serving.process.exitCode(), 0);
        QString result;
        for (const QJsonObject& line : serving.lines()) {
            QVERIFY(line.contains("ts") && line.contains("event"));
            if (line["event"] == "request_finished" && line["request"] == request_id(text).data())
                result = line["result"].toString();
        }
        QCOMPARE(result, QString{"success"});
    }

    void promptsAreLoggedWhereItIsAskedForAndSaid() {
        for (const bool wanted : {false, true}) {
            Serving serving(0, wanted ? QStringList{"--log-content"} : QStringList{});
            QTcpSocket socket;
            serving.ask(socket, false, 5);
            QByteArray reply;
            QVERIFY(read_until(socket, reply, "finish_reason"));
            socket.close();
            serving.process.terminate();
            QVERIFY(serving.process.waitForFinished(patience_ms));
            QCOMPARE(serving.process.readAllStandardError().contains("--log-content"), wanted);
            QString asked, said;
            for (const QJsonObject& line : serving.lines()) {
                if (line["event"] == "request_started")
                    asked = line["prompt"]["messages"][0]["text"].toString();
                if (line["event"] == "request_finished")
                    said = line["answer"]["text"].toString();
            }
            QCOMPARE(asked, wanted ? QString{"hi"} : QString{});
            QCOMPARE(said.isEmpty(), !wanted);
            QVERIFY(!wanted || reply.contains(said.toUtf8()));
        }
    }

    void aLogThatCannotBeWrittenServesNobody() {
        QTemporaryDir dir;
        const QString chain =
            write(dir.path(), "a.chain.json",
                  R"({"format":"brownout.chain/1","providers":[{"id":"p","dialect":"openai",)"
                  R"("base_url":"lab:"}],"chains":[{"id":"default","targets":[{"provider":"p",)"
                  R"("model":"m"}]}]})");
        const CtlResult result =
            ctl({"serve", chain, "--port", "0", "--log", dir.filePath("none/x.jsonl")});
        QCOMPARE(result.code, 4);
        QVERIFY2(result.err.contains("none/x.jsonl"), qPrintable(result.err));
    }

    // What was logged a second ago is in the file, whatever happens now.
    void sigkillLosesNoOldLine() {
        Serving serving(0);
        QList<QPair<QByteArray, qint64>> answered;
        QElapsedTimer clock;
        clock.start();
        while (answered.isEmpty() || clock.elapsed() - answered.front().second < 1100) {
            QTcpSocket socket;
            serving.ask(socket, false, 5);
            QByteArray reply;
            QVERIFY(read_until(socket, reply, "finish_reason"));
            answered.push_back({request_id(reply), clock.elapsed()});
        }
        const qint64 killed = clock.elapsed();
        serving.process.kill();
        QVERIFY(serving.process.waitForFinished(patience_ms));
        QSet<QString> finished;
        for (const QJsonObject& line : serving.lines()) {
            QVERIFY(!line.isEmpty()); // whole, to the last
            if (line["event"] == "request_finished")
                finished.insert(line["request"].toString());
        }
        int old = 0;
        for (const auto& [id, at] : answered) {
            if (at > killed - 1000)
                continue;
            ++old;
            QVERIFY2(finished.contains(QString::fromLatin1(id)), id);
        }
        QVERIFY(old > 0);
    }
};

QTEST_GUILESS_MAIN(TestCtlServe)
#include "test_ctl_serve.moc"
