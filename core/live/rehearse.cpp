// rehearse(): a rehearsal with a loop, a lab and a driver of its own.
#include "faults/arrivals.h"
#include "faults/outages.h"
#include "live/alarms.h"
#include "live/rehearsal.h"
#include "live/simulation.h"
#include "live/spend_book.h"

#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <tuple>

namespace brownout::live {

namespace {

constexpr auto look_every = std::chrono::milliseconds{50}; // for cancel and progress
constexpr auto longest_farewell = std::chrono::seconds{2}; // for webhooks to be called
constexpr int looks_per_flush = 10; // the log is whole up to half a second ago, whatever happens

// Of the first rows of a trace: input and output.
std::pair<double, double> mean_tokens(const faults::Trace& trace, double requests) {
    const auto rows = std::min(trace.rows.size(), static_cast<std::size_t>(requests));
    double input = 0, output = 0;
    for (std::size_t i = 0; i < rows; ++i) {
        input += static_cast<double>(trace.rows[i].input_tokens);
        output += static_cast<double>(trace.rows[i].output_tokens);
    }
    const double count = static_cast<double>(std::max<std::size_t>(rows, 1));
    return {input / count, output / count};
}

bool priced(const chain::Target& target, bool pictures) {
    return target.price &&
           ((pictures && target.price->image_usd) ||
            (target.price->input_usd_per_mtok && target.price->output_usd_per_mtok));
}

// What has no price would not count against the spending limit.
Result<void> check_prices(const chain::Document& document,
                          const std::vector<const chain::Chain*>& chains, bool pictures) {
    for (const chain::Chain* chain : chains) {
        for (const chain::Target& target : chain->targets) {
            const chain::Provider* provider = document.provider(target.provider);
            if (!target.enabled || !provider || provider->simulated())
                continue;
            if (!priced(target, pictures))
                return bad_input("target " + target.name(),
                                 "it is called for real and has no price, so that no spending "
                                 "limit would hold",
                                 pictures ? "Add a price: image_usd"
                                          : "Add a price: input_usd_per_mtok and "
                                            "output_usd_per_mtok");
        }
    }
    return {};
}

// Tells the rehearsal what the driver and the lab see.
struct Forwarder final : Booking {
    Rehearsal* to = nullptr;
    Alarms* alarms = nullptr;
    void on_check(const record::AttemptRecord& a) override {
        Booking::on_check(a);
        if (!to)
            return;
        to->on_check(a);
        alarms->check(a);
    }
    void on_breaker(const record::BreakerRecord& b) override {
        if (!to)
            return;
        to->on_breaker(b);
        alarms->breaker(b);
    }
    void on_attempt_finished(const record::RequestRecord& r,
                             const record::AttemptRecord& a) override {
        Booking::on_attempt_finished(r, a);
        if (to)
            alarms->attempt(r, a);
    }
    void on_request_finished(const record::RequestPtr& r) override {
        if (to)
            alarms->request(*r);
    }
    void on_failover(const Failover& f) override {
        if (to)
            alarms->failover(f);
    }
};

} // namespace

Result<void> may_rehearse(const chain::Document& document, const faults::Scenario& scenario,
                          const chain::ResolvedKeys& keys, std::optional<Money> max_spend) {
    const auto chains = chains_of(scenario.traffic, document);
    for (const std::string& id : real_providers(document, chains)) {
        if (!max_spend || max_spend->pico_usd <= 0)
            return bad_input("provider " + id, "real calls need a spending limit above zero",
                             "Add --max-spend-usd X");
        const chain::Provider* provider = document.provider(id);
        const auto usable = [&](const chain::KeyRef& ref) {
            return ref.source == chain::KeyRef::Source::none || keys.contains(ref);
        };
        if (!provider->keys.empty() &&
            std::none_of(provider->keys.begin(), provider->keys.end(), usable))
            return bad_input("provider " + id,
                             "no key: " + provider->keys.front().text() + " is missing",
                             "store it, or use another key source");
    }
    if (auto priced = check_prices(document, chains, scenario.traffic.image); !priced)
        return priced;
    if (const auto outages = faults::outage_rules(document, document.name); !outages.ok())
        return bad_input("", outages.problems.front().text());
    return check_faults(scenario.faults, document, chains);
}

Result<chain::Json> rehearse(const chain::Document& document, const faults::Scenario& scenario,
                             const chain::ResolvedKeys& keys, const RehearseOptions& options) {
    auto bound = faults::bind(scenario, document, "scenario");
    if (!bound.ok())
        return bad_input("", bound.problems.empty() ? "the scenario does not fit the chain"
                                                    : bound.problems.front().text());
    const chain::Document played = with_models(document, *bound.value);
    const auto real = real_providers(played, chains_of(bound.value->traffic, played));
    if (!real.empty() && !options.real)
        return bad_input("provider " + real.front(),
                         "it is not simulated, and would be called for real",
                         "Give it a model in the scenario's `models`, or allow real calls with a "
                         "spending limit: --real --max-spend-usd X");
    if (auto allowed = may_rehearse(played, *bound.value, keys, options.max_spend); !allowed)
        return fail(allowed.error());
    std::unique_ptr<record::LogFile> log;
    if (!options.log_path.empty()) {
        auto opened = record::LogFile::open(options.log_path);
        if (!opened)
            return fail(opened.error());
        log = std::move(*opened);
    }

    boost::asio::io_context loop{1};
    const Clock clock;
    std::unique_ptr<SpendBook> book;
    if (!real.empty() && !options.ledger_path.empty()) {
        auto opened = SpendBook::open(options.ledger_path, clock);
        if (!opened)
            return fail(opened.error());
        book = std::move(*opened);
    }
    net::HttpClient http(loop);
    record::EventWriter events(
        clock.wall(), [&](const record::EventText& event) { log->write(event.text, clock.now()); });
    events.set_content(options.log_content);
    record::EventWriter* writer = log ? &events : nullptr;
    chain::Json report;
    {
        Lab lab(loop, clock, options.seed);
        std::vector<std::string> skipped;
        if (const auto why = serve_simulated(lab, played, skipped))
            return environment_error("lab", *why);
        for (const std::string& text : skipped)
            if (options.notice)
                options.notice(text);
        Forwarder forwarder;
        forwarder.book = book.get();
        forwarder.document = &played;
        Driver driver(
            loop, http, clock, played, keys,
            [&lab](const std::string& provider) { return lab.dial_url(provider); }, options.seed,
            writer, &forwarder);
        if (const auto why = front_real(lab, played, bound.value->faults))
            return environment_error("lab", *why);
        driver.set_front([&lab](const std::string& provider) { return lab.front_url(provider); });
        driver.set_price_factor([&lab](const std::string& provider, const std::string& model) {
            return lab.price_factor(provider, model);
        });
        Rehearsal run(loop, clock, driver, lab,
                      {&played, *bound.value, options.chain_sha256, options.seed,
                       options.real ? options.max_spend : std::nullopt, skipped});
        Alarms alarms(loop, http, clock,
                      {[writer] { return writer; },
                       [&options](const std::string& text) {
                           if (options.notice)
                               options.notice(text);
                       },
                       [] {}});
        alarms.load(played, keys, driver, options.hooks);
        forwarder.alarms = &alarms;
        forwarder.to = &run;
        lab.on_fault = [&](const record::FaultRecord& f) {
            run.on_fault(f);
            if (writer && f.to == never)
                writer->fault_started(f);
            else if (writer)
                writer->fault_ended(f);
        };
        // Shared: a look that is already due when the run ends comes after this block has gone.
        const auto done = std::make_shared<bool>(false);
        run.start([done] { *done = true; });
        boost::asio::steady_timer look(loop);
        int looks = 0;
        const std::function<void()> watch = [&] {
            look.expires_after(look_every);
            look.async_wait([&, done](const boost::system::error_code& error) {
                if (error || *done)
                    return;
                if (options.cancel && options.cancel->load())
                    run.stop();
                if (log && ++looks % looks_per_flush == 0)
                    log->flush();
                if (options.progress)
                    options.progress(run.elapsed_s(), run.duration_s(), run.requests());
                watch();
            });
        };
        watch();
        while (!*done)
            loop.run_one();
        report = run.report();
        forwarder.to = nullptr;
        const Instant leave_by = after(clock.now(), longest_farewell);
        for (alarms.drain(); alarms.busy() && clock.now() < leave_by;)
            loop.run_one_for(look_every);
        alarms.give_up();
        lab.on_fault = {};
    }
    loop.restart();
    loop.poll(); // what was cancelled ends before curl does
    if (log && !log->good() && options.unwritten)
        options.unwritten(log->problem());
    if (book)
        if (const auto written = book->close(); !written && options.unwritten)
            options.unwritten(written.error());
    return report;
}

std::optional<Money> estimate_spend(const chain::Document& document,
                                    const faults::Scenario& scenario) {
    const chain::Document played = with_models(document, scenario);
    const faults::Traffic& traffic = scenario.traffic;
    const auto chains = chains_of(traffic, played);
    if (real_providers(played, chains).empty())
        return Money{};
    double requests = 0;
    if (scenario.duration_s && traffic.open_loop())
        requests = faults::expected_arrivals(traffic, *scenario.duration_s);
    else if (!scenario.max_requests)
        return std::nullopt; // as many as the providers answer
    else
        requests = static_cast<double>(*scenario.max_requests);
    if (scenario.max_requests)
        requests = std::min(requests, static_cast<double>(*scenario.max_requests));
    double input = stats::mean(traffic.input_tokens), output = stats::mean(traffic.output_tokens);
    if (traffic.trace)
        std::tie(input, output) = mean_tokens(*traffic.trace, requests);
    double dearest = 0;
    for (const chain::Chain* chain : chains) {
        for (const chain::Target& target : chain->targets) {
            if (!target.enabled || played.provider(target.provider)->simulated())
                continue;
            if (!priced(target, traffic.image))
                return std::nullopt;
            const chain::Price& price = *target.price;
            dearest = std::max(dearest, traffic.image && price.image_usd
                                            ? *price.dearest_image()
                                            : (input * *price.input_usd_per_mtok +
                                               output * *price.output_usd_per_mtok) /
                                                  1e6);
        }
    }
    return Money::from_usd(requests * dearest);
}

} // namespace brownout::live
