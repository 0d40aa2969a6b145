// A lab on a loop of its own, for tests that look at it as a stranger does. Every call blocks.
#pragma once

#include "live/lab.h"
#include "support/http_loop.h"
#include "support/http_plain.h"

#include <deque>
#include <mutex>

namespace brownout::test {

// Answers at once with few tokens, unless a test says otherwise.
inline chain::ProviderModel quick_model() {
    chain::ProviderModel model;
    model.first_token_ms = stats::Constant{0};
    model.token_ms = stats::Constant{0};
    model.output_tokens = stats::Constant{5};
    return model;
}

inline faults::Rule rule_of(faults::Kind kind, const std::string& target = "aster") {
    faults::Rule rule;
    rule.target = target;
    rule.fault.kind = kind;
    return rule;
}

class LabFixture {
  public:
    explicit LabFixture(chain::ProviderModel model = quick_model(), std::uint64_t seed = 1) {
        loop_.on_loop([&] {
            lab_ = std::make_unique<live::Lab>(loop_.loop, clock, seed);
            lab_->on_fault = [this](const record::FaultRecord& f) {
                const std::lock_guard lock{mutex_};
                seen_.push_back(f);
            };
        });
        error = serve("aster", model);
    }
    ~LabFixture() {
        loop_.on_loop([&] { lab_.reset(); });
    }
    template <class Work>
    auto on(Work work) {
        return loop_.on_loop([&] { return work(*lab_); });
    }
    std::string serve(const std::string& name, const chain::ProviderModel& model) {
        return on([&](live::Lab& lab) { return lab.serve(name, chain::Dialect::openai, model); })
            .value_or("");
    }
    faults::Injector::RuleId inject(faults::Rule rule) {
        return on([&](live::Lab& lab) { return lab.inject(std::move(rule)); });
    }
    std::string base(const std::string& name = "aster") {
        return on([&](live::Lab& lab) { return lab.base_url(name); }).value_or("");
    }
    unsigned short port(const std::string& name = "aster") {
        const std::string url = base(name);
        return static_cast<unsigned short>(std::stoi(url.substr(url.rfind(':') + 1)));
    }
    live::Lab::Load load(const std::string& name = "aster") {
        return on([&](live::Lab& lab) { return lab.load(name); });
    }
    PlainReply chat(bool stream, const std::string& more = {},
                    const std::vector<std::string>& headers = {}, const std::string& name = "aster",
                    std::chrono::milliseconds limit = std::chrono::seconds{10}) {
        return client_.send(base(name) + "/chat/completions", body(stream, more), headers, limit);
    }
    static std::string body(bool stream, const std::string& more = {}) {
        return std::string{
                   R"({"model":"m-1","messages":[{"role":"user","content":"Hello there"}])"} +
               (stream ? ",\"stream\":true" : "") + more + "}";
    }
    std::vector<record::FaultRecord> windows() {
        const std::lock_guard lock{mutex_};
        return seen_;
    }

    boost::asio::io_context& loop() { return loop_.loop; }

    const live::Clock clock;
    std::string error;

  private:
    LoopThread loop_;
    std::unique_ptr<live::Lab> lab_;
    PlainClient client_;
    std::mutex mutex_;
    std::vector<record::FaultRecord> seen_;
};

// Requests that a test starts, looks at while they are answered, and ends when it has seen enough.
struct Watcher {
    explicit Watcher(LabFixture& lab) : f(lab) {}
    struct Chat : NotingHandler {
        net::HttpClient::TransferId id = 0;
        std::chrono::steady_clock::time_point begun = std::chrono::steady_clock::now(), ended;
        double ms() const {
            return std::chrono::duration<double, std::milli>(ended - begun).count();
        }
    };
    Chat& chat(const std::string& name = "aster") {
        Chat& c = chats.emplace_back();
        c.then = [&c](char) { c.ended = std::chrono::steady_clock::now(); };
        net::Request request;
        request.url = f.base(name) + "/chat/completions";
        request.headers = {{"Content-Type", "application/json"}};
        request.body = LabFixture::body(true);
        c.id = client.start(request, c);
        return c;
    }
    void cancel(const Chat& chat) { client.cancel(chat.id); }
    template <class Condition>
    bool until(Condition holds) {
        return run_until(loop, holds, std::chrono::seconds{30});
    }

    LabFixture& f;
    boost::asio::io_context loop;
    net::HttpClient client{loop};
    std::deque<Chat> chats;
};

// What a stream says, event by event.
struct StreamSeen {
    std::vector<std::string> events; // the data of each
    std::string text, finish;
    std::int64_t deltas = 0, prompt_tokens = -1, completion_tokens = -1;
    int malformed = 0;
    bool done = false;
};
StreamSeen read_stream(const std::string& body);

} // namespace brownout::test
