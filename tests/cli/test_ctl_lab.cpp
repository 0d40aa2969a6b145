// lab: the addresses that it prints answer, and its fault control breaks and restores them.
#include "support/ctl.h"
#include "support/plain_provider.h"

#include <QJsonDocument>
#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QTemporaryDir>
#include <QtTest>

using namespace brownout::test;

class TestCtlLab : public QObject {
    Q_OBJECT
  private:
    QNetworkAccessManager http_;

    struct Reply {
        int status = 0;
        QByteArray body;
    };
    Reply call(const QByteArray& method, const QString& url, const QByteArray& body = {},
               const QByteArray& token = {}) {
        QNetworkRequest request{QUrl(url)};
        request.setHeader(QNetworkRequest::ContentTypeHeader, "application/json");
        if (!token.isEmpty())
            request.setRawHeader("Authorization", "Bearer " + token);
        QNetworkReply* reply = http_.sendCustomRequest(request, method, body);
        QSignalSpy done(reply, &QNetworkReply::finished);
        if (!reply->isFinished())
            done.wait(20'000);
        Reply out{reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt(),
                  reply->readAll()};
        reply->deleteLater();
        return out;
    }

    static void start(QProcess& lab, const QStringList& arguments,
                      QMap<QString, QString>& address) {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("BROWNOUT_TOKEN", "secret-token");
        lab.setProcessEnvironment(environment);
        lab.start(ctl_path(), QStringList{"lab"} + arguments);
        QTRY_VERIFY_WITH_TIMEOUT(
            [&] {
                while (lab.canReadLine()) {
                    const QString line = QString::fromUtf8(lab.readLine()).trimmed();
                    address[line.section(' ', 0, 0)] = line.section(' ', -1);
                }
                return address.contains("faults");
            }(),
            10'000);
    }

  private Q_SLOTS:
    // In front of a real provider: its own answers until a fault is switched on.
    void standsInFrontOfRealProviders() {
        QTemporaryDir dir;
        PlainProvider real(PlainProvider::answers, "42");
        const QString chain = write(
            dir.path(), "a.chain.json",
            R"({"format":"brownout.chain/1","providers":[{"id":"p","dialect":"openai","base_url":")" +
                QByteArray::fromStdString(real.base_url()) +
                R"(","key":"none"}],"chains":[{"id":"default","targets":[{"provider":"p",)"
                R"("model":"m"}]}]})");
        const QString file = write(
            dir.path(), "a.scenario.json",
            R"({"format":"brownout.scenario/1","duration_s":600,"faults":[{"target":"@primary",)"
            R"("kind":"rate_limit","requests_per_min":1}]})");
        QProcess lab;
        QMap<QString, QString> address;
        start(lab, {chain, "--scenario", file}, address);
        const QString chat = address["p"] + "/chat/completions";
        const QByteArray prompt = R"({"model":"m","messages":[{"role":"user","content":"Hi"}]})";
        const Reply first = call("POST", chat, prompt, "sk-canary");
        QCOMPARE(first.status, 200);
        QVERIFY(first.body.contains("The answer is 42."));
        QVERIFY(real.last_request().find("Bearer sk-canary") != std::string::npos);
        const Reply second = call("POST", chat, prompt, "sk-canary");
        QCOMPARE(second.status, 429);
        QVERIFY2(second.body.contains("\"error\""), second.body); // in the provider's words
        QCOMPARE(real.requests(), 1);
        const Reply refused =
            call("POST", address["faults"], R"({"target":"p","kind":"price_change","factor":2})",
                 "secret-token");
        QCOMPARE(refused.status, 400);
        QVERIFY2(refused.body.contains("only a simulated one"), refused.body);
        lab.terminate();
        QVERIFY(lab.waitForFinished(10'000));
        QVERIFY(!lab.readAllStandardError().contains("canary"));
    }

    void answersAndBreaks() {
        QProcess lab;
        QMap<QString, QString> address;
        start(lab, {}, address);
        const QString aster = address["aster"] + "/chat/completions";
        const QByteArray prompt =
            R"({"model":"m","max_tokens":3,"messages":[{"role":"user","content":"Hi"}]})";

        QCOMPARE(call("POST", aster, prompt).status, 200);
        const QByteArray fault =
            R"({"target":"aster","kind":"http_error","status":503,"when":{"for_s":60}})";
        QCOMPARE(call("POST", address["faults"], fault).status, 401);
        QCOMPARE(call("POST", address["faults"], fault, "secret-token").status, 201);
        QCOMPARE(call("POST", aster, prompt).status, 503);
        const QByteArray gemini = R"({"contents":[{"parts":[{"text":"Hi"}]}]})";
        QCOMPARE(call("POST", address["cedar"] + "/models/m:generateContent", gemini).status, 200);
        const Reply bad =
            call("POST", address["faults"], R"({"target":"x","kind":"y"})", "secret-token");
        QCOMPARE(bad.status, 400);
        QVERIFY(!bad.body.isEmpty());
        const Reply nobody =
            call("POST", address["faults"], R"({"target":"x","kind":"hang"})", "secret-token");
        QCOMPARE(nobody.status, 400);
        QVERIFY2(nobody.body.contains("body#/target:"), nobody.body);
        QCOMPARE(call("DELETE", address["faults"], {}, "secret-token").status, 200);
        QCOMPARE(call("POST", aster, prompt).status, 200);

        lab.terminate();
        QVERIFY(lab.waitForFinished(10'000));
        QCOMPARE(lab.exitCode(), 0);
    }

    void outagesOfAModelHappen() {
        QTemporaryDir dir;
        const QString file = write(dir.path(), "x.chain.json", R"({"format":"brownout.chain/1",
            "name":"x","providers":[
              {"id":"down","dialect":"openai","base_url":"lab:","key":"none",
               "model":{"first_token_ms":1,"outages":{"gap_h":1e-9,"repair_h":1,"severity":1,
                        "fault":{"kind":"http_error","status":502}}}},
              {"id":"up","dialect":"openai","base_url":"lab:","key":"none",
               "model":{"first_token_ms":1}}],
            "chains":[{"id":"default","targets":[{"provider":"down","model":"m"}]}]})");
        QProcess lab;
        QMap<QString, QString> address;
        start(lab, {file}, address);
        const QByteArray prompt =
            R"({"model":"m","max_tokens":3,"messages":[{"role":"user","content":"Hi"}]})";
        QCOMPARE(call("POST", address["down"] + "/chat/completions", prompt).status, 502);
        QCOMPARE(call("POST", address["up"] + "/chat/completions", prompt).status, 200);
        lab.terminate();
        QVERIFY(lab.waitForFinished(10'000));
    }
};

QTEST_GUILESS_MAIN(TestCtlLab)
#include "test_ctl_lab.moc"
