// The worst case against the engine: an adversary who follows its paths reaches exactly its
// figures, and a thousand random policies under random adversaries never exceed them.
#include "chain/worst_case.h"
#include "unit/chain/lone_request.h"
#include "unit/chain/random_chain.h"

#include <QtTest>

using namespace brownout;
using namespace brownout::chain;
using namespace std::chrono_literals;
using engine::Cause;
using engine::OutcomeClass;

namespace {

constexpr RequestSize size{1000, 500};

engine::CallStarted request() {
    engine::CallStarted out;
    out.stream = true;
    out.input_tokens = size.input_tokens;
    out.max_output_tokens = size.output_tokens;
    return out;
}

Document read(const Json& json) {
    auto checked = read_document(json, "random");
    if (!checked.ok())
        qFatal("the random chain is valid: %s", checked.problems[0].text().c_str());
    return std::move(*checked.value);
}

// What the path asks of each attempt in turn.
class PathWalker {
  public:
    PathWalker(const Document& document, const WorstPath& path) : path_(path) {
        for (std::size_t i = 0; i < path.steps.size(); ++i)
            if (path.steps[i].kind == WorstStep::Kind::attempt)
                attempts_.push_back(i);
        for (const Target& target : document.chains[0].targets)
            honours_.push_back(
                effective_policy(document, document.chains[0], target).retry.honour_retry_after);
    }
    lone::Script operator()(const engine::StartAttempt& start) const {
        lone::Script script;
        script.first_token = 0ns; // its share of the deadline no longer matters
        if (start.attempt > attempts_.size())
            return script;
        const std::size_t at = attempts_[std::size_t(start.attempt) - 1];
        const WorstStep& step = path_.steps[at];
        script.ends = step.time;
        script.outcome.cost = step.cost;
        script.outcome.cls = OutcomeClass::failover;
        if (at + 1 == path_.steps.size()) {
            script.outcome.cls = OutcomeClass::reject; // the end, without another wait
            return script;
        }
        const WorstStep& next = path_.steps[at + 1];
        if (next.target != step.target)
            return script;
        script.outcome.cls = OutcomeClass::retry;
        if (next.kind == WorstStep::Kind::retry_after)
            (honours_[step.target] ? script.outcome.retry_after : script.quota_reset) = next.time;
        else if (next.kind == WorstStep::Kind::attempt && honours_[step.target])
            script.outcome.retry_after = 1ns;
        return script;
    }

  private:
    const WorstPath& path_;
    std::vector<std::size_t> attempts_;
    std::vector<bool> honours_;
};

// A world in which the strategy chooses the path's order: by name, by a lucky draw, or because the
// targets were measured before.
lone::Ending follow(const Document& document, const WorstPath& path, std::uint64_t seed) {
    const Compiled compiled = compile(document);
    engine::Engine engine(compiled.setup, seed);
    Instant now{};
    if (document.chains[0].strategy == engine::Strategy::fastest) {
        std::vector<std::size_t> order;
        for (const WorstStep& step : path.steps)
            if (std::find(order.begin(), order.end(), step.target) == order.end())
                order.push_back(step.target);
        for (std::size_t i = 0; i < document.chains[0].targets.size(); ++i)
            if (std::find(order.begin(), order.end(), i) == order.end())
                order.push_back(i);
        for (std::size_t rank = 0; rank < order.size(); ++rank) {
            auto warm = request();
            warm.prefer = compiled.target(document.chains[0].targets[order[rank]].name());
            lone::run(engine, now, warm, [&](const engine::StartAttempt&) {
                lone::Script quick;
                quick.first_token = std::chrono::milliseconds(rank + 1);
                quick.ends = *quick.first_token + 1ns;
                return quick;
            });
        }
    }
    auto started = request();
    if (path.begins_elsewhere && !path.steps.empty() &&
        document.chains[0].strategy != engine::Strategy::weighted &&
        document.chains[0].strategy != engine::Strategy::fastest)
        started.prefer =
            compiled.target(document.chains[0].targets[path.steps.front().target].name());
    return lone::run(engine, now, started, PathWalker(document, path));
}

bool visits_as_planned(const Document& document, const WorstPath& path,
                       const lone::Ending& ending) {
    const Compiled compiled = compile(document);
    std::size_t n = 0;
    for (const WorstStep& step : path.steps)
        if (step.kind == WorstStep::Kind::attempt) {
            if (n >= ending.attempts.size() ||
                compiled.targets[ending.attempts[n].target.value].name !=
                    document.chains[0].targets[step.target].name())
                return false;
            ++n;
        }
    return true;
}

Duration backoffs(const WorstPath& path) {
    Duration sum{};
    for (const WorstStep& step : path.steps)
        if (step.kind == WorstStep::Kind::backoff)
            sum += step.time;
    return sum;
}

std::string named(const char* what, std::uint64_t seed, double is, double bound,
                  const Document& document, const WorstPath& path) {
    std::string out = std::string(what) + ": seed " + std::to_string(seed) + " gives " +
                      std::to_string(is) + ", the figure is " + std::to_string(bound);
    for (const auto view : {PathView::seconds, PathView::dollars})
        for (const std::string& line : path_text(document.chains[0], path, view))
            out += "\n  " + line;
    return out;
}

// Tries seeds until one walks the path as planned and comes close enough to `wanted`.
template <class Figure>
bool reaches(const Document& document, const WorstPath& path, double wanted, double slack,
             int seeds, Figure figure, double* best) {
    *best = -1;
    for (int seed = 0; seed < seeds; ++seed) {
        const lone::Ending ending = follow(document, path, static_cast<std::uint64_t>(seed));
        if (!visits_as_planned(document, path, ending))
            continue;
        *best = std::max(*best, figure(ending));
        if (*best >= wanted - slack)
            return true;
    }
    return path.steps.empty() && wanted == 0;
}

// Anything that targets can do, at the limits more often than not.
class Anything {
  public:
    Anything(const Compiled& compiled, Rng& rng) : compiled_(compiled), rng_(rng) {}
    lone::Script operator()(const engine::StartAttempt& start) {
        lone::Script script;
        script.connects = rng_.chance(0.9);
        if (rng_.chance(0.6))
            script.first_token = rng_.chance(0.7) ? 0ns : part(std::chrono::seconds(2));
        script.content = rng_.chance(0.3);
        script.ends = rng_.chance(0.2)   ? Duration::max()
                      : rng_.chance(0.5) ? part(start.attempt_by - start.first_token_by + 1s)
                      : rng_.chance(0.5) ? 0ns
                                         : attempt_left(start);
        script.outcome = outcome(start);
        if (rng_.chance(0.3))
            script.quota_reset = rng_.chance(0.7) ? waits() : part(std::chrono::seconds(5));
        return script;
    }
    Instant now{}; // of the run, to know what is left

  private:
    Duration part(Duration whole) {
        return Duration{static_cast<std::int64_t>(rng_.uniform() * double(whole.count()))};
    }
    Duration attempt_left(const engine::StartAttempt& start) const {
        return std::max(start.attempt_by - now, 0ns);
    }
    engine::Outcome outcome(const engine::StartAttempt& start) {
        constexpr OutcomeClass classes[] = {OutcomeClass::retry,         OutcomeClass::retry,
                                            OutcomeClass::failover,      OutcomeClass::cooldown,
                                            OutcomeClass::disable,       OutcomeClass::reroute,
                                            OutcomeClass::broken_stream, OutcomeClass::reject};
        constexpr Cause reroutes[] = {Cause::model_missing, Cause::context_exceeded,
                                      Cause::moderation};
        engine::Outcome o;
        o.cls = classes[rng_.below(rng_.chance(0.7) ? 4 : 8)];
        o.cause = o.cls == OutcomeClass::reroute                        ? reroutes[rng_.below(3)]
                  : o.cls == OutcomeClass::disable                      ? Cause::no_money
                  : o.cls == OutcomeClass::cooldown && rng_.chance(0.7) ? Cause::rate_limited
                                                                        : Cause::http_status;
        o.counts_for_breaker = rng_.chance(0.5);
        o.provider_wide = o.counts_for_breaker && rng_.chance(0.2);
        if (rng_.chance(0.2))
            o.should_retry = rng_.chance(0.7);
        if (rng_.chance(0.6))
            o.retry_after = rng_.chance(0.6)   ? waits()
                            : rng_.chance(0.4) ? 1ms
                                               : part(std::chrono::seconds(5));
        const auto full = attempt_cost(compiled_.targets[start.target.value].price, size);
        const double share = rng_.chance(0.6) ? 1.0 : rng_.uniform();
        if (full)
            o.cost.pico_usd = static_cast<std::int64_t>(double(full->pico_usd) * share);
        return o;
    }
    Duration waits() { // the longest that is waited for, of some target of the chain
        const auto& entries = compiled_.setup.chains[0].entries;
        return entries[rng_.below(std::uint32_t(entries.size()))].retry.max_wait;
    }

    const Compiled& compiled_;
    Rng& rng_;
};

} // namespace

class TestWorstCasePaths : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void pathsReachTheFigures() {
        int exact = 0, capped = 0, hedged_by_budget = 0;
        for (std::uint64_t seed = 0; seed < 1000; ++seed) {
            Rng rng(seed);
            const Document document = read(random::document(rng, random::Taste::plain));
            const WorstCase worst = worst_case(document, document.chains[0], size);
            if (!worst.exact)
                continue;
            ++exact;
            capped += worst.capped_by_total;
            hedged_by_budget += worst.capped_by_budget;
            double best = 0;
            const bool jitter = backoffs(worst.longest) > 0ns;
            QVERIFY2(reaches(
                         document, worst.most_attempts, worst.attempts, 0, 2000,
                         [](const lone::Ending& e) { return double(e.finish.attempts); }, &best),
                     named("attempts", seed, best, worst.attempts, document, worst.most_attempts)
                         .c_str());
            // A drawn backoff never quite is its upper end.
            const double slack = 1e-6 + (jitter ? 0.25 * to_seconds(backoffs(worst.longest)) : 0);
            QVERIFY2(reaches(
                         document, worst.longest, worst.seconds, slack, 20'000,
                         [](const lone::Ending& e) { return to_seconds(e.time); }, &best),
                     named("seconds", seed, best, worst.seconds, document, worst.longest).c_str());
            QVERIFY2(best <= worst.seconds + 1e-6, "a path goes beyond its figure");
            if (worst.cost)
                QVERIFY2(reaches(
                             document, worst.dearest, worst.cost->usd(), 0, 2000,
                             [](const lone::Ending& e) { return e.finish.cost.usd(); }, &best),
                         named("dollars", seed, best, worst.cost->usd(), document, worst.dearest)
                             .c_str());
        }
        qInfo("%d of 1000 policies have exact figures and reach them; %d end at the total, %d at a "
              "cap",
              exact, capped, hedged_by_budget);
        QVERIFY2(exact >= 800, qPrintable(QString("only %1 exact").arg(exact)));
        QVERIFY(capped >= 100 && hedged_by_budget >= 50);
    }

    void randomAdversariesNeverExceedThem() {
        double nearest_attempts = 0, nearest_seconds = 0, nearest_usd = 0;
        int policies = 0;
        for (std::uint64_t seed = 0; seed < 2000; ++seed) {
            Rng rng(seed);
            const Document document = read(
                random::document(rng, seed % 2 ? random::Taste::exotic : random::Taste::plain));
            const Chain& chain = document.chains[0];
            const WorstCase worst = worst_case(document, chain, size);
            const Compiled compiled = compile(document);
            ++policies;
            for (int run = 0; run < 40; ++run) {
                engine::Engine engine(compiled.setup, seed * 1000 + std::uint64_t(run));
                Instant now{};
                auto started = request();
                started.idempotent = rng.chance(0.9);
                if (rng.chance(0.3))
                    started.prefer = engine::TargetId{
                        std::uint16_t(rng.below(std::uint32_t(compiled.targets.size())))};
                Anything anything(compiled, rng);
                const lone::Ending ending =
                    lone::run(engine, now, started, [&](const engine::StartAttempt& start) {
                        anything.now = now;
                        return anything(start);
                    });
                const auto say = [&](const char* what, double is, double bound) {
                    return named(what, seed, is, bound, document, worst.longest) + "\n" +
                           pretty_json(document.policy);
                };
                QVERIFY2(ending.finish.attempts <= worst.attempts,
                         say("attempts", ending.finish.attempts, worst.attempts).c_str());
                QVERIFY2(to_seconds(ending.time) <= worst.seconds + 1e-6,
                         say("seconds", to_seconds(ending.time), worst.seconds).c_str());
                const double usd = worst.cost ? worst.cost->usd() : 0;
                QVERIFY2(ending.finish.cost.usd() <= usd + 1e-12,
                         say("dollars", ending.finish.cost.usd(), usd).c_str());
                if (worst.attempts > 0) {
                    nearest_attempts += ending.finish.attempts == worst.attempts;
                    nearest_seconds =
                        std::max(nearest_seconds, to_seconds(ending.time) / worst.seconds);
                    if (usd > 0)
                        nearest_usd = std::max(nearest_usd, ending.finish.cost.usd() / usd);
                }
            }
        }
        qInfo("%d policies, 40 runs each; %g runs made the most attempts, nearest to the longest "
              "%.3f, to the dearest %.3f",
              policies, nearest_attempts, nearest_seconds, nearest_usd);
        QVERIFY(nearest_attempts > 100 && nearest_seconds > 0.99 && nearest_usd > 0.99);
    }

    void thePathReadsInPlainWords() {
        const Document document = read(Json::parse(R"({"format": "brownout.chain/1",
            "providers": [{"id": "a", "dialect": "openai", "base_url": "lab:"},
                          {"id": "b", "dialect": "openai", "base_url": "lab:"}],
            "chains": [{"id": "default", "targets": [
                {"provider": "a", "model": "m", "price": {"input_usd_per_mtok": 1, "output_usd_per_mtok": 2}},
                {"provider": "b", "model": "n", "price": {"input_usd_per_mtok": 0, "output_usd_per_mtok": 4}}]}],
            "policy": {"timeouts": {"attempt_ms": 20000, "total_ms": 60000}}})"));
        const Chain& chain = document.chains[0];
        const WorstCase worst = worst_case(document, chain, size);
        const auto lines = [&](const WorstPath& path, PathView view) {
            QStringList out;
            for (const std::string& line : path_text(chain, path, view))
                out << QString::fromStdString(line);
            return out.join('\n');
        };
        QCOMPARE(lines(worst.most_attempts, PathView::attempts),
                 QString("a/m: fails twice\nb/n: fails twice"));
        QCOMPARE(lines(worst.longest, PathView::seconds),
                 QString("a/m: fails after 20 s, twice, each retry after a wait that it asks for, "
                         "up to 2 s\n"
                         "b/n: fails after 18 s"));
        QCOMPARE(lines(worst.dearest, PathView::dollars),
                 QString("a/m: 2 attempts, 0.00400 USD\nb/n: 2 attempts, 0.00400 USD"));
    }
};

QTEST_APPLESS_MAIN(TestWorstCasePaths)
#include "test_worst_case_paths.moc"
