#include "live/lab.h"

#include "live/forwarded_provider.h"
#include "live/simulated_provider.h"

#include <algorithm>

namespace brownout::live {

namespace {
// Manual rules are numbered from here on, so that no scheduled one has the same id.
constexpr faults::Injector::RuleId first_manual = 1u << 24;
// For a port that was taken, and for servers that leave.
constexpr Duration look_again = std::chrono::milliseconds{200};
constexpr Duration shortest_look = std::chrono::milliseconds{1};
constexpr Duration longest_look = std::chrono::hours{1};
} // namespace

struct Lab::Impl : std::enable_shared_from_this<Impl> {
    Impl(Lab& lab, boost::asio::io_context& io, const Clock& c, std::uint64_t s, Voices v)
        : owner(&lab), loop(io), clock(c), seed(s), voices(v), timer(io) {}

    // A set of rules with a zero of its own. The scheduled ones start with the scenario, whose
    // draws then depend on nothing that was injected by hand.
    struct Rules {
        faults::Injector injector;
        std::map<faults::Injector::RuleId, faults::Rule> by_id;
        std::shared_ptr<const PlayClock> clock = std::make_shared<const PlayClock>(Instant{});
        faults::Injector::RuleId offset = 0;
        bool manual = false;
        Duration elapsed(Instant now) const { return clock->elapsed(now); }
    };

    Lab* owner;
    boost::asio::io_context& loop;
    const Clock& clock;
    const std::uint64_t seed;
    const Voices voices;
    boost::asio::steady_timer timer;
    std::uint64_t timer_turn = 0;
    Rules scheduled, manual{faults::Injector{{}, 0},
                            {},
                            std::make_shared<const PlayClock>(Instant{}),
                            first_manual,
                            true};
    std::map<std::string, std::unique_ptr<SimulatedProvider>, std::less<>> providers;
    std::unique_ptr<net::HttpClient> http; // towards real ones
    std::map<std::string, std::unique_ptr<ForwardedProvider>, std::less<>> fronts;
    std::vector<std::unique_ptr<LabServer>> leaving; // they answer what they were asked, no more
    // By rule and target: an outage of several is one of each.
    std::map<std::pair<faults::Injector::RuleId, std::string>, ActiveFault> open;
    bool updating = false, update_again = false;

    std::vector<faults::Fault> decide(const faults::RequestFacts& facts) {
        const Instant now = clock.now();
        auto out = scheduled.injector.decide(facts, scheduled.elapsed(now));
        auto more = manual.injector.decide(facts, manual.elapsed(now));
        out.insert(out.end(), std::make_move_iterator(more.begin()),
                   std::make_move_iterator(more.end()));
        return out;
    }

    // A reset at accept can only be had from rules that need no request to decide.
    static bool resets_on_accept(const faults::Rule& rule, const std::string& provider) {
        const bool any_request = rule.match.any();
        return rule.fault.kind == faults::Kind::reset &&
               rule.fault.stage == faults::ResetStage::accept && rule.when.timed_only() &&
               any_request && (rule.target == "*" || rule.target == provider);
    }

    // Brings listeners, windows and the timer to what the rules say now.
    void update() {
        if (std::exchange(updating, true)) { // from inside on_fault
            update_again = true;
            return;
        }
        const auto self = shared_from_this();
        do {
            update_again = false;
            const Instant now = clock.now();
            const bool ports = apply_to_listeners(now);
            std::erase_if(leaving, [](const auto& server) { return server->load().open == 0; });
            const Duration next = next_change(now);
            arm(std::min(next, ports && leaving.empty() ? forever : look_again));
            report_windows(now);
        } while (update_again && owner);
        updating = false;
    }

    bool apply_to_listeners(Instant now) {
        std::vector<const faults::Rule*> acting;
        for (const Rules* rules : {&scheduled, &manual})
            for (const auto& window : rules->injector.windows(rules->elapsed(now)))
                if (window.active)
                    acting.push_back(&rules->by_id.at(window.id));
        bool done = true;
        const auto apply = [&](const std::string& id, LabServer& server) {
            done = server.set_door(door(id, now)) && done;
            server.set_resetting_on_accept(
                std::any_of(acting.begin(), acting.end(),
                            [&](const auto* rule) { return resets_on_accept(*rule, id); }));
        };
        for (const auto& [id, provider] : providers)
            apply(id, *provider);
        for (const auto& [id, provider] : fronts)
            apply(id, *provider);
        return done;
    }

    template <class Servers>
    void leave(Servers& servers, const std::string& provider) {
        const auto found = servers.find(provider);
        if (found == servers.end())
            return;
        found->second->set_door(LabServer::Door::refusing);
        leaving.push_back(std::move(found->second));
        servers.erase(found);
    }

    const LabServer* find(const std::string& provider) const {
        if (const auto found = providers.find(provider); found != providers.end())
            return found->second.get();
        const auto found = fronts.find(provider);
        return found == fronts.end() ? nullptr : found->second.get();
    }

    // A rule that may come to act on it; a model of it is part of it.
    bool about(const std::string& provider) const {
        const auto is = [&](const std::string& target) {
            return target == "*" || target.substr(0, target.find('/')) == provider;
        };
        for (const Rules* rules : {&scheduled, &manual})
            for (const auto& [id, rule] : rules->by_id)
                if (is(rule.target) || std::any_of(rule.group.begin(), rule.group.end(), is))
                    return true;
        return false;
    }

    // The address at which what the connection faults say happens.
    std::string dial(const std::string& plain, const std::string& provider) const {
        const Instant now = clock.now();
        // A label of more than 63 characters is no name to any resolver: nobody need be asked.
        if (acts(faults::Kind::dns_failure, provider, now))
            return "http://" + std::string(64, 'x') + ".invalid" + plain.substr(plain.find(':', 7));
        // The server answers a TLS greeting with an HTTP error: no handshake comes of it.
        if (acts(faults::Kind::tls_failure, provider, now))
            return "https" + plain.substr(plain.find(':'));
        return plain;
    }

    bool acts(faults::Kind kind, std::string_view provider, Instant now) const {
        return scheduled.injector.acts_on_connections(kind, provider, scheduled.elapsed(now)) ||
               manual.injector.acts_on_connections(kind, provider, manual.elapsed(now));
    }

    LabServer::Door door(std::string_view provider, Instant now) const {
        using Door = LabServer::Door;
        if (acts(faults::Kind::connect_refused, provider, now) ||
            acts(faults::Kind::dns_failure, provider, now))
            return Door::refusing;
        return acts(faults::Kind::connect_hang, provider, now) ? Door::hanging : Door::open;
    }

    void report_windows(Instant now) {
        decltype(open) current;
        for (const Rules* rules : {&scheduled, &manual})
            for (const auto& window : rules->injector.windows(rules->elapsed(now)))
                if (window.active) {
                    const auto id = window.id + rules->offset;
                    const auto before = open.find({id, window.target});
                    const Instant since = before == open.end() ? now : before->second.since;
                    current[{id, window.target}] = {id, window.target, window.kind, rules->manual,
                                                    since};
                }
        const auto before = std::exchange(open, current);
        for (const auto& [id, fault] : before)
            if (!current.contains(id))
                tell(fault, now);
        for (const auto& [id, fault] : current)
            if (!before.contains(id))
                tell(fault, never);
    }

    void tell(const ActiveFault& fault, Instant to) {
        if (owner && owner->on_fault)
            owner->on_fault({fault.since, to, fault.target,
                             std::string{faults::info(fault.kind).name}, fault.id});
    }

    Duration next_change(Instant now) const {
        Duration next = forever;
        for (const Rules* rules : {&scheduled, &manual}) {
            const Duration change = rules->injector.next_change(rules->elapsed(now));
            const Instant at = change == forever ? never : rules->clock->when(change);
            if (at != never)
                next = std::min(next, std::max(at - now, shortest_look));
        }
        return next;
    }

    void arm(Duration after) {
        const auto turn = ++timer_turn;
        timer.cancel();
        if (after == forever)
            return;
        timer.expires_after(std::min(after, longest_look));
        timer.async_wait([weak = weak_from_this(), turn](const boost::system::error_code& error) {
            const auto self = weak.lock();
            if (!error && self && self->owner && turn == self->timer_turn)
                self->update();
        });
    }

    faults::Injector::RuleId add(Rules& rules, faults::Rule rule, Duration since) {
        const auto id = rules.injector.add(rule, since);
        rules.by_id.emplace(id, std::move(rule));
        return id + rules.offset;
    }

    static void clear(Rules& rules) {
        rules.injector.clear();
        rules.by_id.clear();
    }
};

Lab::Lab(boost::asio::io_context& loop, const Clock& clock, std::uint64_t seed, Voices voices)
    : impl_(std::make_shared<Impl>(*this, loop, clock, seed, voices)) {
    impl_->manual.injector = faults::Injector{{}, mix64(seed)};
}

Lab::~Lab() {
    impl_->owner = nullptr;
    impl_->arm(forever);
    impl_->providers.clear();
    impl_->fronts.clear();
    impl_->leaving.clear();
    impl_->http.reset();
}

std::optional<std::string> Lab::serve(const std::string& provider, chain::Dialect dialect,
                                      const chain::ProviderModel& model, unsigned short port) {
    auto& providers = impl_->providers;
    const LabDialect* speaks = lab_dialect(dialect, wire::vendor_of(provider));
    if (!speaks)
        return "a simulated provider cannot speak the dialect " +
               std::string{chain::dialect_names[static_cast<std::size_t>(dialect)]} + " yet";
    if (const auto found = providers.find(provider); found != providers.end()) {
        if (port == 0 || port == found->second->port()) {
            found->second->reshape(model);
            return std::nullopt;
        }
        providers.erase(found);
    }
    auto made = std::make_unique<SimulatedProvider>(
        impl_->loop, impl_->clock, provider, *speaks, model, impl_->seed, impl_->voices,
        [impl = impl_.get()](const faults::RequestFacts& facts) { return impl->decide(facts); });
    if (auto why = made->listen(port))
        return why;
    providers.emplace(provider, std::move(made));
    impl_->update(); // it may be born into an outage
    return std::nullopt;
}

std::optional<std::string> Lab::front(const chain::Provider& provider, unsigned short port) {
    auto& fronts = impl_->fronts;
    const LabDialect* speaks = lab_dialect(provider.dialect, wire::vendor_of(provider.base_url));
    if (!speaks)
        return "the lab cannot speak the dialect " +
               std::string{chain::dialect_names[static_cast<std::size_t>(provider.dialect)]} +
               " yet";
    if (const auto found = fronts.find(provider.id); found != fronts.end()) {
        if (found->second->leads_to(provider) && (port == 0 || port == found->second->port()))
            return std::nullopt;
        fronts.erase(found);
    }
    if (!impl_->http)
        impl_->http = std::make_unique<net::HttpClient>(impl_->loop);
    auto made = std::make_unique<ForwardedProvider>(
        impl_->loop, impl_->clock, *impl_->http, provider, *speaks, impl_->seed,
        [impl = impl_.get()](const faults::RequestFacts& facts) { return impl->decide(facts); });
    if (auto why = made->listen(port))
        return why;
    impl_->providers.erase(provider.id);
    fronts.emplace(provider.id, std::move(made));
    impl_->update();
    return std::nullopt;
}

std::optional<std::string> Lab::front_url(const std::string& provider) const {
    const auto found = impl_->fronts.find(provider);
    if (found == impl_->fronts.end() || !impl_->about(provider))
        return std::nullopt;
    return impl_->dial(found->second->origin(), provider);
}

bool Lab::fronts(const std::string& provider) const {
    return impl_->fronts.contains(provider);
}

void Lab::stop(const std::string& provider) {
    impl_->leave(impl_->providers, provider);
    impl_->leave(impl_->fronts, provider);
    impl_->update();
}

std::optional<std::string> Lab::base_url(const std::string& provider) const {
    const LabServer* found = impl_->find(provider);
    if (!found)
        return std::nullopt;
    return found->origin() + found->base_path();
}

std::optional<std::string> Lab::dial_url(const std::string& provider) const {
    const auto plain = base_url(provider);
    return plain ? std::optional{impl_->dial(*plain, provider)} : std::nullopt;
}

double Lab::price_factor(const std::string& provider, const std::string& model) const {
    const Instant now = impl_->clock.now();
    double factor = 1;
    for (const Impl::Rules* rules : {&impl_->scheduled, &impl_->manual})
        factor *= rules->injector.price_factor(provider, model, rules->elapsed(now));
    return factor;
}

std::vector<std::string> Lab::providers() const {
    std::vector<std::string> out;
    for (const auto& [id, provider] : impl_->providers)
        out.push_back(id);
    for (const auto& [id, provider] : impl_->fronts)
        out.push_back(id);
    return out;
}

Lab::Load Lab::load(const std::string& provider) const {
    const LabServer* found = impl_->find(provider);
    return found ? found->load() : Load{};
}

void Lab::play(std::vector<faults::Rule> rules, std::shared_ptr<const PlayClock> clock) {
    stop_playing();
    impl_->scheduled.injector = faults::Injector{{}, impl_->seed};
    impl_->scheduled.clock =
        clock ? std::move(clock) : std::make_shared<const PlayClock>(impl_->clock.now());
    for (faults::Rule& rule : rules)
        impl_->add(impl_->scheduled, std::move(rule), Duration::zero());
    impl_->update();
}

void Lab::pace_changed() {
    impl_->update();
}

void Lab::stop_playing() {
    Impl::clear(impl_->scheduled);
    impl_->update();
}

faults::Injector::RuleId Lab::inject(faults::Rule rule) {
    const auto id =
        impl_->add(impl_->manual, std::move(rule), impl_->manual.elapsed(impl_->clock.now()));
    impl_->update();
    return id;
}

void Lab::remove(faults::Injector::RuleId id) {
    auto& rules = id >= first_manual ? impl_->manual : impl_->scheduled;
    rules.injector.remove(id - rules.offset);
    rules.by_id.erase(id - rules.offset);
    impl_->update();
}

void Lab::remove_all() {
    Impl::clear(impl_->scheduled);
    Impl::clear(impl_->manual);
    impl_->update();
}

std::vector<Lab::ActiveFault> Lab::active() const {
    std::vector<ActiveFault> out;
    for (const auto& [id, fault] : impl_->open)
        out.push_back(fault);
    std::stable_sort(out.begin(), out.end(),
                     [](const auto& a, const auto& b) { return a.since < b.since; });
    return out;
}

} // namespace brownout::live
