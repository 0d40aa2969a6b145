// The inside of the Driver. Everything that happens (a call was started, text came, a timer went
// off) becomes a note in one queue; `pump`, posted to the loop, hands the notes to the engine and
// carries out its actions. So the engine is never entered twice, and curl is never called from
// inside its own callbacks.
#pragma once

#include "live/call.h"
#include "live/health_checks.h"
#include "live/job_cancels.h"

#include <deque>
#include <unordered_map>

namespace brownout::live {

struct Driver::Impl final : AttemptSink {
    Impl(boost::asio::io_context& l, net::HttpClient& h, const Clock& c, const chain::Document& d,
         chain::ResolvedKeys k, LabAddress lab_address, std::uint64_t seed,
         record::EventWriter* event_writer, DriverObserver* watcher);
    ~Impl() override;

    // A note. About a call; which one and what, in few bytes, because deltas come by the million.
    struct Note {
        enum class Kind : std::uint8_t { started, connected, delta, ended, woke, cancelled };
        std::uint64_t call = 0;
        Kind kind = Kind::started;
        engine::AttemptNumber attempt = 0;
        bool content = true;
        std::uint32_t tokens = 0;
    };
    // Where the attempts of a target go.
    struct Route {
        const chain::Provider* provider = nullptr;
        const chain::Compiled::TargetInfo* target = nullptr;
        const wire::Dialect* dialect = nullptr;
        std::vector<const Secret*> keys;  // by KeyIndex; null: missing
        std::string missing_key;          // "keychain:openai": needed, and none is there
        std::vector<std::string> refused; // parameters that it has refused: not sent again
    };

    // driver.cpp: the way in
    void note(const Note& n);
    void wake_pump();
    void pump();
    void feed(const Note& n);
    void step(const engine::Event& event);
    void step_controls();
    std::optional<engine::Event> event_of(const Note& n, Call& call);
    engine::CallStarted started(const Call& call, std::uint64_t tag) const;
    Call* find(std::uint64_t tag);
    void attempt_connected(Attempt& a) override;
    void attempt_delta(Attempt& a, const wire::Delta& delta) override;
    void attempt_head(Attempt& a, const net::Headers& headers) override;
    void attempt_progress(Attempt& a) override;
    void attempt_ended(Attempt& a) override;
    void arm(Call& call, std::uint64_t tag);
    std::string new_request_id();
    chain::Compiled compiled() const;
    const Secret* secret(const chain::KeyRef& ref) const;
    void hide_keys(WireLog& log) const;
    Exchange exchange_of(const Attempt& attempt, const Route& route, bool simulated) const;
    std::vector<Route> make_routes() const;
    // Where a provider that this document simulates listens. The lab may serve another document,
    // which simulates more: a real provider is never asked there.
    std::optional<std::string> simulated_at(const chain::Provider& provider) const;
    // Where the lab stands in front of a real one.
    std::optional<std::string> front_of(const chain::Provider& provider) const;
    // `simulated`: where the simulated provider listens, if it is one.
    wire::Endpoint endpoint(const Route& route, const std::optional<std::string>& simulated,
                            engine::KeyIndex key) const;
    engine::Engine::SameKeys same_keys(const Impl& old) const;
    void keep_refused(const Impl& old); // where the same model is asked at the same address
    engine::Engine::SameProviders same_providers(const Impl& old) const;
    std::vector<HealthChecks::Where> checked_targets();
    HealthChecks::Host health_host();

    // driver_kin.cpp: drivers that run at the same time because a document was edited while calls
    // ran. They send through one account at each provider: each tells the others what it sends.
    void join_kin(Impl& old);
    void leave_kin();
    void tell_kin(); // what is new since they were told last
    using Uses = std::vector<std::vector<engine::Engine::KeyUse>>; // by provider and key
    Uses used() const;
    void tell(Uses use);
    void hear(const Impl& from, engine::UsedElsewhere news);

    // driver_actions.cpp: what the engine wants done
    void perform(const engine::StartAttempt& a);
    void perform(const engine::CancelAttempt& a);
    void perform(const engine::WakeAt& a);
    void perform(const engine::Forward& a);
    void perform(const engine::Finish& a);
    void perform(const engine::FailedOver& a);
    void perform(const engine::StreamBroken& a);
    void perform(const engine::BreakerChanged& a);
    void perform(const engine::CoolingDown& a);
    void perform(const engine::ProviderDisabled& a);
    void perform(const engine::StartCheck& a) { check_key = a.key; }
    bool send(Call& call, Attempt& attempt, const Route& route);
    void refuse(Attempt& attempt, engine::OutcomeClass cls, engine::Cause cause,
                bool whole_provider, std::string message);
    // An attempt that ended by itself: its outcome with the cost, as the engine is to see it.
    engine::Outcome conclude(Call& call, Attempt& attempt);
    void stop_job(const Attempt& attempt);
    void close(Call& call, engine::AttemptNumber number, const engine::Outcome& outcome,
               std::string message);
    void mark_seam(Call& call, engine::AttemptNumber attempt);
    void deliver(Call& call, const wire::Delta& delta);
    void hand_over(Call& call, const wire::Delta& delta);
    void flush_parked(Call& call);
    // Where a target's attempts go.
    std::string address_of(engine::TargetId id) const {
        const chain::Provider& provider = *routes[id.value].provider;
        return simulated_at(provider).value_or(provider.base_url);
    }
    const std::string& target_name(engine::TargetId id) const {
        return names.targets[id.value].name;
    }

    boost::asio::io_context& loop;
    net::HttpClient& http;
    const Clock& clock;
    chain::Document document;
    chain::ResolvedKeys keys;
    LabAddress lab, front;
    PriceFactor price_factor;
    record::EventWriter* events;
    DriverObserver* observer;
    chain::Compiled names;
    std::vector<Route> routes;                         // by TargetId
    bool worth_telling(const engine::QuotaTold& told); // in the log
    std::set<engine::TargetId> little_left;            // told of last
    std::uint64_t engine_seed;
    engine::Engine engine;
    EngineWatch watch;
    std::optional<engine::KeyIndex> check_key; // of the check that the last step sent out
    Rng id_rng;
    JobCancels job_cancels{http, loop};
    HealthChecks health{loop, http, health_host()};

    std::unordered_map<std::uint64_t, std::unique_ptr<Call>> calls;
    std::uint64_t last_tag = 0;
    std::deque<Note> notes;
    std::deque<engine::Event> controls; // holds and probes, from outside; quotas
    engine::Actions actions;
    Instant now{}; // of the step under way
    bool pump_posted = false;

    struct Finished {
        std::unique_ptr<Call> call;
        record::RequestPtr record;
        wire::Reply reply;
    };
    std::vector<Finished> finished; // told at the end of the pump
    std::shared_ptr<std::vector<Impl*>> kin = std::make_shared<std::vector<Impl*>>(1, this);
    Uses told_kin; // what the others know, where there are any
    std::shared_ptr<int> alive = std::make_shared<int>(0); // posted work looks whether we still are
};

} // namespace brownout::live
