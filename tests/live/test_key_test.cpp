// The key test: in every dialect against the lab, and against a server that repeats the key in
// every way it can.
#include "live/key_test.h" // before Qt, which makes a macro of `forever`

#include "support/http_lab.h"
#include "support/http_raw_server.h"
#include "wire/dialect.h"

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

    // What the lab answers in each dialect to a good key, and to one of each misfortune.
    void everyDialect_data() {
        QTest::addColumn<int>("dialect");
        QTest::addColumn<int>("fault"); // -1: none
        QTest::addColumn<bool>("valid");
        QTest::addColumn<QString>("says"); // how it begins, of what comes after the time
        using chain::Dialect;
        struct Row {
            Dialect dialect;
            const char *good, *bad;
        };
        const Row rows[] = {
            {Dialect::openai, ": 0 models", "refused: 401 Incorrect API key provided"},
            {Dialect::azure, ": 0 models", "refused: 401 "},
            {Dialect::anthropic, ": 0 models", "refused: 401 invalid x-api-key"},
            {Dialect::gemini, ": 0 models", "refused: 400 API key not valid"},
            {Dialect::nexaapi, ": 0 models", "refused: 401 "},
            {Dialect::replicate, ": account lab", "refused: 401 "},
            {Dialect::stability, ": 1000 credits left", "refused: 401 missing or invalid"},
            {Dialect::fal, ": FAL has no list of models", "refused: 401 No user found for Key ID"},
        };
        for (const Row& row : rows) {
            const auto add = [&](const char* what, int fault, bool valid, const char* says) {
                QTest::addRow("%s, %s", chain::dialect_names[static_cast<int>(row.dialect)].data(),
                              what)
                    << static_cast<int>(row.dialect) << fault << valid << QString(says);
            };
            using faults::Kind;
            add("good", -1, true, row.good);
            add("bad", static_cast<int>(Kind::bad_key), false, row.bad);
            add("no money", static_cast<int>(Kind::quota_exhausted), false, "valid, but: 4");
            add("overloaded", static_cast<int>(Kind::overloaded), false, "cannot tell: 5");
        }
    }
    void everyDialect() {
        QFETCH(int, dialect);
        QFETCH(int, fault);
        QFETCH(bool, valid);
        QFETCH(QString, says);
        chain::Provider provider;
        provider.id = "aster";
        provider.dialect = static_cast<chain::Dialect>(dialect);
        LabFixture lab;
        const auto why = lab.on([&](live::Lab& l) {
            l.stop("aster");
            return l.serve("aster", provider.dialect, quick_model());
        });
        QVERIFY(!why);
        if (fault >= 0)
            lab.inject(rule_of(static_cast<faults::Kind>(fault)));
        provider.base_url = lab.base();
        const auto result = live::test_key(provider, Secret(key_value), {}, 5s);
        const QString text = QString::fromStdString(result.text);
        QVERIFY2(result.valid == valid, qPrintable(text));
        if (valid)
            QVERIFY2(QRegularExpression("^valid, \\d+ ms" + says).match(text).hasMatch(),
                     qPrintable(text));
        else
            QVERIFY2(text.startsWith(says), qPrintable(text));
    }

    void whatAListTells_data() {
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QByteArray>("says");
        const auto row = [](const char* name, const char* body, const char* says) {
            QTest::newRow(name) << QByteArray(body) << QByteArray(says);
        };
        row("openai", R"({"object":"list","data":[{"id":"a"},{"id":"b"}]})", "2 models");
        row("one", R"({"data":[{"id":"a"}]})", "1 model");
        row("anthropic", R"({"data":[{"id":"a"}],"has_more":true})", "1 model and more");
        row("anthropic, all", R"({"data":[{"id":"a"}],"has_more":false})", "1 model");
        row("gemini", R"({"models":[{},{}],"nextPageToken":"x"})", "2 models and more");
        row("replicate", R"({"type":"user","username":"acme"})", "account acme");
        row("stability", R"({"credits":12.5})", "12.5 credits left");
        row("something else", R"([1,2])", "");
        row("no JSON", "OK", "");
    }
    void whatAListTells() {
        QFETCH(QByteArray, body);
        QFETCH(QByteArray, says);
        QCOMPARE(QByteArray::fromStdString(
                     wire::dialect(chain::Dialect::openai)->key_facts(body.toStdString())),
                 says);
    }

    // What tells a good key from a bad one where the list of models is there for all.
    void openRouterIsAskedAboutTheKey() {
        wire::Endpoint endpoint;
        endpoint.base_url = "https://openrouter.ai/api/v1";
        const auto* dialect = wire::dialect(chain::Dialect::openai);
        QCOMPARE(dialect->key_test(endpoint).url, std::string("https://openrouter.ai/api/v1/key"));
        QCOMPARE(
            dialect->key_facts(R"({"data":{"label":"sk-or-v1-a...0","limit_remaining":74.5}})"),
            std::string("74.5 USD left"));
    }

    // A 404 of another server is no proof of a FAL key.
    void notEvery404IsFals() {
        const auto* fal = wire::dialect(chain::Dialect::fal);
        QVERIFY(fal->takes_key(404, R"({"detail":"Request not found"})"));
        QVERIFY(!fal->takes_key(404, "<html>Not Found</html>"));
        QVERIFY(!fal->takes_key(404, "{}"));
        QVERIFY(!fal->takes_key(401, R"({"detail":"No user found for Key ID and Secret"})"));
    }

    void aGoodKey() {
        const auto result = outcome_of(reply("200 OK", "{\"data\":[]}"), key_value);
        QVERIFY(result.valid);
        QVERIFY(QByteArray::fromStdString(result.text).startsWith("valid, "));
    }
};

QTEST_APPLESS_MAIN(TestKeyTest)
#include "test_key_test.moc"
