// The app's edits, the sentence of a target, and finding keys.
#include "chain/document.h"
#include "chain/edit.h"
#include "chain/keys.h"

#include <QtTest>

#include <cstdlib>

using namespace brownout;
using namespace brownout::chain;

namespace {

Json start() {
    return Json::parse(
        "{\"format\":\"brownout.chain/1\",\"providers\":["
        "{\"id\":\"a\",\"dialect\":\"openai\",\"base_url\":\"lab:\"},"
        "{\"id\":\"b\",\"dialect\":\"openai\",\"base_url\":\"lab:\"},"
        "{\"id\":\"c\",\"dialect\":\"openai\",\"base_url\":\"lab:\"}],"
        "\"chains\":[{\"id\":\"default\",\"targets\":[{\"provider\":\"a\",\"model\":\"m\"},"
        "{\"provider\":\"b\",\"model\":\"n\"}]}],"
        "\"policy\":{\"budget\":{\"per_provider_day_usd\":{\"a\":1,\"b\":2}}},"
        "\"alerts\":[{\"metric\":\"breaker_open\",\"target\":\"a/m\"}]}");
}

std::string order(const Json& json) {
    std::string out;
    for (const Json& target : json["chains"][0]["targets"])
        out += target["provider"].get<std::string>();
    return out;
}

std::string sentence(const char* policy, const char* target = "{}", std::size_t index = 0) {
    Json json = start();
    json["policy"] = Json::parse(policy);
    json["chains"][0]["targets"][index].update(Json::parse(target));
    const auto read = read_document(json, "");
    if (!read.ok())
        return read.problems[0].text();
    const Chain& chain = read.value->chains[0];
    return describe(*read.value, chain, chain.targets[index]);
}

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

class TestChainEdit : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void targets() {
        const Json target = {{"provider", "c"}, {"model", "x"}};
        QCOMPARE(order(*add_target(start(), "default", target)), std::string("abc"));
        const Json three = *add_target(start(), "default", target, 0);
        QCOMPARE(order(three), std::string("cab"));
        QCOMPARE(order(*move_target(three, "default", 0, 2)), std::string("abc"));
        QCOMPARE(order(*move_target(three, "default", 2, 0)), std::string("bca"));
        QCOMPARE(order(*move_target(three, "default", 1, 99)), std::string("cba"));
        QCOMPARE(order(*remove_target(three, "default", 1)), std::string("cb"));
        QVERIFY(!remove_target(three, "default", 3));
        QVERIFY(!remove_target(three, "none", 0));
        QVERIFY(!remove_target(*remove_target(start(), "default", 0), "default", 0));
        const Json priced =
            *set_target_field(start(), "default", 1, "price/input_usd_per_mtok", 0.5);
        QCOMPARE(priced["chains"][0]["targets"][1]["price"]["input_usd_per_mtok"], Json(0.5));
        QCOMPARE(*set_target_field(priced, "default", 1, "price/input_usd_per_mtok", nullptr),
                 start());
        QVERIFY(!set_target_field(priced, "default", 1, "model/x", 1));
    }

    void providers() {
        const Json renamed = *rename_provider(start(), "a", "openai");
        QVERIFY(read_document(renamed, "").ok());
        QCOMPARE(renamed["chains"][0]["targets"][0]["provider"], Json("openai"));
        QCOMPARE(renamed["alerts"][0]["target"], Json("openai/m"));
        QCOMPARE(renamed["policy"].dump(),
                 std::string("{\"budget\":{\"per_provider_day_usd\":{\"openai\":1,\"b\":2}}}"));
        QCOMPARE(*rename_provider(renamed, "openai", "a"), start());
        QVERIFY(!rename_provider(start(), "a", "b"));
        QVERIFY(!rename_provider(start(), "a", ""));
        QVERIFY(!rename_provider(start(), "z", "y"));
        const auto used = remove_provider(start(), "b");
        QVERIFY(!used);
        QVERIFY(used.error().place.starts_with("/"));
        const Json without = *remove_provider(start(), "c");
        QCOMPARE(without["providers"].size(), 2u);
        const Json added =
            *add_provider(without, {{"id", "c"}, {"dialect", "openai"}, {"base_url", "lab:"}});
        QCOMPARE(added, start());
        QVERIFY(!add_provider(start(), {{"id", "c"}}));
        QVERIFY(!add_provider(start(), {{"dialect", "openai"}}));
        QCOMPARE((*set_provider_field(start(), "b", "key", "env:X"))["providers"][1]["key"],
                 Json("env:X"));
        QCOMPARE(*set_provider_field(start(), "a", "id", "openai"), renamed);
    }

    void chains() {
        const Json chain = {{"id", "coding"}, {"targets", {{{"provider", "c"}, {"model", "x"}}}}};
        const Json two = *add_chain(start(), chain);
        QVERIFY(read_document(two, "").ok());
        QVERIFY(!add_chain(two, chain));
        QCOMPARE(*remove_chain(two, "coding"), start());
        QVERIFY(!remove_chain(start(), "default"));
        QVERIFY(!set_chain_field(two, "coding", "id", "default"));
        QCOMPARE((*set_chain_field(two, "coding", "strategy", "fastest"))["chains"][1]["strategy"],
                 Json("fastest"));
        for (const Json& odd : {Json(), Json(3), Json::array(), Json::object()}) {
            QVERIFY(!add_target(odd, "default", {}));
            QVERIFY(!rename_provider(odd, "a", "b"));
            QVERIFY(!remove_chain(odd, "default"));
            QVERIFY(!set_policy(odd, {"default", 0}, "retry/max_attempts", 1));
        }
    }

    void sentences_data() {
        QTest::addColumn<QByteArray>("policy");
        QTest::addColumn<QByteArray>("target");
        QTest::addColumn<int>("index");
        QTest::addColumn<QByteArray>("says");
        const auto row = [](const char* name, const char* policy, const char* target, int index,
                            const char* says) {
            QTest::newRow(name) << QByteArray(policy) << QByteArray(target) << index
                                << QByteArray(says);
        };
        const std::string breaker =
            " Opens after 3 failures in a row or when 50 % of at least 10 requests in 30 s fail, "
            "probes after 30 s (later up to 300 s).";
        const auto tried = [&](const char* name, const char* policy, int index, const char* says) {
            row(name, policy, "{}", index, (says + breaker).c_str());
        };
        tried("defaults", "{}", 0,
              "Waits 15 s for the first token, tries twice on passing errors (up to 0.5 s apart, "
              "or a Retry-After of up to 2 s), then moves on.");
        tried("last", "{}", 1,
              "Waits 15 s for the first token, tries twice on passing errors (up to 0.5 s apart, "
              "or a Retry-After of up to 2 s), then gives up.");
        tried("no jitter",
              "{\"retry\":{\"attempts_per_target\":3,\"backoff\":{\"jitter\":\"none\"}}}", 0,
              "Waits 15 s for the first token, tries 3 times on passing errors (0.5 to 1 s "
              "apart, or a Retry-After of up to 2 s), then moves on.");
        tried("additive, no Retry-After",
              "{\"retry\":{\"honour_retry_after\":false,\"backoff\":{\"jitter\":\"additive\"}}}", 0,
              "Waits 15 s for the first token, tries twice on passing errors (0.5 to 1 s apart), "
              "then moves on.");
        tried("fixed",
              "{\"retry\":{\"max_wait_ms\":0,\"backoff\":{\"kind\":\"fixed\",\"base_ms\":1000,"
              "\"jitter\":\"none\"}}}",
              0,
              "Waits 15 s for the first token, tries twice on passing errors (1 s apart), then "
              "moves on.");
        tried("at once, within a budget",
              "{\"retry\":{\"max_wait_ms\":0,\"backoff\":{\"kind\":\"none\"},\"budget\":{}}}", 0,
              "Waits 15 s for the first token, tries twice on passing errors (at once) while the "
              "retry budget lasts, then moves on.");
        tried("waits that may not fit",
              "{\"timeouts\":{\"total_ms\":2000,\"share_deadline\":false},"
              "\"retry\":{\"honour_retry_after\":false,\"backoff\":{\"base_ms\":3000}}}",
              0,
              "Waits 2 s for the first token, tries up to twice on passing errors (up to 3 s "
              "apart), then moves on.");
        tried("waits that never fit",
              "{\"timeouts\":{\"total_ms\":2000,\"share_deadline\":false},"
              "\"retry\":{\"honour_retry_after\":false,\"backoff\":{\"kind\":\"fixed\","
              "\"base_ms\":3000,\"jitter\":\"none\"}}}",
              0, "Waits 2 s for the first token, tries once, then moves on.");
        row("once, ratio",
            "{\"retry\":{\"max_attempts\":1},\"breaker\":{\"consecutive_failures\":null}}", "{}", 0,
            "Waits 15 s for the first token, tries once, then gives up. "
            "Opens when 50 % of at least 10 requests in 30 s fail, probes after 30 s "
            "(later up to 300 s).");
        tried("share of the deadline",
              "{\"timeouts\":{\"total_ms\":2000},\"retry\":{\"attempts_per_target\":1}}", 0,
              "Waits 1 s for the first token (its share of 2 s), tries once, then moves on.");
        // A cap below the open time does not shorten it.
        row("slow calls",
            "{\"retry\":{\"attempts_per_target\":1},\"breaker\":{\"consecutive_failures\":1,"
            "\"slow_call_ms\":2500,\"open_s\":90,\"open_cap_s\":60}}",
            "{}", 0,
            "Waits 15 s for the first token, tries once, then moves on. Opens after 1 failure or "
            "when 50 % of at least 10 requests in 30 s fail or when 100 % of these take longer "
            "than 2.5 s, probes after 90 s.");
        row("no rule",
            "{\"retry\":{\"attempts_per_target\":1},"
            "\"breaker\":{\"consecutive_failures\":null,\"failure_ratio\":null}}",
            "{}", 0,
            "Waits 15 s for the first token, tries once, then moves on. "
            "Its breaker never opens.");
        row("of its own", "{}",
            "{\"timeouts\":{\"first_token_ms\":50},\"retry\":{\"attempts_per_target\":1},"
            "\"breaker_hold\":\"closed\"}",
            0,
            "Waits 50 ms for the first token, tries once, then moves on. "
            "Its breaker is held closed.");
        row("off", "{}", "{\"enabled\":false}", 0, "Never used: it is switched off.");
        row("held open", "{}", "{\"breaker_hold\":\"open\"}", 0,
            "Never used: its breaker is held open.");
        row("quality", "{\"minimum_quality\":0.8}", "{\"quality\":0.5}", 0,
            "Never used: its quality 0.5 is below the minimum 0.8.");
    }
    void sentences() {
        QFETCH(QByteArray, policy);
        QFETCH(QByteArray, target);
        QFETCH(int, index);
        QFETCH(QByteArray, says);
        QCOMPARE(
            QByteArray::fromStdString(sentence(policy, target, static_cast<std::size_t>(index))),
            says);
    }

    void keys() {
        ::setenv("BROWNOUT_TEST_KEY", "from-env", 1);
        FakeKeychain keychain;
        KeyStore store(&keychain);
        const auto ref = [](const char* text) { return *parse_key_ref(text); };
        QCOMPARE(store.find(ref("env:BROWNOUT_TEST_KEY"))->reveal(), std::string_view("from-env"));
        QVERIFY(store.find(ref("none"))->empty());
        const auto unset = store.find(ref("env:BROWNOUT_TEST_NONE"));
        QCOMPARE(unset.error().kind, Error::Kind::environment);
        QVERIFY(unset.error().text().find("BROWNOUT_TEST_NONE") != std::string::npos);
        QVERIFY(!store.find(ref("session:s")));
        QVERIFY(store.set(ref("session:s"), Secret("one")));
        QVERIFY(store.set(ref("keychain:k"), Secret("two")));
        QVERIFY(!store.set(ref("keychain:k"), Secret("")));
        QVERIFY(!store.set(ref("env:X"), Secret("three")));
        QVERIFY(!store.set(ref("none"), Secret("three")));
        QCOMPARE(keychain.entries["k"].reveal(), std::string_view("two"));

        Json json = start();
        json["providers"][0]["key"] = {"session:s", "env:BROWNOUT_TEST_NONE"};
        json["providers"][1]["key"] = "keychain:k";
        json["providers"][2]["key"] = "session:s";
        std::vector<Problem> missing;
        const auto resolved = store.resolve(*read_document(json, "").value, &missing);
        QCOMPARE(resolved.size(), 2u);
        QCOMPARE(resolved.at(ref("keychain:k")).reveal(), std::string_view("two"));
        QCOMPARE(missing.size(), 1u);
        QCOMPARE(missing[0].pointer, std::string("/providers/0/key"));
        QVERIFY(missing[0].severity == Problem::Severity::warning);

        QVERIFY(store.remove(ref("session:s")));
        QVERIFY(!store.remove(ref("session:s")));
        QVERIFY(store.remove(ref("keychain:k")));
        QVERIFY(!store.find(ref("keychain:k")));
        QVERIFY(!KeyStore().find(ref("keychain:k")));
        QVERIFY(!KeyStore().has_keychain());
    }
};

QTEST_APPLESS_MAIN(TestChainEdit)
#include "test_chain_edit.moc"
