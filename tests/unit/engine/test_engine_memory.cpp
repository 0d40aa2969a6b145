// Once warm the engine allocates nothing: every allocation of this program is counted.
#include "engine/engine.h"

#include <QTest>

#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

namespace {
std::size_t allocations = 0;
}

void* operator new(std::size_t size) {
    ++allocations;
    if (void* p = std::malloc(size))
        return p;
    throw std::bad_alloc();
}
void operator delete(void* p) noexcept {
    std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
    std::free(p);
}

using namespace brownout;
using namespace brownout::engine;
using namespace std::chrono_literals;

namespace {

Setup three_providers() {
    Setup setup;
    setup.providers.resize(3);
    for (ProviderSetup& provider : setup.providers) {
        provider.limits = {1'000'000, 1'000'000'000, 1'000'000};
        provider.keys.resize(2);
    }
    ChainSetup chain;
    chain.policy.hedge = HedgePolicy{2s, std::nullopt, 1};
    chain.policy.retry.budget = RetryBudgetPolicy{};
    chain.policy.budget = BudgetPolicy{};
    chain.policy.budget->per_request = Money{1'000'000};
    chain.strategy = Strategy::fastest;
    for (std::uint16_t i = 0; i < 3; ++i) {
        TargetSetup target;
        target.provider = ProviderId{i};
        target.price = {true, {}, {}, Money{100}};
        setup.targets.push_back(target);
        EntrySetup entry;
        entry.target = TargetId{i};
        chain.entries.push_back(entry);
    }
    setup.chains.push_back(chain);
    return setup;
}

// One call that meets two failures, a backoff and a stream. True: it was played to its end.
bool play_call(Engine& engine, Instant now, Actions& out) {
    out.clear();
    CallStarted start;
    start.stream = true;
    engine.step(start, now, out);
    Outcome failure;
    failure.cls = OutcomeClass::retry;
    failure.counts_for_breaker = true;
    int failures = 2;
    // Appended to while it is read: what follows comes in order.
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (std::holds_alternative<Finish>(out[i]))
            return true;
        if (const auto* wake = std::get_if<WakeAt>(&out[i])) {
            if (wake->why != WakeAt::Why::backoff)
                continue;
            now = wake->at;
            engine.step(Woke{wake->call}, now, out);
        }
        const auto* a = std::get_if<StartAttempt>(&out[i]);
        if (!a)
            continue;
        const bool fails = failures-- > 0;
        now += 10ms;
        if (!fails)
            engine.step(Delta{a->call, a->attempt}, now, out);
        engine.step(AttemptFinished{a->call, a->attempt, fails ? failure : Outcome{}}, now, out);
    }
    return false;
}

} // namespace

class TestEngineMemory : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void nothing_per_call_once_warm();
    void a_hundred_thousand_calls_in_flight();
    void a_queue_of_calls();
    void a_fork_has_its_own_world();
};

void TestEngineMemory::nothing_per_call_once_warm() {
    Engine engine(three_providers(), 1);
    engine.reserve(1);
    auto out = std::make_unique<Actions>();
    const std::size_t before = allocations;
    bool all = true;
    for (int i = 0; i < 10'000; ++i)
        all = play_call(engine, Instant{i * 10s}, *out) && all;
    QCOMPARE(allocations, before);
    QVERIFY(all);
    const Engine fork = engine;
    QVERIFY(allocations > before); // the counter counts
    QCOMPARE(fork.calls_in_flight(), std::size_t{0});
}

void TestEngineMemory::a_hundred_thousand_calls_in_flight() {
    constexpr std::size_t calls = 100'000;
    Engine engine(three_providers(), 1);
    engine.reserve(calls);
    auto out = std::make_unique<Actions>();
    std::vector<CallId> ids;
    ids.reserve(calls);
    const std::size_t before = allocations;
    for (std::size_t i = 0; i < calls; ++i) {
        out->clear();
        engine.step(CallStarted{}, Instant{1ms}, *out);
        QVERIFY(!out->empty());
        ids.push_back(std::get<StartAttempt>((*out)[0]).call);
    }
    QCOMPARE(engine.calls_in_flight(), calls);
    for (const CallId id : ids) {
        out->clear();
        engine.step(AttemptFinished{id, 1, Outcome{}}, Instant{2ms}, *out);
    }
    QCOMPARE(engine.calls_in_flight(), std::size_t{0});
    QCOMPARE(allocations, before);
}

void TestEngineMemory::a_queue_of_calls() {
    constexpr std::size_t calls = 1000;
    Setup setup = three_providers();
    setup.chains[0].entries.resize(1);
    setup.providers[0].limits.concurrency = 1;
    Engine engine(setup, 1);
    engine.reserve(calls);
    auto out = std::make_unique<Actions>();
    const std::size_t before = allocations;
    for (std::size_t i = 0; i < calls; ++i) {
        out->clear();
        CallStarted start;
        start.tag = i;
        engine.step(start, Instant{1ms}, *out);
        QCOMPARE(out->size(), i == 0 ? std::size_t{2} : std::size_t{1}); // or only the wake-up
        if (i == 0)
            QVERIFY(std::holds_alternative<StartAttempt>((*out)[0]));
    }
    QCOMPARE(engine.calls_in_flight(), calls);
    // Each that ends hands its place to the next in line.
    CallId running{0, 0};
    for (std::size_t i = 0; i < calls; ++i) {
        out->clear();
        engine.step(AttemptFinished{running, 1, Outcome{}}, Instant{2ms}, *out);
        for (const Action& action : *out)
            if (const auto* a = std::get_if<StartAttempt>(&action)) {
                QCOMPARE(a->tag, std::uint64_t{i + 1});
                running = a->call;
            }
    }
    QCOMPARE(engine.calls_in_flight(), std::size_t{0});
    QCOMPARE(allocations, before);
}

void TestEngineMemory::a_fork_has_its_own_world() {
    Engine engine(three_providers(), 1);
    auto out = std::make_unique<Actions>();
    engine.step(CallStarted{}, Instant{1ms}, *out);
    Engine fork = engine;
    const CallId id = std::get<StartAttempt>((*out)[0]).call;
    out->clear();
    fork.step(AttemptFinished{id, 1, Outcome{}}, Instant{2ms}, *out);
    QCOMPARE(fork.calls_in_flight(), std::size_t{0});
    QCOMPARE(engine.calls_in_flight(), std::size_t{1});
    fork = engine;
    QCOMPARE(fork.calls_in_flight(), std::size_t{1});
}

QTEST_APPLESS_MAIN(TestEngineMemory)
#include "test_engine_memory.moc"
