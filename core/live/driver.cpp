#include "live/driver.h"

#include "live/driver_impl.h"
#include "live/log_content.h"
#include "sim/random_use.h"
#include "wire/billing.h"
#include "wire/usage.h"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace brownout::live {

namespace {

constexpr std::size_t notes_per_pump = 4096; // then others on the loop get their turn

} // namespace

Driver::Impl::Impl(boost::asio::io_context& l, net::HttpClient& h, const Clock& c,
                   const chain::Document& d, chain::ResolvedKeys k, LabAddress lab_address,
                   std::uint64_t seed, record::EventWriter* event_writer, DriverObserver* watcher)
    : loop(l),
      http(h),
      clock(c),
      document(d),
      keys(std::move(k)),
      lab(std::move(lab_address)),
      events(event_writer),
      observer(watcher),
      names(compiled()),
      routes(make_routes()),
      engine_seed(Rng::stream(seed, sim::for_engine).next()),
      engine(names.setup, engine_seed),
      // Two runs may append to one log, and a seed that both were given must not name their
      // requests alike.
      id_rng(Rng::stream(mix64(seed + static_cast<std::uint64_t>(c.wall().unix_ns_at_zero)),
                         sim::for_ids)) {
    health.start(checked_targets());
}

Driver::Impl::~Impl() {
    alive.reset();
    leave_kin();
}

// 50 bits: of a million requests no two are likely to share one.
std::string Driver::Impl::new_request_id() {
    constexpr char digits[] = "0123456789abcdefghjkmnpqrstvwxyz"; // Crockford's base 32
    std::string id = "r-0123456789";
    std::uint64_t bits = id_rng.next();
    for (std::size_t i = 2; i < id.size(); ++i, bits >>= 5)
        id[i] = digits[bits & 31];
    return id;
}

Call* Driver::Impl::find(std::uint64_t tag) {
    const auto it = calls.find(tag);
    return it == calls.end() ? nullptr : it->second.get();
}

void Driver::Impl::note(const Note& n) {
    // Deltas that come in one read are one event for the engine.
    if (n.kind == Note::Kind::delta && !notes.empty()) {
        Note& last = notes.back();
        if (last.kind == n.kind && last.call == n.call && last.attempt == n.attempt &&
            last.content == n.content) {
            last.tokens += n.tokens;
            return;
        }
    }
    notes.push_back(n);
    wake_pump();
}

void Driver::Impl::wake_pump() {
    if (std::exchange(pump_posted, true))
        return;
    boost::asio::post(loop, [this, still = std::weak_ptr<int>{alive}] {
        if (!still.expired())
            pump();
    });
}

void Driver::Impl::pump() {
    pump_posted = false;
    step_controls();
    for (std::size_t n = 0; n < notes_per_pump && !notes.empty(); ++n) {
        const Note next = notes.front();
        notes.pop_front();
        feed(next);
    }
    if (!notes.empty() || !controls.empty())
        wake_pump();
    std::vector<Finished> told = std::exchange(finished, {});
    for (Finished& f : told)
        f.call->observer->on_finish(f.record, f.reply);
}

void Driver::Impl::step_controls() {
    while (!controls.empty()) {
        const engine::Event next = controls.front();
        controls.pop_front();
        step(next);
    }
}

void Driver::Impl::feed(const Note& n) {
    Call* call = find(n.call);
    if (!call)
        return;
    now = clock.now();
    if (const auto event = event_of(n, *call))
        step(*event);
}

void Driver::Impl::step(const engine::Event& event) {
    now = clock.now();
    actions.clear();
    engine.step(event, now, actions);
    if (watch)
        watch(event, now, actions);
    for (const engine::Action& action : actions)
        std::visit([this](const auto& a) { perform(a); }, action);
    tell_kin();
}

std::optional<engine::Event> Driver::Impl::event_of(const Note& n, Call& call) {
    using Kind = Note::Kind;
    if (n.kind == Kind::started)
        return started(call, n.call);
    if (!call.id)
        return std::nullopt;
    switch (n.kind) {
    case Kind::connected:
        return engine::Connected{*call.id, n.attempt};
    case Kind::delta:
        return engine::Delta{*call.id, n.attempt, n.tokens, n.content};
    case Kind::woke:
        return engine::Woke{*call.id};
    case Kind::cancelled:
        return engine::CallCancelled{*call.id};
    case Kind::ended: {
        Attempt* attempt = call.attempt(n.attempt);
        // A limit may have broken in the same breath; then the engine has recorded that.
        if (!attempt || !attempt->end() || call.attempt_record(n.attempt).finished)
            return std::nullopt;
        return engine::AttemptFinished{*call.id, n.attempt, conclude(call, *attempt)};
    }
    case Kind::started:
        break;
    }
    return std::nullopt;
}

engine::CallStarted Driver::Impl::started(const Call& call, std::uint64_t tag) const {
    engine::CallStarted event;
    event.tag = tag;
    event.chain = call.chain;
    event.stream = call.request.stream;
    event.needs = needs_of(call.request);
    event.idempotent = !call.request.image && !call.request.media; // a second picture costs again
    event.pictures = pictures_of(call.request);
    event.picture_prices = call.picture_prices;
    event.accepts_restart = call.options.accepts_restart;
    event.input_tokens = call.input_tokens;
    event.max_output_tokens = call.options.expect_output_tokens;
    if (!call.options.prefer.empty())
        event.prefer = names.target(call.options.prefer);
    if (event.pictures > 0)
        event.max_output_tokens = 0; // what it makes is no text
    else if (!event.max_output_tokens && call.request.max_tokens)
        event.max_output_tokens = static_cast<std::uint32_t>(
            std::clamp<std::int64_t>(*call.request.max_tokens, 0, UINT32_MAX));
    return event;
}

void Driver::Impl::attempt_connected(Attempt& a) {
    note({a.call(), Note::Kind::connected, a.action().attempt, true, 0});
}

void Driver::Impl::attempt_delta(Attempt& a, const wire::Delta& delta) {
    Call* call = find(a.call());
    if (!call)
        return;
    const engine::AttemptNumber number = a.action().attempt;
    record::AttemptRecord& record = call->attempt_record(number);
    if (!record.first_token) {
        record.first_token = clock.now();
        if (events)
            events->first_token(call->record, record);
    }
    const bool content = !delta.text.empty() || !delta.tool_calls.empty();
    note({a.call(), Note::Kind::delta, number, content, wire::tokens_in(delta)});
    if (call->forwarded == &a)
        deliver(*call, delta);
    else
        a.hold(delta);
}

void Driver::Impl::attempt_progress(Attempt& a) {
    note({a.call(), Note::Kind::delta, a.action().attempt, false, 0});
}

void Driver::Impl::attempt_ended(Attempt& a) {
    note({a.call(), Note::Kind::ended, a.action().attempt, true, 0});
}

// One timer per call, moved only forward to an earlier instant: a wake-up that comes too early
// looks again, which is cheaper than cancelling a timer for every token.
void Driver::Impl::arm(Call& call, std::uint64_t tag) {
    if (call.wake_at == never || call.armed_for <= call.wake_at)
        return;
    call.armed_for = call.wake_at;
    const Duration wait = std::max(Duration::zero(), call.wake_at - clock.now());
    call.timer.expires_after(wait);
    call.timer.async_wait(
        [this, tag, still = std::weak_ptr<int>{alive}](const boost::system::error_code& error) {
            if (error || still.expired())
                return;
            Call* woken = find(tag);
            if (!woken)
                return;
            woken->armed_for = never;
            if (woken->wake_at > clock.now())
                return arm(*woken, tag);
            woken->wake_at = never;
            // A caller that does not read is not a provider that stalls, nor one that is slow.
            if (woken->paused && woken->forwarded && !woken->forwarded->over()) {
                const engine::StartAttempt& read = woken->forwarded->action();
                if (clock.now() >= read.attempt_by) {
                    woken->broken_promise = "the caller did not take the answer in time";
                    return note({tag, Note::Kind::cancelled, 0, true, 0});
                }
                note({tag, Note::Kind::delta, read.attempt, false, 0});
            }
            note({tag, Note::Kind::woke, 0, true, 0});
        });
}

Driver::Driver(boost::asio::io_context& loop, net::HttpClient& http, const Clock& clock,
               const chain::Document& document, chain::ResolvedKeys keys, LabAddress lab,
               std::uint64_t seed, record::EventWriter* events, DriverObserver* observer)
    : impl_(std::make_unique<Impl>(loop, http, clock, document, std::move(keys), std::move(lab),
                                   seed, events, observer)) {}

Driver::~Driver() = default;

Driver::CallHandle Driver::start(wire::ChatRequest request, CallOptions options,
                                 CallObserver& observer) {
    Impl& d = *impl_;
    const chain::Chain* chain = d.document.chain_or_default(options.chain);
    BROWNOUT_CHECK(chain != nullptr, "a chain document has a chain");
    const std::uint64_t tag = ++d.last_tag;
    auto call = std::make_unique<Call>(d.loop, std::move(request), std::move(options), observer);
    if (call->request.image)
        call->picture_prices = wire::picture_prices(d.document, d.names, *call->request.image);
    call->chain = engine::ChainId{static_cast<std::uint16_t>(chain - d.document.chains.data())};
    call->input_tokens = static_cast<std::uint32_t>(wire::estimate_input_tokens(call->request));
    if (call->options.wire)
        d.hide_keys(*call->options.wire);
    record::RequestRecord& r = call->record;
    r.id = d.new_request_id();
    r.chain = chain->id;
    r.task = call->options.task.empty() ? chain->task : call->options.task;
    r.stream = call->request.stream;
    if (!call->options.prefer.empty()) {
        r.first_choice = call->options.prefer;
    } else if (chain->strategy == engine::Strategy::priority) {
        const auto first = std::find_if(chain->targets.begin(), chain->targets.end(),
                                        [](const chain::Target& t) { return t.enabled; });
        if (first != chain->targets.end())
            r.first_choice = first->name();
    }
    call->last_failover = d.clock.now();
    r.started = call->options.intended_start.value_or(call->last_failover);
    if (d.events && d.events->content()) {
        const chain::Json prompt = prompt_content(call->request);
        d.events->request_started(r, call->last_failover, &prompt);
    } else if (d.events) {
        d.events->request_started(r, call->last_failover);
    }
    if (d.observer)
        d.observer->on_request_started(r);
    d.calls.emplace(tag, std::move(call));
    d.note({tag, Impl::Note::Kind::started, 0, true, 0});
    return tag;
}

void Driver::cancel(CallHandle call) {
    if (impl_->find(call))
        impl_->note({call, Impl::Note::Kind::cancelled, 0, true, 0});
}

void Driver::cancel_all() {
    for (const auto& [tag, call] : impl_->calls)
        cancel(tag);
}

void Driver::pause(CallHandle handle) {
    Call* call = impl_->find(handle);
    if (!call || std::exchange(call->paused, true))
        return;
    if (call->forwarded)
        call->forwarded->pause();
}

void Driver::resume(CallHandle handle) {
    Call* call = impl_->find(handle);
    if (!call || !std::exchange(call->paused, false))
        return;
    // Posted: the observer hears nothing from inside resume().
    boost::asio::post(impl_->loop,
                      [impl = impl_.get(), handle, still = std::weak_ptr<int>{impl_->alive}] {
                          if (still.expired())
                              return;
                          Call* resumed = impl->find(handle);
                          if (!resumed || resumed->paused)
                              return;
                          impl->flush_parked(*resumed);
                          if (resumed->forwarded)
                              resumed->forwarded->resume();
                      });
}

void Driver::hold_breaker(const std::string& target, engine::BreakerHold hold) {
    if (const auto id = impl_->names.target(target)) {
        impl_->controls.push_back(engine::HoldBreaker{*id, hold});
        impl_->wake_pump();
    }
}

void Driver::probe_now(const std::string& target) {
    if (const auto id = impl_->names.target(target)) {
        impl_->controls.push_back(engine::ProbeNow{*id});
        impl_->wake_pump();
    }
}

engine::TargetStatus Driver::status(std::size_t target_index) const {
    return impl_->engine.status(engine::TargetId{static_cast<std::uint16_t>(target_index)},
                                impl_->clock.now());
}

const chain::Compiled& Driver::names() const {
    return impl_->names;
}

std::size_t Driver::jobs_being_cancelled() const {
    return impl_->job_cancels.running();
}

void Driver::set_front(LabAddress front) {
    impl_->front = std::move(front);
}

void Driver::set_events(record::EventWriter* events) {
    impl_->events = events;
}

void Driver::set_price_factor(PriceFactor factor) {
    impl_->price_factor = std::move(factor);
}

void Driver::watch_engine(EngineWatch watch) {
    impl_->watch = std::move(watch);
}

std::uint64_t Driver::engine_seed() const {
    return impl_->engine_seed;
}

std::size_t Driver::calls_in_flight() const {
    return impl_->calls.size() + impl_->finished.size();
}

void Driver::stop_health_checks() {
    impl_->health.stop();
}

void Driver::add_spend(const std::string& provider, Money cost, Instant at) {
    const auto& ids = impl_->names.provider_ids;
    const auto found = std::find(ids.begin(), ids.end(), provider);
    const Instant now = impl_->clock.now();
    if (found == ids.end())
        return;
    impl_->engine.add_spend(engine::ProviderId{static_cast<std::uint16_t>(found - ids.begin())},
                            cost, std::min(at, now), now);
    if (impl_->observer)
        impl_->observer->on_spent_elsewhere(provider, cost, at);
}

} // namespace brownout::live
