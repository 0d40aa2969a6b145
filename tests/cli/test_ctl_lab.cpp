// lab: the addresses that it prints answer, and its fault control breaks and restores them.
#include "support/ctl.h"

#include <QJsonDocument>
#include <QNetworkAccessManager>
#include <QNetworkReply>
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

  private Q_SLOTS:
    void answersAndBreaks() {
        QProcess lab;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("BROWNOUT_TOKEN", "secret-token");
        lab.setProcessEnvironment(environment);
        lab.start(ctl_path(), {"lab"});
        QMap<QString, QString> address;
        QTRY_VERIFY_WITH_TIMEOUT(
            [&] {
                while (lab.canReadLine()) {
                    const QString line = QString::fromUtf8(lab.readLine()).trimmed();
                    address[line.section(' ', 0, 0)] = line.section(' ', -1);
                }
                return address.contains("faults");
            }(),
            10'000);
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
        QCOMPARE(call("DELETE", address["faults"], {}, "secret-token").status, 200);
        QCOMPARE(call("POST", aster, prompt).status, 200);

        lab.terminate();
        QVERIFY(lab.waitForFinished(10'000));
        QCOMPARE(lab.exitCode(), 0);
    }
};

QTEST_GUILESS_MAIN(TestCtlLab)
#include "test_ctl_lab.moc"
