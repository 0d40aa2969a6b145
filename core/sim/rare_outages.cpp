#include "sim/rare_outages.h"

#include "sim/lengths.h"
#include "sim/outage_years.h"
#include "sim/random_use.h"
#include "sim/simulate.h"
#include "sim/world.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <thread>

namespace brownout::sim {
namespace {

constexpr double longest_stretch_s = 1800; // played, of a time in which nothing changes
constexpr std::size_t batches = 32;        // of years, for the interval
constexpr std::size_t fewest_windows = 64; // that are played of each kind, if there are so many
constexpr double fewest_quiet_requests = 100'000;

// A window as it is played: long stretches cut short, the requests of their second halves counted
// for those that were left out.
struct Shortened {
    struct Weight {
        double from_s = 0, weight = 1;
    };
    std::vector<Weight> weights; // by from_s
    std::vector<Outage> outages; // by the time that is played
    double length_s = 0;
};

Shortened shortened(const OutageWindow& window) {
    std::vector<double> changes{window.from_s, window.to_s};
    for (const Outage& outage : window.outages) {
        changes.push_back(outage.from_s);
        changes.push_back(outage.to_s);
    }
    std::sort(changes.begin(), changes.end());
    changes.erase(std::unique(changes.begin(), changes.end()), changes.end());
    Shortened out;
    std::map<double, double> played{{changes.front(), 0}}; // by true time
    for (std::size_t i = 1; i < changes.size(); ++i) {
        const double length = changes[i] - changes[i - 1];
        const double kept = std::min(length, longest_stretch_s);
        out.weights.push_back({out.length_s, 1});
        if (length > kept)
            out.weights.push_back({out.length_s + kept / 2, 1 + (length - kept) / (kept / 2)});
        out.length_s += kept;
        played[changes[i]] = out.length_s;
    }
    for (const Outage& outage : window.outages)
        out.outages.push_back({outage.provider, played.at(outage.from_s), played.at(outage.to_s)});
    return out;
}

class Counter : public Watcher {
  public:
    explicit Counter(const std::vector<Shortened::Weight>& weights) : weights_(weights) {}
    void request(const record::FoldedCall& call, std::span<const record::FoldedAttempt>) override {
        using engine::CallResult;
        ++requests;
        if (call.result == CallResult::success || call.result == CallResult::rejected ||
            call.result == CallResult::cancelled)
            return;
        const double at = to_seconds(call.started);
        double weight = 1;
        for (const auto& part : weights_)
            if (at >= part.from_s)
                weight = part.weight;
        lost += weight;
    }
    double lost = 0, requests = 0;

  private:
    const std::vector<Shortened::Weight>& weights_;
};

class Player {
  public:
    Player(RunPlan plan, const RareOptions& options) : plan_(std::move(plan)), options_(options) {
        for (std::size_t i = plan_.scenario.faults.size(), p = 0;
             p < plan_.document.providers.size(); ++p)
            if (plan_.document.providers[p].model && plan_.document.providers[p].model->outages)
                rule_of_[p] = plan_.rules[i++];
        std::erase_if(plan_.scenario.faults, [](const faults::Rule& rule) {
            return rule.when.at_s > 0 || rule.when.for_s || rule.when.ramp || rule.when.renewal;
        });
        plan_.scenario.max_requests.reset();
    }

    RunPlan plan() const { return plan_; } // each thread has its own
    Counter play(RunPlan& plan, const Shortened& window, std::uint64_t seed) const {
        plan.scenario.duration_s = window.length_s;
        plan.rules = plan.scenario.faults;
        for (const Outage& outage : window.outages) {
            faults::Rule rule = rule_of_.at(outage.provider);
            rule.when.renewal.reset();
            rule.when.at_s = outage.from_s;
            rule.when.for_s = outage.to_s - outage.from_s;
            plan.rules.push_back(rule);
        }
        Counter counter(window.weights);
        World world(plan, seed);
        world.watch({&counter, {}, never, false});
        world.play([&](double) { return !cancelled(); });
        return counter;
    }
    bool cancelled() const {
        return options_.cancel && options_.cancel->load(std::memory_order_relaxed);
    }

  private:
    RunPlan plan_;
    const RareOptions& options_;
    std::map<std::size_t, faults::Rule> rule_of_;
};

struct Chosen {
    std::size_t window = 0; // index
    double stands_for = 1;  // windows of its kind
    Shortened played;
    double lost = 0, requests = 0;
};

// Of each kind (so many down at once) as many as the effort allows, at random.
std::vector<Chosen> choose(const std::vector<OutageWindow>& windows, double rate,
                           const RareOptions& options) {
    std::map<std::size_t, std::vector<std::size_t>> kinds;
    for (std::size_t i = 0; i < windows.size(); ++i)
        kinds[windows[i].at_once].push_back(i);
    Rng rng = Rng::stream(options.seed, for_sampling);
    std::vector<Chosen> out;
    for (auto& [at_once, of_kind] : kinds) {
        double length_s = 0;
        const std::size_t looked_at = std::min<std::size_t>(of_kind.size(), 256);
        for (std::size_t i = 0; i < looked_at; ++i)
            length_s += shortened(windows[of_kind[i * of_kind.size() / looked_at]]).length_s;
        const double cost = std::max(1.0, rate * length_s / static_cast<double>(looked_at));
        const double affordable = options.requests / static_cast<double>(kinds.size()) / cost;
        const std::size_t n =
            std::min(of_kind.size(),
                     std::max(fewest_windows, static_cast<std::size_t>(std::min(1e9, affordable))));
        for (std::size_t i = 0; i < n; ++i) { // Fisher and Yates
            const auto left = static_cast<std::uint32_t>(of_kind.size() - i);
            std::swap(of_kind[i], of_kind[i + rng.below(left)]);
            out.push_back({of_kind[i], static_cast<double>(of_kind.size()) / static_cast<double>(n),
                           shortened(windows[of_kind[i]])});
        }
    }
    return out;
}

void play_all(const Player& player, std::vector<Chosen>& chosen, const RareOptions& options) {
    std::atomic<std::size_t> next{0}, done{0};
    const auto work = [&](const std::function<void(double)>& progress) {
        RunPlan plan = player.plan();
        double told = 0;
        for (std::size_t i = next++; i < chosen.size() && !player.cancelled(); i = next++) {
            Chosen& one = chosen[i];
            const Counter seen = player.play(
                plan, one.played, seed_of_run(options.seed, one.window + std::uint64_t{1}));
            one.lost = seen.lost;
            one.requests = seen.requests;
            const double share = static_cast<double>(++done) / static_cast<double>(chosen.size());
            if (progress && share >= told + 0.01)
                progress(told = share);
        }
    };
    const unsigned machine = std::max(1u, std::thread::hardware_concurrency());
    const unsigned threads = std::min(options.threads ? options.threads : machine, most_threads);
    std::vector<std::jthread> pool;
    for (unsigned i = 1; i < threads; ++i)
        pool.emplace_back([&work] { work(nullptr); });
    work(options.progress); // this thread takes part
}

// The scenario's traffic at its mean rate.
Result<double> mean_rate(faults::Scenario& scenario) {
    if (!scenario.traffic.open_loop() || scenario.traffic.trace)
        return bad_input("/traffic", "traffic of closed loops and traces is not played by windows",
                         "Give requests_per_s, or simulate without years");
    if (!scenario.duration_s)
        return scenario.traffic.rate_at(0);
    faults::Scenario whole = scenario;
    whole.max_requests.reset();
    return expected_requests(whole) / *scenario.duration_s;
}

stats::Interval interval_of(const std::vector<OutageWindow>& windows,
                            const std::vector<Chosen>& chosen, const Counter& quiet, double rate,
                            double years, double& standard_error) {
    const double batch_s = years * year_s / batches;
    std::vector<double> lost(batches), quiet_s(batches, batch_s);
    const auto batch_of = [&](const OutageWindow& window) {
        return std::min(batches - 1, static_cast<std::size_t>(window.from_s / batch_s));
    };
    for (const OutageWindow& window : windows)
        quiet_s[batch_of(window)] -= window.to_s - window.from_s;
    for (const Chosen& one : chosen)
        lost[batch_of(windows[one.window])] += one.lost * one.stands_for;
    const double quiet_loss = quiet.requests > 0 ? quiet.lost / quiet.requests : 0;
    std::vector<double> availability;
    for (std::size_t b = 0; b < batches; ++b)
        availability.push_back(1 - (lost[b] / rate + quiet_s[b] * quiet_loss) / batch_s);
    stats::Interval out = stats::student_t(availability);
    standard_error = (out.high - out.value) / 2.0395; // 31 degrees of freedom
    // What the quiet run does not know: three losses at least would have been likely to show.
    const double unsure =
        (1.96 * std::sqrt(quiet_loss * (1 - quiet_loss) * quiet.requests) + (quiet.lost == 0) * 3) /
        std::max(1.0, quiet.requests);
    out.low = std::clamp(out.value - std::hypot(out.value - out.low, unsure), 0.0, 1.0);
    if (quiet.lost > 0)
        out.high = out.value + std::hypot(out.high - out.value, unsure);
    out.high = std::clamp(out.high, 0.0, 1.0);
    out.method = "t 95 %, 32 batches of years";
    return out;
}

} // namespace

Result<RareOutages> rare_outages(const chain::Document& document, const faults::Scenario& asked,
                                 const RareOptions& options) {
    if (!(options.years >= 1 && options.years <= most_years))
        return bad_input("years", "is out of range", "Give 1 to 100000");
    faults::Scenario scenario = asked;
    const auto rate = mean_rate(scenario);
    if (!rate)
        return fail(rate.error());
    if (!(*rate > 0))
        return bad_input("/traffic/requests_per_s", "there is no traffic");
    scenario.traffic.rate = {{0, *rate}};
    const auto bound = faults::bind(scenario, document, "scenario");
    if (!bound.ok())
        return bad_input("", bound.problems.front().text());
    auto plan = plan_run(document, *bound.value);
    if (!plan)
        return fail(plan.error());
    const auto windows = outage_windows(*plan, options.years, options.seed);
    if (!windows)
        return fail(windows.error());
    if (windows->empty())
        return bad_input("years", "no provider of the chain has an outage in them",
                         "Give the models of some providers `outages`");

    const Player player(std::move(*plan), options);
    std::vector<Chosen> chosen = choose(*windows, *rate, options);
    Shortened calm;
    calm.length_s = std::max(fewest_quiet_requests, options.requests / 4) / *rate;
    RunPlan without = player.plan();
    const Counter quiet = player.play(without, calm, options.seed);
    play_all(player, chosen, options);
    if (player.cancelled())
        return fail({Error::Kind::cancelled, "years", "cancelled", ""});

    RareOutages out;
    out.years = options.years;
    out.windows = windows->size();
    for (const OutageWindow& window : *windows)
        out.joint_windows += window.at_once > 1;
    out.played_requests = quiet.requests;
    for (const Chosen& one : chosen) {
        ++out.played;
        out.joint_played += (*windows)[one.window].at_once > 1;
        out.played_requests += one.requests;
    }
    out.availability =
        interval_of(*windows, chosen, quiet, *rate, options.years, out.standard_error);
    return out;
}

std::string RareOutages::note() const {
    char text[400];
    std::snprintf(
        text, sizeof text,
        "availability: the outages of %.0f years were simulated first, and traffic at its "
        "mean rate was played through %zu of the %zu windows in which somebody is down "
        "(%zu of the %zu with several down at once), each counted for those that it "
        "stands for; the interval is Student's t over 32 batches of years",
        years, played, windows, joint_played, joint_windows);
    return text;
}

void put_into(chain::Json& report, const RareOutages& found) {
    const stats::Interval& a = found.availability;
    report["availability"] = {
        {"value", a.value}, {"low", a.low}, {"high", a.high}, {"method", a.method}};
    report["notes"].push_back(found.note());
    for (chain::Json& expectation : report["expectations"]) {
        if (expectation["metric"] != "availability")
            continue;
        expectation["observed"] = a.value;
        expectation["pass"] = a.value >= expectation.value("at_least", 0.0) &&
                              a.value <= expectation.value("at_most", 1.0);
    }
}

} // namespace brownout::sim
