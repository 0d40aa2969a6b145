// Which host a URL names: what providers are compared by.
#include "base/url.h"

#include <QtTest>

using namespace brownout;

class TestUrl : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void parts_data() {
        QTest::addColumn<QByteArray>("url");
        QTest::addColumn<QByteArray>("authority");
        QTest::addColumn<QByteArray>("host");
        const auto row = [](const char* name, const char* url, const char* authority,
                            const char* host) {
            QTest::newRow(name) << QByteArray(url) << QByteArray(authority) << QByteArray(host);
        };
        row("plain", "https://api.openai.com/v1", "api.openai.com", "api.openai.com");
        row("capitals", "HTTPS://API.OpenAI.com", "api.openai.com", "api.openai.com");
        row("port", "http://localhost:11434/v1", "localhost:11434", "localhost");
        row("user", "https://me:pw@api.x.ai:1/v1", "api.x.ai:1", "api.x.ai");
        row("query", "https://api.x.ai?a=http://b/c@d", "api.x.ai", "api.x.ai");
        row("fragment", "https://api.x.ai#a@b", "api.x.ai", "api.x.ai");
        row("IPv6", "http://[::1]:80/v1", "[::1]:80", "[::1]");
        row("IPv6 without a port", "http://[::1]/v1", "[::1]", "[::1]");
        row("bracket never closed", "http://[::1", "[::1", "[");
        row("no scheme", "groq", "groq", "groq");
        row("empty", "", "", "");
    }
    void parts() {
        QFETCH(QByteArray, url);
        QFETCH(QByteArray, authority);
        QFETCH(QByteArray, host);
        QCOMPARE(QByteArray::fromStdString(authority_of(url.toStdString())), authority);
        QCOMPARE(QByteArray::fromStdString(host_of(url.toStdString())), host);
    }
};

QTEST_APPLESS_MAIN(TestUrl)
#include "test_url.moc"
