// One run of a simulation: the failover engine in virtual time, its attempts played by models of
// providers. The same seed gives the same run, and the same arrivals, draws and faults as a
// rehearsal with that seed. Memory does not grow with the number of requests.
//
// Thread: one at a time; worlds of one plan may run on several.
#pragma once

#include "engine/engine.h"
#include "faults/injector.h"
#include "faults/reply_plan.h"
#include "record/report.h"
#include "sim/arrivals.h"
#include "sim/beside.h"
#include "sim/ends.h"
#include "sim/oracle.h"
#include "sim/queue.h"
#include "sim/run_plan.h"
#include "sim/watch.h"

#include <deque>
#include <functional>
#include <map>

namespace brownout::sim {

class World {
  public:
    World(const RunPlan& plan, std::uint64_t seed); // the plan outlives it
    void watch(const Watch& watch) { watch_ = watch; }
    void take_two_threads() { two_threads_ = true; } // while it plays: beside.h
    // From now on every step of the engine is judged (oracle.h); a rule that does not hold ends the
    // program with the seed and the time. Builds with assertions do so anyhow.
    void judge_engine();
    std::uint64_t judged_steps() const { return oracle_ ? oracle_->steps() : 0; }

    // Plays to the end. `go_on` is asked now and then (every few hundred microseconds of computing)
    // with the share that is done, 0 to 1; false stops the run.
    void play(const std::function<bool(double share)>& go_on);
    bool complete() const { return complete_; }
    const record::RunFold& fold() const { return fold_; }
    Instant end() const { return now_; }

  private:
    struct Point { // of a stream: so many tokens have come by then
        Instant at{};
        std::uint32_t tokens = 0;
    };
    struct Try { // an attempt
        engine::StartAttempt action;
        Instant started{}, ended{}, last_progress{};
        Instant due = never; // of its next event in the queue
        bool over = false, connected = false, has_first = false;
        bool reached = false, holds_place = false, queued = false, at_provider = false,
             tell_quota = false;
        bool usage_read = false; // of a reply that was no answer
        bool made_picture = false;
        struct Job { // of a picture that is not waited for: looked at until it is made
            bool on = false, never = false;
            Instant ready{};
            Duration wait{};                 // until the next look
            int looks = 0, failed_looks = 0; // the latter in a row
        } job;
        ProviderDraws draws;
        double gaps_ms = -1; // of a whole answer's tokens; < 0: not drawn yet
        faults::ReplyPlan plan;
        bool streams = false;
        bool has_plan = false; // else `plan` means nothing
        std::int64_t tokens = 0;
        std::vector<Point> points; // those that are still to be told, from `next` on
        std::size_t next = 0;
        std::uint32_t told = 0, at_end = 0; // tokens: that the engine knows of; that come in all
        Instant end = never;
        engine::Outcome outcome; // with its cost once it is over
    };
    struct Call {
        engine::CallId id;
        std::uint32_t slot = 0, generation = 0;
        std::uint64_t number = 0; // of the request, from 0
        bool active = false, cost_unknown = false;
        bool stream = false, picture = false;
        bool check = false; // a health check: no request, and the engine knows no call of it
        Instant started{}, first_token = never;
        Instant wake_at = never, woke_pushed = never;
        std::uint32_t input_tokens = 0;
        std::int64_t output_tokens = 0;
        std::size_t task = 0;
        engine::ChainId chain;
        std::vector<Try> tries; // reused: the first `used` are this call's
        std::size_t used = 0;
    };
    struct Due {
        enum class Kind : std::uint8_t {
            attempt,
            connected,
            woke,
            arrival,
            faults,
            check,      // `call` is the provider
            check_limit // the check has taken too long
        };
        std::uint32_t call = 0, generation = 0;
        engine::AttemptNumber attempt = 0;
        Kind kind = Kind::attempt;
    };
    enum class Door { open, refusing, hanging, no_name, no_handshake };
    struct Provider {
        explicit Provider(const ProviderModelTable& m) : model(m) {}
        ProviderModelTable model;
        std::uint64_t requests = 0;
        int busy = 0;
        std::deque<Due> queue;
        faults::RateLimits limits;
        bool told_limits = false; // others than the usual ones
        Door door = Door::open;
    };

    void draw_ahead(Beside::Ahead& out, std::uint64_t number); // world_beside.cpp

    // world.cpp: time, calls, the engine
    void play_through(const std::function<bool(double)>& go_on);
    void dispatch(const Due& due);
    void prepare_call(const RequestDraws::Request& drawn);
    void arrive(Instant intended);
    bool all_sent() const;
    bool may_arrive() const;
    Instant next_arrival() const;
    void plan_arrival();
    bool over(Instant next) const;
    double share() const;
    void step(const engine::Event& event);
    void judge(const engine::Event& event);
    void perform(const engine::StartAttempt& a);
    void perform(const engine::CancelAttempt& a);
    void perform(const engine::WakeAt& a);
    void perform(const engine::Forward& a);
    void perform(const engine::Finish& a);
    void perform(const engine::BreakerChanged& a);
    void perform(const engine::FailedOver&) {}
    void perform(const engine::StreamBroken&) {}
    void perform(const engine::CoolingDown&) {}
    void perform(const engine::ProviderDisabled&) {}
    void perform(const engine::StartCheck& a) { check_key_ = a.key; }
    Try& new_try(Call& call, const engine::StartAttempt& a);
    void end_call(Call& call);
    void settle_wake(std::uint32_t call);
    void tell_watcher(const Call& call, const engine::Finish& a, const record::FoldedCall& folded);
    void tell_fault(const record::FaultRecord& fault);
    template <class Into> // what is seldom to be folded, in its turn
    void fold(Into into) {
        if (beside_)
            beside_->then(std::move(into));
        else
            into(fold_);
    }
    void update_faults();
    void end_faults();
    Call* find(const Due& due);
    Call& new_call();
    Due due_of(const Call& call, engine::AttemptNumber attempt, Due::Kind kind) const;

    static constexpr Duration longest_wait = std::chrono::hours{24 * 7}; // beyond: for good
    static Instant later(Instant at, Duration d) { return after(at, std::min(d, longest_wait)); }

    // world_tries.cpp: what becomes of an attempt
    void begin(Call& call, Try& t);
    std::uint64_t draw_of(const Call& call, std::size_t provider) const; // for its latest attempt
    void compose_plan(Call& call, Try& t, Provider& provider, std::optional<std::uint64_t> draw);
    void at_provider(Call& call, Try& t);
    void serve(Call& call, Try& t);
    void end_at(Try& t, Instant at, const engine::Outcome& outcome);
    void schedule(Call& call, Try& t);
    void advance(Call& call, Try& t);
    void tell_quota(const Call& call, Try& t);
    void conclude(Call& call, Try& t);
    bool tells_usage(const Try& t) const;
    void bill(Call& call, Try& t, bool tell_usage);
    void change_price(Try& t);
    void release(Try& t);
    void connect(Call& call, Try& t);

    // world_checks.cpp: health checks
    struct Check {
        std::vector<engine::TargetId> targets; // whom it tells of; the first is asked
        bool by_prompt = false;
    };
    void plan_checks();
    void check_provider(std::size_t provider);
    std::optional<engine::KeyIndex> check_due(engine::TargetId target, bool by_prompt,
                                              std::optional<engine::KeyIndex> shares);
    void start_check(Check check, engine::KeyIndex key, Duration at_most);
    void answer_check(Call& call, Try& t);
    void end_check(Call& call, Try& t, bool timed_out);

    // world_pictures.cpp: pictures, and the jobs that make them
    void serve_picture(Call& call, Try& t);
    void look(Call& call, Try& t);
    std::optional<engine::Outcome> refused_look(Try& t);
    engine::Outcome picture_ends(const Try& t) const;
    void bill_picture(Call& call, Try& t);

    // world_replies.cpp: the instants of a reply that is served
    void serve_whole(Try& t, Instant first);
    void serve_stream(Call& call, Try& t, Instant first);
    Duration gaps(Try& t, std::int64_t count);
    WireSize wire_size_of(const Try& t) const;

    const RunPlan::Target& target_of(const Try& t) const {
        return plan_.targets[t.action.target.value];
    }
    Provider& provider_of(const Try& t) { return providers_[target_of(t).provider]; }
    const RunPlan::Provider& model_of(const Try& t) const {
        return plan_.providers[target_of(t).provider];
    }
    chain::Dialect dialect_of(const Try& t) const { return model_of(t).dialect; }

    const RunPlan& plan_;
    engine::Engine engine_;
    std::uint64_t seed_;
    std::unique_ptr<Oracle> oracle_; // null: nobody judges
    record::RunFold fold_;
    faults::ArrivalPlan arrivals_;
    RequestDraws requests_;
    faults::Injector injector_;
    std::vector<Provider> providers_;
    std::vector<std::size_t> fold_task_; // by task of the mix
    MonotoneQueue<Due> queue_;
    std::vector<Call> calls_;
    std::vector<std::uint32_t> free_calls_;
    // Of the request that comes next, drawn and written down while its forerunner is played: a
    // processor waits long to copy what was written a moment ago.
    engine::Event start_{std::in_place_type<engine::CallStarted>};
    std::uint32_t next_call_ = 0;
    std::vector<record::FoldedAttempt> folded_;
    std::map<std::uint32_t, Check> checks_;     // that are out, by call
    std::optional<engine::KeyIndex> check_key_; // of the one that the engine lets out
    std::map<std::pair<std::uint32_t, std::string>, record::FaultRecord> windows_;
    std::map<std::tuple<std::size_t, faults::Kind, int>, engine::Outcome> errors_;
    engine::Actions actions_;
    Instant now_{}, end_ = never, next_arrival_ = never;
    Instant calm_until_{}; // before it no rule acts
    std::int64_t sent_ = 0;
    std::size_t running_ = 0;
    bool closed_ = false, complete_ = false, two_threads_ = false;
    std::unique_ptr<Beside> beside_;       // null: alone
    const Beside::Ahead* ahead_ = nullptr; // of `next_call_`; null: nothing is drawn ahead
    Watch watch_;
    std::int64_t told_requests_ = 0; // in words
};

} // namespace brownout::sim
