// The key test against a server that repeats the key in every way it can.
#include "live/key_test.h" // before Qt, which makes a macro of `forever`

#include "support/http_raw_server.h"

#include <QtTest>

using namespace brownout;
using namespace brownout::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* key_value = "canary.key.of.no.form";

std::string reply(const std::string& status, const std::string& body) {
    return "HTTP/1.1 " + status +
           "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

live::KeyTest outcome_of(const std::string& bytes, const std::string& key) {
    RawServer server([&](RawPeer& peer, int) {
        if (!peer.read_request().empty())
            peer.send(bytes);
    });
    chain::Provider provider;
    provider.id = "p";
    provider.dialect = chain::Dialect::openai;
    provider.base_url = server.url("/v1");
    return live::test_key(provider, Secret(key), {}, 5s);
}

} // namespace

class TestKeyTest : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void theKeyIsNeverRepeated_data() {
        QTest::addColumn<QByteArray>("message");
        QTest::addColumn<QByteArray>("says");
        const QByteArray key = key_value;
        QTest::newRow("whole") << "Bad key: " + key << QByteArray("refused: 401 Bad key: [key]");
        QTest::newRow("its beginning")
            << "Bad key: " + key.left(14) << QByteArray("refused: 401 Bad key: [key]");
        QTest::newRow("across the cut")
            << QByteArray(290, '.') + key << "refused: 401 " + QByteArray(290, '.') + "[key]";
    }
    void theKeyIsNeverRepeated() {
        QFETCH(QByteArray, message);
        QFETCH(QByteArray, says);
        const std::string body = "{\"error\":{\"message\":\"" + message.toStdString() + "\"}}";
        for (const char* given : {"canary.key.of.no.form", " canary.key.of.no.form "}) {
            const auto result = outcome_of(reply("401 Unauthorized", body), given);
            QVERIFY(!result.valid);
            QCOMPARE(QByteArray::fromStdString(result.text), says);
        }
    }

    void aKeyInTheAddress() {
        chain::Provider provider;
        provider.dialect = chain::Dialect::openai;
        // Nothing listens on the port of a server that has gone.
        provider.base_url = RawServer([](RawPeer&, int) {}).url(std::string("/") + key_value);
        const auto result = live::test_key(provider, Secret(key_value), {}, 5s);
        QVERIFY(!result.valid);
        QVERIFY(QByteArray::fromStdString(result.text).startsWith("cannot reach http://127.0.0.1"));
        QVERIFY(!QByteArray::fromStdString(result.text).contains("canary"));
    }

    void aGoodKey() {
        const auto result = outcome_of(reply("200 OK", "{\"data\":[]}"), key_value);
        QVERIFY(result.valid);
        QVERIFY(QByteArray::fromStdString(result.text).startsWith("valid, "));
    }
};

QTEST_APPLESS_MAIN(TestKeyTest)
#include "test_key_test.moc"
