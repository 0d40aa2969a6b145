// The picture dialects: what goes out, what comes in, jobs to their end, and errors by their
// tables.
#include "unit/wire/classify_rows.h"
#include "unit/wire/image_talk.h"
#include "wire/picture.h"
#include "wire/request_parts.h"

#include <QtTest>

using namespace brownout;
using namespace brownout::wire;
using namespace brownout::test;
using In = chain::Dialect;

namespace {

const Secret key{"canary-key-0815-4711"};

Endpoint fal(const char* model = "fal-ai/flux/dev", const char* base = "https://fal.run") {
    return endpoint_of(In::fal, base, model, &key);
}
Endpoint replicate(const char* model = "stability-ai/sdxl") {
    return endpoint_of(In::replicate, "https://api.replicate.com", model, &key);
}

std::string prediction(const char* status, const std::string& more = "") {
    return "{\"id\":\"p1\",\"status\":\"" + std::string{status} + "\"" + more + "}";
}

bool carries_key(const HttpRequest& request) {
    for (const auto& [name, value] : request.headers)
        if (value.find("canary-key") != value.npos)
            return true;
    return request.url.find("canary-key") != std::string::npos;
}

std::string outcome(const ReplyReader::End& end) {
    return classify_rows::word(end.outcome);
}

} // namespace

class TestImageDialects : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void falSync() {
        const auto t = talk(picture_of("a cat"), fal(), [](const HttpRequest& request) {
            if (request.method == "GET")
                return Canned{200, png_head};
            return Canned{200,
                          "{\"images\":[{\"url\":\"https://cdn.example/1.png\"},"
                          R"({"url":"data:image/png;base64,iVBORw0KGgo="}],"seed":1})",
                          {{"x-fal-request-id", "fal-1"}}};
        });
        QCOMPARE(outcome(t.end), std::string{"success none B0"});
        QCOMPARE(t.sent.size(), std::size_t{2});
        QVERIFY(carries_key(t.sent[0]));
        QVERIFY2(!carries_key(t.sent[1]), "the key does not go to where pictures lie");
        QCOMPARE(t.end.reply.pictures.size(), std::size_t{2});
        QCOMPARE(t.end.reply.pictures[0].bytes, png_head);
        QCOMPARE(t.end.reply.pictures[0].mime, std::string{"image/png"});
        QCOMPARE(t.end.reply.pictures[1].bytes, (std::string{"\x89PNG\r\n\x1A\n", 8}));
    }

    void falQueue() {
        int looks = 0;
        const auto t =
            talk(picture_of("a cat"), fal("fal-ai/flux/dev", "https://queue.fal.run"),
                 [&](const HttpRequest& request) {
                     const std::string own = "https://queue.fal.run/fal-ai/flux/requests/r1";
                     if (request.method == "POST")
                         return Canned{200, "{\"request_id\":\"r1\",\"status_url\":\"" + own +
                                                R"(/status","response_url":")" + own +
                                                R"(","cancel_url":")" + own + "/cancel\"}"};
                     if (request.url == own + "/status")
                         return Canned{200, ++looks == 1 ? R"({"status":"IN_QUEUE"})"
                                            : looks == 2 ? R"({"status":"IN_PROGRESS"})"
                                                         : R"({"status":"COMPLETED"})"};
                     if (request.url == own)
                         return Canned{
                             200, R"({"images":[{"url":"data:image/png;base64,iVBORw0KGgo="}]})"};
                     return Canned{404, ""};
                 });
        QCOMPARE(outcome(t.end), std::string{"success none B0"});
        QCOMPARE(looks, 3);
        QCOMPARE(t.end.reply.request_id, std::string{"r1"});
        QCOMPARE(header_in(t.sent[0], "x-fal-no-retry"), std::string{"1"});
        QVERIFY(t.waits[0] >= std::chrono::milliseconds{400});
        QVERIFY(!t.cancel);
    }

    void aJobsAddressElsewhereGetsNoKey() {
        int elsewhere = 0;
        const auto t = talk(
            picture_of("a cat"), fal("fal-ai/flux/dev", "https://queue.fal.run"),
            [&](const HttpRequest& request) {
                if (request.url.find("evil") != std::string::npos)
                    ++elsewhere;
                if (request.method == "POST")
                    return Canned{
                        200, "{\"request_id\":\"r1\",\"status_url\":\"https://evil.example/s\","
                             "\"response_url\":\"http://queue.fal.run/r\"}"};
                if (request.url == "https://queue.fal.run/fal-ai/flux/requests/r1/status")
                    return Canned{200, R"({"status":"COMPLETED"})"};
                if (request.url == "https://queue.fal.run/fal-ai/flux/requests/r1")
                    return Canned{200,
                                  R"({"images":[{"url":"data:image/png;base64,iVBORw0KGgo="}]})"};
                return Canned{404, ""};
            });
        QCOMPARE(elsewhere, 0);
        QCOMPARE(outcome(t.end), std::string{"success none B0"});
    }

    void replicateJob() {
        int looks = 0;
        const auto t = talk(picture_of("a cat"), replicate(), [&](const HttpRequest& request) {
            if (request.method == "POST")
                return Canned{
                    201, prediction("starting", ",\"urls\":{\"get\":\"https://evil.example/\"}")};
            if (request.url == "https://api.replicate.com/v1/predictions/p1")
                return ++looks < 3 ? Canned{200, prediction("processing")}
                                   : Canned{200, prediction("succeeded",
                                                            ",\"output\":[\"https://cdn/1.png\"]")};
            return Canned{200, png_head};
        });
        QCOMPARE(outcome(t.end), std::string{"success none B0"});
        QCOMPARE(header_in(t.sent[0], "Prefer"), std::string{"wait=5"});
        QCOMPARE(looks, 3);
        QCOMPARE(t.end.reply.request_id, std::string{"p1"});
        QCOMPARE(t.end.reply.pictures.front().bytes, png_head);
        for (std::size_t i = 1; i + 1 < t.waits.size(); ++i)
            QVERIFY(t.waits[i] <= std::chrono::seconds{2});
        QVERIFY(!carries_key(t.sent.back()));
    }

    void replicateEnds_data() {
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QByteArray>("outcome");
        const auto row = [](const char* name, const std::string& body, const char* expected) {
            QTest::newRow(name) << QByteArray::fromStdString(body) << QByteArray(expected);
        };
        const auto failed = [](const char* error) {
            return prediction("failed", std::string{",\"error\":\""} + error + "\"");
        };
        row("nsfw", failed("NSFW content detected. Try running it again."),
            "reroute moderation B0");
        row("memory", failed("CUDA out of memory. Tried to allocate 2 GiB"),
            "failover overloaded B+");
        row("interrupted", failed("Prediction interrupted; please retry (code: PA)"),
            "failover overloaded B+");
        row("validation", failed("1 validation error for Input"), "reject bad_request B0");
        row("anything else", failed("boom"), "failover http_status B+");
        row("canceled", prediction("canceled"), "failover http_status B+");
        row("aborted", prediction("aborted"), "failover http_status B+");
        row("no output", prediction("succeeded", R"(,"output":null)"), "failover malformed B+");
        row("an output that is no address", prediction("succeeded", ",\"output\":[\"file:///x\"]"),
            "failover malformed B+");
        row("an unknown status", prediction("sleeping"), "failover malformed B+ ambiguous");
        row("no JSON", "<html>", "failover malformed B+ ambiguous");
        row("no id", R"({"status":"starting"})", "failover malformed B+ ambiguous");
        row("a truncated JSON", "{\"id\":\"p1\",\"status\":\"succ",
            "failover malformed B+ ambiguous");
    }
    void replicateEnds() {
        QFETCH(QByteArray, body);
        QFETCH(QByteArray, outcome);
        const auto t = talk(picture_of("a cat"), replicate(), [&](const HttpRequest&) {
            return Canned{201, body.toStdString()};
        });
        QCOMPARE(QByteArray::fromStdString(::outcome(t.end)), outcome);
        QVERIFY(!t.end.message.empty());
    }

    void looksAreRepeated() {
        int looks = 0;
        const auto server = [&](int bad, Canned how) {
            return [&looks, bad, how](const HttpRequest& request) {
                if (request.method == "POST")
                    return Canned{201, prediction("processing")};
                if (++looks <= bad)
                    return how;
                return Canned{200, prediction("succeeded",
                                              R"(,"output":"data:image/png;base64,iVBORw0KGgo=")")};
            };
        };
        const Canned cut{0, "", {}, TransportEnd::reset_before_headers};
        for (const Canned& how : {cut, Canned{503, "{}"}, Canned{429, "{}"}}) {
            looks = 0;
            auto t = talk(picture_of("x"), replicate(), server(2, how));
            QCOMPARE(outcome(t.end), std::string{"success none B0"});
            looks = 0;
            t = talk(picture_of("x"), replicate(), server(1000, how));
            QCOMPARE(looks, 3); // then it is given up, not knowing what has become of the job
            QVERIFY(t.end.outcome.ambiguous);
            QVERIFY(t.end.outcome.cls != engine::OutcomeClass::success);
            QVERIFY2(t.cancel, "and it is told to stop");
            QCOMPARE(t.cancel->url,
                     std::string{"https://api.replicate.com/v1/predictions/p1/cancel"});
            QVERIFY(carries_key(*t.cancel));
        }
        // A submit is never repeated here: that is the engine's to decide.
        int posts = 0;
        const auto t = talk(picture_of("x"), replicate(), [&](const HttpRequest&) {
            ++posts;
            return cut;
        });
        QCOMPARE(posts, 1);
        QVERIFY(t.end.outcome.ambiguous);
    }

    void pictures_data() {
        QTest::addColumn<int>("status");
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("outcome");
        const QByteArray png = QByteArray::fromStdString(png_head);
        QTest::newRow("png") << 200 << png << QByteArray("success none B0");
        QTest::newRow("jpeg") << 200 << QByteArray("\xFF\xD8\xFF\xE0 jpeg")
                              << QByteArray("success none B0");
        QTest::newRow("webp") << 200 << QByteArray("RIFF....WEBPVP8 ")
                              << QByteArray("success none B0");
        QTest::newRow("gif") << 200 << QByteArray("GIF89a..") << QByteArray("success none B0");
        QTest::newRow("corrupt") << 200 << QByteArray(32, '\0')
                                 << QByteArray("failover malformed B+");
        QTest::newRow("a web page")
            << 200 << QByteArray("<html>sorry</html>") << QByteArray("failover malformed B+");
        QTest::newRow("empty") << 200 << QByteArray() << QByteArray("failover malformed B+");
        QTest::newRow("expired") << 403 << QByteArray("<Error>Request has expired</Error>")
                                 << QByteArray("failover http_status B+");
        QTest::newRow("gone") << 404 << QByteArray("") << QByteArray("failover http_status B+");
    }
    void pictures() {
        QFETCH(int, status);
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, outcome);
        const auto t = talk(
            picture_of("a cat"), fal(),
            [&](const HttpRequest& request) {
                return request.method == "GET"
                           ? Canned{status, bytes.toStdString()}
                           : Canned{200, "{\"images\":[{\"url\":\"https://cdn.example/1.png\"}]}"};
            },
            4);
        QCOMPARE(QByteArray::fromStdString(::outcome(t.end)), outcome);
        QCOMPARE(t.end.reply.pictures.size(), std::size_t{1}); // made, hence billed
    }

    void redirectsAndBounds() {
        int hops = 0;
        auto t = talk(picture_of("a cat"), fal(), [&](const HttpRequest& request) {
            if (request.method == "POST")
                return Canned{200, "{\"images\":[{\"url\":\"https://cdn.example/1.png\"}]}"};
            if (++hops <= 2)
                return Canned{302, "", {{"Location", "https://other.example/2.png"}}};
            return Canned{200, png_head};
        });
        QCOMPARE(outcome(t.end), std::string{"success none B0"});
        for (const char* where : {"file:///etc/passwd", "ftp://x/y", "https://user@host/"}) {
            t = talk(picture_of("a cat"), fal(), [&](const HttpRequest& request) {
                return request.method == "POST"
                           ? Canned{200, "{\"images\":[{\"url\":\"https://cdn.example/1.png\"}]}"}
                           : Canned{302, "", {{"Location", where}}};
            });
            QCOMPARE(t.sent.size(), std::size_t{2});
            QCOMPARE(outcome(t.end), std::string{"failover http_status B+"});
        }
        t = talk(picture_of("a cat"), fal(), [](const HttpRequest& request) { // for ever
            return request.method == "POST"
                       ? Canned{200, "{\"images\":[{\"url\":\"https://cdn.example/1.png\"}]}"}
                       : Canned{302, "", {{"Location", "https://cdn.example/1.png"}}};
        });
        QVERIFY(t.sent.size() <= 5);
        // A hundred pictures are not fetched, nor is one of a hundred megabytes kept.
        std::string many = R"({"images":[)";
        for (int i = 0; i < 100; ++i)
            many += std::string{i ? "," : ""} + R"({"url":"data:image/png;base64,iVBORw0KGgo="})";
        t = talk(picture_of("a cat"), fal(), [&](const HttpRequest&) {
            return Canned{200, many + "]}"};
        });
        QCOMPARE(t.end.reply.pictures.size(), max_pictures);
    }

    void openAiAnswers() {
        const Endpoint at = endpoint_of(In::openai, "https://base", "gpt-image-1", &key);
        auto t = talk(picture_of("a cat"), at, [](const HttpRequest&) {
            return Canned{200, R"({"created":1,"data":[{"b64_json":"iVBORw0KGgo="}],"usage":)"
                               R"({"input_tokens":12,"output_tokens":1056,"total_tokens":1068}})"};
        });
        QCOMPARE(outcome(t.end), std::string{"success none B0"});
        QCOMPARE(t.end.reply.usage->output, std::int64_t{1056});
        for (const char* body : {R"({"data":[]})", R"({"data":[{"b64_json":"@@@@"}]})",
                                 R"({"data":[{"b64_json":"aGVsbG8="}]})", "{}"}) {
            t = talk(picture_of("a cat"), at, [&](const HttpRequest&) {
                return Canned{200, body};
            });
            QCOMPARE(outcome(t.end), std::string{"failover malformed B+"});
        }
        t = talk(picture_of("a cat"), at, [](const HttpRequest&) {
            return Canned{400, "{\"error\":{\"message\":\"Your request was rejected by the safety "
                               "system.\",\"type\":\"image_generation_user_error\","
                               R"("code":"moderation_blocked"}})"};
        });
        QCOMPARE(outcome(t.end), std::string{"reroute moderation B0"});
    }

    void stabilityAnswers() {
        const Endpoint at = endpoint_of(In::stability, "https://base", "stable-image-core", &key);
        const auto answer = [&](const std::string& body) {
            return talk(picture_of("a cat"), at, [&](const HttpRequest&) {
                return Canned{200, body};
            });
        };
        QCOMPARE(outcome(answer(R"({"image":"iVBORw0KGgo=","finish_reason":"SUCCESS"})").end),
                 std::string{"success none B0"});
        QCOMPARE(outcome(answer(png_head).end), std::string{"success none B0"});
        QCOMPARE(outcome(answer(R"({"image":"","finish_reason":"CONTENT_FILTERED"})").end),
                 std::string{"reroute moderation B0"});
        QCOMPARE(outcome(answer("{}").end), std::string{"failover malformed B+ ambiguous"});
    }

    void mediaJobs() {
        ChatRequest video;
        video.media = MediaRequest{MediaRequest::Kind::video, "waves", "", "16:9", "", 5.0};
        auto t = talk(video, fal("fal-ai/kling-video/v2/master/text-to-video"),
                      [](const HttpRequest& request) {
                          if (request.method == "POST")
                              return Canned{200, R"({"request_id":"r1"})"};
                          if (request.url.ends_with("/fal-ai/kling-video/requests/r1/status"))
                              return Canned{200, R"({"status":"COMPLETED"})"};
                          return Canned{200, "{\"video\":{\"url\":\"https://cdn.example/v.mp4\"}}"};
                      });
        QCOMPARE(t.sent[0].url,
                 std::string{"https://queue.fal.run/fal-ai/kling-video/v2/master/text-to-video"});
        QCOMPARE(t.sent[0].body,
                 std::string{R"({"prompt":"waves","aspect_ratio":"16:9","duration":"5"})"});
        QCOMPARE(outcome(t.end), std::string{"success none B0"});
        QCOMPARE(t.end.reply.media_url, std::string{"https://cdn.example/v.mp4"});

        ChatRequest heard;
        heard.media = MediaRequest{
            MediaRequest::Kind::transcription, "", "https://e/a.mp3", "", "en", std::nullopt};
        t = talk(heard, replicate("openai/whisper"), [](const HttpRequest&) {
            return Canned{201, prediction("succeeded", R"(,"output":{"transcription":"hello"})")};
        });
        QCOMPARE(outcome(t.end), std::string{"success none B0"});
        QCOMPARE(t.end.reply.text, std::string{"hello"});
    }

    void keysStayOutOfWords() {
        const auto t = talk(picture_of("x"), fal(), [](const HttpRequest&) {
            return Canned{401,
                          R"({"detail":"bad key canary-key-0815-4711 here"})",
                          {{"x-fal-request-id", "id-canary-key-0815-4711"}}};
        });
        for (const std::string& words : {t.end.message, t.end.code, t.end.reply.request_id})
            QVERIFY2(words.find("canary-key") == std::string::npos, words.c_str());
    }
};

QTEST_APPLESS_MAIN(TestImageDialects)
#include "test_image_dialects.moc"
