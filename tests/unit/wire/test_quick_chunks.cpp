// Common chunks and whole answers are read in place, all others by a full parse: both ways must say
// the same, whatever a byte of a chunk becomes. A member that is unknown to the quick way forces
// the full one.
#include "support/reading.h"

#include "base/rng.h"
#include "wire/callers/caller.h"

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

std::string plain_request(); // below: moc does not read past all that is in it

// What was read of a request, in one line.
std::string said(const wire::CallerRequest& c) {
    const wire::ChatRequest& r = c.request;
    std::string out = c.model + (r.stream ? " stream" : "");
    for (const wire::Message& m : r.messages) {
        const char* names[] = {"system", "user", "assistant", "tool"};
        out += std::string{" | "} + names[static_cast<int>(m.role)] + ":" + m.text;
    }
    const auto number = [&](const char* name, const auto& value) {
        if (value)
            out += std::string{" "} + name + "=" + std::to_string(*value).substr(0, 6);
    };
    number("max", r.max_tokens);
    number("temp", r.temperature);
    number("top_p", r.top_p);
    return out + (c.include_usage ? " usage" : "") + r.own_parameters;
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

    // Plain requests are read in place, all others as values: both ways say the same, whatever a
    // byte becomes. An escape in a key forces the other way.
    void requestsToo() {
        const auto read = [](const std::string& body) {
            const auto got = wire::openai_chat_caller().read(body);
            return got ? said(*got) : got.error().message;
        };
        const auto slow = [&](std::string body) {
            const auto at = body.find("\"model\"");
            return at == body.npos ? read(body) : read(body.replace(at, 2, "\"\\u006d"));
        };
        const std::string plain = plain_request();
        QCOMPARE(read(plain),
                 std::string{"auto stream | system:Be \"brief\"\n | user:grüß ü | assistant: max=9 "
                             "temp=0.5000 top_p=1.0000 usage"});
        constexpr std::string_view likely = "\"\\{}[]:,0n1 ue.x-\x80\xc3\x01";
        Rng rng{2026};
        for (int i = 0; i < 5000; ++i) {
            std::string body = plain;
            const auto at = 1 + rng.below(static_cast<std::uint32_t>(body.size() - 1));
            const char c = likely[rng.below(static_cast<std::uint32_t>(likely.size()))];
            switch (rng.below(3)) {
            case 0:
                body[at] = c;
                break;
            case 1:
                body.insert(at, 1, c);
                break;
            default:
                body.erase(at, 1 + rng.below(4));
            }
            if (read(body) != slow(body))
                QFAIL((body + "\n" + read(body) + "\n" + slow(body)).c_str());
        }
    }
};

namespace {

std::string plain_request() {
    return R"({"model":"auto","messages":[{"role":"system","content":"Be \"brief\"\n"},)"
           R"({"content":"gr\u00fc\u00df ü","role":"user"},{"role":"assistant","content":""}])"
           R"(,"stream":true,"stream_options":{"include_usage":true},"max_tokens":7,"seed":null)"
           R"(,"max_completion_tokens":9,"temperature":0.5,"top_p":1})";
}

} // namespace

QTEST_APPLESS_MAIN(TestQuickChunks)
#include "test_quick_chunks.moc"
