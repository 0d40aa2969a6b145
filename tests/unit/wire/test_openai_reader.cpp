// Replies of the openai dialect: chunks at every split, and everything that goes wrong.
#include "support/reading.h"

#include <QtTest>

using namespace reading;

namespace {

std::string chunk(const std::string& delta, const char* finish = nullptr) {
    return "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,"
           "\"delta\":" +
           delta + ",\"finish_reason\":" +
           (finish ? "\"" + std::string(finish) + "\"" : std::string("null")) + "}]}\n\n";
}
const std::string hello = chunk("{\"content\":\"Hello\"}");
const std::string stop = chunk("{}", "stop");
const std::string done = "data: [DONE]\n\n";

} // namespace

class TestOpenAiReader : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void streams_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("expected"); // outcome | text
        const auto row = [](const char* name, const std::string& bytes, const char* expected) {
            QTest::newRow(name) << QByteArray::fromStdString(bytes) << QByteArray(expected);
        };
        row("whole", hello + stop + done, "success none B0|Hello");
        row("finish but no [DONE]", hello + stop, "success none B0|Hello");
        row("last event without blank line", hello + stop.substr(0, stop.size() - 2),
            "success none B0|Hello");
        row("[DONE] with a suffix", hello + stop + "data: [DONE] \n\n", "success none B0|Hello");
        row("nothing counts after [DONE]", hello + stop + done + "data: {broken\n\n" + hello,
            "success none B0|Hello");
        row("comments for long", ": keep-alive\n\n: keep-alive\n\n" + hello + stop + done,
            "success none B0|Hello");
        row("leading blank lines", "\n\n\r\n" + hello + stop + done, "success none B0|Hello");
        row("finish reason eos", hello + chunk("{}", "eos"), "success none B0|Hello");
        row("content filter after text", hello + chunk("{}", "content_filter"),
            "success none B0|Hello");
        row("content filter before text", chunk("{}", "content_filter"), "reroute moderation B0|");
        row("tool calls",
            chunk("{\"content\":null,\"tool_calls\":[{}]}") + chunk("{}", "tool_calls"),
            "success none B0|");
        row("a call in pieces, and one without an index",
            chunk("{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"type\":\"function\",\"function\":{"
                  "\"name\":\"f\",\"arguments\":\"\"}}]}") +
                chunk("{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"x\\\":\"}}]"
                      "}") +
                chunk("{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"1}\"}}]}") +
                chunk("{\"tool_calls\":[{\"id\":\"b\",\"function\":{\"name\":\"g\",\"arguments\":{}"
                      "}}]}") +
                stop,
            "success none B0|[a f {\"x\":1}][b g {}]");
        row("refusal", chunk("{\"content\":null,\"refusal\":\"I cannot\"}") + stop,
            "success none B0|I cannot");
        row("other choices are not ours",
            "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"no\"}}]}\n\n" + hello + stop,
            "success none B0|Hello");
        row("cut after content", hello, "broken_stream truncated B+ ambiguous|Hello");
        row("[DONE] without a finish reason", hello + done,
            "broken_stream truncated B+ ambiguous|Hello");
        row("cut before content", chunk("{\"role\":\"assistant\",\"content\":\"\"}"),
            "failover truncated B+ ambiguous|");
        row("cut inside the reasoning", chunk("{\"reasoning\":\"hm\"}"),
            "failover truncated B+ ambiguous|");
        row("only comments", ": keep-alive\n\n", "failover truncated B+ ambiguous|");
        row("nothing", "", "failover truncated B+ ambiguous|");
        row("error first",
            "data: {\"error\":{\"message\":\"m\",\"type\":\"server_error\","
            "\"code\":null}}\n\n" +
                done,
            "failover error_in_stream B+|");
        row("quota error first",
            "data: {\"error\":{\"message\":\"m\",\"code\":\"insufficient_quota\"}}\n\n",
            "disable no_money B0|");
        row("error after content",
            hello + "data: {\"error\":{\"message\":\"m\",\"type\":\"server_error\"}}\n\n" + done,
            "broken_stream error_in_stream B+|Hello");
        row("error as its own event", "event: error\ndata: {\"message\":\"m\",\"code\":500}\n\n",
            "retry http_status B+|");
        row("error event of plain words", hello + "event: error\ndata: upstream died\n\n",
            "broken_stream malformed B+ ambiguous|Hello");
        row("integer code", "data: {\"error\":{\"message\":\"m\",\"code\":429}}\n\n",
            "cooldown rate_limited B0|");
        row("error beside choices",
            ": OPENROUTER PROCESSING\n\ndata: "
            "{\"id\":\"gen-1\",\"choices\":[{\"index\":0,\"delta\":"
            "{\"content\":\"\"},\"finish_reason\":\"error\"}],\"error\":{\"code\":502,\"message\":"
            "\"Upstream error\",\"metadata\":{\"error_type\":\"provider_unavailable\"}}}\n\n",
            "failover http_status B+|");
        row("empty error object is none",
            "data: {\"error\":null,\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n" + stop,
            "success none B0|Hi");
        row("array error", "data: [{\"error\":{\"code\":503,\"message\":\"m\"}}]\n\n",
            "failover overloaded B+|");
        row("finish reason error before content", chunk("{}", "error"),
            "failover error_in_stream B+|");
        row("finish reason error after content",
            hello + chunk("{}", "insufficient_system_resource"),
            "broken_stream error_in_stream B+|Hello");
        row("bad event first", "data: {\"choices\": [{\n\n", "failover malformed B+ ambiguous|");
        row("bad event later", hello + "data: {oops\n\n" + stop + done,
            "broken_stream malformed B+ ambiguous|Hello");
        row("an event that is a number", "data: 7\n\n", "failover malformed B+ ambiguous|");
        row("a JSON body instead of a stream",
            "{\"choices\":[{\"message\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}",
            "success none B0|Hi");
        row("a JSON error instead of a stream",
            "\n{\"error\":{\"message\":\"m\",\"code\":\"rate_limit_exceeded\"}}",
            "cooldown rate_limited B0|");
        row("a page instead of a stream", "<html><title>Sign in</title></html>",
            "failover malformed B+ ambiguous|");
        row("missing choices", "{\"id\":\"x\",\"object\":\"chat.completion\"}",
            "failover malformed B+ ambiguous|");
        row("truncated JSON", "{\"choices\":[{\"message\":{\"conte",
            "failover malformed B+ ambiguous|");
        row("a body without finish reason", "{\"choices\":[{\"message\":{\"content\":\"Hi\"}}]}",
            "failover truncated B+ ambiguous|Hi");
        row("deep", "{\"choices\":" + std::string(100'000, '['),
            "failover malformed B+ ambiguous|");
        row("invalid UTF-8 is repaired", chunk("{\"content\":\"a\xff\"}") + stop,
            "success none B0|a\xEF\xBF\xBD");
        row("wrong types everywhere",
            "data: {\"choices\":[{\"index\":\"0\",\"delta\":{\"content\":5},\"finish_reason\":7}],"
            "\"usage\":[],\"model\":{},\"id\":3}\n\n" +
                hello + stop,
            "success none B0|Hello");
        row("choices is no array", "data: {\"choices\":{}}\n\n" + hello + stop,
            "success none B0|Hello");
    }
    void streams() {
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, expected);
        const std::string text = bytes.toStdString();
        const auto line = [](const Read& r) {
            std::string calls;
            for (const ToolCall& call : r.end.reply.tool_calls)
                calls += "[" + call.id + " " + call.name + " " + call.arguments + "]";
            return QByteArray::fromStdString(word(r.end.outcome) + "|" + r.end.reply.text + calls);
        };
        const Read whole = read(text);
        QCOMPARE(line(whole), expected);
        if (whole.end.outcome.cls != engine::OutcomeClass::success)
            QVERIFY(!whole.end.message.empty());
        if (text.size() < 4000)
            QCOMPARE(differs_at_a_split(text, {}), QByteArray());
        else
            QCOMPARE(everything(read(text, {}, 0, 1)), everything(whole));
    }

    void broken_data() {
        QTest::addColumn<int>("status");
        QTest::addColumn<int>("transport");
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("expected");
        const auto row = [](const char* name, int status, TransportEnd end,
                            const std::string& bytes, const char* expected) {
            QTest::newRow(name) << status << static_cast<int>(end)
                                << QByteArray::fromStdString(bytes) << QByteArray(expected);
        };
        using enum TransportEnd;
        row("reset before headers", 0, reset_before_headers, "", "retry reset B+ ambiguous");
        row("reset before content", 200, reset_after_headers, ": hi\n\n",
            "failover truncated B+ ambiguous");
        row("reset after content", 200, reset_after_headers, hello,
            "broken_stream truncated B+ ambiguous");
        row("reset after the finish reason", 200, reset_after_headers, hello + stop,
            "success none B0");
        row("half a body", 200, reset_after_headers, "{\"choices\":[",
            "failover truncated B+ ambiguous");
        row("a 503 with half a body", 503, reset_after_headers, "{\"err", "failover overloaded B+");
        row("cancelled", 200, cancelled, hello, "cancelled caller_left B0 ambiguous");
        row("429", 429, complete, "{\"error\":{\"message\":\"m\",\"type\":\"tokens\"}}",
            "cooldown rate_limited B0");
        row("no content", 204, complete, "", "failover truncated B+ ambiguous");
        row("redirect", 302, complete, "", "reject bad_request B0");
    }
    void broken() {
        QFETCH(int, status);
        QFETCH(int, transport);
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, expected);
        How how;
        how.status = status;
        how.transport = static_cast<TransportEnd>(transport);
        QCOMPARE(QByteArray::fromStdString(word(read(bytes.toStdString(), how).end.outcome)),
                 expected);
    }

    void requestIds() {
        How how;
        how.headers = {{"X-Request-Id", "req_9"}};
        QCOMPARE(read(hello + stop, how).end.reply.request_id, std::string("req_9"));
        how.headers = {};
        QCOMPARE(read(hello + stop, how).end.reply.request_id, std::string("c1"));
        how.headers = {{"x-request-id", std::string(5000, 'x')}};
        QVERIFY(read(hello + stop, how).end.reply.request_id.size() <= 128);
    }

    void anEchoedKeyIsBlanked() {
        How how;
        how.status = 401;
        const Read r = read("{\"error\":{\"message\":\"bad: CANARY-KEY-VALUE\",\"code\":"
                            "\"CANARY-KEY-VALUE\"}}",
                            how);
        QCOMPARE(r.end.message, std::string("bad: [key]"));
        QCOMPARE(r.end.code, std::string("[key]"));
        // Across the cut of the message, in the code, and in what is kept of a good reply.
        const Read cut = read("{\"error\":{\"message\":\"" + std::string(290, '.') +
                                  "CANARY-KEY-VALUE\",\"code\":\"" + std::string(55, '.') +
                                  "CANARY-KEY-VALUE\"}}",
                              how);
        QVERIFY((cut.end.message + cut.end.code).find("CAN") == std::string::npos);
        How good;
        good.headers = {{"x-request-id", "CANARY-KEY-VALUE"}};
        QCOMPARE(read(hello + stop, good).end.reply.request_id, std::string("[key]"));
    }

    void anEndlessReplyIsRefused() {
        const auto reader = dialect(chain::Dialect::openai)->reader(true, Endpoint{});
        reader->head(200, {});
        const std::string comment = ":" + std::string((1u << 20) - 2, 'x') + "\n";
        std::size_t fed = 0;
        while (reader->bytes(comment, [](const Delta&) {}) && fed < (1u << 30))
            fed += comment.size();
        QVERIFY(fed <= max_reply_bytes);
        QCOMPARE(word(reader->end(TransportEnd::complete, true, 0).outcome),
                 std::string("failover malformed B+ ambiguous"));
    }

    void dialectsOfThisBuild() {
        QVERIFY(dialect(chain::Dialect::openai));
        QVERIFY(dialect(chain::Dialect::azure));
    }
};

QTEST_APPLESS_MAIN(TestOpenAiReader)
#include "test_openai_reader.moc"
