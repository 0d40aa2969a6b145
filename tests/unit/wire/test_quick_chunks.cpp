// Common chunks and whole answers are read in place, all others by a full parse: both ways must say
// the same, whatever a byte of a chunk becomes. A member that is unknown to the quick way forces
// the full one.
#include "support/reading.h"

#include "base/rng.h"

#include <QtTest>

using namespace reading;

namespace {

struct Sample {
    const char* name;
    chain::Dialect dialect;
    std::vector<std::string> before; // makes the quick way possible
    std::string chunk;
    std::vector<std::string> after;
    bool whole = false; // the chunk is the whole body
};

const std::vector<Sample>& samples() {
    static const std::string openai_head =
        R"({"id":"c","object":"chat.completion.chunk","created":17,"model":"m","choices":[{"index":0,"delta":)";
    static const std::vector<Sample> all = {
        {"openai text",
         chain::Dialect::openai,
         {openai_head +
          R"({"role":"assistant","content":"","refusal":null},"finish_reason":null}]})"},
         openai_head +
             R"({"content":" w\n\u00e9ü\/x"},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"a"})",
         {openai_head + R"({},"finish_reason":"stop"}]})"}},
        {"openai reasoning",
         chain::Dialect::openai,
         {openai_head + R"({"role":"assistant","content":""},"finish_reason":null}]})"},
         openai_head +
             R"({"content":null,"reasoning_content":"hm","role":"assistant"},"finish_reason":null}],"system_fingerprint":null})",
         {openai_head + R"({"content":"Yes"},"finish_reason":"stop"}]})"}},
        {"anthropic text",
         chain::Dialect::anthropic,
         {R"({"type":"message_start","message":{"id":"msg","model":"m","usage":{"input_tokens":1,"output_tokens":1}}})"},
         R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" w\t\u00e9ü"}})",
         {R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9}})",
          R"({"type":"message_stop"})"}},
        {"anthropic thinking",
         chain::Dialect::anthropic,
         {R"({"type":"message_start","message":{"id":"msg","model":"m","usage":{"input_tokens":1,"output_tokens":1}}})"},
         R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}})",
         {R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9}})",
          R"({"type":"message_stop"})"}},
        {"gemini text",
         chain::Dialect::gemini,
         {R"({"candidates":[{"index":0}],"modelVersion":"g","responseId":"r"})"},
         R"({"candidates":[{"content":{"parts":[{"text":" w\u00e9ü"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":10},"modelVersion":"g","responseId":"r"})",
         {R"({"candidates":[{"finishReason":"STOP","index":0}],"modelVersion":"g"})"}},
        {"openai whole",
         chain::Dialect::openai,
         {},
         R"({"id":"c","object":"chat.completion","created":17,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":" w\n\u00e9ü","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":14,"prompt_tokens_details":{"cached_tokens":4,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":1}}})",
         {},
         true}};
    return all;
}

QByteArray reads(const Sample& sample, const std::string& chunk) {
    std::string bytes = sample.whole ? chunk : "";
    const auto add = [&](const std::string& data) { bytes += "data: " + data + "\n\n"; };
    for (const auto& data : sample.before)
        add(data);
    if (!sample.whole)
        add(chunk);
    for (const auto& data : sample.after)
        add(data);
    How how;
    how.dialect = sample.dialect;
    return everything(read(bytes, how, bytes.size()));
}

} // namespace

class TestQuickChunks : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void bothWaysAgree_data() {
        QTest::addColumn<int>("sample");
        for (std::size_t i = 0; i < samples().size(); ++i)
            QTest::newRow(samples()[i].name) << static_cast<int>(i);
    }
    void bothWaysAgree() {
        QFETCH(int, sample);
        const Sample& s = samples()[static_cast<std::size_t>(sample)];
        const auto full = [&](const std::string& chunk) {
            return chunk.starts_with('{') ? "{\"unknown\":[]," + chunk.substr(1) : chunk;
        };
        QVERIFY(reads(s, s.chunk).startsWith("success"));
        QCOMPARE(reads(s, s.chunk), reads(s, full(s.chunk)));
        constexpr std::string_view likely = "\"\\{}[]:,0n1 ue.x-\x80\xc3\x01";
        Rng rng{2026};
        for (int i = 0; i < 6000; ++i) {
            std::string chunk = s.chunk;
            const auto at = 1 + rng.below(static_cast<std::uint32_t>(chunk.size() - 1));
            const auto what = rng.below(3);
            const char c = likely[rng.below(static_cast<std::uint32_t>(likely.size()))];
            if (what == 0)
                chunk[at] = c;
            else if (what == 1)
                chunk.insert(at, 1, c);
            else
                chunk.erase(at, 1 + rng.below(4));
            const QByteArray quick = reads(s, chunk), slow = reads(s, full(chunk));
            if (quick != slow)
                QFAIL(qPrintable(QString::fromStdString(chunk) + "\n" + quick + "\n" + slow));
        }
    }
};

QTEST_APPLESS_MAIN(TestQuickChunks)
#include "test_quick_chunks.moc"
