// Replies of Anthropic's Messages: events at every split, and everything that goes wrong.
#include "support/reading.h"

#include <QtTest>

#include <ctime>

using namespace reading;

namespace {

const How messages{chain::Dialect::anthropic};

std::string sse(const std::string& json) {
    const auto from = json.find("\"type\":\"") + 8;
    return "event: " + json.substr(from, json.find('"', from) - from) + "\ndata: " + json + "\n\n";
}
const std::string start = sse(
    R"({"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[],"stop_reason":null,"usage":{"input_tokens":43,"cache_read_input_tokens":5,"cache_creation_input_tokens":2,"output_tokens":1}}})");
const std::string block =
    sse(R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})");
std::string text(const std::string& words) {
    return sse(R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":")" +
               words + R"("}})");
}
std::string tool_piece(const std::string& escaped) {
    return sse(
        R"({"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":")" +
        escaped + R"("}})");
}
const std::string thought =
    sse(R"({"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}})") +
    sse(R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm."}})");
const std::string stop_block = sse(R"({"type":"content_block_stop","index":0})");
std::string finish(const std::string& reason) {
    return sse(R"({"type":"message_delta","delta":{"stop_reason":")" + reason +
               R"("},"usage":{"input_tokens":61,"output_tokens":30}})");
}
const std::string stop = sse(R"({"type":"message_stop"})");
const std::string overloaded = sse(
    R"({"type":"error","error":{"details":null,"type":"overloaded_error","message":"Overloaded"}})");
const std::string hello = start + block + text("Hello");

} // namespace

class TestAnthropicReader : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void streams_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("expected");
        const auto row = [](const char* name, const std::string& bytes, const char* expected) {
            QTest::newRow(name) << QByteArray::fromStdString(bytes) << QByteArray(expected);
        };
        row("whole, 43 tokens become 61",
            hello + sse(R"({"type":"ping"})") + text(" you") + stop_block + finish("end_turn") +
                stop,
            "success none B0|Hello you||stop|claude-x|msg_1|68 5 2 30 0|");
        row("escapes and other alphabets",
            hello + text(R"(\n\"\u00e4\u65e5 ü日🙂\\)") + finish("end_turn") + stop,
            "success none B0|Hello\n\"ä日 ü日🙂\\||stop|claude-x|msg_1|68 5 2 30 0|");
        row("surrogates in escapes", hello + text(R"(\ud83d\ude42)") + finish("end_turn") + stop,
            "success none B0|Hello🙂||stop|claude-x|msg_1|68 5 2 30 0|");
        row("no message_stop, but a reason", hello + finish("max_tokens"),
            "success none B0|Hello||length|claude-x|msg_1|68 5 2 30 0|");
        row("window full", hello + finish("model_context_window_exceeded") + stop,
            "success none B0|Hello||length|claude-x|msg_1|68 5 2 30 0|");
        row("thinking is reasoning",
            start + thought +
                sse(R"({"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQ="}})") +
                stop_block + block + text("Yes") + finish("end_turn") + stop,
            "success none B0|Yes|Hm.|stop|claude-x|msg_1|68 5 2 30 0|");
        row("a call in pieces",
            hello +
                sse(R"({"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_1","name":"weather","input":{}}})") +
                tool_piece("") + tool_piece(R"({\"city\":)") + tool_piece(R"( \"Oslo\"})") +
                sse(R"({"type":"content_block_stop","index":1})") + finish("tool_use") + stop,
            "success none B0|Hello||tool_calls|claude-x|msg_1|68 5 2 30 0|"
            "[toolu_1 weather {\"city\": \"Oslo\"}]");
        row("a call without parameters",
            start +
                sse(R"({"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"now","input":{}}})") +
                sse(R"({"type":"content_block_stop","index":1})") + finish("tool_use") + stop,
            "success none B0|||tool_calls|claude-x|msg_1|68 5 2 30 0|[t now {}]");
        row("message_start twice", start + hello + finish("end_turn") + stop,
            "success none B0|Hello||stop|claude-x|msg_1|68 5 2 30 0|");
        row("an answer begun anew with the same words",
            hello + text(" there") + start + block + text("Hel") + text("lo there, friend") +
                finish("end_turn") + stop,
            "success none B0|Hello there, friend||stop|claude-x|msg_1|68 5 2 30 0|");
        row("an answer begun anew with other words",
            hello + start + block + text("Good day") + finish("end_turn") + stop,
            "broken_stream error_in_stream B+ ambiguous|Good day||none|claude-x|msg_1|50 5 2 1 0|");
        row("an answer begun anew that is shorter",
            hello + start + block + text("Hel") + finish("end_turn") + stop,
            "broken_stream error_in_stream B+ ambiguous|Hel||stop|claude-x|msg_1|68 5 2 30 0|");
        row("begun anew, shorter, and cut before its stop",
            hello + start + block + text("Hel") + finish("end_turn"),
            "broken_stream error_in_stream B+ ambiguous|Hel||stop|claude-x|msg_1|68 5 2 30 0|");
        row("begun anew after its end, and cut",
            start + thought + finish("end_turn") + start + block,
            "failover truncated B+ ambiguous|||none|claude-x|msg_1|50 5 2 1 0|");
        row("a refusal before content", start + finish("refusal") + stop,
            "reroute moderation B0|||content_filter|claude-x|msg_1|68 5 2 30 0|");
        row("a refusal after content", hello + finish("refusal") + stop,
            "success none B0|Hello||content_filter|claude-x|msg_1|68 5 2 30 0|");
        row("unknown events and blocks",
            start + sse(R"({"type":"weather","degrees":7})") +
                sse(R"({"type":"content_block_start","index":0,"content_block":{"type":"fallback","from":{"model":"a"},"to":{"model":"b"}}})") +
                block + text("Hi") + finish("end_turn") + stop,
            "success none B0|Hi||stop|b|msg_1|68 5 2 30 0|");
        row("error first", overloaded, "failover overloaded B+|||none|m||-|");
        row("error after the start", start + overloaded,
            "failover overloaded B+|||none|claude-x|msg_1|50 5 2 1 0|");
        row("error after content", hello + overloaded,
            "broken_stream overloaded B+|Hello||none|claude-x|msg_1|50 5 2 1 0|");
        row("cut before content", start + block,
            "failover truncated B+ ambiguous|||none|claude-x|msg_1|50 5 2 1 0|");
        row("cut after content", hello,
            "broken_stream truncated B+ ambiguous|Hello||none|claude-x|msg_1|50 5 2 1 0|");
        row("cut inside a call",
            start +
                sse(R"({"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"now","input":{}}})"),
            "broken_stream truncated B+ ambiguous|||none|claude-x|msg_1|50 5 2 1 0|[t now ]");
        row("message_stop without a reason", hello + stop,
            "broken_stream truncated B+ ambiguous|Hello||none|claude-x|msg_1|50 5 2 1 0|");
        row("bad event", hello + "event: x\ndata: {oops\n\n",
            "broken_stream malformed B+ ambiguous|Hello||none|claude-x|msg_1|50 5 2 1 0|");
        row("only comments", ": hi\n\n", "failover truncated B+ ambiguous|||none|m||-|");
        row("wrong types everywhere",
            start +
                sse(R"({"type":"content_block_delta","index":[],"delta":{"type":"text_delta","text":7}})") +
                sse(R"({"type":"message_delta","delta":5,"usage":[]})") +
                sse(R"({"type":"content_block_start","index":0,"content_block":[]})") + block +
                text("Hi") + finish("end_turn") + stop,
            "success none B0|Hi||stop|claude-x|msg_1|68 5 2 30 0|");
        row("a body instead of a stream",
            R"({"id":"msg_2","type":"message","model":"c","content":[{"type":"thinking","thinking":"Hm"},{"type":"text","text":"A"},{"type":"text","text":"B"},{"type":"tool_use","id":"t","name":"f","input":{"a":1}}],"stop_reason":"tool_use","usage":{"input_tokens":3,"output_tokens":4,"output_tokens_details":{"reasoning_tokens":2}}})",
            "success none B0|AB|Hm|tool_calls|c|msg_2|3 0 0 4 2|[t f {\"a\":1}]");
        row("a refused body goes elsewhere, whatever it says",
            R"({"id":"msg_2","type":"message","model":"c","content":[{"type":"text","text":"Sorry"}],"stop_reason":"refusal","usage":{"input_tokens":3,"output_tokens":4}})",
            "reroute moderation B0|Sorry||content_filter|c|msg_2|3 0 0 4 0|");
        row("an error body",
            R"({"type":"error","error":{"type":"rate_limit_error","message":"m"},"request_id":"req_7"})",
            "cooldown rate_limited B0|||none|m|req_7|-|");
        row("no message", R"({"id":"x"})", "failover malformed B+ ambiguous|||none|m|x|-|");
        row("half a body", R"({"id":"x","content":[)",
            "failover malformed B+ ambiguous|||none|m||-|");
    }
    void streams() {
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, expected);
        const std::string all = bytes.toStdString();
        const Read whole = read(all, messages, all.size());
        QCOMPARE(summary(whole), expected);
        QCOMPARE(differs_at_a_split(all, messages), QByteArray());
        if (whole.end.outcome.cls == engine::OutcomeClass::success && all.starts_with("event")) {
            QCOMPARE(whole.streamed, whole.end.reply.text);
            QCOMPARE(whole.reasoning, whole.end.reply.reasoning);
            QCOMPARE(calls_text(whole.calls), calls_text(whole.end.reply.tool_calls));
        }
        if (whole.end.outcome.cls != engine::OutcomeClass::success)
            QVERIFY(!whole.end.message.empty());
    }

    // The reply has the thinking of the answer that counts; what was handed out cannot be taken
    // back.
    void thinkingBegunAnew() {
        const std::string all = start + thought + finish("end_turn") + start + thought + block +
                                text("Yes") + finish("max_tokens") + stop;
        QCOMPARE(summary(read(all, messages)),
                 QByteArray("success none B0|Yes|Hm.|length|claude-x|msg_1|68 5 2 30 0|"));
        QCOMPARE(differs_at_a_split(all, messages), QByteArray());
    }

    void aStreamThatEndsAnywhereIsNoSuccess() {
        const std::string all = hello + stop_block + finish("end_turn") + stop;
        const std::size_t reason = all.find("\"stop_reason\":\"");
        for (std::size_t end = 0; end < reason; ++end) {
            const Read cut = read(std::string_view{all}.substr(0, end), messages, end);
            QVERIFY(cut.end.outcome.cls != engine::OutcomeClass::success);
            QCOMPARE(cut.end.outcome.cls == engine::OutcomeClass::broken_stream,
                     !cut.end.reply.text.empty());
        }
    }

    // A long answer that begins anew is compared once, not once for each piece: eight times the
    // pieces cost about eight times the work, by the processor's clock.
    void aLongAnswerRepeatedInPieces() {
        const auto cost = [](std::size_t pieces) {
            std::string answer = start + block;
            for (std::size_t i = 0; i < pieces; ++i)
                answer += text("twenty letters a piece");
            const std::string all = answer + answer + text("end") + finish("end_turn") + stop;
            const std::clock_t before = std::clock();
            const Read r = read(all, messages);
            const std::clock_t after = std::clock();
            if (word(r.end.outcome) != "success none B0" || r.streamed != r.end.reply.text)
                qFatal("no success");
            return static_cast<double>(after - before);
        };
        const double small = cost(8'000), large = cost(64'000);
        QVERIFY2(large < 20 * small, qPrintable(QString::number(large / small)));
    }

    void keysAndIds() {
        How how = messages;
        how.headers = {{"request-id", "req_9"}};
        QCOMPARE(read(hello + finish("end_turn") + stop, how).end.reply.request_id,
                 std::string("req_9"));
        how.status = 401;
        const Read r = read(
            R"({"type":"error","error":{"type":"authentication_error","message":"bad CANARY-KEY-VALUE"}})",
            how);
        QCOMPARE(word(r.end.outcome), std::string("disable bad_key B0"));
        QCOMPARE(r.end.message, std::string("bad [key]"));
    }
};

QTEST_APPLESS_MAIN(TestAnthropicReader)
#include "test_anthropic_reader.moc"
