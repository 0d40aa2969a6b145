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

    // Neither user nor query nor fragment: each may hold a key.
    void toldAddress_data() {
        QTest::addColumn<QByteArray>("url");
        QTest::addColumn<QByteArray>("told");
        const auto row = [](const char* name, const char* url, const char* told) {
            QTest::newRow(name) << QByteArray(url) << QByteArray(told);
        };
        row("plain", "https://API.openai.com/v1", "https://API.openai.com/v1");
        row("user", "https://me:pw@api.x.ai:1/v1", "https://api.x.ai:1/v1");
        row("two signs", "https://me@home:pw@api.x.ai/v1", "https://api.x.ai/v1");
        row("query", "https://api.x.ai/v1?key=a://b@c", "https://api.x.ai/v1");
        row("fragment", "https://api.x.ai/v1#key", "https://api.x.ai/v1");
        row("a sign in the path", "https://api.x.ai/@me/v1", "https://api.x.ai/@me/v1");
        row("no scheme", "me@api.x.ai/v1?a", "api.x.ai/v1");
        row("lab", "lab:", "lab:");
        row("empty", "", "");
    }
    void toldAddress() {
        QFETCH(QByteArray, url);
        QFETCH(QByteArray, told);
        QCOMPARE(QByteArray::fromStdString(told_address(url.toStdString())), told);
    }

    void percentDecoded() {
        QCOMPARE(percent_decoded("vendor%2Fm%2f3"), std::string{"vendor/m/3"});
        QCOMPARE(percent_decoded("a%20b%C3%A9%00").size(), std::size_t{6});
        for (const char* plain : {"", "m-1.5", "100%", "%2", "%zz", "%%"})
            QCOMPARE(percent_decoded(plain), std::string{plain});
        QCOMPARE(percent_decoded("%252F"), std::string{"%2F"}); // once
    }
};

QTEST_APPLESS_MAIN(TestUrl)
#include "test_url.moc"
