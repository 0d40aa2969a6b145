// send, through servers that share no code with us: who answers, what is printed where, which exit.
#include "support/ctl.h"
#include "support/plain_provider.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QtTest>

using namespace brownout::test;
using Servers = std::vector<std::unique_ptr<PlainProvider>>;

namespace {

// A chain over these servers, in order. `first_limits`: timeouts of the first target alone.
QByteArray chain_over(const Servers& servers, const QByteArray& policy,
                      const QByteArray& first_limits = "{}") {
    QByteArray providers, targets;
    int n = 0;
    for (const auto& server : servers) {
        const QByteArray id = "p" + QByteArray::number(++n);
        providers += (n > 1 ? "," : "") + QByteArray("{\"id\":\"") + id +
                     "\",\"dialect\":\"openai\",\"base_url\":\"" +
                     QByteArray::fromStdString(server->base_url()) +
                     "\",\"key\":\"env:BROWNOUT_TEST_KEY\"}";
        targets += (n > 1 ? "," : "") + QByteArray("{\"provider\":\"") + id +
                   "\",\"model\":\"m\",\"timeouts\":" + (n == 1 ? first_limits : "{}") +
                   ",\"price\":{\"input_usd_per_mtok\":1,"
                   "\"output_usd_per_mtok\":10}}";
    }
    return "{\"format\":\"brownout.chain/1\",\"name\":\"t\",\"providers\":[" + providers +
           "],\"chains\":[{\"id\":\"default\",\"targets\":[" + targets +
           "]}],\"policy\":" + policy + "}";
}

// So that hanging and stalling end soon; for targets that are not meant to answer.
constexpr auto short_limits =
    "{\"retry\":{\"attempts_per_target\":1},\"timeouts\":{\"first_token_ms\":400,"
    "\"stall_ms\":400,\"attempt_ms\":2000,\"total_ms\":4000}}";
constexpr auto one_try = "{\"retry\":{\"attempts_per_target\":1}}";

// Only who hangs or stalls meets a short limit: others may be as slow as the machine is.
QByteArray limits_of(int behaviour) {
    if (behaviour == PlainProvider::hangs)
        return "{\"first_token_ms\":400}";
    return behaviour == PlainProvider::stalls ? "{\"stall_ms\":400}" : "{}";
}

CtlOptions with_key() {
    CtlOptions options;
    options.environment[QStringLiteral("BROWNOUT_TEST_KEY")] = QStringLiteral("canary-key-4711");
    return options;
}

} // namespace

class TestCtlSend : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void secondAnswers_data() {
        QTest::addColumn<int>("first");
        QTest::addColumn<bool>("stream");
        QTest::addColumn<QString>("why"); // what stderr says of the first, case-insensitive

        const std::pair<PlainProvider::Behaviour, const char*> rows[] = {
            {PlainProvider::answers_503, "503"},
            {PlainProvider::answers_401, "401"},
            {PlainProvider::hangs, "first token|no answer|no token"},
            {PlainProvider::resets, "reset|closed|lost"},
        };
        for (const auto& [behaviour, why] : rows) {
            for (const bool stream : {false, true}) {
                QTest::addRow("%d %s", behaviour, stream ? "stream" : "whole")
                    << int(behaviour) << stream << QString::fromLatin1(why);
            }
        }
        QTest::newRow("stalls") << int(PlainProvider::stalls) << true << "stall|no progress|token";
        QTest::newRow("cuts") << int(PlainProvider::cuts) << true << "cut|broke|ended";
        QTest::newRow("resets in the stream")
            << int(PlainProvider::resets_mid_stream) << true << "cut|broke|reset|lost";
    }
    void secondAnswers() {
        QFETCH(int, first);
        QFETCH(bool, stream);
        QFETCH(QString, why);
        QTemporaryDir dir;
        Servers servers;
        servers.push_back(std::make_unique<PlainProvider>(PlainProvider::Behaviour(first), "one"));
        servers.push_back(std::make_unique<PlainProvider>(PlainProvider::answers, "two"));
        const QString chain =
            write(dir.path(), "a.chain.json", chain_over(servers, one_try, limits_of(first)));

        QStringList arguments{"send", chain, "--prompt", "What is it?"};
        if (stream)
            arguments << "--stream";
        const CtlResult result = ctl(arguments, with_key());

        QVERIFY2(result.code == 0, qPrintable(result.err));
        const QString last = result.out.trimmed().section(QLatin1Char('\n'), -1);
        QCOMPARE(last, "The answer is two.");
        const QRegularExpression reason(QStringLiteral("p1/m.*(%1)").arg(why),
                                        QRegularExpression::CaseInsensitiveOption);
        QVERIFY2(result.err.contains(reason), qPrintable(result.err));
        QVERIFY2(result.err.contains("p2/m"), qPrintable(result.err));
        QVERIFY(QByteArray::fromStdString(servers[1]->last_request())
                    .contains("canary-key-4711"));                       // the key goes to them ...
        QVERIFY(!(result.out + result.err).contains("canary-key-4711")); // ... and nowhere else
        if (first == PlainProvider::cuts || first == PlainProvider::resets_mid_stream) {
            QVERIFY2(result.err.contains("--- restarted on p2/m ---"), qPrintable(result.err));
        } else if (first != PlainProvider::stalls) {
            QCOMPARE(result.out.trimmed(), "The answer is two."); // nothing of the first
        }
    }

    void theOnlyTargetBreaks_data() {
        QTest::addColumn<int>("behaviour");
        QTest::addColumn<bool>("stream");
        QTest::newRow("cut stream") << int(PlainProvider::cuts) << true;
        QTest::newRow("reset in the stream") << int(PlainProvider::resets_mid_stream) << true;
        QTest::newRow("stall") << int(PlainProvider::stalls) << true;
        QTest::newRow("hang") << int(PlainProvider::hangs) << false;
        QTest::newRow("503") << int(PlainProvider::answers_503) << false;
        QTest::newRow("400 is the caller's fault") << int(PlainProvider::answers_400) << false;
    }
    void theOnlyTargetBreaks() {
        QFETCH(int, behaviour);
        QFETCH(bool, stream);
        QTemporaryDir dir;
        Servers servers;
        servers.push_back(
            std::make_unique<PlainProvider>(PlainProvider::Behaviour(behaviour), "one"));
        const QString chain = write(dir.path(), "a.chain.json", chain_over(servers, short_limits));
        QStringList arguments{"send", chain, "--prompt", "x"};
        if (stream)
            arguments << "--stream";
        const CtlResult result = ctl(arguments, with_key());
        QVERIFY2(result.code == 3, qPrintable(result.err));
        QVERIFY2(result.err.contains("p1/m"), qPrintable(result.err));
        QVERIFY2(result.ms < 4'000 + 10'000, "ends with total_ms, however slow the machine");
        if (behaviour == PlainProvider::answers_400)
            QCOMPARE(servers[0]->requests(), 1);
    }

    void allDownListsEveryAttempt() {
        QTemporaryDir dir;
        Servers servers;
        servers.push_back(std::make_unique<PlainProvider>(PlainProvider::hangs, "one"));
        servers.push_back(std::make_unique<PlainProvider>(PlainProvider::answers_503, "two"));
        servers.push_back(std::make_unique<PlainProvider>(PlainProvider::resets, "three"));
        const QString chain = write(dir.path(), "a.chain.json",
                                    chain_over(servers, one_try, limits_of(PlainProvider::hangs)));
        const CtlResult result = ctl({"send", chain, "--prompt", "x", "--json"}, with_key());
        QVERIFY2(result.code == 3, qPrintable(result.err));
        const QJsonObject json = result.json();
        QCOMPARE(json["result"].toString(), "failed");
        QSet<QString> tried;
        for (const QJsonValue attempt : json["attempts"].toArray()) {
            tried << attempt["target"].toString();
        }
        QCOMPARE(tried, QSet<QString>({"p1/m", "p2/m", "p3/m"}));
        for (const char* target : {"p1/m", "p2/m", "p3/m"}) {
            QVERIFY2(json["error"].toString().contains(target), qPrintable(result.out));
        }
    }

    // Attempts do not end in their order: the second answers, then the first is given up.
    void everyAttemptOfAHedgeIsTold() {
        QTemporaryDir dir;
        Servers servers;
        servers.push_back(std::make_unique<PlainProvider>(PlainProvider::hangs, "one"));
        servers.push_back(std::make_unique<PlainProvider>(PlainProvider::answers, "two"));
        const QString chain = write(
            dir.path(), "a.chain.json",
            chain_over(servers, "{\"hedge\":{\"after_ms\":100},\"timeouts\":{\"first_token_ms\":"
                                "30000,\"attempt_ms\":30000,\"share_deadline\":false}}"));
        for (const bool stream : {false, true}) {
            QStringList arguments{"send", chain, "--prompt", "What is it?"};
            if (stream)
                arguments << "--stream";
            const auto result = ctl(arguments, with_key());
            QVERIFY2(result.code == 0, qPrintable(result.err));
            QCOMPARE(result.err.count("attempt 1 p1/m: "), 1);
            QCOMPARE(result.err.count("attempt 2 p2/m: answered"), 1);
        }
    }

    void costAndJson() {
        QTemporaryDir dir;
        Servers servers;
        servers.push_back(std::make_unique<PlainProvider>(PlainProvider::answers, "one"));
        const QString chain = write(dir.path(), "a.chain.json", chain_over(servers, "{}"));
        for (const bool stream : {false, true}) {
            QStringList arguments{"send", chain, "--prompt", "x", "--json"};
            if (stream)
                arguments << "--stream";
            const CtlResult result = ctl(arguments, with_key());
            QVERIFY2(result.code == 0, qPrintable(result.err));
            const QJsonObject json = result.json();
            QCOMPARE(json["text"].toString(), "The answer is one.");
            QCOMPARE(json["served_by"].toString(), "p1/m");
            QCOMPARE(json["usage"]["output_tokens"].toInt(), 7);
            QVERIFY(qAbs(json["cost_usd"].toDouble() - (11 * 1 + 7 * 10) / 1e6) < 1e-12);
        }
    }

    // Traffic is real, so that the chain's webhooks are called; a receiver that does not answer
    // holds nobody up for long.
    void webhooksAreCalled_data() {
        QTest::addColumn<QString>("command");
        QTest::addColumn<int>("receiver");
        QTest::newRow("send") << "send" << int{PlainProvider::answers};
        QTest::newRow("batch") << "batch" << int{PlainProvider::answers};
        QTest::newRow("send, nobody takes it") << "send" << int{PlainProvider::hangs};
    }
    void webhooksAreCalled() {
        QFETCH(QString, command);
        QFETCH(int, receiver);
        QTemporaryDir dir;
        PlainProvider hook(static_cast<PlainProvider::Behaviour>(receiver), "hook");
        Servers servers;
        servers.push_back(std::make_unique<PlainProvider>(PlainProvider::answers_503, "one"));
        servers.push_back(std::make_unique<PlainProvider>(PlainProvider::answers, "two"));
        QByteArray text = chain_over(servers, one_try);
        text.replace("\"name\":\"t\"", "\"name\":\"t\",\"hooks\":{\"on_failover\":\"" +
                                           QByteArray::fromStdString(hook.base_url()) + "/h\"}");
        const QString chain = write(dir.path(), "a.chain.json", text);
        const QString in = write(dir.path(), "in.jsonl",
                                 R"({"custom_id":"q","body":{"messages":[{"role":"user",)"
                                 R"("content":"x"}]}})"
                                 "\n");
        const CtlResult result =
            ctl(command == "send" ? QStringList{"send", chain, "--prompt", "x"}
                                  : QStringList{"batch", chain, in, dir.filePath("out.jsonl")},
                with_key());
        QVERIFY2(result.code == 0, qPrintable(result.err));
        QTRY_COMPARE(hook.requests(), 1);
        const QByteArray called = QByteArray::fromStdString(hook.last_request());
        QVERIFY2(called.startsWith("POST /v1/h HTTP/1.1\r\n"), called);
        QVERIFY(!called.contains("canary"));
        const QJsonObject told =
            QJsonDocument::fromJson(called.mid(called.indexOf("\r\n\r\n") + 4)).object();
        QCOMPARE(told["from"].toString(), "p1/m");
        QCOMPARE(told["to"].toString(), "p2/m");
        QCOMPARE(told["status"].toInt(), 503);
        if (receiver == PlainProvider::hangs)
            QVERIFY2(result.err.contains("on_failover"), qPrintable(result.err));
        QVERIFY(result.ms < 15'000); // of which 2 s for the receiver at most
    }

    void promptFromStdinAndNoKey() {
        QTemporaryDir dir;
        Servers servers;
        servers.push_back(std::make_unique<PlainProvider>(PlainProvider::answers, "one"));
        const QString chain = write(dir.path(), "a.chain.json", chain_over(servers, "{}"));
        CtlOptions options = with_key();
        options.input = "What came over stdin?";
        QCOMPARE(ctl({"send", chain, "--prompt", "-"}, options).code, 0);
        QVERIFY(QByteArray::fromStdString(servers[0]->last_request())
                    .contains("What came over stdin?"));

        const int before = servers[0]->requests();
        const CtlResult keyless = ctl({"send", chain, "--prompt", "x"});
        QCOMPARE(keyless.code, 3);
        QVERIFY2(keyless.err.contains("env:BROWNOUT_TEST_KEY"), qPrintable(keyless.err));
        QCOMPARE(servers[0]->requests(), before); // nothing was sent without its key
    }
};

QTEST_GUILESS_MAIN(TestCtlSend)
#include "test_ctl_send.moc"
