// Values of keys as people give them: with the white space of a shell, a file or the clipboard.
#include "chain/kept_keychain.h"
#include "chain/key_shapes.h"

#include <QtTest>

using namespace brownout;
using namespace brownout::chain;

namespace {

class FakeKeychain : public Keychain {
  public:
    std::map<std::string, Secret> entries;
    Result<Secret> read(const std::string& name) override {
        if (entries.contains(name))
            return entries[name];
        return environment_error("keychain:" + name, "missing or locked");
    }
    Result<void> write(const std::string& name, const Secret& value) override {
        entries[name] = value;
        return {};
    }
    Result<void> remove(const std::string& name) override {
        entries.erase(name);
        return {};
    }
};

} // namespace

class TestChainKeys : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    // What is found is what is sent, so that what is sent can be masked.
    void keysComeWithoutBlanks_data() {
        QTest::addColumn<QByteArray>("value");
        QTest::addColumn<QByteArray>("key"); // empty: an error
        QTest::newRow("plain") << QByteArray("canary") << QByteArray("canary");
        QTest::newRow("CR") << QByteArray("canary\r") << QByteArray("canary");
        QTest::newRow("lines") << QByteArray("\n canary\t\r\n") << QByteArray("canary");
        QTest::newRow("a space inside") << QByteArray(" can ary ") << QByteArray("can ary");
        QTest::newRow("blanks only") << QByteArray(" \r\n") << QByteArray();
        QTest::newRow("a line break inside") << QByteArray("can\nary") << QByteArray();
        QTest::newRow("DEL") << QByteArray("can\x7f"
                                           "ary")
                             << QByteArray();
    }
    void keysComeWithoutBlanks() {
        QFETCH(QByteArray, value);
        QFETCH(QByteArray, key);
        ::setenv("BROWNOUT_TEST_BLANKS", value.constData(), 1);
        FakeKeychain keychain;
        KeyStore store(&keychain);
        const Secret raw(value.toStdString());
        store.set_session("s", raw);
        keychain.entries["k"] = raw;
        for (const char* text : {"env:BROWNOUT_TEST_BLANKS", "session:s", "keychain:k"}) {
            const auto found = store.find(*parse_key_ref(text));
            QCOMPARE(found.has_value(), !key.isEmpty());
            if (found) {
                QCOMPARE(found->reveal(), std::string_view(key.constData()));
                continue;
            }
            QCOMPARE(found.error().kind, Error::Kind::environment);
            QVERIFY(found.error().text().find("can") == std::string::npos);
        }
        keychain.entries.clear();
        const auto set = store.set(*parse_key_ref("keychain:k"), raw);
        QCOMPARE(set.has_value(), !key.isEmpty());
        QCOMPARE(keychain.entries.size(), std::size_t{key.isEmpty() ? 0u : 1u});
        if (set)
            QCOMPARE(keychain.entries["k"].reveal(), std::string_view(key.constData()));
        ::unsetenv("BROWNOUT_TEST_BLANKS");
    }

    void aKeptKeychainIsAskedOnce() {
        struct Counting : FakeKeychain {
            int reads = 0;
            Result<Secret> read(const std::string& name) override {
                ++reads;
                return FakeKeychain::read(name);
            }
        } asked;
        asked.entries["k"] = Secret("canary");
        KeptKeychain kept(asked);
        KeyStore store(&kept);
        const auto k = *parse_key_ref("keychain:k"), none = *parse_key_ref("keychain:none");
        for (int i = 0; i < 3; ++i) {
            QCOMPARE(store.find(k)->reveal(), std::string_view("canary"));
            QVERIFY(!store.find(none)); // a prompt that was refused is not shown again, either
        }
        QCOMPARE(asked.reads, 2);
        QVERIFY(store.set(k, Secret("second")));
        QCOMPARE(store.find(k)->reveal(), std::string_view("second"));
        QCOMPARE(asked.reads, 2);
        kept.forget_refusals();
        QVERIFY(store.find(k) && !store.find(none));
        QCOMPARE(asked.reads, 3);
        QVERIFY(store.remove(k));
        QVERIFY(!store.find(k));
        asked.entries["k"] = Secret("third"); // by someone else
        QVERIFY(!store.find(k));
        kept.forget();
        QCOMPARE(store.find(k)->reveal(), std::string_view("third"));
    }

    void aKeyShowsItsShapeAnywhere_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<bool>("holds");
        const QByteArray key = "sk-proj-4711aB3dE5gH7jK9";
        QTest::newRow("alone") << key << true;
        QTest::newRow("in a path") << QByteArray("https://host.example/v1/" + key) << true;
        QTest::newRow("in a query") << QByteArray("https://host.example/v1?key=" + key) << true;
        QTest::newRow("as a user") << QByteArray("https://" + key + "@host.example/v1") << true;
        QTest::newRow("behind a word") << QByteArray("Bearer " + key) << true;
        QTest::newRow("address") << QByteArray("https://api.example.com/openai/v1") << false;
        QTest::newRow("account")
            << QByteArray("https://gateway.ai.cloudflare.com/v1/0123456789abcdef0123456789abcdef/x")
            << false;
        QTest::newRow("model") << QByteArray("accounts/fireworks/models/llama-v3p1-70b-instruct")
                               << false;
        QTest::newRow("dated") << QByteArray("claude-haiku-4-5-20251001") << false;
        QTest::newRow("nothing") << QByteArray() << false;
    }
    void aKeyShowsItsShapeAnywhere() {
        QFETCH(QByteArray, text);
        QFETCH(bool, holds);
        QCOMPARE(may_hold_key(text.toStdString()), holds);
    }
};

QTEST_APPLESS_MAIN(TestChainKeys)
#include "test_chain_keys.moc"
