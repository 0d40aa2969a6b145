// Google's pictures: what replies say, from generateContent and from Imagen's predict.
#include "unit/wire/classify_rows.h"
#include "unit/wire/image_talk.h"

#include <QtTest>

using namespace brownout;
using namespace brownout::wire;
using namespace brownout::test;

namespace {

const Secret key{"canary-key-0815-4711"};
constexpr const char *flash = "gemini-2.5-flash-image", *imagen = "imagen-4.0-generate-001";

std::string candidate(const std::string& parts, const std::string& finish) {
    return R"({"candidates":[{"content":{"parts":)" + parts +
           R"(,"role":"model"},"finishReason":")" + finish +
           R"(","index":0}],"usageMetadata":{"promptTokenCount":7,)" +
           R"("candidatesTokenCount":1290,"thoughtsTokenCount":10,"totalTokenCount":1307},)" +
           R"("modelVersion":"gemini-2.5-flash-image-001","responseId":"r-1"})";
}
std::string picture(const std::string& more = "") {
    return R"({)" + more + R"("inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}})";
}

} // namespace

class TestGeminiImages : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void replies_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<int>("status");
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QByteArray>("expected"); // outcome | pictures | input output tokens
        const auto row = [](const char* name, const char* model, int status,
                            const std::string& body, const char* expected) {
            QTest::addRow("%s %s", model == flash ? "generate:" : "predict:", name)
                << model << status << QByteArray::fromStdString(body) << QByteArray(expected);
        };
        row("a picture", flash, 200, candidate("[" + picture() + "]", "STOP"),
            "success none B0|1|7 1300");
        row("words beside it", flash, 200,
            candidate(R"([{"text":"Here."},)" + picture() + "]", "STOP"),
            "success none B0|1|7 1300");
        row("a sketch is not the picture", flash, 200,
            candidate("[" + picture(R"("thought":true,)") + "," + picture() + "]", "STOP"),
            "success none B0|1|7 1300");
        row("words instead", flash, 200, candidate(R"([{"text":"I cannot."}])", "STOP"),
            "failover malformed B+|0|7 1300");
        row("no base64", flash, 200,
            candidate(R"([{"inlineData":{"mimeType":"image/png","data":"@@@@"}}])", "STOP"),
            "failover malformed B+|1|7 1300");
        row("no picture at all", flash, 200,
            candidate(R"([{"inlineData":{"mimeType":"image/png","data":"aGVsbG8="}}])", "STOP"),
            "failover malformed B+|1|7 1300");
        for (const char* word :
             {"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY",
              "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "IMAGE_OTHER"})
            row(word, flash, 200, candidate("[]", word), "reroute moderation B0|0|7 1300");
        for (const char* word : {"NO_IMAGE", "OTHER", "LANGUAGE"})
            row(word, flash, 200, candidate("[]", word), "retry error_in_stream B+|0|7 1300");
        for (const char* word :
             {"SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY"})
            row((std::string("blocked ") + word).c_str(), flash, 200,
                R"({"promptFeedback":{"blockReason":")" + std::string(word) + R"("}})",
                "reroute moderation B0|0|-");
        row("no candidates", flash, 200, "{}", "failover malformed B+|0|-");
        row("half a body", flash, 200, R"({"candidates":[)", "failover malformed B+ ambiguous|0|-");
        row("an error inside a 200", flash, 200,
            R"({"error":{"code":503,"message":"m","status":"UNAVAILABLE"}})",
            "failover overloaded B+|0|-");
        row("a rate limit", flash, 429,
            R"({"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.4s"}]}})",
            "cooldown rate_limited B0 after 34400|0|-");
        row("a bad key", imagen, 400,
            R"({"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}})",
            "disable bad_key B0 provider|0|-");
        row("two pictures", imagen, 200,
            R"({"predictions":[{"mimeType":"image/png","bytesBase64Encoded":"iVBORw0KGgo="},)"
            R"({"mimeType":"image/png","bytesBase64Encoded":"iVBORw0KGgo="}]})",
            "success none B0|2|-");
        row("one of two withheld", imagen, 200,
            R"({"predictions":[{"raiFilteredReason":"filtered"},)"
            R"({"mimeType":"image/png","bytesBase64Encoded":"iVBORw0KGgo="}]})",
            "success none B0|1|-");
        row("all withheld", imagen, 200, R"({"predictions":[{"raiFilteredReason":"filtered"}]})",
            "reroute moderation B0|0|-");
        row("none", imagen, 200, "{}", "failover malformed B+|0|-");
        row("wrong types", imagen, 200, R"({"predictions":{"a":[]},"candidates":[7]})",
            "failover malformed B+|0|-");
    }
    void replies() {
        QFETCH(QString, model);
        QFETCH(int, status);
        QFETCH(QByteArray, body);
        QFETCH(QByteArray, expected);
        const Endpoint at =
            endpoint_of(chain::Dialect::gemini, "https://base", model.toStdString(), &key);
        const auto t = talk(picture_of("a cat"), at, [&](const HttpRequest&) {
            return Canned{status, body.toStdString()};
        });
        const Reply& reply = t.end.reply;
        std::string usage = "-";
        if (reply.usage)
            usage = std::to_string(reply.usage->input) + " " + std::to_string(reply.usage->output);
        QCOMPARE(QByteArray::fromStdString(classify_rows::word(t.end.outcome) + "|" +
                                           std::to_string(reply.pictures.size()) + "|" + usage),
                 expected);
        QCOMPARE(t.sent.size(), std::size_t{1});
        QCOMPARE(header_in(t.sent[0], "x-goog-api-key"), std::string{"canary-key-0815-4711"});
        if (t.end.outcome.cls == engine::OutcomeClass::success) {
            QCOMPARE(reply.pictures[0].mime, std::string{"image/png"});
            QCOMPARE(reply.pictures[0].bytes, std::string("\x89PNG\r\n\x1A\n"));
        } else {
            QVERIFY(!t.end.message.empty());
        }
    }

    // A picture does not stream, whatever was asked.
    void aStreamIsNotAskedFor() {
        ChatRequest request = picture_of("a cat");
        request.stream = true;
        const Endpoint at = endpoint_of(chain::Dialect::gemini, "https://base", flash, &key);
        const Encoded http = dialect(chain::Dialect::gemini)->encode(request, at);
        QVERIFY(http.url.ends_with(":generateContent"));
        QCOMPARE(header_in(http, "Accept"), std::string{"application/json"});
    }

    void whatCannotBeSaidIsNoted() {
        ChatRequest request = picture_of("a cat");
        request.image->count = 9;
        request.image->format = "webp";
        request.image->width = 1000;
        request.image->height = 999;
        const Endpoint at = endpoint_of(chain::Dialect::gemini, "https://base", imagen, &key);
        const Encoded http = dialect(chain::Dialect::gemini)->encode(request, at);
        QCOMPARE(http.dropped.size(), std::size_t{3}); // count, size, format
        QVERIFY(http.body.find(R"("sampleCount":4)") != std::string::npos);
    }
};

QTEST_APPLESS_MAIN(TestGeminiImages)
#include "test_gemini_images.moc"
