#include "live/alarms.h"

#include "base/url.h"

#include <algorithm>

namespace brownout::live {

namespace {

constexpr std::size_t longest_words = 500; // bytes of what a provider said

} // namespace

Alarms::Alarms(boost::asio::io_context& loop, net::HttpClient& http, const Clock& clock,
               Owner owner, const Webhook::Limits& limits)
    : clock_(clock),
      owner_(std::move(owner)),
      on_failover_(
          loop, http, clock, "on_failover", [this](const Webhook::News& n) { told(n); }, limits),
      on_alert_(
          loop, http, clock, "on_alert", [this](const Webhook::News& n) { told(n); }, limits),
      timer_(loop) {}

Alarms::~Alarms() = default;

void Alarms::load(const chain::Document& document, const chain::ResolvedKeys& keys,
                  const Driver& driver, bool hooks) {
    document_ = document.name;
    mask(document, keys);
    rules_.load(document, clock_.now());
    const auto& targets = driver.names().targets;
    for (std::size_t i = 0; i < targets.size(); ++i)
        rules_.breaker(targets[i].name, driver.status(i).breaker);
    on_failover_.set_url(hooks ? document.on_failover : std::string{});
    on_alert_.set_url(hooks ? document.on_alert : std::string{});
    look();
}

void Alarms::mask(const chain::Document& document, const chain::ResolvedKeys& keys) {
    mask_ = {};
    for (const chain::Provider& provider : document.providers)
        for (const chain::KeyRef& ref : provider.keys)
            if (const auto found = keys.find(ref); found != keys.end() && !found->second.empty())
                mask_.hide(key_variable(provider, ref), found->second);
}

void Alarms::attempt(const record::RequestRecord& r, const record::AttemptRecord& a) {
    rules_.attempt(r, a, clock_.now());
    arm();
}

void Alarms::request(const record::RequestRecord& r) {
    rules_.request(r, clock_.now());
    arm();
}

void Alarms::check(const record::AttemptRecord& a) {
    rules_.check(a, clock_.now());
    arm();
}

void Alarms::breaker(const record::BreakerRecord& b) {
    rules_.breaker(b.target, b.to);
    arm(clock_.now()); // soon, not now: the step that tells of it has more to tell
}

void Alarms::spent(const std::string& provider, Money cost, Instant at) {
    const Instant now = clock_.now();
    rules_.spent(provider, cost, std::min(at, now), now);
    arm();
}

void Alarms::failover(const Failover& f) {
    if (!on_failover_.called())
        return;
    const auto words = [this](const std::string& text) {
        return mask_.text(text.substr(0, longest_words));
    };
    chain::Json body{{"request", f.request.id},
                     {"from", f.from},
                     {"to", f.to},
                     {"from_url", told_address(f.from_url)},
                     {"to_url", told_address(f.to_url)},
                     {"status", nullptr},
                     {"code", nullptr},
                     {"why", words(f.why)}};
    if (f.failed) {
        if (f.failed->outcome.status)
            body["status"] = f.failed->outcome.status;
        body["code"] =
            f.failed->code.empty() ? engine::name(f.failed->outcome.cause) : words(f.failed->code);
    }
    on_failover_.post(body);
}

void Alarms::look() {
    bool changed = false;
    for (const record::AlertRecord& alert : rules_.advance(clock_.now())) {
        changed = true;
        tell(alert);
        if (alert.cleared)
            recent_.push_back(alert);
    }
    if (changed) {
        if (recent_.size() > most_recent)
            recent_.erase(recent_.begin(),
                          recent_.end() - static_cast<std::ptrdiff_t>(most_recent));
        auto all = recent_;
        for (record::AlertRecord& alert : rules_.active())
            all.push_back(std::move(alert));
        std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
        shown_ = std::make_shared<const std::vector<record::AlertRecord>>(std::move(all));
        owner_.changed();
    }
    arm();
}

// Attempts come by the thousand: the timer is touched only where it must go off earlier.
void Alarms::arm(Instant by) {
    const Instant at = std::min(by, rules_.next());
    if (at >= armed_for_)
        return;
    armed_for_ = at;
    timer_.expires_after(std::max(Duration::zero(), at - clock_.now()));
    timer_.async_wait(
        [this, still = std::weak_ptr<int>{alive_}](const boost::system::error_code& error) {
            if (error || still.expired())
                return;
            armed_for_ = never;
            look();
        });
}

void Alarms::tell(const record::AlertRecord& alert) {
    if (record::EventWriter* const events = owner_.events()) {
        if (alert.cleared)
            events->alert_cleared(alert);
        else
            events->alert_raised(alert);
    }
    if (!on_alert_.called())
        return;
    chain::Json body{{"event", alert.cleared ? "alert_cleared" : "alert_raised"},
                     {"ts", clock_.wall().iso8601(alert.cleared.value_or(alert.raised))},
                     {"chain", document_}};
    body.update(record::fields_of(alert));
    on_alert_.post(body);
}

void Alarms::told(const Webhook::News& news) {
    const std::string hook = "hooks." + news.hook;
    record::EventWriter* const events = owner_.events();
    if (news.why.empty()) {
        if (events)
            events->hook_recovered(news.hook, news.host, news.lost, clock_.now());
        owner_.notice(hook + ": " + news.host + " takes calls again" +
                      (news.lost ? "; lost were " + std::to_string(news.lost) : std::string{}));
        return;
    }
    if (events)
        events->hook_failed(news.hook, news.host, news.why, clock_.now());
    owner_.notice(hook + ": " + news.host + " takes no calls: " + news.why +
                  ". They are tried again for a while; requests do not wait for them");
}

std::vector<record::Metrics::Hook> Alarms::hooks() const {
    std::vector<record::Metrics::Hook> out;
    for (const Webhook* hook : {&on_failover_, &on_alert_})
        if (hook->called())
            out.push_back(hook->counts());
    return out;
}

void Alarms::drain() {
    on_failover_.drain();
    on_alert_.drain();
}

bool Alarms::busy() const {
    return on_failover_.busy() || on_alert_.busy();
}

void Alarms::give_up() {
    timer_.cancel();
    on_failover_.give_up();
    on_alert_.give_up();
}

} // namespace brownout::live
