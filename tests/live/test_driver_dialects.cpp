// What a dialect cannot say: the call goes on to a target that can, or the attempt carries a note.
#include "support/http_lab.h"
#include "support/live_world.h"

#include <QTest>

using namespace brownout;
using namespace brownout::test;

namespace {

// p1 speaks anthropic (a model without sampling, that carries on no text), p2 openai.
struct TwoDialects {
    TwoDialects() : world(document(), {}, [this](const std::string& id) { return address(id); }) {
        lab = std::make_unique<live::Lab>(world.loop, world.clock, 1);
        for (const auto& [id, dialect] :
             {std::pair{"p1", chain::Dialect::anthropic}, {"p2", chain::Dialect::openai}})
            if (const auto why = lab->serve(id, dialect, quick_model()))
                qFatal("%s", why->c_str());
    }
    ~TwoDialects() { lab.reset(); } // it lives on the loop of `world`
    static chain::Document document() {
        auto json = chain_json({"lab:", "lab:"});
        json["providers"][0]["dialect"] = "anthropic";
        json["chains"][0]["targets"][0]["model"] = "claude-opus-5";
        return read(json);
    }
    std::optional<std::string> address(const std::string& id) const {
        return lab ? lab->base_url(id) : std::nullopt;
    }
    void ask(wire::ChatRequest request) {
        request.messages.insert(request.messages.begin(), {wire::Role::user, "Say it."});
        request.max_tokens = 12;
        world.driver->start(std::move(request), {}, asked);
        QVERIFY(world.wait(asked));
        QCOMPARE(asked.record->result, engine::CallResult::success);
    }

    std::unique_ptr<live::Lab> lab;
    LiveWorld world;
    Asked asked;
};

} // namespace

class TestDriverDialects : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void what_cannot_be_said_goes_elsewhere() {
        TwoDialects two;
        wire::ChatRequest request;
        request.messages = {{wire::Role::assistant, "It was a"}}; // an answer that was begun
        two.ask(std::move(request));
        QCOMPARE(two.asked.record->served_by, std::string("p2/m2"));
        QCOMPARE(two.asked.record->attempts.size(), std::size_t{2});
        const auto& refused = two.asked.attempt(1);
        QVERIFY(refused.outcome.cls == engine::OutcomeClass::reroute);
        QVERIFY(refused.outcome.cause == engine::Cause::unsupported);
        QVERIFY2(refused.message.find("claude-opus-5 does not carry on") != std::string::npos,
                 refused.message.c_str());
        QCOMPARE(refused.outcome.cost.pico_usd, std::int64_t{0});
    }

    void what_was_left_out_is_noted() {
        TwoDialects two;
        wire::ChatRequest request;
        request.temperature = 0.2;
        request.seed = 7;
        two.ask(std::move(request));
        QCOMPARE(two.asked.record->served_by, std::string("p1/claude-opus-5"));
        const auto& notes = two.asked.attempt(1).notes;
        QCOMPARE(notes.size(), std::size_t{2});
        QCOMPARE(notes[0], std::string("temperature: claude-opus-5 takes none"));
        QCOMPARE(notes[1], std::string("seed: Anthropic takes none"));
    }
};

QTEST_GUILESS_MAIN(TestDriverDialects)
#include "test_driver_dialects.moc"
