// Videos and transcriptions, as far as the tables from FAL and Replicate to NexaAPI name them: each
// model is served by its own provider in the lab, and by NexaAPI, translated, where that one fails.
#include "support/http_lab.h"
#include "support/live_world.h"
#include "wire/translate.h"

#include <QTest>

using namespace brownout;
using namespace brownout::test;
using namespace std::chrono_literals;
using engine::CallResult;
using Kind = wire::MediaRequest::Kind;

namespace {

chain::Document document_of(const wire::ModelMapping& mapping) {
    const std::string dialect{chain::dialect_names[static_cast<std::size_t>(mapping.from)]};
    chain::Json providers = chain::Json::array(), targets = chain::Json::array();
    for (const auto& [id, speaks, model] :
         {std::tuple{std::string("own"), dialect, std::string(mapping.model)},
          {std::string("nexa"), std::string("nexaapi"), std::string("auto")}}) {
        providers.push_back({{"id", id},
                             {"dialect", speaks},
                             {"base_url", "lab:"},
                             {"key", "none"},
                             {"model", {{"first_token_ms", 40}}}});
        targets.push_back({{"provider", id}, {"model", model}});
    }
    return read({{"format", "brownout.chain/1"},
                 {"name", "media"},
                 {"providers", providers},
                 {"chains", chain::Json::array({{{"id", "default"}, {"targets", targets}}})},
                 {"policy", {{"retry", {{"attempts_per_target", 1}}}}}});
}

wire::ChatRequest request_of(Kind kind) {
    wire::ChatRequest request;
    wire::MediaRequest& media = request.media.emplace();
    media.kind = kind;
    if (kind == Kind::video) {
        media.prompt = "waves";
        media.aspect_ratio = "16:9";
        media.duration_s = 5;
    } else {
        media.input_url = "https://example.com/a.mp3";
        media.language = "en";
    }
    return request;
}

struct MediaWorld {
    explicit MediaWorld(const wire::ModelMapping& mapping)
        : world(document_of(mapping), {},
                [this](const std::string& id) { return lab->base_url(id); }) {
        lab = std::make_unique<live::Lab>(world.loop, world.clock, 1);
        for (const auto& [id, dialect] :
             {std::pair{"own", mapping.from}, {"nexa", chain::Dialect::nexaapi}})
            if (const auto why = lab->serve(id, dialect, quick_model()))
                qFatal("%s", why->c_str());
    }
    ~MediaWorld() {
        world.driver.reset(); // before the lab that it asks; the loop goes last
        lab.reset();
    }
    void ask(Asked& asked, Kind kind) {
        asked.handle = world.driver->start(request_of(kind), {}, asked);
        QVERIFY(world.wait(asked, 20s));
    }
    std::unique_ptr<live::Lab> lab;
    LiveWorld world;
};

} // namespace

class TestLabMedia : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void every_mapping_data() {
        QTest::addColumn<int>("mapping");
        QTest::addColumn<int>("status"); // of its own provider; 0: it serves
        int index = 0, named = 0;
        for (const wire::ModelMapping& mapping : wire::nexaapi_mappings()) {
            if (mapping.media) {
                ++named;
                for (const int status : {0, 429, 500, 502, 503, 504})
                    QTest::addRow("%s %d", std::string(mapping.model).c_str(), status)
                        << index << status;
            }
            ++index;
        }
        QCOMPARE(named, 4); // Kling, MiniMax and Whisper at FAL, Whisper at Replicate
    }
    void every_mapping() {
        QFETCH(int, mapping);
        QFETCH(int, status);
        const wire::ModelMapping& row = wire::nexaapi_mappings()[std::size_t(mapping)];
        MediaWorld media(row);
        if (status != 0) {
            faults::Rule rule = rule_of(faults::Kind::http_error, "own");
            rule.fault.status = status;
            media.lab->inject(rule);
        }
        Asked asked;
        media.ask(asked, *row.media);
        QVERIFY2(asked.record->result == CallResult::success, asked.record->error.c_str());
        QCOMPARE(asked.record->attempts.size(), std::size_t(status == 0 ? 1 : 2));
        QVERIFY(asked.record->served_by.starts_with(status == 0 ? "own/" : "nexa/"));
        QCOMPARE(asked.reply.model, std::string(status == 0 ? row.model : row.nexaapi));
        if (*row.media == Kind::video) {
            QVERIFY2(asked.reply.media_url.ends_with(".mp4"), asked.reply.media_url.c_str());
            QVERIFY(asked.reply.text.empty());
        } else {
            QCOMPARE(asked.reply.text, std::string("The quick brown fox."));
        }
        QVERIFY(asked.record->cost_unknown); // nobody has told its price
    }

    // A job that fails at its provider goes on like any failure.
    void a_failed_job_goes_on() {
        for (const wire::ModelMapping& row : wire::nexaapi_mappings()) {
            if (!row.media)
                continue;
            MediaWorld media(row);
            media.lab->inject(rule_of(faults::Kind::job_failed, "own"));
            Asked asked;
            media.ask(asked, *row.media);
            QVERIFY2(asked.record->result == CallResult::success, asked.record->error.c_str());
            QVERIFY(asked.record->served_by.starts_with("nexa/"));
        }
    }

    // Who only chats or only paints is passed over, with the reason.
    void others_are_passed_over() {
        auto json = chain_json({"lab:", "lab:", "lab:", "lab:"});
        const char* const dialects[] = {"anthropic", "gemini", "stability", "fal"};
        const char* const models[] = {"claude-haiku-4-5", "gemini-2.5-flash", "stable-image-core",
                                      "fal-ai/minimax/video-01"};
        for (std::size_t i = 0; i < 4; ++i) {
            json["providers"][i]["dialect"] = dialects[i];
            json["chains"][0]["targets"][i]["model"] = models[i];
        }
        std::unique_ptr<live::Lab> lab;
        LiveWorld world(read(json), {}, [&](const std::string& id) { return lab->base_url(id); });
        lab = std::make_unique<live::Lab>(world.loop, world.clock, 1);
        for (const auto& [id, dialect] : {std::pair{"p1", chain::Dialect::anthropic},
                                          {"p2", chain::Dialect::gemini},
                                          {"p3", chain::Dialect::stability},
                                          {"p4", chain::Dialect::fal}})
            QVERIFY(!lab->serve(id, dialect, quick_model()));
        Asked asked;
        asked.handle = world.driver->start(request_of(Kind::video), {}, asked);
        QVERIFY(world.wait(asked, 20s));
        QVERIFY2(asked.record->result == CallResult::success, asked.record->error.c_str());
        QCOMPARE(asked.record->attempts.size(), std::size_t{4});
        for (std::size_t n = 1; n <= 3; ++n) {
            QVERIFY(asked.attempt(n).outcome.cause == engine::Cause::unsupported);
            QVERIFY(!asked.attempt(n).message.empty());
        }
        world.driver.reset();
        lab.reset();
    }
};

QTEST_GUILESS_MAIN(TestLabMedia)
#include "test_lab_media.moc"
