// FAL's and Replicate's requests at the local endpoint: submitted, looked at, fetched, cancelled.
#include "support/endpoint.h"

#include <QTest>

using namespace brownout;
using namespace brownout::test;
using namespace std::chrono_literals;

namespace {

const char* const cat = R"({"prompt":"a cat","num_images":1})";
const char* const input = R"({"input":{"prompt":"a cat"}})";
const char* const replicate = "/replicate/v1/models/black-forest-labs/flux-schnell/predictions";

// Pictures by way of OpenAI, which gives bytes, and FAL, which gives an address.
chain::Json pictures(double first_token_ms = 10) {
    auto json = chain_json({"lab:", "lab:"});
    const char* const dialects[] = {"openai", "fal"};
    const char* const models[] = {"gpt-image-1", "fal-ai/flux/schnell"};
    for (std::size_t i = 0; i < 2; ++i) {
        json["providers"][i]["id"] = dialects[i];
        json["providers"][i]["dialect"] = dialects[i];
        json["providers"][i]["model"] = {{"first_token_ms", first_token_ms}, {"token_ms", 0}};
        json["chains"][0]["targets"][i] = {{"provider", dialects[i]}, {"model", models[i]}};
    }
    return json;
}

struct Client {
    Serving& s;
    PlainReply send(const std::string& path, const std::string& body = {},
                    const std::vector<std::string>& headers = {}) {
        return s.client.send(path.starts_with("http") ? path : s.url + path, body, headers);
    }
    chain::Json json(const std::string& path, const std::string& body = {},
                     const std::vector<std::string>& headers = {}) {
        return chain::Json::parse(send(path, body, headers).body);
    }
    // Looks until the job has ended.
    chain::Json until(const std::string& url, const std::vector<std::string>& ends) {
        chain::Json state;
        for (int i = 0; i < 2000; ++i) {
            state = json(url);
            if (std::find(ends.begin(), ends.end(), state["status"].get<std::string>()) !=
                ends.end())
                break;
            std::this_thread::sleep_for(5ms);
        }
        return state;
    }
    bool is_png(const std::string& url) { return send(url).body.starts_with("\x89PNG\r\n"); }
};

} // namespace

class TestEndpointJobs : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void fal_answers_at_once() {
        Serving s(pictures());
        Client c{s};
        // The target of that model is asked; without its address the other one's bytes are ours.
        for (const bool broken : {false, true}) {
            if (broken)
                s.fault(R"({"target":"fal","kind":"http_error","status":503})");
            const auto result = c.json("/fal/fal-ai/flux/schnell", cat);
            QVERIFY2(result.contains("images"), result.dump().c_str());
            const std::string url = result["images"][0]["url"];
            QCOMPARE(url.starts_with(s.url + "/media/"), broken);
            QVERIFY(c.is_png(url));
        }
        QCOMPARE(c.send("/media/none/0").status, 404L);
        QVERIFY(c.json("/fal/auto", cat).contains("images")); // a chain is named by one word
    }

    void fal_queues() {
        Serving s(pictures());
        Client c{s};
        const auto submitted = c.json("/fal/queue/fal-ai/flux/schnell", cat);
        QVERIFY(submitted["status"] == "IN_QUEUE");
        const std::string status = submitted["status_url"];
        QVERIFY(status.starts_with(s.url + "/fal/queue/fal-ai/flux/requests/"));
        QVERIFY(c.until(status, {"COMPLETED"})["status"] == "COMPLETED");
        const auto result = c.json(submitted["response_url"]);
        QVERIFY(c.is_png(result["images"][0]["url"]));
    }

    // FAL's clients name the address that they mean in a header of their own.
    void fal_by_way_of_a_proxy() {
        Serving s(pictures());
        Client c{s};
        const auto run =
            c.json("/fal", cat, {"x-fal-target-url: https://fal.run/fal-ai/flux/schnell"});
        QVERIFY2(run.contains("images"), run.dump().c_str());
        const auto queued =
            c.json("/fal", cat, {"x-fal-target-url: https://queue.fal.run/fal-ai/flux/schnell"});
        QVERIFY(queued["status"] == "IN_QUEUE");
    }

    void replicate_predicts() {
        Serving s(pictures());
        Client c{s};
        const auto created = c.send(replicate, input);
        QCOMPARE(created.status, 201L);
        const std::string get = chain::Json::parse(created.body)["urls"]["get"];
        const auto done = c.until(get, {"succeeded", "failed"});
        QVERIFY(done["status"] == "succeeded");
        QVERIFY(c.is_png(done["output"][0]));
        const auto held = c.json(replicate, input, {"Prefer: wait"});
        QVERIFY(held["status"] == "succeeded");
        const auto versioned =
            c.json("/replicate/v1/predictions",
                   R"({"version":"owner/name","input":{"prompt":"a cat"}})", {"Prefer: wait=5"});
        QVERIFY(versioned["status"] == "succeeded");
    }

    void failures_in_their_own_words() {
        Serving s(pictures());
        Client c{s};
        s.fault(R"({"target":"*","kind":"http_error","status":503})");
        const auto fal = c.send("/fal/fal-ai/flux/schnell", cat);
        QCOMPARE(fal.status, 503L);
        QVERIFY(chain::Json::parse(fal.body)["detail"].is_string());
        const auto prediction = c.json(replicate, input, {"Prefer: wait"});
        QVERIFY(prediction["status"] == "failed");
        QVERIFY(!prediction["error"].get<std::string>().empty());
        QCOMPARE(c.send("/fal/fal-ai/flux/schnell", "[").status, 422L);
        QCOMPARE(c.send(replicate, "{").status, 422L);
        // Nobody would be called back.
        QCOMPARE(c.send("/fal/queue/fal-ai/flux/schnell?fal_webhook=x.example", cat).status, 422L);
        const auto hooked =
            c.send(replicate, R"({"input":{"prompt":"a cat"},"webhook":"x.example"})");
        QCOMPARE(hooked.status, 422L);
        QVERIFY(hooked.body.find("webhook") != std::string::npos);
        QCOMPARE(c.send("/replicate/v1/predictions/none").status, 404L);
        QCOMPARE(c.send("/fal/queue/a/b/requests/none/status").status, 404L);
        QVERIFY(chain::Json::parse(c.send("/replicate/v1/hardware").body).contains("detail"));
    }

    void cancelled_jobs_stop() {
        Serving s(pictures(60'000));
        Client c{s};
        const auto created = c.json(replicate, input);
        const std::string get = created["urls"]["get"];
        QVERIFY(c.until(get, {"processing"})["status"] == "processing");
        c.send(created["urls"]["cancel"], "{}");
        QVERIFY(c.until(get, {"canceled"})["status"] == "canceled");
        const auto p = wait_for(s.worker, [](const auto& v) { return v.endpoint.running == 0; });
        QCOMPARE(p->endpoint.running, std::size_t{0});
    }
};

QTEST_GUILESS_MAIN(TestEndpointJobs)
#include "test_endpoint_jobs.moc"
