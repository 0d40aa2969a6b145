// The picture dialects: what goes out, and errors by their tables.
#include "unit/wire/classify_rows.h"
#include "unit/wire/image_talk.h"

#include <QtTest>

using namespace brownout;
using namespace brownout::wire;
using namespace brownout::test;
using In = chain::Dialect;

namespace {

const Secret key{"canary-key-0815-4711"};

ChatRequest rich_picture() {
    ChatRequest request = picture_of("a cat");
    ImageRequest& image = *request.image;
    image.width = 1024;
    image.height = 576;
    image.steps = 4;
    image.guidance = 3.5;
    image.count = 2;
    image.seed = 42;
    image.negative_prompt = "blur";
    return request;
}

} // namespace

class TestImageRequests : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void requests_data() {
        QTest::addColumn<int>("dialect");
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("url");
        QTest::addColumn<QString>("authorization");
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QString>("dropped"); // the notes' names, in order
        const auto row = [](In d, const char* model, const char* url, const char* auth,
                            const char* body, const char* dropped) {
            QTest::addRow("%s %s", chain::dialect_names[int(d)].data(), model)
                << int(d) << model << url << auth << QByteArray(body) << dropped;
        };
        const char *bearer = "Bearer canary-key-0815-4711", *fal_key = "Key canary-key-0815-4711";
        row(In::fal, "fal-ai/flux/dev", "https://base/fal-ai/flux/dev", fal_key,
            R"({"prompt":"a cat","image_size":"landscape_16_9","num_inference_steps":4,)"
            R"("guidance_scale":3.5,"num_images":2,"seed":42})",
            "negative_prompt");
        row(In::fal, "fal-ai/flux-pro/v1.1-ultra", "https://base/fal-ai/flux-pro/v1.1-ultra",
            fal_key,
            R"({"prompt":"a cat","aspect_ratio":"16:9","num_inference_steps":4,)"
            R"("guidance_scale":3.5,"num_images":2,"seed":42})",
            "size negative_prompt");
        row(In::replicate, "stability-ai/sdxl",
            "https://base/v1/models/stability-ai/sdxl/predictions", bearer,
            R"({"input":{"prompt":"a cat","width":1024,"height":576,"num_inference_steps":4,)"
            R"("guidance_scale":3.5,"num_outputs":2,"seed":42,"negative_prompt":"blur"}})",
            "");
        row(In::replicate, "black-forest-labs/flux-schnell",
            "https://base/v1/models/black-forest-labs/flux-schnell/predictions", bearer,
            R"({"input":{"prompt":"a cat","aspect_ratio":"16:9","num_inference_steps":4,)"
            R"("guidance":3.5,"num_outputs":2,"seed":42}})",
            "negative_prompt");
        row(In::replicate, "a/b:0123", "https://base/v1/predictions", bearer,
            R"({"input":{"prompt":"a cat","width":1024,"height":576,"num_inference_steps":4,)"
            R"("guidance_scale":3.5,"num_outputs":2,"seed":42,"negative_prompt":"blur"},)"
            R"("version":"0123"})",
            "");
        row(In::nexaapi, "flux-dev", "https://base/v1/images/generations", bearer,
            R"({"model":"flux-dev","prompt":"a cat","negative_prompt":"blur","width":1024,)"
            R"("height":576,"steps":4,"guidance_scale":3.5,"n":2,"seed":42})",
            "");
        row(In::openai, "gpt-image-1", "https://base/images/generations", bearer,
            R"({"model":"gpt-image-1","prompt":"a cat","n":2,"size":"1536x1024"})",
            "size steps guidance seed negative_prompt");
        row(In::openai, "gpt-image-2", "https://base/images/generations", bearer,
            R"({"model":"gpt-image-2","prompt":"a cat","n":2,"size":"1024x576"})",
            "steps guidance seed negative_prompt");
        row(In::openai, "dall-e-3", "https://base/images/generations", bearer,
            R"({"model":"dall-e-3","prompt":"a cat","size":"1792x1024",)"
            R"("response_format":"b64_json"})",
            "count size steps guidance seed negative_prompt");
        row(In::gemini, "gemini-2.5-flash-image",
            "https://base/v1beta/models/gemini-2.5-flash-image:generateContent", "",
            R"({"contents":[{"role":"user","parts":[{"text":"a cat"}]}],)"
            R"("generationConfig":{"responseModalities":["IMAGE"],"seed":42,)"
            R"("imageConfig":{"aspectRatio":"16:9"}}})",
            "count guidance steps negative_prompt");
        row(In::gemini, "imagen-4.0-generate-001",
            "https://base/v1beta/models/imagen-4.0-generate-001:predict", "",
            R"({"instances":[{"prompt":"a cat"}],"parameters":{"sampleCount":2,)"
            R"("aspectRatio":"16:9","guidanceScale":3.5,"includeRaiReason":true}})",
            "seed steps negative_prompt");
    }
    void requests() {
        QFETCH(int, dialect);
        QFETCH(QString, model);
        QFETCH(QString, url);
        QFETCH(QString, authorization);
        QFETCH(QByteArray, body);
        QFETCH(QString, dropped);
        const Endpoint at = endpoint_of(In(dialect), "https://base", model.toStdString(), &key);
        const Encoded out = wire::dialect(at.dialect)->encode(rich_picture(), at);
        QCOMPARE(QString::fromStdString(out.url), url);
        QCOMPARE(QString::fromStdString(header_in(out, "Authorization")), authorization);
        QCOMPARE(header_in(out, "Content-Type"), std::string{"application/json"});
        QCOMPARE(QByteArray::fromStdString(out.body), body);
        QStringList names;
        for (const std::string& note : out.dropped)
            names << QString::fromStdString(note).section(QRegularExpression("[: ]"), 0, 0);
        QCOMPARE(names.join(' '), dropped);
    }

    void stabilityForm() {
        const Endpoint at = endpoint_of(In::stability, "https://base", "sd3.5-large", &key);
        const Encoded out = wire::dialect(at.dialect)->encode(rich_picture(), at);
        QCOMPARE(out.url, std::string{"https://base/v2beta/stable-image/generate/sd3"});
        const std::string type = header_in(out, "Content-Type");
        QVERIFY(type.starts_with("multipart/form-data; boundary="));
        const QString body = QString::fromStdString(out.body);
        const QString mark = "--" + QString::fromStdString(type).section("boundary=", 1);
        QCOMPARE(body.count(mark), 8); // seven parts and the end
        const std::pair<const char*, const char*> parts[] = {
            {"prompt", "a cat"},     {"negative_prompt", "blur"}, {"aspect_ratio", "16:9"},
            {"seed", "42"},          {"model", "sd3.5-large"},    {"cfg_scale", "3.5"},
            {"output_format", "png"}};
        for (const auto& [name, value] : parts) {
            const QString part = QStringLiteral("name=\"%1\"\r\n\r\n%2\r\n").arg(name, value);
            QVERIFY2(body.contains(part), qPrintable(part));
        }
        // A prompt that holds the boundary of its own bytes cannot break out of its part.
        ChatRequest sly = picture_of(mark.toStdString() + "\r\nx");
        const Encoded other = wire::dialect(at.dialect)->encode(sly, at);
        const std::string boundary =
            header_in(other, "Content-Type")
                .substr(std::string{"multipart/form-data; boundary="}.size());
        QVERIFY(sly.image->prompt.find(boundary) == std::string::npos);
    }

    // Numbers that no provider can mean are left out with a note, whoever wrote them.
    void sizesAndDurationsAreBounded() {
        for (const auto& [width, height] : {std::pair<std::int64_t, std::int64_t>{-5, 64},
                                            {0, 0},
                                            {16385, 16385},
                                            {1, INT64_MAX},
                                            {INT64_MIN, INT64_MIN},
                                            {1ll << 32, 1ll << 32}})
            for (const auto& [d, model] : {std::pair{In::fal, "fal-ai/flux/dev"},
                                           {In::fal, "fal-ai/flux-pro/v1.1-ultra"},
                                           {In::replicate, "stability-ai/sdxl"},
                                           {In::replicate, "google/imagen-4"},
                                           {In::nexaapi, "flux-dev"},
                                           {In::openai, "gpt-image-1"},
                                           {In::openai, "gpt-image-2"},
                                           {In::gemini, "gemini-2.5-flash-image"},
                                           {In::gemini, "imagen-4.0-generate-001"},
                                           {In::stability, "sd3.5-large"}}) {
                ChatRequest request = picture_of("a cat");
                const Endpoint at = endpoint_of(d, "https://base", model, &key);
                const std::string plain = wire::dialect(d)->encode(request, at).body;
                request.image->width = width;
                request.image->height = height;
                const Encoded out = wire::dialect(d)->encode(request, at);
                QCOMPARE(out.body, plain);
                QCOMPARE(out.dropped.size(), std::size_t{1});
                QVERIFY2(out.dropped.front().starts_with("size: "), out.dropped.front().c_str());
            }
        for (const double seconds : {-1.0, 0.0, 3601.0, 1e300, double{INFINITY}, double{NAN}})
            for (const In d : {In::fal, In::replicate, In::nexaapi}) {
                ChatRequest request;
                request.media = MediaRequest{MediaRequest::Kind::video, "w", "", "", "", {}};
                const Endpoint at = endpoint_of(d, "https://base", "m", &key);
                const std::string plain = wire::dialect(d)->encode(request, at).body;
                request.media->duration_s = seconds;
                const Encoded out = wire::dialect(d)->encode(request, at);
                QCOMPARE(out.body, plain);
                QCOMPARE(out.dropped.size(), std::size_t{1});
            }
    }

    void chatsAreImpossible() {
        ChatRequest chat;
        chat.messages.push_back({Role::user, "hello"});
        for (const auto d : {In::fal, In::replicate, In::stability}) {
            const Endpoint at = endpoint_of(d, "https://base", "m", &key);
            QVERIFY(!wire::dialect(d)->encode(chat, at).impossible.empty());
        }
        ChatRequest video;
        video.media.emplace();
        const Endpoint at = endpoint_of(In::openai, "https://base", "m", &key);
        QVERIFY(!wire::dialect(In::openai)->encode(video, at).impossible.empty());
    }

    // Every row of their error tables.
    void errors_data() {
        classify_rows::columns();
        using classify_rows::Table;
        Table r{"api.replicate.com", In::replicate};
        r.row(401,
              R"({"title":"Unauthenticated","detail":"You did not pass a token","status":401})",
              "disable bad_key B0 provider");
        r.row(402, R"({"detail":"You have insufficient credit to run this model."})",
              "disable no_money B0 provider");
        r.row(403, R"({"detail":"m"})", "disable blocked B0 provider");
        r.row(404, R"({"detail":"The requested resource could not be found."})",
              "reroute model_missing B0");
        r.row(422, R"({"error":"m"})", "reject bad_request B0");
        r.row(500, R"({"detail":"m"})", "failover http_status B+");
        r.row(502, "", "failover http_status B+");
        r.row(503, "", "failover overloaded B+");
        Table f{"fal.run", In::fal};
        f.row(401, R"({"detail":"No user found for Key ID and Secret"})",
              "disable bad_key B0 provider");
        f.row(403, R"({"detail":"User is locked."})", "disable blocked B0 provider");
        f.row(404, R"({"detail":"Application not found"})", "reroute model_missing B0");
        f.row(422,
              R"({"detail":[{"loc":["body","prompt"],"msg":"Field required","type":"missing"}]})",
              "reject bad_request B0");
        f.row(429, R"({"detail":"Too many concurrent requests"})", "cooldown rate_limited B0");
        f.row(500, R"({"detail":"Internal server error"})", "retry http_status B+");
        for (const char* type : {"runner_scheduling_failure", "runner_connection_timeout",
                                 "runner_disconnected", "runner_connection_refused"})
            f.row(503, QByteArray("{\"detail\":\"m\",\"error_type\":\"") + type + "\"}",
                  "failover http_status B+");
        f.row(504, R"({"detail":"m","error_type":"startup_timeout"})", "failover http_status B+");
        f.row(502, "<html><title>502</title></html>", "failover http_status B+");
        Table s{"api.stability.ai", In::stability};
        s.row(400, R"({"id":"1","name":"bad_request","errors":["prompt: cannot be blank"]})",
              "reject bad_request B0");
        s.row(401, R"({"id":"1","name":"unauthorized","errors":["missing authorization"]})",
              "disable bad_key B0 provider");
        s.row(402, R"({"id":"1","name":"payment_required","errors":["You lack credits"]})",
              "disable no_money B0 provider");
        s.row(
            403,
            R"({"id":"1","name":"content_moderation","errors":["Your request was flagged by our content moderation system"]})",
            "reroute moderation B0");
        s.row(413, R"({"id":"1","name":"payload_too_large","errors":["larger than 10MiB"]})",
              "reroute context_exceeded B0");
        s.row(
            429,
            R"({"id":"1","name":"rate_limit_exceeded","errors":["You have exceeded the rate limit"]})",
            "cooldown rate_limited B0");
        s.row(500, R"({"id":"1","name":"internal_error","errors":["An unexpected error"]})",
              "retry http_status B+");
    }
    void errors() { classify_rows::check(); }
};

QTEST_APPLESS_MAIN(TestImageRequests)
#include "test_image_requests.moc"
