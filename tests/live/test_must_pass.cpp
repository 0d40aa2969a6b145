// What a provider's stream may do before and after its first content, over real sockets: keep-alive
// lines are life but no answer, an error inside a 200 is the next target's chance as long as the
// caller has nothing, and the caller's business afterwards. In every chat dialect.
#include "support/http_raw_server.h"
#include "support/live_world.h"
#include "support/plain_provider.h"

#include <QTest>

using namespace brownout;
using namespace brownout::test;
using namespace std::chrono_literals;

namespace {

constexpr auto patient = R"({"timeouts":{"first_token_ms":8000}})";
constexpr auto impatient =
    R"({"timeouts":{"first_token_ms":250},"retry":{"attempts_per_target":1}})";
constexpr auto one_try = R"({"retry":{"attempts_per_target":1}})";
constexpr auto broken_is_error =
    R"({"on_broken_stream":"error","retry":{"attempts_per_target":1}})";

struct Speech { // of one dialect
    chain::Dialect dialect;
    const char *name, *model;
    std::string start, text, end, error; // `text` says " Yes"
};

const std::vector<Speech>& speeches() {
    static const std::string anthropic_start =
        "event: message_start\ndata: "
        "{\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":"
        "\"message\",\"role\":\"assistant\",\"model\":\"c\",\"content\":[],\"usage\":{"
        "\"input_tokens\":5,\"output_tokens\":1}}}\n\nevent: content_block_start\ndata: {\"type\":"
        "\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}"
        "\n\n";
    static const std::vector<Speech> all = {
        {chain::Dialect::openai, "openai", "gpt-4o-mini", "", stream_piece(" Yes"), stream_end,
         "data: {\"error\":{\"message\":\"The server had an error\",\"type\":\"server_error\","
         "\"param\":null,\"code\":null}}\n\ndata: [DONE]\n\n"},
        {chain::Dialect::anthropic, "anthropic", "claude-haiku-4-5", anthropic_start,
         "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
         "\"delta\":{\"type\":\"text_delta\",\"text\":\" Yes\"}}\n\n",
         "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"
         "\"end_turn\"},\"usage\":{\"output_tokens\":3}}\n\nevent: message_stop\ndata: {\"type\":"
         "\"message_stop\"}\n\n",
         "event: error\ndata: {\"type\":\"error\",\"error\":{\"details\":null,\"type\":"
         "\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n"},
        {chain::Dialect::gemini, "gemini", "gemini-2.5-flash", "",
         "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\" Yes\"}],\"role\":\"model\"},"
         "\"index\":0}],\"modelVersion\":\"g\",\"responseId\":\"r\"}\r\n\r\n",
         "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\"}],\"role\":\"model\"},"
         "\"finishReason\":\"STOP\",\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":5,"
         "\"candidatesTokenCount\":3},\"modelVersion\":\"g\",\"responseId\":\"r\"}\r\n\r\n",
         "data: {\"error\":{\"code\":503,\"message\":\"The model is overloaded.\",\"status\":"
         "\"UNAVAILABLE\"}}\r\n\r\n"}};
    return all;
}

// Sends pieces, one after the other; before each it waits.
RawServer::Script script(std::vector<std::string> pieces, int pause_ms) {
    return [pieces = std::move(pieces), pause_ms](RawPeer& peer, int) {
        if (peer.read_request().empty() || !peer.send(stream_head))
            return;
        for (const std::string& piece : pieces)
            if (peer.client_ended(pause_ms) || !peer.send(piece))
                return;
        peer.close();
        peer.client_ended(10'000);
    };
}

chain::Document two(const Speech& speech, const std::string& first, const std::string& second,
                    const std::string& policy) {
    auto json = chain_json({first, second}, policy);
    json["providers"][0]["dialect"] = speech.name;
    json["chains"][0]["targets"][0]["model"] = speech.model;
    return read(json);
}

void each_speech() {
    QTest::addColumn<int>("which");
    for (std::size_t i = 0; i < speeches().size(); ++i)
        QTest::newRow(speeches()[i].name) << int(i);
}

} // namespace

class TestMustPass : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    // Case 2: ": keep-alive" for long, then content. Life is no progress: the limit to the first
    // token decides, whatever else comes.
    void keep_alive_then_content_data() {
        QTest::addColumn<int>("which");
        QTest::addColumn<QByteArray>("line");
        QTest::addColumn<bool>("in_time");
        for (std::size_t i = 0; i < speeches().size(); ++i)
            for (const char* line :
                 {": keep-alive\n\n", ": OPENROUTER PROCESSING\n\n", "\n", "\r\n\r\n"})
                for (const bool in_time : {true, false})
                    QTest::addRow("%s %s %s", speeches()[i].name,
                                  QByteArray(line).simplified().constData(),
                                  in_time ? "within the limit" : "beyond it")
                        << int(i) << QByteArray(line) << in_time;
    }
    void keep_alive_then_content() {
        QFETCH(int, which);
        QFETCH(QByteArray, line);
        QFETCH(bool, in_time);
        const Speech& speech = speeches()[std::size_t(which)];
        std::vector<std::string> pieces(12, line.toStdString()); // every 50 ms
        pieces.push_back(speech.start + speech.text + speech.end);
        RawServer lively(script(std::move(pieces), 50));
        PlainProvider next(PlainProvider::answers, "42");
        LiveWorld world(
            two(speech, lively.url(""), next.base_url(), in_time ? patient : impatient));
        Asked asked;
        world.start(asked, true);
        QVERIFY(world.wait(asked));
        QVERIFY2(asked.record->result == engine::CallResult::success, asked.record->error.c_str());
        QCOMPARE(asked.reply.text, std::string(in_time ? " Yes" : "The answer is 42."));
        QCOMPARE(asked.record->attempts.size(), std::size_t(in_time ? 1 : 2));
        if (!in_time)
            QCOMPARE(asked.attempt(1).outcome.cause, engine::Cause::first_token_timeout);
    }

    // Case 4: an error in the first frame of a 200: the next target answers, and not one byte of
    // the first came to the caller.
    void an_error_before_content_data() { each_speech(); }
    void an_error_before_content() {
        QFETCH(int, which);
        const Speech& speech = speeches()[std::size_t(which)];
        for (const bool started : {false, true}) {
            RawServer failing(script({(started ? speech.start : "") + speech.error}, 1));
            PlainProvider next(PlainProvider::answers, "42");
            LiveWorld world(two(speech, failing.url(""), next.base_url(), one_try));
            Asked asked;
            world.start(asked, true);
            QVERIFY(world.wait(asked));
            QVERIFY2(asked.record->result == engine::CallResult::success,
                     asked.record->error.c_str());
            QCOMPARE(asked.text, std::string("The answer is 42."));
            QVERIFY(asked.restarts.empty());
            QVERIFY(asked.record->served_by.starts_with("p2/"));
            QVERIFY(asked.attempt(1).outcome.cls == engine::OutcomeClass::failover);
            QCOMPARE(int{asked.attempt(1).outcome.status}, 200);
        }
    }

    // Case 5: after content it is the caller's: what there is and the error, nobody else is asked.
    void an_error_after_content_data() { each_speech(); }
    void an_error_after_content() {
        QFETCH(int, which);
        const Speech& speech = speeches()[std::size_t(which)];
        for (const char* policy : {"error", "partial"}) {
            RawServer failing(script({speech.start + speech.text, speech.error}, 50));
            PlainProvider next(PlainProvider::answers, "42");
            LiveWorld world(two(speech, failing.url(""), next.base_url(),
                                "{\"on_broken_stream\":\"" + std::string(policy) + "\"}"));
            Asked asked;
            world.start(asked, true);
            QVERIFY(world.wait(asked));
            QCOMPARE(asked.record->result, QByteArray(policy) == "error"
                                               ? engine::CallResult::failed
                                               : engine::CallResult::partial);
            QCOMPARE(asked.text, std::string(" Yes"));
            QCOMPARE(asked.record->attempts.size(), std::size_t{1});
            QVERIFY(asked.attempt(1).outcome.cls == engine::OutcomeClass::broken_stream);
            QCOMPARE(next.requests(), 0);
        }
    }

    // Case 6: an end without a finish reason is no end.
    void an_end_without_a_reason_data() { each_speech(); }
    void an_end_without_a_reason() {
        QFETCH(int, which);
        const Speech& speech = speeches()[std::size_t(which)];
        for (const bool content : {true, false}) {
            RawServer cut(
                script({content ? speech.start + speech.text : speech.start + ": \n"}, 1));
            PlainProvider next(PlainProvider::answers, "42");
            LiveWorld world(two(speech, cut.url(""), next.base_url(), broken_is_error));
            Asked asked;
            world.start(asked, true);
            QVERIFY(world.wait(asked));
            const engine::Outcome& first = asked.attempt(1).outcome;
            QCOMPARE(first.cause, engine::Cause::truncated);
            QVERIFY(first.cls == (content ? engine::OutcomeClass::broken_stream
                                          : engine::OutcomeClass::failover));
            QCOMPARE(asked.record->result,
                     content ? engine::CallResult::failed : engine::CallResult::success);
        }
    }
};

QTEST_GUILESS_MAIN(TestMustPass)
#include "test_must_pass.moc"
