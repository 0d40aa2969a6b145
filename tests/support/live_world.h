// A driver with everything around it, on one loop: for tests that put questions to real sockets and
// look at what the caller, the records and the log say.
#pragma once

#include "live/driver.h"
#include "support/http_loop.h"

#include <QTest>

namespace brownout::test {

// A chain document of providers p1, p2 ... at these base URLs, each with model m1, m2 ..., one
// chain `default`, priced 1 and 2 USD per million tokens (input, output), and `policy` as given.
inline chain::Json chain_json(const std::vector<std::string>& base_urls,
                              const std::string& policy = "{}", const std::string& key = "none") {
    chain::Json providers = chain::Json::array(), targets = chain::Json::array();
    for (std::size_t i = 0; i < base_urls.size(); ++i) {
        const std::string n = std::to_string(i + 1);
        providers.push_back(
            {{"id", "p" + n}, {"dialect", "openai"}, {"base_url", base_urls[i]}, {"key", key}});
        targets.push_back({{"provider", "p" + n},
                           {"model", "m" + n},
                           {"price", {{"input_usd_per_mtok", 1.0}, {"output_usd_per_mtok", 2.0}}}});
    }
    return {{"format", "brownout.chain/1"},
            {"name", "test"},
            {"providers", providers},
            {"chains", chain::Json::array({{{"id", "default"}, {"targets", targets}}})},
            {"policy", chain::Json::parse(policy)}};
}

inline chain::Document read(const chain::Json& json) {
    const auto read = chain::read_document(json, "test.chain.json");
    for (const chain::Problem& p : read.problems)
        if (!read.ok())
            qFatal("%s", p.text().c_str());
    return *read.value;
}

// A caller that notes everything.
struct Asked : live::CallObserver {
    std::string text; // as a screen would show it
    std::vector<std::string> restarts;
    int deltas = 0, attempts_told = 0;
    bool done = false;
    record::RequestPtr record;
    wire::Reply reply;
    live::Driver::CallHandle handle = 0;
    std::function<void()> after_delta;

    void on_attempt(const record::RequestRecord&) override { ++attempts_told; }
    void on_delta(const wire::Delta& delta) override {
        text += delta.text;
        ++deltas;
        if (after_delta)
            after_delta();
    }
    void on_restart(const std::string& target) override {
        text.clear();
        restarts.push_back(target);
    }
    void on_finish(record::RequestPtr r, const wire::Reply& answer) override {
        record = std::move(r);
        reply = answer;
        done = true;
    }
    const record::AttemptRecord& attempt(std::size_t number) const {
        return record->attempts.at(number - 1);
    }
};

struct LiveWorld : live::DriverObserver {
    explicit LiveWorld(const chain::Document& document, chain::ResolvedKeys keys = {},
                       live::Driver::LabAddress lab = {})
        : driver(std::make_unique<live::Driver>(loop, http, clock, document, std::move(keys),
                                                std::move(lab), 7, &events, this)) {}
    explicit LiveWorld(const std::vector<std::string>& base_urls, const std::string& policy = "{}")
        : LiveWorld(read(chain_json(base_urls, policy))) {}
    ~LiveWorld() override {
        driver.reset();
        loop.restart();
        loop.poll();
    }

    boost::asio::io_context loop{1};
    live::Clock clock;
    net::HttpClient http{loop};
    std::vector<chain::Json> log;
    record::EventWriter events{clock.wall(), [this](const record::EventText& e) {
                                   log.push_back(chain::Json::parse(e.text));
                               }};
    std::vector<record::BreakerRecord> breakers;
    std::vector<record::RequestPtr> requests;
    std::vector<std::string> notices;
    std::unique_ptr<live::Driver> driver;

    void on_breaker(const record::BreakerRecord& b) override { breakers.push_back(b); }
    void on_notice(const std::string& text) override { notices.push_back(text); }
    void on_request_finished(const record::RequestPtr& r) override { requests.push_back(r); }

    void start(Asked& asked, bool stream, bool accepts_restart = false) {
        wire::ChatRequest request;
        request.messages.push_back({wire::Role::user, "What is the answer?"});
        request.stream = stream;
        request.max_tokens = 40;
        live::CallOptions options;
        options.accepts_restart = accepts_restart;
        asked.handle = driver->start(std::move(request), std::move(options), asked);
    }
    bool wait(const Asked& asked, std::chrono::milliseconds limit = std::chrono::seconds{10}) {
        return run_until(
            loop, [&] { return asked.done; }, limit);
    }
    // The names of the logged events, in order: "request_started attempt_started ...".
    std::string logged() const {
        std::string names;
        for (const chain::Json& e : log)
            names += (names.empty() ? "" : " ") + e["event"].get<std::string>();
        return names;
    }
};

// Pieces of an OpenAI stream, hand-written.
inline const std::string stream_head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                                       "Connection: close\r\n\r\n";
inline std::string stream_piece(const std::string& text) {
    return "data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + text +
           "\"},\"finish_reason\":null}]}\n\n";
}
inline const std::string stream_end =
    "data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
    "data: {\"id\":\"x\",\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5,"
    "\"total_tokens\":15}}\n\ndata: [DONE]\n\n";

} // namespace brownout::test
