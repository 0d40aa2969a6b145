// FAL and Replicate to NexaAPI: every model of the table, every parameter, and what has no mapping.
#include "wire/translate.h"

#include <QtTest>

using namespace brownout;
using namespace brownout::wire;

namespace {

chain::Json body_of(const Translation& t) {
    return chain::Json::parse(t.request.body, nullptr, false);
}

chain::Document document_of(const std::string& targets) {
    const std::string text = R"({"format":"brownout.chain/1","name":"t","providers":[)"
                             R"({"id":"f","dialect":"fal","base_url":"lab:","key":"none"},)"
                             R"({"id":"r","dialect":"replicate","base_url":"lab:","key":"none"},)"
                             R"({"id":"o","dialect":"openai","base_url":"lab:","key":"none"},)"
                             R"({"id":"n","dialect":"nexaapi","base_url":"lab:","key":"none"}],)"
                             R"("chains":[{"id":"default","targets":[)" +
                             targets + "]}]}";
    const auto read = chain::read_document_text(text, "t");
    if (!read.ok())
        qFatal("%s", read.problems.front().text().c_str());
    return *read.value;
}

} // namespace

class TestTranslate : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void models_data() {
        QTest::addColumn<int>("from");
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("nexaapi");
        QTest::addColumn<QString>("path");
        const auto fal = [](const char* model, const char* to, const char* path = "images/") {
            QTest::newRow(model) << int(chain::Dialect::fal) << model << to << path;
        };
        const auto replicate = [](const char* model, const char* to, const char* path = "images/") {
            QTest::newRow(model) << int(chain::Dialect::replicate) << model << to << path;
        };
        fal("fal-ai/flux-pro", "flux-2-pro");
        fal("fal-ai/flux-pro/v1.1", "flux-pro-1.1");
        fal("fal-ai/flux-pro/v1.1-ultra", "flux-pro-1.1-ultra");
        fal("fal-ai/flux/schnell", "flux-schnell");
        fal("fal-ai/flux/dev", "flux-dev");
        fal("fal-ai/stable-diffusion-v3-medium", "stable-diffusion-3");
        fal("fal-ai/stable-diffusion-3.5-large", "stable-diffusion-3.5-large");
        fal("fal-ai/stable-diffusion-xl", "sdxl-turbo");
        fal("fal-ai/playground-v25", "playground-v2.5");
        fal("fal-ai/dreamshaper-xl-turbo", "dreamshaper-xl");
        fal("fal-ai/ideogram/v2", "ideogram-v2");
        fal("fal-ai/recraft-v3", "recraft-v3");
        fal("fal-ai/kling-video/v2/master/text-to-video", "kling-v2-master", "videos/");
        fal("fal-ai/minimax/video-01", "minimax-video-01", "videos/");
        fal("fal-ai/whisper", "whisper-large-v3", "audio/");
        replicate("black-forest-labs/flux-pro", "flux-2-pro");
        replicate("black-forest-labs/flux-1.1-pro", "flux-pro-1.1");
        replicate("black-forest-labs/flux-schnell", "flux-schnell");
        replicate("stability-ai/stable-diffusion-3", "stable-diffusion-3");
        replicate("stability-ai/sdxl", "sdxl-turbo");
        replicate("ideogram-ai/ideogram-v2", "ideogram-v2");
        replicate("recraft-ai/recraft-v3", "recraft-v3");
        replicate("openai/whisper", "whisper-large-v3", "audio/");
    }
    void models() {
        QFETCH(int, from);
        QFETCH(QString, model);
        QFETCH(QString, nexaapi);
        QFETCH(QString, path);
        const auto dialect = chain::Dialect(from);
        const std::string name = model.toStdString();
        std::vector<std::string> urls;
        std::string body;
        if (dialect == chain::Dialect::fal) {
            urls = {"https://fal.run/" + name, "https://queue.fal.run/" + name + "?fal_webhook=x",
                    "http://127.0.0.1:8484/fal/" + name, name};
            body = R"({"prompt":"a cat","audio_url":"https://example.com/a.mp3"})";
        } else {
            urls = {"https://api.replicate.com/v1/models/" + name + "/predictions",
                    "http://127.0.0.1:8484/replicate/v1/models/" + name + "/predictions", name};
            body = R"({"input":{"prompt":"a cat","audio":"https://example.com/a.mp3"}})";
        }
        for (const std::string& url : urls) {
            const Translation t = translate_to_nexaapi(dialect, url, body);
            QCOMPARE(t.problem, std::string{});
            QCOMPARE(t.why_not, std::string{});
            QCOMPARE(t.request.method, std::string{"POST"});
            QVERIFY2(QString::fromStdString(t.request.url)
                         .startsWith("https://api.nexaapi.com/v1/" + path),
                     t.request.url.c_str());
            QCOMPARE(body_of(t)["model"].get<std::string>(), nexaapi.toStdString());
            for (const auto& [header, value] : t.request.headers)
                QVERIFY2(header != "Authorization", "a translation has no key");
        }
        if (dialect == chain::Dialect::replicate) { // a version of that model, and by `version`
            QVERIFY(nexaapi_mapping(dialect, name + ":abc123"));
            const auto t = translate_to_nexaapi(dialect, "https://api.replicate.com/v1/predictions",
                                                "{\"version\":\"" + name +
                                                    ":abc\",\"input\":{\"prompt\":\"x\"}}");
            QCOMPARE(body_of(t)["model"].get<std::string>(), nexaapi.toStdString());
        }
    }
    void tableHasNoMore() { QCOMPARE(nexaapi_mappings().size(), std::size_t{23}); }

    void parameters_data() {
        QTest::addColumn<QString>("fal");     // the body's members, after the prompt
        QTest::addColumn<QString>("nexaapi"); // the same in what comes out
        QTest::addColumn<QString>("dropped"); // a piece of the note; empty: none
        const auto row = [](const char* fal, const char* nexaapi, const char* dropped = "") {
            QTest::newRow(fal) << fal << nexaapi << dropped;
        };
        row(R"("image_size":"square_hd")", R"("width":1024,"height":1024)");
        row(R"("image_size":"square")", R"("width":512,"height":512)");
        row(R"("image_size":"landscape_16_9")", R"("width":1024,"height":576)");
        row(R"("image_size":"landscape_4_3")", R"("width":1024,"height":768)");
        row(R"("image_size":"portrait_16_9")", R"("width":576,"height":1024)");
        row(R"("image_size":"portrait_4_3")", R"("width":768,"height":1024)");
        row(R"("image_size":{"width":640,"height":480})", R"("width":640,"height":480)");
        row(R"("image_size":"huge")", "", "image_size");
        row(R"("image_size":7)", "", "image_size");
        row(R"("num_inference_steps":28)", R"("steps":28)");
        row(R"("guidance_scale":3.5)", R"("guidance_scale":3.5)");
        row(R"("num_images":2)", R"("n":2)");
        row(R"("seed":42)", R"("seed":42)");
        row(R"("negative_prompt":"blur")", R"("negative_prompt":"blur")");
        row(R"("num_images":"two")", "", "num_images");
        row(R"("sync_mode":true)", "", "sync_mode");
        row(R"("width":640)", "", "width");
        row(R"("width":640,"height":480)", R"("width":640,"height":480)");
        row(R"("aspect_ratio":"16:9")", R"("width":1024,"height":576)");
        row(R"("width":-5,"height":-5)", "", "height");
        row(R"("width":16384,"height":1)", R"("width":16384,"height":1)");
        row(R"("width":16385,"height":64)", "", "width");
        row(R"("width":1e18,"height":1e18)", "", "height");
        row(R"("width":18446744073709551615,"height":64)", "", "width");
        row(R"("image_size":{"width":-640,"height":480})", "", "image_size");
        row(R"("image_size":{"width":18446744073709551615,"height":1})", "", "image_size");
        row(R"("image_size":{"width":0,"height":0})", "", "image_size");
        row(R"("seed":18446744073709551615)", "", "seed");
        row(R"("guidance_scale":"much")", "", "guidance_scale");
        row(R"("guidance_scale":"3.5")", R"("guidance_scale":3.5)");
    }
    void parameters() {
        QFETCH(QString, fal);
        QFETCH(QString, nexaapi);
        QFETCH(QString, dropped);
        const std::string more = fal.toStdString();
        const std::string expected = nexaapi.isEmpty() ? "" : "," + nexaapi.toStdString();
        const auto t = translate_to_nexaapi(chain::Dialect::fal, "https://fal.run/fal-ai/flux/dev",
                                            R"({"prompt":"a cat",)" + more + "}");
        QCOMPARE(body_of(t),
                 chain::Json::parse(R"({"model":"flux-dev","prompt":"a cat")" + expected + "}"));
        QCOMPARE(t.dropped.empty(), dropped.isEmpty());
        if (!dropped.isEmpty())
            QVERIFY2(t.dropped.front().starts_with(dropped.toStdString()),
                     t.dropped.front().c_str());
        // Replicate's are the same inside `input`.
        const auto r = translate_to_nexaapi(
            chain::Dialect::replicate,
            "https://api.replicate.com/v1/models/stability-ai/sdxl/predictions",
            R"({"input":{"prompt":"a cat",)" + more + "}}");
        QCOMPARE(body_of(r),
                 chain::Json::parse(R"({"model":"sdxl-turbo","prompt":"a cat")" + expected + "}"));
    }

    void durations_data() {
        QTest::addColumn<QString>("nexaapi"); // empty: it is dropped with a note
        for (const char* good : {"5", "\"5\"", "\"5s\"", "5.0"})
            QTest::newRow(good) << "5.0";
        QTest::newRow("3600") << "3600.0";
        for (const char* bad : {"0", "-5", "3601", "1e300", "\"1e300\"", "\"long\"", "\"5 days\"",
                                "\"nan\"", "\"inf\"", "[5]", "null"})
            QTest::newRow(bad) << "";
    }
    void durations() {
        QFETCH(QString, nexaapi);
        const std::string value = QTest::currentDataTag();
        const auto t = translate_to_nexaapi(chain::Dialect::fal, "fal-ai/minimax/video-01",
                                            R"({"prompt":"waves","duration":)" + value + "}");
        QCOMPARE(t.problem, std::string{});
        const chain::Json body = body_of(t);
        QCOMPARE(body.contains("duration") ? QString::fromStdString(body["duration"].dump()) : "",
                 nexaapi);
        QCOMPARE(t.dropped.size(), nexaapi.isEmpty() ? std::size_t{1} : std::size_t{0});
    }

    void noMapping_data() {
        QTest::addColumn<int>("from");
        QTest::addColumn<QString>("url");
        QTest::newRow("fal") << int(chain::Dialect::fal) << "https://fal.run/fal-ai/aura-flow";
        QTest::newRow("a mapped one's child")
            << int(chain::Dialect::fal) << "https://fal.run/fal-ai/flux/dev/image-to-image";
        QTest::newRow("replicate") << int(chain::Dialect::replicate)
                                   << "https://api.replicate.com/v1/models/a/b/predictions";
        QTest::newRow("fal's model at replicate")
            << int(chain::Dialect::replicate) << "fal-ai/flux/dev";
    }
    void noMapping() {
        QFETCH(int, from);
        QFETCH(QString, url);
        const auto t = translate_to_nexaapi(chain::Dialect(from), url.toStdString(),
                                            R"({"prompt":"x","input":{"prompt":"x"}})");
        QCOMPARE(t.problem, std::string{});
        QVERIFY2(t.why_not.find("no counterpart") != std::string::npos, t.why_not.c_str());
        QVERIFY(t.request.url.empty() && t.request.body.empty());
    }

    void unreadable_data() {
        QTest::addColumn<int>("from");
        QTest::addColumn<QString>("url");
        QTest::addColumn<QByteArray>("body");
        const int fal = int(chain::Dialect::fal), replicate = int(chain::Dialect::replicate);
        QTest::newRow("no JSON") << fal << "fal-ai/flux/dev" << QByteArray("{\"prompt\":");
        QTest::newRow("no object") << fal << "fal-ai/flux/dev" << QByteArray("[1]");
        QTest::newRow("too deep") << fal << "fal-ai/flux/dev"
                                  << QByteArray(100'000, '[') + QByteArray(100'000, ']');
        QTest::newRow("a look at a job")
            << fal << "https://queue.fal.run/fal-ai/flux/requests/1/status" << QByteArray("{}");
        QTest::newRow("no app") << fal << "https://fal.run/" << QByteArray("{}");
        QTest::newRow("no input") << replicate << "stability-ai/sdxl" << QByteArray("{\"a\":1}");
        QTest::newRow("no version")
            << replicate << "https://api.replicate.com/v1/predictions" << QByteArray("{\"a\":1}");
    }
    void unreadable() {
        QFETCH(int, from);
        QFETCH(QString, url);
        QFETCH(QByteArray, body);
        const auto t =
            translate_to_nexaapi(chain::Dialect(from), url.toStdString(), body.toStdString());
        QVERIFY(!t.problem.empty());
        QVERIFY(t.request.url.empty());
    }

    // Which model a NexaAPI target of a chain is asked for; "-": it is not asked.
    void inAChain_data() {
        QTest::addColumn<QString>("before");
        QTest::addColumn<QString>("named");
        QTest::addColumn<QString>("asked");
        const auto row = [](const char* name, const char* before, const char* named,
                            const char* asked) { QTest::newRow(name) << before << named << asked; };
        row("behind FAL", "f/fal-ai/flux/dev", "auto", "flux-dev");
        row("behind Replicate", "r/stability-ai/sdxl", "auto", "sdxl-turbo");
        row("the nearest", "f/fal-ai/flux/dev r/stability-ai/sdxl", "auto", "sdxl-turbo");
        row("the nearest with a mapping", "f/fal-ai/flux/dev r/a/b", "auto", "flux-dev");
        row("without a mapping", "f/fal-ai/aura-flow", "auto", "-");
        row("auto behind nothing", "", "auto", "-");
        row("auto behind OpenAI only", "o/dall-e-3", "auto", "-");
        row("named", "f/fal-ai/flux/dev", "flux-schnell", "flux-schnell");
        row("named and first", "", "flux-schnell", "flux-schnell");
        row("named, without a mapping", "f/fal-ai/aura-flow", "flux-schnell", "-");
        row("named, others before it", "o/dall-e-3 f/fal-ai/aura-flow", "flux-schnell",
            "flux-schnell");
    }
    void inAChain() {
        QFETCH(QString, before);
        QFETCH(QString, named);
        QFETCH(QString, asked);
        std::string targets;
        for (const QString& one : before.split(' ', Qt::SkipEmptyParts))
            targets += "{\"provider\":\"" + one.section('/', 0, 0).toStdString() +
                       "\",\"model\":\"" + one.section('/', 1).toStdString() + "\"},";
        targets += "{\"provider\":\"n\",\"model\":\"" + named.toStdString() + "\"}";
        const auto document = document_of(targets);
        const chain::Chain& chain = document.chains.front();
        const auto model = nexaapi_target_model(document, chain, chain.targets.size() - 1);
        QCOMPARE(QString::fromStdString(model.value_or("-")), asked);
    }
};

QTEST_APPLESS_MAIN(TestTranslate)
#include "test_translate.moc"
