// A worker that serves, and a client that knows nothing of us.
#pragma once

#include "support/http_plain.h"
#include "support/live_worker.h"

namespace brownout::test {

inline const std::string token = "a-token-for-tests";
// A request that says "hi", with more members.
inline std::string hi(const chain::Json& more = chain::Json::object()) {
    chain::Json body{{"messages", chain::Json::array({{{"role", "user"}, {"content", "hi"}}})}};
    body.update(more);
    return body.dump();
}

inline chain::Json three(double token_ms = 0.2, const std::string& policy = "{}") {
    auto json = chain_json({"lab:", "lab:", "lab:"}, policy);
    const char* const ids[] = {"aster", "birch", "cedar"};
    const char* const dialects[] = {"openai", "anthropic", "gemini"};
    for (std::size_t i = 0; i < 3; ++i) {
        json["providers"][i]["id"] = ids[i];
        json["providers"][i]["dialect"] = dialects[i];
        json["providers"][i]["model"] = {{"first_token_ms", 10}, {"token_ms", token_ms}};
        json["chains"][0]["targets"][i]["provider"] = ids[i];
    }
    json["policy"].update({{"retry", {{"backoff", {{"kind", "none"}}}}}});
    return json;
}

// A worker that serves, and a client that knows nothing of us.
struct Serving {
    explicit Serving(const chain::Json& document, const std::string& log = {})
        : worker(options(log)) {
        worker.post(live::LoadDocument{read(document), {}, 1, "sha"});
        worker.post(live::ServeEndpoint{{"127.0.0.1", 0, token}});
        const auto s = wait_for(worker, [](const auto& p) { return p.endpoint.listening; });
        if (!s->endpoint.listening)
            qFatal("no endpoint: %s", s->endpoint.error.c_str());
        url = s->endpoint.url;
        port = static_cast<unsigned short>(std::stoi(url.substr(url.rfind(':') + 1)));
    }
    static live::WorkerOptions options(const std::string& log) {
        live::WorkerOptions o;
        o.log_path = log;
        o.snapshot_every = std::chrono::milliseconds{5};
        return o;
    }
    PlainReply chat(const chain::Json& more = chain::Json::object(),
                    const std::vector<std::string>& headers = {}) {
        return client.send(url + "/v1/chat/completions", hi(more), headers);
    }
    std::vector<std::string> authorized() const { return {"Authorization: Bearer " + token}; }
    std::string fault(const std::string& json) {
        return client.send(url + "/faults", json, authorized()).body;
    }

    live::Worker worker;
    PlainClient client;
    std::string url;
    unsigned short port = 0;
};

} // namespace brownout::test
