// Replies of Google's Gemini: chunks at every split, and everything that goes wrong.
#include "support/reading.h"

#include <QtTest>

using namespace reading;

namespace {

const How gemini{chain::Dialect::gemini};

std::string sse(const std::string& json) {
    return "data: " + json + "\r\n\r\n";
}
std::string chunk_json(const std::string& parts, int output = 5, const char* finish = nullptr) {
    return R"({"candidates":[{"content":{"parts":)" + parts + R"(,"role":"model"})" +
           (finish ? R"(,"finishReason":")" + std::string(finish) + "\"" : "") +
           R"(,"index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":)" +
           std::to_string(output) +
           R"(,"thoughtsTokenCount":3,"totalTokenCount":40},"modelVersion":"gemini-x","responseId":"r1"})";
}
std::string text(const std::string& words, int output = 5, const char* finish = nullptr) {
    return sse(chunk_json(R"([{"text":")" + words + R"("}])", output, finish));
}
const std::string hello = text("Hello");
const std::string stop = text("", 8, "STOP");

} // namespace

class TestGeminiReader : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void streams_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("expected");
        const auto row = [](const char* name, const std::string& bytes, const char* expected) {
            QTest::newRow(name) << QByteArray::fromStdString(bytes) << QByteArray(expected);
        };
        row("whole, counts are cumulative", hello + text(" you", 7) + stop,
            "success none B0|Hello you||stop|gemini-x|r1|9 0 0 11 3|");
        row("finish with the last text", hello + text(" you", 7, "STOP"),
            "success none B0|Hello you||stop|gemini-x|r1|9 0 0 10 3|");
        row("LF instead of CRLF",
            "data: " + chunk_json(R"([{"text":"Hi"}])") + "\n\ndata: " +
                chunk_json(R"([{"text":"","thoughtSignature":"Eq8="}])", 8, "STOP") + "\n\n",
            "success none B0|Hi||stop|gemini-x|r1|9 0 0 11 3|");
        row("escapes and other alphabets", hello + text(R"(\n\u00e4 ü日🙂)") + stop,
            "success none B0|Hello\nä ü日🙂||stop|gemini-x|r1|9 0 0 11 3|");
        row("thoughts are reasoning",
            sse(chunk_json(R"([{"text":"Hm.","thought":true}])")) + hello + stop,
            "success none B0|Hello|Hm.|stop|gemini-x|r1|9 0 0 11 3|");
        row("thoughts and text in one chunk",
            sse(chunk_json(R"([{"text":"Hm.","thought":true},{"text":"Yes"}])")) + stop,
            "success none B0|Yes|Hm.|stop|gemini-x|r1|9 0 0 11 3|");
        row("a call",
            sse(chunk_json(
                R"([{"functionCall":{"name":"weather","args":{"city":"Oslo"}},"thoughtSignature":"x"},{"functionCall":{"id":"own","name":"now"}}])")) +
                stop,
            "success none B0|||tool_calls|gemini-x|r1|9 0 0 11 3|"
            "[call_r1_1 weather {\"city\":\"Oslo\"}][own now {}]");
        row("no text within the limit", text("", 0, "MAX_TOKENS"),
            "success none B0|||length|gemini-x|r1|9 0 0 3 3|");
        row("blocked prompt",
            sse(R"({"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":4},"responseId":"r1"})"),
            "reroute moderation B0|||content_filter|m|r1|4 0 0 0 0|");
        row("blocked answer",
            sse(R"({"candidates":[{"finishReason":"SAFETY","index":0}],"responseId":"r1"})"),
            "reroute moderation B0|||content_filter|m|r1|-|");
        row("blocked after text", hello + text("", 8, "RECITATION"),
            "success none B0|Hello||content_filter|gemini-x|r1|9 0 0 11 3|");
        row("a call written badly", text("", 8, "MALFORMED_FUNCTION_CALL"),
            "retry error_in_stream B+|||error|gemini-x|r1|9 0 0 11 3|");
        row("a failure after text", hello + text("", 8, "OTHER"),
            "broken_stream error_in_stream B+|Hello||error|gemini-x|r1|9 0 0 11 3|");
        row("no content at all", sse(R"({"candidates":[{"index":0}]})") + hello + stop,
            "success none B0|Hello||stop|gemini-x|r1|9 0 0 11 3|");
        row("other candidates are not ours",
            sse(R"({"candidates":[{"content":{"parts":[{"text":"no"}]},"index":1}]})") + hello +
                stop,
            "success none B0|Hello||stop|gemini-x|r1|9 0 0 11 3|");
        row("cut before content", sse(R"({"candidates":[{"index":0}]})"),
            "failover truncated B+ ambiguous|||none|m||-|");
        row("cut after content", hello,
            "broken_stream truncated B+ ambiguous|Hello||none|gemini-x|r1|9 0 0 8 3|");
        row("cut keeps the last counts", hello + text(" you", 7),
            "broken_stream truncated B+ ambiguous|Hello you||none|gemini-x|r1|9 0 0 10 3|");
        row("error first",
            sse(R"({"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}})"),
            "failover overloaded B+|||none|m||-|");
        row("error after content",
            hello + sse(R"({"error":{"code":500,"message":"m","status":"INTERNAL"}})"),
            "broken_stream http_status B+|Hello||none|gemini-x|r1|9 0 0 8 3|");
        row("a bare error after content",
            hello + "{\n  \"error\": {\n    \"code\": 503,\n    \"message\": \"The model is "
                    "overloaded.\",\n    \"status\": \"UNAVAILABLE\"\n  }\n}\n",
            "broken_stream overloaded B+|Hello||none|gemini-x|r1|9 0 0 8 3|");
        row("bad event", hello + "data: {\"candidates\": [{\r\n\r\n",
            "broken_stream malformed B+ ambiguous|Hello||none|gemini-x|r1|9 0 0 8 3|");
        row("a body instead of a stream", chunk_json(R"([{"text":"Hi"}])", 5, "STOP"),
            "success none B0|Hi||stop|gemini-x|r1|9 0 0 8 3|");
        row("a list of chunks",
            "[" + chunk_json(R"([{"text":"Hi"}])") + ",\r\n" +
                chunk_json(R"([{"text":" you"}])", 7, "STOP") + "]",
            "success none B0|Hi you||stop|gemini-x|r1|9 0 0 10 3|");
        row("an error in a list", R"([{"error":{"code":404,"message":"m","status":"NOT_FOUND"}}])",
            "reroute model_missing B0|||none|m||-|");
        row("a body without candidates", "{}", "failover malformed B+ ambiguous|||none|m||-|");
        row("wrong types everywhere",
            sse(R"({"candidates":[{"content":[],"finishReason":3,"index":"0"},7],"usageMetadata":[],"responseId":1,"promptFeedback":4})") +
                hello + stop,
            "success none B0|Hello||stop|gemini-x|r1|9 0 0 11 3|");
    }
    void streams() {
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, expected);
        const std::string all = bytes.toStdString();
        const Read whole = read(all, gemini, all.size());
        QCOMPARE(summary(whole), expected);
        QCOMPARE(differs_at_a_split(all, gemini), QByteArray());
        if (whole.end.outcome.cls == engine::OutcomeClass::success && all.starts_with("data")) {
            QCOMPARE(whole.streamed, whole.end.reply.text);
            QCOMPARE(whole.reasoning, whole.end.reply.reasoning);
            QCOMPARE(calls_text(whole.calls), calls_text(whole.end.reply.tool_calls));
        }
    }

    // Every word of the reference.
    void finishReasons_data() {
        QTest::addColumn<QByteArray>("before"); // outcome where nothing was said
        QTest::addColumn<QByteArray>("after");  // and after content
        const auto row = [](const char* word, const char* before, const char* after) {
            QTest::newRow(word) << QByteArray(before) << QByteArray(after);
        };
        const char *good = "success none B0", *withheld = "reroute moderation B0";
        const char *again = "retry error_in_stream B+",
                   *broken = "broken_stream error_in_stream B+";
        row("STOP", good, good);
        row("MAX_TOKENS", good, good);
        for (const char* word :
             {"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY",
              "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "IMAGE_OTHER"})
            row(word, withheld, good);
        for (const char* word : {"LANGUAGE", "OTHER", "MALFORMED_FUNCTION_CALL",
                                 "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "NO_IMAGE"})
            row(word, again, broken);
    }
    void finishReasons() {
        QFETCH(QByteArray, before);
        QFETCH(QByteArray, after);
        const std::string end = text("", 8, QTest::currentDataTag());
        QCOMPARE(QByteArray::fromStdString(word(read(end, gemini).end.outcome)), before);
        QCOMPARE(QByteArray::fromStdString(word(read(hello + end, gemini).end.outcome)), after);
    }

    void blockReasons() {
        for (const char* word :
             {"SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY"})
            QCOMPARE(reading::word(read(sse(R"({"promptFeedback":{"blockReason":")" +
                                            std::string(word) + R"("}})"),
                                        gemini)
                                       .end.outcome),
                     std::string("reroute moderation B0"));
    }

    void pictures() {
        const Read r = read(
            sse(chunk_json(
                R"([{"text":"Here."},{"inlineData":{"mimeType":"image/webp","data":"iVBORw0KGgo="}},)"
                R"({"inlineData":{"mimeType":"image/png","data":"@@@@"}},)"
                R"({"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo=?"}},)"
                R"({"inlineData":{"mimeType":"audio/wav","data":"UklGRgAAAABXQVZF"}}])",
                5, "STOP")),
            gemini);
        QCOMPARE(r.end.reply.pictures.size(), std::size_t{1});
        QCOMPARE(r.end.reply.pictures[0].mime, std::string("image/png"));
        QCOMPARE(r.end.reply.pictures[0].bytes, std::string("\x89PNG\r\n\x1A\n"));
    }
};

QTEST_APPLESS_MAIN(TestGeminiReader)
#include "test_gemini_reader.moc"
