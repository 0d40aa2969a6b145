// What the worker's mailbox asks for, command by command.
#include "faults/place.h"
#include "live/simulation.h"
#include "live/worker_impl.h"

#include <algorithm>

namespace brownout::live {

namespace {

constexpr std::size_t most_prompts = 8;

// What steady traffic asks for: short questions, answers of a paragraph.
faults::Traffic steady(const SetTraffic& asked) {
    faults::Traffic t;
    t.rate = {{0, asked.requests_per_s}};
    t.arrivals = faults::Arrivals::poisson;
    t.stream = true;
    t.input_tokens = stats::Lognormal{200, 0.6};
    t.output_tokens = stats::Lognormal{80, 0.4};
    t.chain = asked.chain;
    return t;
}

} // namespace

const chain::Chain* Worker::Impl::shown_chain() const {
    if (!current)
        return nullptr;
    return current->document.chain_or_default(traffic ? traffic->asked.chain : std::string{});
}

std::string Worker::Impl::may_run(const std::string& chain_or_task) const {
    if (options.allow_real_traffic)
        return {};
    const chain::Chain* chain = current->document.chain_or_default(chain_or_task);
    const auto real = real_providers(current->document, {chain});
    if (real.empty())
        return {};
    return "no generated traffic on chain " + chain->id + ": provider " + real.front() +
           " is real and would be paid for";
}

std::unique_ptr<Worker::Impl::Slot> Worker::Impl::use(chain::Document played, std::uint64_t seed,
                                                      const Driver* from, bool with_spend) {
    std::vector<std::string> skipped;
    const auto why = serve_simulated(*lab, played, skipped);
    if (why)
        notice(*why);
    else if (!skipped.empty())
        notice(skipped.front());
    auto slot = std::make_unique<Slot>();
    slot->worker = this;
    slot->document = std::move(played);
    slot->driver = std::make_unique<Driver>(
        loop, *http, clock, slot->document, loaded->keys,
        [this](const std::string& provider) { return lab->dial_url(provider); }, seed,
        wanted_events(), slot.get());
    slot->driver->set_price_factor([this](const std::string& provider, const std::string& model) {
        return lab->price_factor(provider, model);
    });
    // The live driver that waits while a scenario plays meets none of its faults.
    slot->driver->set_front([this, own = slot.get()](const std::string& provider) {
        return current.get() == own ? lab->front_url(provider) : std::nullopt;
    });
    if (from)
        slot->driver->adopt(*from, with_spend);
    if (current && from != current->driver.get())
        carry_lanes(*current->driver, *slot->driver);
    return std::exchange(current, std::move(slot));
}

// It stays until its last call has ended.
void Worker::Impl::retire(std::unique_ptr<Slot> slot) {
    if (!slot)
        return;
    slot->driver->stop_health_checks();
    retired.push_back(std::move(slot));
}

// The next driver does not go on where the earlier one is: the lanes show the step.
void Worker::Impl::carry_lanes(const Driver& earlier, const Driver& next) {
    using engine::BreakerState;
    const auto state = [](const Driver& driver, const std::string& target) {
        const auto id = driver.names().target(target);
        return id ? driver.status(id->value).breaker : BreakerState::closed;
    };
    const auto carry = [&](const std::string& target) {
        const BreakerState was = state(earlier, target), is = state(next, target);
        if (was != is)
            figures.breaker({clock.now(), target, was, is, engine::BreakerWhy::manual});
    };
    for (const chain::Compiled::TargetInfo& target : earlier.names().targets)
        carry(target.name);
    for (const chain::Compiled::TargetInfo& target : next.names().targets)
        if (!earlier.names().target(target.name))
            carry(target.name);
}

void Worker::Impl::use_loaded_document() {
    load_waits = false;
    const Slot* const live = before_scenario ? before_scenario.get() : current.get();
    // Another name is another document, with budgets of its own: see record/ledger.h.
    const bool same = live && live->document.name == loaded->document.name;
    retire(use(loaded->document, mix64(options.seed + ++drivers_made),
               live ? live->driver.get() : nullptr, same));
    retire(std::move(before_scenario));
    alarms->load(loaded->document, loaded->keys, *current->driver);
    const bool had_book = book != nullptr;
    open_book(loaded->document);
    if (book && same && had_book)
        book->edited(loaded->document);
    else if (book)
        if (const auto begun = book->begin(*current->driver, loaded->document); !begun)
            notice(begun.error().text() + ". Caps of the hour and day count from now");
    for (const chain::Provider& provider : loaded->document.providers) {
        const auto missing = [this](const chain::KeyRef& ref) {
            return ref.source != chain::KeyRef::Source::none && !loaded->keys.contains(ref);
        };
        if (!provider.simulated() && !provider.keys.empty() &&
            std::all_of(provider.keys.begin(), provider.keys.end(), missing))
            notice(provider.keys.front().text() + " is missing");
    }
    if (!traffic)
        return;
    if (const std::string why = may_run(traffic->asked.chain); !why.empty()) {
        stop_traffic();
        notice(why);
    }
}

void Worker::Impl::on(LoadDocument& c) {
    loaded = std::move(c);
    notices.clear();
    if (rehearsal)
        load_waits = true; // the scenario plays on with the document that it tests
    else
        use_loaded_document();
}

void Worker::Impl::on(SetTraffic& c) {
    if (rehearsal) {
        paused_traffic = c; // after the scenario
        return;
    }
    if (!current)
        return notice("no chain is loaded");
    if (c.requests_per_s > 0) {
        if (const std::string why = may_run(c.chain); !why.empty())
            return notice(why);
    }
    stop_traffic();
    start_traffic(c);
}

void Worker::Impl::start_traffic(const SetTraffic& asked) {
    if (!(asked.requests_per_s > 0))
        return;
    traffic = std::make_unique<Traffic>();
    Traffic* t = traffic.get();
    t->worker = this;
    t->asked = asked;
    t->generator = std::make_unique<TrafficGenerator>(
        loop, clock, steady(asked), mix64(options.seed + ++drivers_made),
        [this, t](const TrafficGenerator::Arrival& arrival) {
            ++t->running;
            current->driver->start(generated_request(arrival), generated_options(arrival), *t);
        });
    t->generator->start(std::nullopt, std::nullopt, {});
}

void Worker::Impl::stop_traffic() {
    if (!traffic)
        return;
    traffic->generator->stop();
    ended_traffic.push_back(std::move(traffic));
}

void Worker::Impl::on(Inject& c) {
    if (const auto done = inject(c.rule); !done)
        notice(done.error().message);
}

Result<std::uint32_t> Worker::Impl::inject(const faults::Rule& wanted) {
    const chain::Chain* chain = shown_chain();
    if (!chain)
        return bad_input("fault", "no chain is loaded");
    const auto bound = faults::bind_rule(wanted, current->document, chain->id, "body");
    if (!bound.ok())
        return bound.problems.empty() ? bad_input("fault", "that fault fits no target")
                                      : fail(faults::as_error(bound.problems.front()));
    const faults::Rule& rule = *bound.value;
    if (auto allowed = check_faults({rule}, current->document, {chain}); !allowed)
        return fail(allowed.error());
    if (const auto why = front_real(*lab, current->document, {rule}))
        return environment_error("fault", *why);
    std::vector<std::string> broken;
    for (const auto& target : current->driver->names().targets)
        if (faults::hits(rule, target.provider, target.model))
            broken.push_back(target.name);
    outage.begin(broken, figures.last_minute(clock.now()));
    const auto id = lab->inject(rule);
    by_hand[id] = {rule, clock.now()};
    if (rehearsal)
        rehearsal->disturbed("a fault was injected by hand while the scenario ran");
    return id;
}

void Worker::Impl::on(RemoveFault& c) {
    lab->remove(c.id);
    by_hand.erase(c.id);
    manual_faults_changed();
}

void Worker::Impl::on(Restore& c) {
    std::erase_if(by_hand, [&](const auto& entry) {
        const faults::Rule& rule = entry.second.rule;
        const auto of = [&](const std::string& target) {
            return target.substr(0, target.find('/')) == c.provider;
        };
        const bool hit = of(rule.target) || std::any_of(rule.group.begin(), rule.group.end(), of);
        if (hit)
            lab->remove(entry.first);
        return hit;
    });
    manual_faults_changed();
}

void Worker::Impl::on(RevertAll&) {
    lab->stop_playing();
    lab->remove_all();
    by_hand.clear();
    scheduled.clear();
    if (rehearsal)
        rehearsal->disturbed("the faults were taken back by hand while the scenario ran");
    manual_faults_changed();
}

// The lab drops a manual fault by itself when its time is over.
void Worker::Impl::manual_faults_changed() {
    const auto active = lab->active();
    const Instant now = clock.now();
    std::erase_if(by_hand, [&](const auto& entry) {
        const bool acts = std::any_of(active.begin(), active.end(), [&](const auto& a) {
            return a.manual && a.id == entry.first;
        });
        const ByHand& fault = entry.second;
        return !acts && now > after(fault.injected, from_seconds(fault.rule.when.at_s));
    });
    if (by_hand.empty())
        outage.end();
}

void Worker::Impl::fault_changed(const record::FaultRecord& f) {
    figures.fault(f);
    if (record::EventWriter* const told = wanted_events(); told && f.to == never)
        told->fault_started(f);
    else if (told)
        told->fault_ended(f);
    if (rehearsal)
        rehearsal->on_fault(f);
    touch();
}

void Worker::Impl::on(ProbeNow& c) {
    if (current)
        current->driver->probe_now(c.target);
    if (rehearsal)
        rehearsal->disturbed("a probe was asked for by hand while the scenario ran");
}

void Worker::Impl::on(HoldBreaker& c) {
    if (!current || !current->driver->names().target(c.target))
        return;
    holds[c.target] = c.hold;
    current->driver->hold_breaker(c.target, c.hold);
    if (rehearsal)
        rehearsal->disturbed("a breaker was held by hand while the scenario ran");
}

// A chain with a real provider answers as ever while a scenario simulates that provider; one that
// is simulated anyway shows what the scenario's faults do to it.
Driver& Worker::Impl::answering(const std::string& chain) {
    if (before_scenario) {
        const chain::Document& live = before_scenario->document;
        if (!real_providers(live, {live.chain_or_default(chain)}).empty())
            return *before_scenario->driver;
    }
    return *current->driver;
}

void Worker::Impl::on(SendPrompt& c) {
    if (!current)
        return notice("no chain is loaded");
    const auto same = [&](const auto& p) { return p->view.id == c.id; };
    if (std::any_of(prompts.begin(), prompts.end(), same))
        return notice("that prompt was sent already");
    if (prompts.size() >= most_prompts) {
        const auto oldest = std::find_if(prompts.begin(), prompts.end(),
                                         [](const auto& p) { return p->view.finished; });
        if (oldest == prompts.end())
            return notice("too many prompts are running");
        prompts.erase(oldest);
    }
    auto prompt = std::make_unique<Prompt>();
    prompt->worker = this;
    prompt->view.id = c.id;
    prompt->driver = &answering(c.chain);
    CallOptions call;
    call.chain = c.chain;
    call.accepts_restart = true;
    if (c.keep_wire)
        prompt->wire = call.wire = std::make_shared<WireLog>([this] { return clock.now(); });
    prompt->handle = prompt->driver->start(std::move(c.request), std::move(call), *prompt);
    prompts.push_back(std::move(prompt));
}

void Worker::Impl::on(CancelPrompt& c) {
    for (const auto& prompt : prompts)
        if (prompt->view.id == c.id && prompt->driver)
            prompt->driver->cancel(prompt->handle);
}

void Worker::Impl::on(ResetCounters&) {
    figures.reset(clock.now());
    outage.clear();
}

} // namespace brownout::live
