// Money over restarts inside one process: what a driver hears of earlier runs and of others, whose
// money counts for which cap, and what noting it costs.
#include "live/spend_book.h"
#include "live/worker.h"
#include "support/live_world.h"
#include "support/plain_provider.h"

#include <QTemporaryDir>

using namespace brownout;
using namespace brownout::test;

namespace {

// 18 tokens at 1 and 2 USD per million: see chain_json and PlainProvider.
constexpr double answer_usd = (11 * 1 + 7 * 2) / 1e6;

std::string path_in(const QTemporaryDir& dir) {
    return dir.filePath("ledger.sqlite3").toStdString();
}

// What a window waits for.
live::SnapshotPtr wait_for(live::Worker& worker,
                           const std::function<bool(const live::Snapshot&)>& what) {
    for (int i = 0; i < 1000; ++i) {
        auto picture = worker.snapshot();
        if (what(*picture))
            return picture;
        QTest::qWait(10);
    }
    return worker.snapshot();
}

live::PromptView ask(live::Worker& worker, std::uint64_t id) {
    wire::ChatRequest request;
    request.messages.push_back({wire::Role::user, "What is it?"});
    request.max_tokens = 5;
    worker.post(live::SendPrompt{id, "", std::move(request)});
    live::PromptView found;
    wait_for(worker, [&](const live::Snapshot& s) {
        for (const live::PromptView& p : s.prompts)
            if (p.id == id && p.finished) {
                found = p;
                return true;
            }
        return false;
    });
    return found;
}

// As another process does.
void spend_elsewhere(const std::string& ledger, const std::string& base_url, double usd) {
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(
        std::chrono::system_clock::now().time_since_epoch());
    auto other = record::Ledger::open(ledger);
    const record::LedgerEntry entry[] = {
        {"test", record::upstream_of(base_url), "p1", now.count(), Money::from_usd(usd)}};
    if (!other || !(*other)->add(entry, now.count()))
        qFatal("the other process cannot spend");
}

void load(live::Worker& worker, const chain::Json& json, std::uint64_t revision) {
    worker.post(live::LoadDocument{read(json), {}, revision, "sha"});
    wait_for(worker, [&](const auto& s) { return s.document_revision == revision; });
}

} // namespace

class TestSpendBook : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void theWindowRemembers() {
        QTemporaryDir dir;
        PlainProvider one(PlainProvider::answers, "one");
        const auto json =
            chain_json({one.base_url()}, R"({"budget":{"per_day_usd":0.00004}})"); // for one
        live::WorkerOptions options;
        options.ledger_path = path_in(dir);
        {
            live::Worker worker(options);
            load(worker, json, 1);
            QCOMPARE(ask(worker, 1).record.result, engine::CallResult::success);
            auto renamed = json;
            renamed["policy"]["retry"]["max_attempts"] = 4; // an edit is the same document
            load(worker, renamed, 2);
            QCOMPARE(ask(worker, 2).record.result, engine::CallResult::refused);
            renamed["name"] = "another"; // another document has a budget of its own
            load(worker, renamed, 3);
            QCOMPARE(ask(worker, 3).record.result, engine::CallResult::success);
            load(worker, json, 4); // and this one remembers
            QCOMPARE(ask(worker, 4).record.result, engine::CallResult::refused);
        }
        live::Worker next(options);
        load(next, json, 1);
        const auto refused = ask(next, 1);
        QCOMPARE(refused.record.result, engine::CallResult::refused);
        QVERIFY2(refused.record.error.find("per day") != std::string::npos,
                 refused.record.error.c_str());
        QCOMPARE(one.requests(), 2);
    }

    void anotherProcessSpends() {
        QTemporaryDir dir;
        PlainProvider one(PlainProvider::answers, "one");
        const auto json = chain_json({one.base_url()}, R"({"budget":{"per_day_usd":1}})");
        live::WorkerOptions options;
        options.ledger_path = path_in(dir);
        live::Worker worker(options);
        load(worker, json, 1);
        QCOMPARE(ask(worker, 1).record.result, engine::CallResult::success);
        spend_elsewhere(path_in(dir), one.base_url(), 1);
        std::uint64_t id = 1;
        // Our own answers are far from a dollar: only what the other one noted can be too much.
        QTRY_VERIFY_WITH_TIMEOUT(ask(worker, ++id).record.result == engine::CallResult::refused,
                                 30'000);
        QVERIFY(static_cast<double>(one.requests()) * answer_usd < 0.5);
    }

    // Nothing happens here until the other has spent: the first request is refused already.
    void anIdleWindowHearsOfIt() {
        QTemporaryDir dir;
        PlainProvider one(PlainProvider::answers, "one");
        live::WorkerOptions options;
        options.ledger_path = path_in(dir);
        live::Worker worker(options);
        load(worker, chain_json({one.base_url()}, R"({"budget":{"per_day_usd":0.0001}})"), 1);
        const std::uint64_t shown = worker.snapshot()->version;
        spend_elsewhere(path_in(dir), one.base_url(), 0.0001);
        wait_for(worker, [&](const auto& s) { return s.version > shown; });
        QCOMPARE(ask(worker, 1).record.result, engine::CallResult::refused);
        QCOMPARE(one.requests(), 0);
    }

    // Nobody catches up for a while: what has come is summed, and counts whole.
    void newsIsKeptAsASum() {
        QTemporaryDir dir;
        LiveWorld world(
            read(chain_json({"http://127.0.0.1:1/v1"}, R"({"budget":{"per_day_usd":0.001}})")));
        std::atomic<int> told = 0;
        auto book = live::SpendBook::open(path_in(dir), world.clock, [&] { ++told; });
        QVERIFY(book);
        const auto document = read(chain_json({"http://127.0.0.1:1/v1"}));
        QVERIFY((*book)->begin(*world.driver, document));
        for (int i = 1; i <= 2; ++i) {
            spend_elsewhere(path_in(dir), "http://127.0.0.1:1/v1", 0.0005);
            QTRY_COMPARE_WITH_TIMEOUT(told.load(), i, 10'000);
        }
        (*book)->catch_up(*world.driver);
        Asked asked;
        world.start(asked, false);
        QVERIFY(world.wait(asked));
        QCOMPARE(asked.record->result, engine::CallResult::refused);
    }

    void playDoesNotUseUpRealMoney() {
        QTemporaryDir dir;
        PlainProvider one(PlainProvider::answers, "one");
        // Simulated first, and broken every second time by its own error ratio: both spend.
        auto json = chain_json({"lab:", one.base_url()},
                               R"({"budget":{"per_hour_usd":0.00006},"breaker":
                                  {"consecutive_failures":null,"failure_ratio":null}})");
        json["providers"][0]["model"] = {{"first_token_ms", 1}, {"token_ms", 0}};
        json["chains"][0]["targets"][0]["price"]["output_usd_per_mtok"] = 10.0; // 5 tokens: 0.00005
        live::WorkerOptions options;
        options.ledger_path = path_in(dir);
        live::Worker worker(options);
        load(worker, json, 1);
        QCOMPARE(ask(worker, 1).record.served_by, std::string("p1/m1"));
        // The cap holds for play by itself: the next one goes to the real provider ...
        QCOMPARE(ask(worker, 2).record.served_by, std::string("p2/m2"));
        // ... which has its 0.00006 untouched: two answers of 0.000025 fit, no third.
        QCOMPARE(ask(worker, 3).record.served_by, std::string("p2/m2"));
        QCOMPARE(ask(worker, 4).record.result, engine::CallResult::refused);
        QCOMPARE(one.requests(), 2);
    }

    void noLedgerIsSaidAndTrafficGoesOn() {
        PlainProvider one(PlainProvider::answers, "one");
        live::WorkerOptions options;
        options.ledger_path = "/dev/null/ledger.sqlite3";
        live::Worker worker(options);
        load(worker, chain_json({one.base_url()}, R"({"budget":{"per_day_usd":1}})"), 1);
        const auto s = wait_for(worker, [](const auto& p) { return !p.notices.empty(); });
        QVERIFY(!s->notices.empty());
        QVERIFY2(s->notices.back().text.find("count from now") != std::string::npos,
                 s->notices.back().text.c_str());
        QCOMPARE(ask(worker, 1).record.result, engine::CallResult::success);
    }

    void noticesAreAFew() {
        live::Worker worker;
        for (int i = 0; i < 3; ++i)
            worker.post(live::SetTraffic{"", 1}); // no chain is loaded
        const auto s = wait_for(
            worker, [](const auto& p) { return !p.notices.empty() && p.notices.back().id >= 3; });
        QCOMPARE(s->notices.size(), std::size_t{1}); // said three times, shown once
        QCOMPARE(s->notices.back().id, std::uint64_t{3});
    }

    // The loop pays for a note, the thread of the book for the disk.
    void notingIsCheap() {
        QTemporaryDir dir;
        const live::Clock clock;
        auto book = live::SpendBook::open(path_in(dir), clock);
        QVERIFY(book);
        const auto document = read(chain_json({"https://api.example.com/v1"}));
        record::AttemptRecord attempt;
        attempt.provider = "p1";
        attempt.outcome.cost = Money::from_usd(answer_usd);
        constexpr int n = 100'000;
        const auto begun = std::chrono::steady_clock::now();
        for (int i = 0; i < n; ++i) {
            attempt.ended = clock.now();
            (*book)->spent(document, attempt);
        }
        const double ns =
            std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begun)
                .count() /
            n;
        qInfo("noting one attempt: %.0f ns", ns);
        QVERIFY((*book)->close());
        QVERIFY2(ns < 50'000, "a request takes milliseconds; its note must not");
        auto ledger = record::Ledger::open(path_in(dir));
        std::int64_t sum = 0;
        const auto all = (*ledger)->read("test", 0);
        for (const auto& e : *all)
            sum += e.cost.pico_usd;
        QCOMPARE(sum, n * attempt.outcome.cost.pico_usd); // to the pico-dollar
    }
};

QTEST_GUILESS_MAIN(TestSpendBook)
#include "test_spend_book.moc"
