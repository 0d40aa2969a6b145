// Jobs of the picture dialects: what is asked for is what is read, and what is paid for is fetched.
#include "unit/wire/classify_rows.h"
#include "unit/wire/image_talk.h"

#include <QtTest>

using namespace brownout;
using namespace brownout::wire;
using namespace brownout::test;
using In = chain::Dialect;

namespace {

Endpoint fal(const char* model = "fal-ai/flux/dev", const char* base = "https://fal.run") {
    return endpoint_of(In::fal, base, model);
}
Endpoint replicate(const char* model = "stability-ai/sdxl") {
    return endpoint_of(In::replicate, "https://api.replicate.com", model);
}

std::string prediction(const char* status, const std::string& more = "") {
    return "{\"id\":\"p1\",\"status\":\"" + std::string{status} + "\"" + more + "}";
}

std::string outcome(const ReplyReader::End& end) {
    return classify_rows::word(end.outcome);
}

} // namespace

class TestImageJobs : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    // A picture's address is no text, and a text of many pieces is no picture.
    void replicateAnswersWhatWasWanted() {
        auto t = talk(picture_of("a cat"), replicate(), [](const HttpRequest&) {
            return Canned{201, prediction("succeeded",
                                          R"(,"output":["data:image/png;base64,iVBORw0KGgo="])")};
        });
        QCOMPARE(outcome(t.end), std::string{"success none B0"});
        QCOMPARE(t.end.reply.text, std::string{});
        QCOMPARE(t.end.reply.media_url, std::string{});
        ChatRequest heard;
        heard.media =
            MediaRequest{MediaRequest::Kind::transcription, "", "https://e/a", "", "", {}};
        std::string pieces, whole;
        for (int i = 0; i < 40; ++i) {
            pieces += (i ? ",\"" : "\"") + std::to_string(i) + " \"";
            whole += std::to_string(i) + " ";
        }
        t = talk(heard, replicate("openai/whisper"), [&](const HttpRequest&) {
            return Canned{201, prediction("succeeded", ",\"output\":[" + pieces + "]")};
        });
        QCOMPARE(outcome(t.end), std::string{"success none B0"});
        QCOMPARE(t.end.reply.text, whole);
        QVERIFY(t.end.reply.pictures.empty());
        ChatRequest video;
        video.media = MediaRequest{MediaRequest::Kind::video, "waves", "", "", "", {}};
        t = talk(video, replicate("a/b"), [](const HttpRequest&) {
            return Canned{201,
                          prediction("succeeded", ",\"output\":\"https://cdn.example/v.mp4\"")};
        });
        QCOMPARE(t.end.reply.media_url, std::string{"https://cdn.example/v.mp4"});
        QCOMPARE(t.end.reply.text, std::string{});
        QVERIFY(t.end.reply.pictures.empty());
    }

    // An id or an address with the key in it would be written down all the way.
    void noAddressHoldsTheKey() {
        const Secret key{"sk-canary/0123"};
        struct Row {
            Endpoint at;
            std::string reply;
        };
        for (const Row& row :
             {Row{fal("m/n", "https://queue.fal.run"), R"({"request_id":"r-sk-canary/0123"})"},
              Row{fal("m/n", "https://queue.fal.run"),
                  "{\"request_id\":\"r\",\"status_url\":\"https://queue.fal.run/sk-canary/0123\"}"},
              Row{fal("m/n"), "{\"images\":[{\"url\":\"https://e.example/sk-canary%2F0123\"}]}"},
              Row{replicate(), R"({"id":"sk-canary/0123","status":"starting"})"}}) {
            Endpoint with_key = row.at;
            with_key.key = &key;
            const auto t = talk(picture_of("a cat"), with_key, [&](const HttpRequest&) {
                return Canned{200, row.reply};
            });
            QCOMPARE(t.sent.size(), std::size_t{1});
            QVERIFY2(outcome(t.end) == "failover malformed B+ ambiguous",
                     (row.reply + ": " + outcome(t.end) + " " + t.end.message).c_str());
            QCOMPARE(t.end.message, std::string{"the address to go on with holds the key"});
            QVERIFY(!t.cancel);
        }
    }

    // The job is finished and paid for: fetching its result fails, and is repeated by itself.
    void aFinishedFalResultIsFetchedAgain() {
        int posts = 0, fetches = 0, bad = 0;
        Canned how;
        const auto server = [&](const HttpRequest& request) {
            if (request.method == "POST")
                return ++posts, Canned{200, R"({"request_id":"r1"})"};
            if (request.url.ends_with("/status"))
                return Canned{200, R"({"status":"COMPLETED"})"};
            if (++fetches <= bad)
                return how;
            return Canned{200, R"({"images":[{"url":"data:image/png;base64,iVBORw0KGgo="}]})"};
        };
        const Endpoint at = fal("fal-ai/flux/dev", "https://queue.fal.run");
        for (const Canned& failure :
             {Canned{0, "", {}, TransportEnd::connect_refused},
              Canned{0, "", {}, TransportEnd::reset_before_headers}, Canned{429, "{}"},
              Canned{502, "<html>"}, Canned{503, "{}"}, Canned{504, "{}"}}) {
            how = failure;
            posts = fetches = 0;
            bad = 2;
            auto t = talk(picture_of("a cat"), at, server);
            QCOMPARE(outcome(t.end), std::string{"success none B0"});
            QCOMPARE(t.end.reply.request_id, std::string{"r1"});
            QCOMPARE(posts, 1);
            for (std::size_t i = 2; i < t.waits.size(); ++i)
                QVERIFY(t.waits[i] >= std::chrono::milliseconds{400});
            fetches = 0;
            bad = 1000;
            t = talk(picture_of("a cat"), at, server);
            QCOMPARE(fetches, 3);
            QVERIFY(t.end.outcome.ambiguous); // what a second submit would buy twice
            QVERIFY(t.end.outcome.cls != engine::OutcomeClass::success);
            QCOMPARE(t.end.reply.request_id, std::string{"r1"});
        }
        // What the job itself ended with is its answer: told at once.
        for (const auto& [end, expected] :
             {std::pair{Canned{422, R"({"detail":[{"loc":["body"],"msg":"m","type":"t"}]})"},
                        "reject bad_request B0"},
              {Canned{500, R"({"detail":"Internal server error"})"}, "retry http_status B+"},
              {Canned{503, R"({"detail":"m","error_type":"runner_disconnected"})"},
               "failover http_status B+"}}) {
            how = end;
            fetches = 0;
            const auto t = talk(picture_of("a cat"), at, server);
            QCOMPARE(fetches, 1);
            QCOMPARE(outcome(t.end), std::string{expected});
            QCOMPARE(t.end.reply.request_id, std::string{"r1"});
        }
    }
};

QTEST_APPLESS_MAIN(TestImageJobs)
#include "test_image_jobs.moc"
