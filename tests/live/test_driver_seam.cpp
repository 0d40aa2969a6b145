// An answer that another target carries on: where the seam is, as the caller, the record and the
// log tell it.
#include "support/http_raw_server.h"
#include "support/live_world.h"

#include <QTest>

using namespace brownout;
using namespace brownout::test;

namespace {

// Streams these pieces, then ends well or by FIN without a finish.
RawServer::Script streams(std::vector<std::string> pieces, bool well) {
    return [pieces, well](RawPeer& peer, int) {
        if (peer.read_request().empty())
            return;
        peer.send(stream_head);
        for (const std::string& piece : pieces)
            peer.send(stream_piece(piece));
        if (well)
            peer.send(stream_end);
        peer.close();
    };
}

// What each of these says, one after the other, as one answer.
struct Relay {
    explicit Relay(const std::vector<std::vector<std::string>>& said) {
        std::vector<std::string> urls;
        for (std::size_t i = 0; i < said.size(); ++i) {
            servers.push_back(std::make_unique<RawServer>(streams(said[i], i + 1 == said.size())));
            urls.push_back(servers.back()->url("/v1"));
        }
        auto json = chain_json(urls, R"({"on_broken_stream": "continue",
            "retry": {"attempts_per_target": 1, "backoff": {"kind": "none"}}})");
        for (chain::Json& target : json["chains"][0]["targets"])
            target["capabilities"] = {"stream", "prefill"};
        world = std::make_unique<LiveWorld>(read(json));
    }
    std::vector<std::unique_ptr<RawServer>> servers;
    std::unique_ptr<LiveWorld> world;
};

struct Listener : Asked {
    std::vector<std::pair<std::string, std::size_t>> told; // the text then, and where
    void on_continue(const record::RequestRecord& r) override {
        told.emplace_back(text, r.seams.back().after_bytes);
    }
};

} // namespace

class TestDriverSeam : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void the_seam_is_marked() {
        const std::vector<std::string> one = {"Gr\u00fc\u00dfe ", "vom "}, two = {"Meer ", "und "},
                                       three = {"Wind."};
        Relay relay({one, two, three});
        Listener asked;
        relay.world->start(asked, true);
        QVERIFY(relay.world->wait(asked));
        const record::RequestRecord& r = *asked.record;
        QVERIFY2(r.result == engine::CallResult::success, r.error.c_str());
        QCOMPARE(asked.text, std::string("Gr\u00fc\u00dfe vom Meer und Wind."));
        QCOMPARE(r.seams.size(), std::size_t{2});
        const std::size_t first = std::string("Gr\u00fc\u00dfe vom ").size(); // bytes, not letters
        QCOMPARE(r.seams[0].target, std::string("p2/m2"));
        QCOMPARE(r.seams[0].attempt, 2);
        QCOMPARE(r.seams[0].after_bytes, first);
        QCOMPARE(r.seams[1].target, std::string("p3/m3"));
        QCOMPARE(r.seams[1].after_bytes, first + std::string("Meer und ").size());
        QCOMPARE(asked.text.substr(r.seams[1].after_bytes), std::string("Wind."));

        QCOMPARE(asked.told.size(), std::size_t{2});
        for (const auto& [text, at] : asked.told)
            QCOMPARE(text.size(), at);
        std::vector<std::size_t> logged;
        for (const chain::Json& e : relay.world->log)
            if (e["event"] == "answer_continued") {
                QCOMPARE(e["request"].get<std::string>(), r.id);
                QCOMPARE(e["target"].get<std::string>(), r.seams[logged.size()].target);
                logged.push_back(e["after_bytes"].get<std::size_t>());
            }
        QCOMPARE(logged, (std::vector{r.seams[0].after_bytes, r.seams[1].after_bytes}));
    }

    void an_answer_of_one_piece_has_none() {
        const std::vector<std::string> all = {"All ", "of it."};
        Relay relay(std::vector<std::vector<std::string>>{all});
        Asked asked;
        relay.world->start(asked, true);
        QVERIFY(relay.world->wait(asked));
        QVERIFY(asked.record->seams.empty());
        QVERIFY(relay.world->logged().find("answer_continued") == std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestDriverSeam)
#include "test_driver_seam.moc"
