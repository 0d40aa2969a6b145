// The alert rules and the webhooks of a document under traffic: folds what drivers report into
// record::Alerts, looks at it by the clock, and tells of what is raised and cleared: as events, to
// the webhooks, and to whoever owns it.
//
// `hooks.on_failover` gets {request, from, to, from_url, to_url, status, code, why} for every
// failover: status is null where there was no HTTP reply, code the provider's own, else the cause
// as events name it ("connect_refused"). `hooks.on_alert` gets what the events alert_raised and
// alert_cleared hold, and the document's name as `chain`. Addresses go without user and query, and
// a key that a provider repeats in its words is masked.
//
// Thread: the loop's only.
#pragma once

#include "live/key_mask.h"
#include "live/webhook.h"

namespace brownout::live {

class Alarms {
  public:
    static constexpr std::size_t most_recent = 50; // alerts that are over

    struct Owner {
        std::function<record::EventWriter*()> events;   // null: nobody listens
        std::function<void(const std::string&)> notice; // worth telling the user
        std::function<void()> changed;                  // alerts were raised or cleared
    };
    Alarms(boost::asio::io_context& loop, net::HttpClient& http, const Clock& clock, Owner owner,
           const Webhook::Limits& limits = {});
    ~Alarms();

    // Rules and addresses from now on; `hooks` false: nobody is called. `driver`: the one that
    // serves it, whose breakers are looked at.
    void load(const chain::Document& document, const chain::ResolvedKeys& keys,
              const Driver& driver, bool hooks = true);

    void attempt(const record::RequestRecord& r, const record::AttemptRecord& a);
    void request(const record::RequestRecord& r);
    void check(const record::AttemptRecord& a);
    void breaker(const record::BreakerRecord& b);
    void spent(const std::string& provider, Money cost, Instant at); // elsewhere
    void failover(const Failover& f);

    // Those that are raised, and the latest that are over; oldest first.
    using List = std::shared_ptr<const std::vector<record::AlertRecord>>;
    List alerts() const { return shown_; }
    std::vector<record::Alerts::Gauge> gauges() const { return rules_.gauges(); }
    std::vector<record::Metrics::Hook> hooks() const; // those that are called

    void drain();      // the webhooks, at the end
    bool busy() const; // they are
    void give_up();

  private:
    void look();
    void arm(Instant by = never); // for the next look
    void tell(const record::AlertRecord& alert);
    void told(const Webhook::News& news);
    void mask(const chain::Document& document, const chain::ResolvedKeys& keys);

    const Clock& clock_;
    const Owner owner_;
    record::Alerts rules_;
    std::vector<record::AlertRecord> recent_; // over
    List shown_ = std::make_shared<const std::vector<record::AlertRecord>>();
    KeyMask mask_;
    std::string document_;
    Webhook on_failover_, on_alert_;
    boost::asio::steady_timer timer_;
    Instant armed_for_ = never;
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

} // namespace brownout::live
