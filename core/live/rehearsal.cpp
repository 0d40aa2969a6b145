#include "live/rehearsal.h"

#include "engine/output_mean.h"
#include "live/simulation.h"
#include "live/traffic.h"
#include "wire/usage.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace brownout::live {

struct Rehearsal::Impl {
    struct Caller final : CallObserver {
        Impl* run = nullptr;
        Driver::CallHandle handle = 0;
        Money reserved;
        void on_delta(const wire::Delta&) override {}
        void on_restart(const std::string&) override {}
        void on_finish(record::RequestPtr record, const wire::Reply&) override {
            run->finished(*record, handle, reserved);
        }
    };

    Impl(boost::asio::io_context& l, const Clock& c, Driver& d, Lab& laboratory, Setup s)
        : loop(l),
          clock(c),
          driver(d),
          lab(laboratory),
          setup(std::move(s)),
          fold(d.names(), setup.scenario, chain_id()),
          generator(l, c, setup.scenario.traffic, setup.seed,
                    [this](const TrafficGenerator::Arrival& a) { send(a); }) {
        notes = setup.notes;
    }

    std::string chain_id() const {
        const chain::Chain* chain = setup.document->chain_or_default(setup.scenario.traffic.chain);
        return chain ? chain->id : std::string{};
    }
    // Figures count from the start of the run, and not while it stands still.
    Duration before(Instant t) const { return zero.time_since_epoch() + play->held(t); }
    Instant relative(Instant t) const { return t == never ? never : t - before(t); }
    // A pause: 0; back to its speed: that.
    bool run_at(double rate) {
        if (!started || done || !play->set_rate(rate, clock.now()))
            return false;
        lab.pace_changed();
        generator.pace_changed();
        return true;
    }
    void repeatable_no_more(const std::string& note) {
        disturbed = true;
        if (std::find(notes.begin(), notes.end(), note) == notes.end())
            notes.push_back(note);
    }
    Instant end_or_now() const { return done ? ended : clock.now(); }

    void send(const TrafficGenerator::Arrival& arrival) {
        wire::ChatRequest request = generated_request(arrival);
        const Money worst = setup.max_spend ? worst_cost(arrival, request) : Money{};
        if (setup.max_spend && may_exceed(worst)) {
            // What runs was reserved and may end; cancelled it would be billed all the same.
            limit_reached();
            settle();
            return;
        }
        reserved += worst;
        auto caller = std::make_unique<Caller>();
        caller->run = this;
        caller->reserved = worst;
        caller->handle = driver.start(std::move(request), generated_options(arrival), *caller);
        running.emplace(caller->handle, std::move(caller));
    }
    // One request answered in full by the dearest real target of its chain, as often as is paid.
    Money worst_cost(const TrafficGenerator::Arrival& arrival,
                     const wire::ChatRequest& request) const {
        const chain::Chain* chain = setup.document->chain_or_default(arrival.chain);
        if (!chain)
            return {};
        wire::Usage usage;
        usage.input = wire::estimate_input_tokens(request);
        usage.output = request.max_tokens.value_or(engine::usual_output_tokens);
        Money dearest;
        for (const chain::Target& target : chain->targets)
            if (target.enabled && target.price && is_real(target.name()))
                dearest = std::max(dearest, cost_at(*target.price, usage, arrival.image));
        return Money::from_usd(dearest.usd() * answers_paid(*chain));
    }
    // A fault that spoils what the provider has sent leaves its bill: each attempt may then be
    // paid.
    double answers_paid(const chain::Chain& chain) const {
        const auto spoils = [](const faults::Rule& rule) {
            const std::string_view group = faults::info(rule.fault.kind).group;
            return group == "Body" || group == "Stream" || group == "Network";
        };
        const auto& rules = setup.scenario.faults;
        if (std::none_of(rules.begin(), rules.end(), spoils))
            return 1;
        return chain::effective_policy(*setup.document, chain).retry.max_attempts;
    }
    // A picture costs its price, or what its words cost where that is how it is billed.
    static Money cost_at(const chain::Price& price, const wire::Usage& usage, bool picture) {
        if (picture && price.image_usd)
            return Money::from_usd(*price.dearest_image());
        return wire::cost_of(usage, price).value_or(Money{});
    }
    // In floating point: prices are the user's, and integers could overflow.
    bool may_exceed(Money next) const {
        return real_spend.usd() + reserved.usd() + next.usd() > setup.max_spend->usd();
    }
    void limit_reached() {
        if (limited)
            return;
        limited = true;
        over = true;
        notes.push_back("stopped: the spending limit was reached");
        generator.stop();
    }
    void finished(const record::RequestRecord& r, Driver::CallHandle handle, Money held) {
        reserved -= held;
        // As a whole: it goes on while the scenario pauses, and takes the time it takes.
        const Duration shift = before(r.started);
        record::RequestRecord shifted = r;
        shifted.started -= shift;
        shifted.ended -= shift;
        if (shifted.first_token)
            *shifted.first_token -= shift;
        for (record::AttemptRecord& a : shifted.attempts) {
            a.started -= shift;
            a.ended -= shift;
            if (a.first_token)
                *a.first_token -= shift;
            if (is_real(a.target))
                real_spend += a.outcome.cost;
        }
        fold.request(shifted);
        running.erase(handle); // last: the caller ends here
        generator.request_finished();
        stop_if_exceeded();
        settle();
    }
    void checked(const record::AttemptRecord& check) {
        if (!started)
            return;
        const Duration shift = before(check.started);
        record::AttemptRecord shifted = check;
        shifted.started -= shift;
        shifted.ended -= shift;
        fold.health_check(shifted);
        if (is_real(check.target))
            real_spend += check.outcome.cost;
        stop_if_exceeded();
        settle();
    }
    // A provider may bill more than was asked for, or for what nobody asked: then nothing may go
    // on.
    void stop_if_exceeded() {
        if (setup.max_spend && real_spend > *setup.max_spend && !stopping && !done) {
            limit_reached();
            stop();
        }
    }
    bool is_real(const std::string& target) const {
        const auto id = driver.names().target(target);
        if (!id)
            return false;
        const engine::Setup& s = driver.names().setup;
        return !s.providers[s.targets[id->value].provider.value].simulated;
    }
    void stop() {
        if (stopping || done)
            return;
        stopping = true;
        over = true;
        generator.stop();
        for (const auto& [handle, caller] : running)
            driver.cancel(handle);
    }
    void settle() {
        if (!over || !running.empty() || done)
            return;
        done = true;
        ended = clock.now();
        lab.stop_playing();
        if (on_done)
            boost::asio::post(loop, std::exchange(on_done, {}));
    }

    boost::asio::io_context& loop;
    const Clock& clock;
    Driver& driver;
    Lab& lab;
    Setup setup;
    record::RunFold fold;
    TrafficGenerator generator;
    std::map<Driver::CallHandle, std::unique_ptr<Caller>> running;
    std::function<void()> on_done;
    std::vector<std::string> notes;
    Money real_spend; // booked
    Money reserved;   // for requests that run: what each may cost
    Instant zero{}, ended{};
    std::shared_ptr<PlayClock> play = std::make_shared<PlayClock>(Instant{});
    double speed = 1;                                      // while it is not paused
    std::shared_ptr<int> alive = std::make_shared<int>(0); // posted work looks whether we still are
    bool started = false, over = false, stopping = false, disturbed = false, done = false;
    bool limited = false; // the spending limit ended it
};

Rehearsal::Rehearsal(boost::asio::io_context& loop, const Clock& clock, Driver& driver, Lab& lab,
                     Setup setup)
    : impl_(std::make_unique<Impl>(loop, clock, driver, lab, std::move(setup))) {}

Rehearsal::~Rehearsal() = default;

void Rehearsal::start(std::function<void()> on_done) {
    Impl& r = *impl_;
    r.on_done = std::move(on_done);
    r.started = true;
    r.zero = r.clock.now();
    r.play = std::make_shared<PlayClock>(r.zero);
    const faults::Scenario& s = r.setup.scenario;
    r.lab.play(rules_of(s, *r.setup.document), r.play);
    r.generator.start(
        s.duration_s ? std::optional{from_seconds(*s.duration_s)} : std::nullopt, s.max_requests,
        [impl = impl_.get(), still = std::weak_ptr<int>{impl_->alive}] {
            if (still.expired())
                return;
            impl->over = true;
            impl->settle();
        },
        r.play);
    if (r.setup.speed < 1 || r.setup.speed > 1)
        set_speed(r.setup.speed);
}

void Rehearsal::stop() {
    impl_->stop();
    impl_->settle();
}

bool Rehearsal::stopped() const {
    return impl_->stopping || impl_->limited;
}

bool Rehearsal::pause() {
    if (paused() || !impl_->run_at(0))
        return false;
    impl_->repeatable_no_more("the scenario was paused by hand");
    return true;
}

bool Rehearsal::resume() {
    return paused() && impl_->run_at(impl_->speed);
}

bool Rehearsal::paused() const {
    return impl_->play->rate() <= 0;
}

bool Rehearsal::set_speed(double factor) {
    const double speed = std::clamp(factor, PlayClock::slowest, PlayClock::fastest);
    if (!has_speed() || std::isnan(factor) || (!paused() && !impl_->run_at(speed)))
        return false;
    impl_->speed = speed;
    char text[80];
    std::snprintf(text, sizeof text, "the scenario was played at %g times its speed", speed);
    if (speed < 1 || speed > 1)
        impl_->repeatable_no_more(text);
    return true;
}

bool Rehearsal::has_speed() const {
    return impl_->setup.scenario.traffic.open_loop();
}

double Rehearsal::speed() const {
    return impl_->speed;
}

double Rehearsal::elapsed_s() const {
    return impl_->started ? to_seconds(impl_->play->elapsed(impl_->end_or_now())) : 0;
}

double Rehearsal::duration_s() const {
    return impl_->setup.scenario.duration_s.value_or(0);
}

std::vector<record::Judged> Rehearsal::judge() const {
    return impl_->fold.judge(impl_->relative(impl_->end_or_now()));
}

std::uint64_t Rehearsal::requests() const {
    return impl_->fold.requests();
}

chain::Json Rehearsal::report() const {
    const Impl& r = *impl_;
    record::RunFold::Facts facts;
    facts.mode = "rehearsed";
    facts.partial = r.stopping || r.limited || r.disturbed;
    facts.chain_sha256 = r.setup.chain_sha256;
    facts.seed = r.setup.seed;
    facts.elapsed_s = r.started ? to_seconds(r.end_or_now() - r.zero) : 0;
    facts.virtual_s = elapsed_s();
    for (const chain::Compiled::TargetInfo& target : r.driver.names().targets)
        if (r.is_real(target.name))
            facts.real_targets.push_back(target.name);
    facts.notes = r.notes;
    return r.fold.report(facts, r.relative(r.end_or_now()));
}

void Rehearsal::on_breaker(const record::BreakerRecord& b) {
    record::BreakerRecord shifted = b;
    shifted.at = impl_->relative(b.at);
    impl_->fold.breaker(shifted);
}

void Rehearsal::on_check(const record::AttemptRecord& check) {
    impl_->checked(check);
}

void Rehearsal::on_fault(const record::FaultRecord& f) {
    record::FaultRecord shifted = f;
    shifted.from = impl_->relative(f.from);
    shifted.to = impl_->relative(f.to);
    impl_->fold.fault(shifted);
}

void Rehearsal::disturbed(const std::string& note) {
    impl_->repeatable_no_more(note);
}

} // namespace brownout::live
