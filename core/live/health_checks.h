// Active health checks (`health_check` of a provider): on a timer of each such provider, its models
// list or a prompt of one token. Whether one goes out is the engine's decision (engine::CheckDue),
// and so is what its result means. Targets of a provider share one models list.
//
// What a prompt costs is wasted spend. One whose price is not known fits under no cap, and is not
// sent where one holds. A check takes `limit` at most, or the time between two of
// them where that is less.
//
// Thread: the loop's only. Destroying it cancels what runs; nothing is told any more.
#pragma once

#include "live/attempt.h"
#include "record/records.h"

#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <map>
#include <set>

namespace brownout::live {

class HealthChecks final : public AttemptSink {
  public:
    static constexpr Duration limit = std::chrono::seconds{10};

    // Where the checks of one target go. `endpoint` as for an attempt with that key; nothing: it
    // cannot be asked.
    struct Where {
        const chain::Provider* provider = nullptr;
        const wire::Dialect* dialect = nullptr;
        std::optional<chain::Price> price;
        bool capped = false; // a cap of the hour or the day holds for it
        std::string name;
        std::function<std::optional<wire::Endpoint>(engine::KeyIndex)> endpoint;
        std::function<std::optional<std::string>()> front; // as for an attempt
    };
    // The driver's side. `due` hands an event to the engine and comes back with the key if a check
    // is to go out.
    struct Host {
        std::function<std::optional<engine::KeyIndex>(const engine::CheckDue&)> due;
        std::function<void(const engine::HealthChecked&, const record::AttemptRecord&)> checked;
        // The target's checks stay out, for this reason; told once.
        std::function<void(const std::string& target, const std::string& why)> skipped;
        std::function<Instant()> now;
        std::function<std::int64_t()> unix_now;
    };

    HealthChecks(boost::asio::io_context& loop, net::HttpClient& http, Host host);
    ~HealthChecks() override;
    // By TargetId. Starts the timers; once.
    void start(std::vector<Where> targets);
    void stop(); // no more go out; what runs ends by itself
    std::size_t running() const { return running_.size(); }

  private:
    struct Provider { // that wants checks
        std::string id;
        Duration every{};
        bool by_prompt = false;
        std::vector<engine::TargetId> targets;
        std::unique_ptr<boost::asio::steady_timer> timer;
    };
    struct Running {
        std::vector<engine::TargetId> targets;
        Instant started{};
        bool by_prompt = false;
        std::unique_ptr<Attempt> attempt;
        std::unique_ptr<boost::asio::steady_timer> timer;
    };
    void arm(std::size_t provider);
    void run(const Provider& provider);
    bool skips(const Provider& provider, engine::TargetId target, std::optional<Money> cost);
    void send(std::uint64_t id, Running& check, engine::KeyIndex key, Duration at_most);
    void conclude(std::uint64_t id, bool timed_out);
    void attempt_connected(Attempt&) override {}
    void attempt_delta(Attempt&, const wire::Delta&) override {}
    void attempt_progress(Attempt&) override {}
    void attempt_ended(Attempt& attempt) override;
    void later(std::function<void()> act);

    boost::asio::io_context& loop_;
    net::HttpClient& http_;
    Host host_;
    std::vector<Where> where_;
    std::vector<Provider> providers_;
    std::map<std::uint64_t, Running> running_;
    std::set<engine::TargetId> skipped_; // and told
    std::uint64_t last_ = 0;
    bool stopped_ = false;
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

} // namespace brownout::live
