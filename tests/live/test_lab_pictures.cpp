// The lab's pictures and jobs as a stranger sees them, and through the driver: every dialect, every
// fault kind of pictures.
#include "live/lab_png.h"
#include "support/http_lab.h"
#include "support/live_world.h"

#include <QSize>
#include <QTest>

using namespace brownout;
using namespace brownout::test;
using namespace std::chrono_literals;
using engine::CallResult;
using faults::Kind;

namespace {

struct Maker {
    const char *id, *dialect, *model;
    double price;
};
constexpr Maker makers[] = {
    {"oai", "openai", "gpt-image-1", 0.042},
    {"dalle", "openai", "dall-e-3", 0.04},
    {"fal", "fal", "fal-ai/flux/dev", 0.025},
    {"rep", "replicate", "black-forest-labs/flux-schnell", 0.003},
    {"nexa", "nexaapi", "flux-dev", 0.003},
    {"stab", "stability", "stable-image-core", 0.02},
    {"azure", "azure", "gpt-image-1", 0.042},
    {"nano", "gemini", "gemini-2.5-flash-image", 0.039},
    {"imagen", "gemini", "imagen-4.0-generate-001", 0.04},
};
constexpr int maker_count = std::size(makers);

chain::Json json_of(const std::vector<Maker>& chain, const std::string& policy) {
    chain::Json providers = chain::Json::array(), targets = chain::Json::array();
    for (const Maker& maker : chain) {
        providers.push_back({{"id", maker.id},
                             {"dialect", maker.dialect},
                             {"base_url", "lab:"},
                             {"key", "none"},
                             {"model", {{"first_token_ms", 40}}}});
        targets.push_back({{"provider", maker.id},
                           {"model", maker.model},
                           {"price", {{"image_usd", maker.price}}}});
    }
    return {{"format", "brownout.chain/1"},
            {"name", "pictures"},
            {"providers", providers},
            {"chains", chain::Json::array({{{"id", "default"}, {"targets", targets}}})},
            {"policy", chain::Json::parse(policy)}};
}

constexpr auto one_try = R"({"retry":{"attempts_per_target":1,"max_attempts":20},
    "resend_after_ambiguous_failure":"always","timeouts":{"attempt_ms":20000,"total_ms":60000}})";

// A lab for a document on the loop of its driver.
struct PictureWorld {
    explicit PictureWorld(const chain::Document& document)
        : world(document, {}, [this](const std::string& id) { return lab->base_url(id); }) {
        lab = std::make_unique<live::Lab>(world.loop, world.clock, 1);
        for (const chain::Provider& p : document.providers)
            if (const auto why = lab->serve(p.id, p.dialect, *p.model))
                qFatal("%s", why->c_str());
    }
    explicit PictureWorld(const std::vector<Maker>& chain, const std::string& policy = one_try)
        : PictureWorld(read(json_of(chain, policy))) {}
    ~PictureWorld() {
        world.driver.reset(); // before the lab that it asks; the loop goes last
        lab.reset();
    }
    bool ask(Asked& asked, const wire::ImageRequest& image) {
        wire::ChatRequest request;
        request.image = image;
        asked.handle = world.driver->start(std::move(request), {}, asked);
        return world.wait(asked, 20s);
    }
    std::unique_ptr<live::Lab> lab;
    LiveWorld world;
};

wire::ImageRequest cat() {
    wire::ImageRequest image;
    image.prompt = "a cat on a roof";
    return image;
}

// From a PNG's head.
QSize size_of(const std::string& png) {
    const auto number = [&](std::size_t at) {
        int n = 0;
        for (std::size_t i = at; i < at + 4; ++i)
            n = n << 8 | static_cast<unsigned char>(png.at(i));
        return n;
    };
    return png.substr(1, 3) == "PNG" ? QSize(number(16), number(20)) : QSize();
}

faults::Rule fault(Kind kind, const std::string& target, int status = 503) {
    faults::Rule rule = rule_of(kind, target);
    rule.fault.status = status;
    return rule;
}

} // namespace

class TestLabPictures : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void a_png_is_one() {
        for (const auto& [w, h] : {std::pair{1024, 1024}, {1, 1}, {7, 300}, {640, 480}}) {
            const std::string png = live::lab_png("a cat", 42, w, h);
            QCOMPARE(size_of(png), QSize(w, h));
        }
        const std::string png = live::lab_png("a cat", 42, 1024, 1024);
        QCOMPARE(png, live::lab_png("a cat", 42, 1024, 1024));
        QVERIFY(png != live::lab_png("a dog", 42, 1024, 1024));
        QVERIFY(png != live::lab_png("a cat", 43, 1024, 1024));
        QVERIFY2(png.size() < 20'000, qPrintable(QString::number(png.size())));
        QCOMPARE(live::lab_png("x", 1, 1 << 20, 1).substr(16, 4), std::string("\0\0\x10\0", 4));
    }

    void every_dialect_makes_the_same_picture() {
        std::string first;
        for (const Maker& maker : makers) {
            PictureWorld p({maker});
            Asked asked;
            QVERIFY(p.ask(asked, cat()));
            QVERIFY2(asked.record->result == CallResult::success,
                     (maker.id + (": " + asked.record->error)).c_str());
            const std::string& bytes = asked.reply.pictures.front().bytes;
            QVERIFY(first.empty() || bytes == first);
            first = bytes;
            QVERIFY2(std::abs(asked.record->cost.usd() - maker.price) < 1e-12, maker.id);
            // Imagen gives no id to a prediction.
            QCOMPARE(asked.attempt(1).request_id.empty(), std::string_view{maker.id} == "imagen");
        }
        QCOMPARE(first, live::lab_png("a cat on a roof", std::nullopt, 1024, 1024));
    }

    void sizes_and_counts_arrive_data() {
        QTest::addColumn<int>("maker");
        QTest::addColumn<int>("pictures");
        QTest::addColumn<QSize>("size");
        QTest::newRow("openai") << 0 << 2 << QSize(1536, 1024);
        QTest::newRow("dall-e-3") << 1 << 1 << QSize(1792, 1024);
        QTest::newRow("fal") << 2 << 2 << QSize(1024, 576);
        QTest::newRow("replicate") << 3 << 2 << QSize(1024, 576);
        QTest::newRow("nexaapi") << 4 << 2 << QSize(1024, 576);
        QTest::newRow("stability") << 5 << 1 << QSize(1024, 576);
        QTest::newRow("azure") << 6 << 2 << QSize(1536, 1024);
        QTest::newRow("gemini") << 7 << 1 << QSize(1024, 576);
        QTest::newRow("imagen") << 8 << 2 << QSize(1024, 576);
    }
    void sizes_and_counts_arrive() {
        QFETCH(int, maker);
        QFETCH(int, pictures);
        QFETCH(QSize, size);
        PictureWorld p({makers[maker]});
        wire::ImageRequest image = cat();
        image.width = 1024;
        image.height = 576;
        image.count = 2;
        Asked asked;
        QVERIFY(p.ask(asked, image));
        QCOMPARE(asked.record->result, CallResult::success);
        QCOMPARE(int(asked.reply.pictures.size()), pictures);
        const auto& bytes = asked.reply.pictures.back().bytes;
        QCOMPARE(size_of(bytes), size);
        QVERIFY(std::abs(asked.record->cost.usd() - makers[maker].price * pictures) < 1e-12);
    }

    // One after the other, each is the only healthy one.
    void failover_through_all() {
        const std::vector<Maker> chain(std::begin(makers), std::end(makers));
        for (const Maker& healthy : makers) {
            PictureWorld p(chain);
            for (const Maker& maker : makers)
                if (maker.id != healthy.id)
                    p.lab->inject(fault(Kind::http_error, maker.id));
            Asked asked;
            QVERIFY(p.ask(asked, cat()));
            QCOMPARE(asked.record->served_by, std::string{healthy.id} + "/" + healthy.model);
            QCOMPARE(asked.reply.pictures.front().bytes,
                     live::lab_png("a cat on a roof", std::nullopt, 1024, 1024));
            QVERIFY(std::abs(asked.record->cost.usd() - healthy.price) < 1e-12);
        }
    }

    void faults_of_pictures_data() {
        QTest::addColumn<int>("maker");
        QTest::addColumn<int>("kind");
        QTest::addColumn<QString>("cause"); // of the first attempt; "-": the fault does not hit it
        const auto row = [](int maker, Kind kind, const char* cause) {
            QTest::addRow("%s %s", makers[maker].id, faults::info(kind).name.data())
                << maker << int(kind) << cause;
        };
        for (int maker = 0; maker < maker_count; ++maker) {
            const bool inlined = maker <= 1 || maker >= 5, job = maker == 3;
            row(maker, Kind::job_failed, job ? "overloaded" : "http_status");
            row(maker, Kind::job_never_ready, "attempt_timeout");
            row(maker, Kind::expired_url, inlined ? "-" : "http_status");
            row(maker, Kind::corrupt_image, "malformed");
        }
    }
    void faults_of_pictures() {
        QFETCH(int, maker);
        QFETCH(int, kind);
        QFETCH(QString, cause);
        Maker other{"other", "nexaapi", "flux-dev", 0.001};
        chain::Json json = json_of({makers[maker], other}, one_try);
        if (Kind(kind) == Kind::job_never_ready) // nobody else is in a hurry
            json["chains"][0]["targets"][0]["timeouts"] = {{"attempt_ms", 1500}};
        PictureWorld p(read(json));
        p.lab->inject(fault(Kind(kind), makers[maker].id));
        Asked asked;
        QVERIFY(p.ask(asked, cat()));
        QVERIFY2(asked.record->result == CallResult::success, asked.record->error.c_str());
        if (cause == "-") {
            QCOMPARE(asked.record->attempts.size(), std::size_t{1});
            return;
        }
        QCOMPARE(asked.record->served_by, std::string{"other/flux-dev"});
        QCOMPARE(asked.record->attempts.size(), std::size_t{2});
        QCOMPARE(QString(engine::name(asked.attempt(1).outcome.cause)), cause);
        // What was made was billed, even where it cannot be used.
        const bool made = Kind(kind) == Kind::expired_url || Kind(kind) == Kind::corrupt_image;
        QVERIFY(std::abs(asked.record->wasted.usd() - (made ? makers[maker].price : 0)) < 1e-12 ||
                Kind(kind) == Kind::job_never_ready);
    }

    void fal_to_nexaapi_data() {
        QTest::addColumn<QString>("dialect");
        QTest::addColumn<QString>("model");
        QTest::addColumn<int>("status");
        QTest::addColumn<bool>("goes_on");
        for (const int status : {429, 500, 502, 503, 504}) {
            QTest::addRow("fal %d", status) << "fal"
                                            << "fal-ai/flux/dev" << status << true;
            QTest::addRow("replicate %d", status) << "replicate"
                                                  << "stability-ai/sdxl" << status << true;
            QTest::addRow("fal without a mapping %d", status)
                << "fal"
                << "fal-ai/aura-flow" << status << false;
            QTest::addRow("replicate without a mapping %d", status) << "replicate"
                                                                    << "a/b" << status << false;
        }
        QTest::newRow("the caller's fault") << "fal"
                                            << "fal-ai/flux/dev" << 400 << false;
    }
    void fal_to_nexaapi() {
        QFETCH(QString, dialect);
        QFETCH(QString, model);
        QFETCH(int, status);
        QFETCH(bool, goes_on);
        const std::string asked_of = dialect.toStdString(), name = model.toStdString();
        const Maker first{"first", asked_of.c_str(), name.c_str(), 0.025};
        const Maker second{"nexa", "nexaapi", "auto", 0.003};
        PictureWorld p({first, second});
        p.lab->inject(fault(Kind::http_error, "first", status));
        wire::ImageRequest image = cat();
        image.width = 1024;
        image.height = 576;
        Asked asked;
        QVERIFY(p.ask(asked, image));
        if (!goes_on) {
            QCOMPARE(asked.record->attempts.size(), std::size_t{1}); // nothing was sent there
            QCOMPARE(int(asked.attempt(1).outcome.status), status);
            QVERIFY(asked.record->result == CallResult::failed ||
                    asked.record->result == CallResult::rejected);
            return;
        }
        QVERIFY2(asked.record->result == CallResult::success, asked.record->error.c_str());
        QCOMPARE(asked.record->served_by, std::string{"nexa/auto"});
        QCOMPARE(QString::fromStdString(asked.reply.model),
                 dialect == "fal" ? "flux-dev" : "sdxl-turbo");
        const auto& bytes = asked.reply.pictures.front().bytes;
        QCOMPARE(size_of(bytes), QSize(1024, 576));
    }

    // Rules that count requests count no looks at a job; rules by the clock hit looks, too.
    void looks_are_no_requests() {
        Maker maker = makers[2];
        maker.model = "fal-ai/minimax/video-01";
        auto document = read(json_of({maker}, one_try));
        document.providers.front().model->first_token_ms = stats::Constant{700};
        PictureWorld p(document);
        faults::Rule second = fault(Kind::http_error, "fal");
        second.when.first = 1;
        second.when.after = 1;
        const auto rule = p.lab->inject(second);
        wire::ChatRequest video;
        video.media.emplace().prompt = "waves";
        for (const bool good : {true, false}) {
            Asked asked;
            asked.handle = p.world.driver->start(video, {}, asked);
            QVERIFY(p.world.wait(asked, 20s));
            QCOMPARE(asked.record->result == CallResult::success, good);
            if (good)
                QVERIFY(asked.reply.media_url.ends_with(".mp4"));
        }
        p.lab->remove(rule);
        auto model = *document.providers.front().model;
        model.first_token_ms = stats::Constant{60'000}; // it is never made
        QVERIFY(!p.lab->serve("fal", chain::Dialect::fal, model));
        const auto jobs = p.lab->load("fal").jobs;
        Asked asked;
        asked.handle = p.world.driver->start(video, {}, asked);
        QVERIFY(run_until(p.world.loop, [&] { return p.lab->load("fal").jobs > jobs; }));
        p.lab->inject(fault(Kind::http_error, "fal"));
        QVERIFY(p.world.wait(asked, 20s));
        QVERIFY(asked.record->result != CallResult::success);
        QVERIFY(asked.attempt(1).outcome.ambiguous);
    }
};

QTEST_GUILESS_MAIN(TestLabPictures)
#include "test_lab_pictures.moc"
