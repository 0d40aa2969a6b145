// The classifier: transport failures, hostile bytes, and no key in any message.
#include "classify_rows.h"

using namespace classify_rows;

class TestClassifySafety : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void transport_data() {
        QTest::addColumn<int>("end");
        QTest::addColumn<bool>("sent");
        QTest::addColumn<int>("status");
        QTest::addColumn<QByteArray>("expected");
        const auto row = [](const char* name, TransportEnd end, bool sent, int status,
                            const char* expected) {
            QTest::newRow(name) << static_cast<int>(end) << sent << status << QByteArray(expected);
        };
        using enum TransportEnd;
        row("dns", dns_failure, false, 0, "retry dns B+ provider");
        row("refused", connect_refused, false, 0, "retry connect_refused B+");
        row("connect timeout", connect_timeout, false, 0, "failover connect_timeout B+");
        row("tls", tls_failure, false, 0, "retry tls B+ provider");
        row("reset unsent", reset_before_headers, false, 0, "retry reset B+");
        row("reset sent", reset_before_headers, true, 0, "retry reset B+ ambiguous");
        row("resend refused", resend_refused, true, 0, "retry reset B+ ambiguous");
        row("body broke off", reset_after_headers, true, 200, "failover truncated B+ ambiguous");
        row("a 503 whose body broke off", reset_after_headers, true, 503, "failover overloaded B+");
        row("a 429 whose body broke off", reset_after_headers, true, 429,
            "cooldown rate_limited B0");
        row("too large", too_large, true, 200, "failover malformed B+ ambiguous");
        row("bad http", bad_http, true, 0, "failover malformed B+ ambiguous");
        row("cancelled", cancelled, true, 0, "cancelled caller_left B0 ambiguous");
        row("cancelled in a 503", cancelled, false, 503, "cancelled caller_left B0");
    }
    void transport() {
        QFETCH(int, end);
        QFETCH(bool, sent);
        QFETCH(int, status);
        QFETCH(QByteArray, expected);
        ReplyFacts facts;
        facts.transport = static_cast<TransportEnd>(end);
        facts.request_sent = sent;
        facts.status = status;
        QCOMPARE(QByteArray::fromStdString(word(classify(facts).outcome)), expected);
    }

    void shouldRetryIsKept() {
        for (const auto& [value, expected] : {std::pair{"true", std::optional{true}},
                                              {"false", std::optional{false}},
                                              {"maybe", std::optional<bool>{}}}) {
            const Headers headers{{"X-Should-Retry", value}};
            ReplyFacts facts;
            facts.status = 500;
            facts.headers = &headers;
            QVERIFY(classify(facts).outcome.should_retry == expected);
        }
    }

    // x-should-retry: true beats what a status alone suggests, never what a body says.
    void shouldRetryBeatsTheStatus_data() {
        columns();
        Table openai{"api.openai.com"};
        const char* again = "x-should-retry: true";
        for (const int status : {400, 404, 405, 409, 422})
            openai.row(status, "", "retry http_status B0", again);
        openai.row(401, "", "retry http_status B0", again);
        openai.row(501, "<html><title>Not Implemented</title></html>", "retry http_status B0",
                   again);
        openai.row(400, error("m", "invalid_request_error", nullptr), "retry http_status B0",
                   again);
        openai.row(401, error("m", "invalid_request_error", "invalid_api_key"),
                   "disable bad_key B0 provider", again);
        openai.row(400, error("m", "invalid_request_error", "context_length_exceeded"),
                   "reroute context_exceeded B0", again);
        openai.row(429, "", "cooldown rate_limited B0", again);
        openai.row(503, "", "failover overloaded B+", again);
        openai.row(400, "", "reject bad_request B0");
        openai.row(400, "", "reject bad_request B0", "x-should-retry: false");
    }
    void shouldRetryBeatsTheStatus() { check(); }

    void noKeyInAnyMessage_data() {
        QTest::addColumn<QByteArray>("message");
        QTest::addColumn<QByteArray>("secret");
        const auto row = [](const char* message, const char* secret) {
            QTest::newRow(message) << QByteArray(message) << QByteArray(secret);
        };
        row("Incorrect API key provided: sk-proj-CANARY123. See", "CANARY");
        row("Incorrect API key provided: sk-proj-********************CANA.", "CANA.");
        row("Incorrect API key provided: CANARYshort. See", "CANARY");
        row("bad header Authorization: Bearer CANARY.abc", "CANARY");
        row("bad header authorization: bearer CANARYTOKEN", "CANARY");
        row("url was /v1?key=CANARYabc&x=1", "CANARY");
        row("x-api-key: CANARYabc is wrong", "CANARY");
        row("OPENAI_API_KEY=CANARYabc is wrong", "CANARY");
        row("token r8_CANARYabc is invalid", "CANARY");
        row("(gsk_CANARYabc)", "CANARY");
        row("xai-CANARYabc", "CANARY");
        row("AIzaCANARYabc", "CANARY");
        row("key 0123456789abcdef0123CANARYabcdef0 refused", "CANARY");
    }
    void noKeyInAnyMessage() {
        QFETCH(QByteArray, message);
        QFETCH(QByteArray, secret);
        for (const char* form : {"{\"error\":{\"message\":\"%1\",\"code\":\"%1\"}}",
                                 "{\"error\":\"%1\"}", "%1", "<title>%1</title>"}) {
            const std::string body = QString(form).arg(QString(message)).toStdString();
            ReplyFacts facts;
            facts.status = 401;
            facts.body = body;
            const auto got = classify(facts);
            QVERIFY2(!QByteArray::fromStdString(got.message + got.code).contains(secret),
                     (got.message + " / " + got.code).c_str());
            QVERIFY(got.message.find("[key]") != std::string::npos);
        }
    }

    // A key of no known form, echoed so that each cut on the way would fall inside it.
    void theKeyItselfIsGoneBeforeAnyCut_data() {
        QTest::addColumn<QByteArray>("before");
        QTest::addColumn<QByteArray>("echo"); // what stands of the key
        const QByteArray key = "canary.key.of.no.form";
        for (const int length : {0, 40, 50, 60, 176, 190, 272, 285, 299, 4080, 4090})
            QTest::addRow("after %d bytes", length) << QByteArray(length, '.') << key;
        QTest::newRow("after blanks that go") << QByteArray(4790, ' ') << key;
        QTest::newRow("many") << QByteArray() << (key + " ").repeated(400);
        QTest::newRow("its beginning") << QByteArray("given: ") << key.left(12);
        QTest::newRow("all but its end") << QByteArray("given: ") << key.chopped(1);
        QTest::newRow("its beginning, then all") << QByteArray("given: ") << key.left(15) + key;
    }
    void theKeyItselfIsGoneBeforeAnyCut() {
        QFETCH(QByteArray, before);
        QFETCH(QByteArray, echo);
        for (const char* sent : {"canary.key.of.no.form", " canary.key.of.no.form\r"})
            for (const char* form :
                 {"{\"error\":{\"message\":\"%1\",\"code\":\"%1\"}}", "{\"error\":\"%1\"}", "%1",
                  "<title>%1</title>", "<title>%1"}) {
                const std::string body = QString(form).arg(QString(before + echo)).toStdString();
                ReplyFacts facts;
                facts.status = 401;
                facts.body = body;
                facts.key = sent;
                const auto got = classify(facts);
                QVERIFY2(!QByteArray::fromStdString(got.message + got.code).contains("can"),
                         (got.message + " / " + got.code).c_str());
                QVERIFY(got.message.size() <= 300 && got.code.size() <= 64);
            }
    }

    void ordinaryWordsStay() {
        ReplyFacts facts;
        facts.status = 401;
        facts.body = "the key is wrong";
        facts.key = "key"; // too short to be blanked
        QCOMPARE(classify(facts).message, std::string("the key is wrong"));
        facts.key = "the key that was sent"; // shares less than 12 bytes with the words
        QCOMPARE(classify(facts).message, std::string("the key is wrong"));
    }

    void longAndHostileBodies() {
        std::vector<std::string> bodies;
        bodies.push_back(std::string(100'000, '[') + std::string(100'000, ']'));
        std::string deep;
        for (int i = 0; i < 100'000; ++i)
            deep += "{\"error\":";
        bodies.push_back(deep);
        bodies.push_back("{\"error\":{\"message\":\"" + std::string(5'000'000, 'x') + "\"}}");
        bodies.push_back("{\"error\":{\"message\":\"\xff\xfe\xc3\"}}");
        std::string wide = "{\"error\":{";
        for (int i = 0; i < 200'000; ++i)
            wide += "\"k" + std::to_string(i) + "\":0,";
        bodies.push_back(wide + "\"code\":\"insufficient_quota\"}}");
        bodies.push_back(std::string(1000, '\0'));
        for (const auto& body : bodies) {
            ReplyFacts facts;
            facts.status = 429;
            facts.body = body;
            const auto got = classify(facts);
            QVERIFY(got.message.size() <= 300 && got.code.size() <= 64);
            QVERIFY(got.outcome.cls == engine::OutcomeClass::cooldown ||
                    got.outcome.cls == engine::OutcomeClass::disable);
            QVERIFY(QString::fromStdString(got.message).toStdString() == got.message); // UTF-8
        }
        // Any bytes, any status: always an outcome.
        Rng rng(5);
        for (int i = 0; i < 20'000; ++i) {
            static constexpr char alphabet[] = "{}[]\":,errormsgcodtyp0145\\nu\xff ";
            std::string body;
            for (std::uint32_t n = rng.below(60); n > 0; --n)
                body += alphabet[rng.below(sizeof alphabet - 1)];
            ReplyFacts facts;
            facts.status = static_cast<int>(rng.below(700));
            facts.body = body;
            facts.in_stream = rng.chance(0.5);
            QVERIFY(classify(facts).outcome.cls != engine::OutcomeClass::success);
        }
    }
};

QTEST_APPLESS_MAIN(TestClassifySafety)
#include "test_classify_safety.moc"
