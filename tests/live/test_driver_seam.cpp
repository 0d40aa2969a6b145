// An answer that another target carries on: where the seam is, as the caller, the record and the
// log tell it.
#include "live/delivery.h"
#include "support/http_raw_server.h"
#include "support/live_world.h"

#include <QTest>

using namespace brownout;
using namespace brownout::test;

namespace {

// Streams these pieces, then ends well or by FIN without a finish.
RawServer::Script streams(std::vector<std::string> pieces, bool well, std::string& asked) {
    return [pieces, well, &asked](RawPeer& peer, int) {
        asked = peer.read_request();
        if (asked.empty())
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
        requests.resize(said.size());
        for (std::size_t i = 0; i < said.size(); ++i) {
            servers.push_back(
                std::make_unique<RawServer>(streams(said[i], i + 1 == said.size(), requests[i])));
            urls.push_back(servers.back()->url("/v1"));
        }
        auto json = chain_json(urls, R"({"on_broken_stream": "continue",
            "retry": {"attempts_per_target": 1, "backoff": {"kind": "none"}}})");
        for (chain::Json& target : json["chains"][0]["targets"])
            target["capabilities"] = {"stream", "prefill"};
        world = std::make_unique<LiveWorld>(read(json));
    }
    std::vector<std::string> requests; // to be read when the servers are gone
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
        // Of the whole answer: what the last one counted, and what came before.
        QVERIFY(asked.reply.usage.has_value());
        QCOMPARE(asked.reply.usage->output, std::int64_t{5} + r.attempts[0].outcome.output_tokens +
                                                r.attempts[1].outcome.output_tokens);

        relay.servers.clear();
        for (const std::uint32_t said : {0u, r.attempts[0].outcome.output_tokens}) {
            const std::string& request = relay.requests[said > 0];
            const std::string cap = "\"max_tokens\":" + std::to_string(40 - said);
            QVERIFY2(request.find(cap) != request.npos, request.c_str());
        }

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

    // Who was asked to carry on may begin anew, and brings the white space that it was not told of.
    void never_a_token_twice_data() {
        QTest::addColumn<QString>("had");
        QTest::addColumn<QString>("answer"); // of who carries on
        QTest::addColumn<QString>("whole");
        const auto row = [](const char* name, const char* had, const char* answer,
                            const char* whole) {
            QTest::newRow(name) << QString(had) << QString(answer) << QString(whole);
        };
        row("goes on", "One two ", "three.", "One two three.");
        row("goes on, with the space", "One two ", " three.", "One two three.");
        row("goes on, with two spaces", "One two ", "  three.", "One two  three.");
        row("goes on behind a whole word", "One two", " three.", "One two three.");
        row("begins anew", "One two ", "One two three.", "One two three.");
        row("begins anew, inside a word", "One two th", "One two three.", "One two three.");
        row("begins anew, behind a line's end", "One two ", "\n\nOne two three.", "One two three.");
        row("begins anew, another space", "One two\n", "One two three.", "One two\nthree.");
        row("begins anew with all of it", "One two.", "One two.", "One two.");
        row("begins alike", "One two ", "Only three.", "One two Only three.");
        row("says a word again and ends", "One two ", "One", "One two One");
        row("a new line", "One.\n", "\nTwo.", "One.\nTwo.");
        row("a new line, then a space", "One.\n", " Two.", "One.\nTwo.");
        row("indented", "if:\n", "    go", "if:\n    go");
        row("only white so far", "\n", "\nOne", "\nOne");
        row("several bytes a letter", "Gr\u00fc\u00dfe ", "Gr\u00fc\u00dfe dich",
            "Gr\u00fc\u00dfe dich");
    }
    void never_a_token_twice() {
        QFETCH(QString, had);
        QFETCH(QString, answer);
        QFETCH(QString, whole);
        const std::string all = answer.toStdString();
        for (std::size_t piece = 1; piece <= all.size(); ++piece) { // however it is cut
            live::Delivery d;
            wire::Delta out;
            d.begin(engine::AttemptMode::fresh, false);
            d.take({had.toStdString(), {}}, out);
            QVERIFY(!d.begin(engine::AttemptMode::resume, true));
            std::string screen = had.toStdString();
            for (std::size_t at = 0; at < all.size(); at += piece) {
                QVERIFY(d.take({all.substr(at, piece), {}}, out) !=
                        live::Delivery::Verdict::differs);
                screen += out.text;
            }
            if (d.finish(out))
                screen += out.text;
            QVERIFY(!d.finish(out)); // once
            QCOMPARE(QString::fromStdString(screen), whole);
            QCOMPARE(d.text(), screen);
            QVERIFY(d.complete());
        }
    }
    void what_was_held_back_of_a_broken_answer_is_forgotten() {
        live::Delivery d;
        wire::Delta out;
        d.begin(engine::AttemptMode::fresh, false);
        d.take({"One two ", {}}, out);
        d.begin(engine::AttemptMode::resume, false);
        QVERIFY(d.take({"One t", {}}, out) == live::Delivery::Verdict::nothing);
        d.begin(engine::AttemptMode::resume, false);
        QVERIFY(d.take({"three.", {}}, out) == live::Delivery::Verdict::pass);
        QCOMPARE(d.text(), std::string("One two three."));
    }

    void who_begins_anew_is_heard_from_the_seam_on() {
        const std::vector<std::string> one = {"One ", "two ", "three "},
                                       two = {"One ", "two ", "three ", "four."};
        Relay relay({one, two});
        Listener asked;
        relay.world->start(asked, true);
        QVERIFY(relay.world->wait(asked));
        QVERIFY2(asked.record->result == engine::CallResult::success, asked.record->error.c_str());
        QCOMPARE(asked.text, std::string("One two three four."));
        QCOMPARE(asked.reply.text, asked.text);
        QCOMPARE(asked.record->seams.size(), std::size_t{1});
        QCOMPARE(asked.record->seams[0].after_bytes, std::string("One two three ").size());
    }
    void what_was_held_back_comes_with_the_end() {
        const std::vector<std::string> one = {"Ho ", "ho "}, two = {"Ho"};
        Relay relay({one, two});
        Listener asked;
        relay.world->start(asked, true);
        QVERIFY(relay.world->wait(asked));
        QVERIFY2(asked.record->result == engine::CallResult::success, asked.record->error.c_str());
        QCOMPARE(asked.text, std::string("Ho ho Ho"));
        QCOMPARE(asked.reply.text, asked.text);
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
