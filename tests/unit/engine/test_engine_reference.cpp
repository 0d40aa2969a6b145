// A target's breaker against a slow, obvious model: every attempt in a list, everything counted
// anew at each look. Random policies, random scripts of starts, ends and pauses. A failure prints
// the seed and a script from which nothing more can be left out.
//
// BROWNOUT_WORLD=n plays that seed alone, BROWNOUT_WORLDS=n so many.
#include "base/rng.h"
#include "engine/targets.h"

#include <QTest>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

using namespace brownout;
using namespace brownout::engine;
using namespace std::chrono_literals;

namespace {

// One line of a script. Ends name attempts by the order of starting; one that does not run is left
// out, so that a script stays playable when lines before it are left out.
struct Line {
    enum class What { start, success, failure, dropped } what = What::start;
    std::size_t attempt = 0;
    Duration pause{}; // before it
};

std::string text(const std::vector<Line>& script) {
    constexpr const char* names[] = {"start", "success", "failure", "dropped"};
    std::string all;
    for (const Line& line : script) {
        all += "\n  +" + std::to_string(to_ms(line.pause)) + " ms " + names[int(line.what)];
        if (line.what != Line::What::start)
            all += " #" + std::to_string(line.attempt);
    }
    return all;
}

// Everything that was ever seen of the target, in lists.
class Reference {
  public:
    explicit Reference(const BreakerPolicy& policy) : policy_(policy) {}

    BreakerState state = BreakerState::closed;
    Instant open_until{};

    struct Started {
        Instant at;
        bool running = true, probe = false, trial = false;
        std::size_t period = 0; // the half-open period of a probe
    };
    std::vector<Started> attempts;

    void start(Instant now) {
        Started a{now};
        if (state == BreakerState::open && now >= open_until)
            enter(BreakerState::half_open);
        if (state == BreakerState::half_open && probes_running() < policy_.half_open_probes) {
            a.probe = true;
            a.period = period_;
        } else {
            a.trial = state != BreakerState::closed;
        }
        attempts.push_back(a);
    }

    void end(std::size_t i, Line::What what, Instant now) {
        Started& a = attempts[i];
        a.running = false;
        const bool success = what == Line::What::success;
        ends_.push_back({i, what, now, now - a.at, false});
        if (what == Line::What::dropped)
            return;
        const bool slow = policy_.slow_call && now - a.at > *policy_.slow_call;
        if (a.probe) {
            if (state == BreakerState::half_open && a.period == period_)
                probe_ended(success && !slow, now);
        } else if (a.trial) {
            if (success && state == BreakerState::open)
                open_until = std::min(open_until, now);
        } else if (state == BreakerState::closed) {
            ends_.back().judged = true;
            if (broken(!success, now))
                open(now);
        }
    }

    int in_flight() const {
        return int(
            std::count_if(attempts.begin(), attempts.end(), [](auto& a) { return a.running; }));
    }
    // Ends that were judged since the breaker closed last, in the buckets that the window holds.
    WindowCounts window(Instant now) const {
        const Duration width = std::max(policy_.window / Window::buckets, Duration{1});
        WindowCounts counts;
        for (std::size_t i = page_; i < ends_.size(); ++i) {
            const End& e = ends_[i];
            const bool recent =
                e.at.time_since_epoch() / width > now.time_since_epoch() / width - Window::buckets;
            if (e.judged && recent)
                counts += {1, e.what == Line::What::failure ? 1 : 0,
                           policy_.slow_call && e.took > *policy_.slow_call ? 1 : 0};
        }
        return counts;
    }
    int consecutive() const {
        int n = 0;
        for (std::size_t i = fresh_; i < ends_.size(); ++i)
            if (ends_[i].judged)
                n = ends_[i].what == Line::What::success ? 0 : n + 1;
        return n;
    }

  private:
    struct End {
        std::size_t attempt;
        Line::What what;
        Instant at;
        Duration took;
        bool judged; // by a closed breaker
    };

    int probes_running() const {
        return int(std::count_if(attempts.begin(), attempts.end(), [&](const Started& a) {
            return a.running && a.probe && a.period == period_;
        }));
    }
    void enter(BreakerState to) {
        state = to;
        fresh_ = run_page_ = ends_.size();
        probe_successes_ = 0;
        if (to == BreakerState::half_open)
            ++period_;
        if (to == BreakerState::closed) {
            page_ = ends_.size();
            openings_ = 0;
        }
    }
    void open(Instant now) {
        double time = double(policy_.open.count());
        for (int i = 0; i < openings_; ++i)
            time *= policy_.open_growth;
        time = std::min(time, double(std::max(policy_.open, policy_.open_cap).count()));
        ++openings_;
        open_until = now + Duration{std::int64_t(time)};
        enter(BreakerState::open);
    }
    void probe_ended(bool good, Instant now) {
        if (!good)
            open(now);
        else if (++probe_successes_ >= policy_.close_after_successes)
            enter(BreakerState::closed);
    }

    // Attempts that run and began within twice the mean success, as the 250 ms buckets see it.
    int undecided(Instant now) const {
        Duration mean{};
        std::int64_t n = 0;
        for (const End& e : ends_)
            if (e.what == Line::What::success)
                mean += (e.took - mean) / std::min<std::int64_t>(++n, 512);
        const Duration patience = n == 0 ? Duration{5s} : std::min<Duration>(2 * mean, 16s);
        const auto newest = attempts.back().at.time_since_epoch() / 250ms;
        const std::int64_t oldest =
            std::max<std::int64_t>((now - patience).time_since_epoch() / 250ms, newest - 63);
        const auto begun = std::count_if(attempts.begin(), attempts.end(), [&](const Started& a) {
            return a.at.time_since_epoch() / 250ms >= oldest;
        });
        return std::min(int(begun), in_flight());
    }

    // The run of failures in the order of starting: how many, and who is undecided since.
    struct Run {
        int failures = 0, undecided = 0;
    };
    Run run(Instant now) const {
        Run r;
        std::size_t first = 0, after_success = 0, gone = 0;
        for (std::size_t i = 0; i < ends_.size(); ++i) {
            const End& e = ends_[i];
            if (i == run_page_)
                r.failures = 0;
            if (e.what == Line::What::success) {
                after_success = std::max(after_success, e.attempt + 1);
                if (e.attempt >= first)
                    r.failures = 0;
            } else if (e.what == Line::What::failure && r.failures++ == 0) {
                first = std::max(e.attempt, after_success);
                gone = 0;
            }
            if (e.what != Line::What::success && r.failures > 0 && e.attempt >= first)
                ++gone;
        }
        const int since = int(attempts.size()) - int(std::min(first, attempts.size())) - int(gone);
        r.undecided = std::min(std::max(since, 0), undecided(now));
        return r;
    }

    bool broken(bool failed, Instant now) const {
        const WindowCounts w = window(now);
        const Run r = run(now);
        const bool enough = w.requests >= policy_.minimum_requests;
        if (failed && policy_.consecutive_failures &&
            consecutive() >= *policy_.consecutive_failures && r.failures >= r.undecided)
            return true;
        if (failed && enough && policy_.failure_ratio &&
            w.failures >= *policy_.failure_ratio * w.requests && w.failures >= undecided(now))
            return true;
        return enough && policy_.slow_call && w.slow > 0 &&
               w.slow >= policy_.slow_call_ratio * w.requests;
    }

    BreakerPolicy policy_;
    std::vector<End> ends_;
    std::size_t page_ = 0;     // window: of the ends since then
    std::size_t fresh_ = 0;    // failures in a row: likewise
    std::size_t run_page_ = 0; // the run: likewise
    std::size_t period_ = 0;
    int openings_ = 0, probe_successes_ = 0;
};

BreakerPolicy random_policy(Rng& rng) {
    BreakerPolicy p;
    p.consecutive_failures.reset();
    if (rng.chance(0.6))
        p.consecutive_failures = 1 + int(rng.below(5));
    p.failure_ratio.reset();
    if (rng.chance(0.6))
        p.failure_ratio = double(1 + rng.below(8)) / 8;
    p.minimum_requests = 1 + int(rng.below(8));
    p.window = std::chrono::milliseconds(100 + rng.below(20'000));
    if (rng.chance(0.3)) {
        p.slow_call = std::chrono::milliseconds(rng.below(1500));
        p.slow_call_ratio = double(1 + rng.below(8)) / 8;
    }
    p.open = std::chrono::milliseconds(1 + rng.below(3000));
    p.open_growth = double(2 + rng.below(5)) / 2;
    p.open_cap = p.open * (1 + rng.below(5));
    p.half_open_probes = 1 + int(rng.below(3));
    p.close_after_successes = 1 + int(rng.below(3));
    return p;
}

std::vector<Line> random_script(Rng& rng) {
    std::vector<Line> script;
    const std::uint32_t longest = 1u << (3 + rng.below(10)); // ms
    const double starts = 0.35 + 0.25 * rng.uniform(), good = rng.uniform();
    std::size_t begun = 0;
    const std::uint32_t lines = 5 + rng.below(120);
    for (std::uint32_t i = 0; i < lines; ++i) {
        Line line;
        line.pause = std::chrono::microseconds(rng.below(1000 * longest));
        if (begun > 0 && !rng.chance(starts)) {
            line.what = rng.chance(0.08)   ? Line::What::dropped
                        : rng.chance(good) ? Line::What::success
                                           : Line::What::failure;
            // Mostly one of the latest.
            const auto back = rng.below(rng.chance(0.8) ? 6 : 60);
            line.attempt = begun - 1 - std::min<std::size_t>(back, begun - 1);
        } else {
            ++begun;
        }
        script.push_back(line);
    }
    return script;
}

struct Seen {
    int ends = 0, openings = 0, closings = 0;
};

// Empty: target and reference agree after every line.
std::string differs(const BreakerPolicy& policy, const std::vector<Line>& script,
                    Seen* seen = nullptr) {
    Setup setup;
    setup.providers.resize(1);
    TargetSetup target;
    target.breaker = policy;
    setup.targets.push_back(target);
    Targets targets(setup);
    Reference reference(policy);
    std::vector<Lease> leases;
    Actions out;
    Instant now{};
    for (const Line& line : script) {
        now += line.pause;
        out.clear();
        if (line.what == Line::What::start) {
            targets.begin(setup, TargetId{}, 0, 0, now, leases.emplace_back(), out);
            reference.start(now);
        } else {
            const std::size_t i = line.attempt;
            if (i >= leases.size() || !reference.attempts[i].running)
                continue;
            const Duration took = now - reference.attempts[i].at;
            Outcome outcome;
            if (line.what == Line::What::failure) {
                outcome.cls = OutcomeClass::retry;
                outcome.counts_for_breaker = true;
            }
            if (line.what == Line::What::dropped)
                targets.cancel(leases[i], outcome, now);
            else
                targets.end(setup, leases[i], {outcome, took, took}, now, out);
            reference.end(i, line.what, now);
        }
        for (const Action& action : out)
            if (const auto* change = std::get_if<BreakerChanged>(&action); change && seen) {
                seen->openings += change->to == BreakerState::open ? 1 : 0;
                seen->closings += change->to == BreakerState::closed ? 1 : 0;
            }
        if (seen && line.what != Line::What::start)
            ++seen->ends;
        const TargetStatus s = targets.status(setup, TargetId{}, now);
        const WindowCounts w = reference.window(now);
        if (s.breaker != reference.state)
            return std::string("the breaker is ") + name(s.breaker) + ", not " +
                   name(reference.state);
        if (s.breaker == BreakerState::open && s.open_until != reference.open_until)
            return "open until another time";
        if (s.in_flight != reference.in_flight())
            return "in flight";
        if (s.breaker == BreakerState::closed &&
            (s.window_requests != w.requests || s.window_failures != w.failures))
            return "the window's counts";
        if (s.breaker == BreakerState::closed && s.consecutive_failures != reference.consecutive())
            return "failures in a row";
    }
    return "";
}

// Leaves out lines for as long as it still fails: halves first, single lines last.
template <class Fails>
std::vector<Line> shrink(std::vector<Line> script, Fails&& fails) {
    for (std::size_t chunk = script.size() / 2; chunk > 0; chunk /= 2)
        for (std::size_t at = 0; at + chunk <= script.size();) {
            std::vector<Line> less = script;
            const auto first = less.begin() + std::ptrdiff_t(at);
            less.erase(first, first + std::ptrdiff_t(chunk));
            if (fails(less))
                script = less;
            else
                at += chunk;
        }
    return script;
}

} // namespace

class TestEngineReference : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void breaker_against_lists();
    void a_failing_script_shrinks();
};

void TestEngineReference::breaker_against_lists() {
    const int only = qEnvironmentVariableIntValue("BROWNOUT_WORLD");
    const int asked = qEnvironmentVariableIntValue("BROWNOUT_WORLDS");
    const int first = only > 0 ? only : 1;
    const int last = only > 0 ? only : asked > 0 ? asked : 20'000;
    Seen seen;
    for (int seed = first; seed <= last; ++seed) {
        Rng rng = Rng::stream(std::uint64_t(seed), 5);
        const BreakerPolicy policy = random_policy(rng);
        const std::vector<Line> script = random_script(rng);
        const std::string wrong = differs(policy, script, &seen);
        if (wrong.empty())
            continue;
        const std::string shortest = text(shrink(
            script, [&](const std::vector<Line>& s) { return !differs(policy, s).empty(); }));
        QFAIL(("BROWNOUT_WORLD=" + std::to_string(seed) + ": " + wrong + shortest).c_str());
    }
    qInfo("%d worlds, %d attempts ended, breakers opened %d and closed %d times", last - first + 1,
          seen.ends, seen.openings, seen.closings);
    // Worlds in which nothing happens would agree on anything.
    QVERIFY(only > 0 || (seen.openings > last / 4 && seen.closings > last / 20));
}

// The tool itself: two failures open this breaker, which the script hides among other things.
void TestEngineReference::a_failing_script_shrinks() {
    using W = Line::What;
    BreakerPolicy policy;
    policy.consecutive_failures = 2;
    const std::vector<Line> script = {
        {W::start, 0, 5ms}, {W::start, 0, 1ms}, {W::success, 0, 1ms}, {W::failure, 1, 1ms},
        {W::start, 0, 1ms}, {W::start, 0, 2ms}, {W::dropped, 2, 1ms}, {W::failure, 3, 4ms}};
    QVERIFY(differs(policy, script).empty());
    // Shrunk by the question "does it open?" instead of "does it differ?".
    const auto opens = [&](const std::vector<Line>& s) {
        Reference r(policy);
        Instant now{};
        for (const Line& line : s) {
            now += line.pause;
            if (line.what == W::start)
                r.start(now);
            else if (line.attempt < r.attempts.size() && r.attempts[line.attempt].running)
                r.end(line.attempt, line.what, now);
        }
        return r.state == BreakerState::open;
    };
    QVERIFY(opens(script));
    const std::vector<Line> shortest = shrink(script, opens);
    QCOMPARE(shortest.size(), std::size_t{6}); // #3 needs four starts, and two must fail
}

QTEST_APPLESS_MAIN(TestEngineReference)
#include "test_engine_reference.moc"
