// Failures return sooner than successes: a breaker that judges by what has finished opens healthy
// targets under load, one after the other. Before: that breaker. After: the engine's, which judges
// by what was started. Both meet the same arrivals and the same ends.
#include "unit/engine/load.h"

#include <QTest>

#include <algorithm>
#include <deque>

using namespace brownout;
using namespace brownout::engine;
using namespace std::chrono_literals;

namespace {

// As gateways have it: three failures in a row, or half of the last hundred finished (ten at
// least); open for 30 s, then one probe.
class PlainBreaker {
  public:
    bool admits(Instant now) const { return !open_ || (now >= open_until_ && !probing_); }
    bool is_open() const { return open_; }
    void begin() { probing_ = open_; }
    bool end(Instant now, bool success) { // true: it opens
        if (open_) {
            if (probing_ && success)
                *this = PlainBreaker{};
            else if (probing_)
                open_until_ = now + 30s;
            probing_ = false;
            return false;
        }
        in_a_row_ = success ? 0 : in_a_row_ + 1;
        finished_.push_back(success);
        if (finished_.size() > 100)
            finished_.pop_front();
        const auto failures = std::count(finished_.begin(), finished_.end(), false);
        open_ = in_a_row_ >= 3 ||
                (finished_.size() >= 10 && 2 * std::size_t(failures) >= finished_.size());
        open_until_ = now + 30s;
        return open_;
    }

  private:
    std::deque<bool> finished_;
    int in_a_row_ = 0;
    bool open_ = false, probing_ = false;
    Instant open_until_{};
};

class PlainUnderLoad {
  public:
    explicit PlainUnderLoad(const load::Load& load) : load_(load), fate_(load_) {}

    load::Figures play() {
        const Instant end{load_.lasts};
        for (Instant at = fate_.next_arrival({}); at < end; at = fate_.next_arrival(at)) {
            run_until(at);
            ++figures_.calls;
            attempt(0, at);
        }
        run_until(never);
        return figures_;
    }

  private:
    struct End {
        Instant at;
        int target;
        bool success;
        bool operator>(const End& o) const { return at > o.at; }
    };
    void run_until(Instant until) {
        while (!queue_.empty() && queue_.top().at <= until) {
            const End end = queue_.top();
            queue_.pop();
            if (breakers_[std::size_t(end.target)].end(end.at, end.success))
                ++figures_.openings[std::size_t(end.target)];
            if (end.success)
                ++figures_.succeeded;
            else
                attempt(end.target + 1, end.at);
        }
    }
    void attempt(int from, Instant now) {
        for (int i = from; i < 3; ++i) {
            PlainBreaker& breaker = breakers_[std::size_t(i)];
            if (!breaker.admits(now))
                continue;
            breaker.begin();
            const auto end = fate_.attempt(i, now);
            queue_.push({now + end.after, i, end.success});
            return;
        }
    }

    load::Load load_;
    load::Fate fate_;
    std::array<PlainBreaker, 3> breakers_;
    std::priority_queue<End, std::vector<End>, std::greater<>> queue_;
    load::Figures figures_;
};

void report(const char* who, const load::Load& load, const load::Figures& f) {
    qInfo("%s, %g requests/s: %.2f %% succeed, opened %d/%d/%d times", who, load.requests_per_s,
          100 * f.success(), f.openings[0], f.openings[1], f.openings[2]);
}

} // namespace

class TestEngineCascade : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void a_plain_breaker_opens_them_all();
    void healthy_targets_stay_closed_data();
    void healthy_targets_stay_closed();
    void a_broken_target_is_still_found_data();
    void a_broken_target_is_still_found();
};

void TestEngineCascade::a_plain_breaker_opens_them_all() {
    for (const double rate : {50.0, 500.0, 5000.0}) {
        load::Load load;
        load.requests_per_s = rate;
        load.lasts = 25s;
        const load::Figures f = PlainUnderLoad(load).play();
        report("plain breaker", load, f);
        if (rate < 5000)
            continue;
        QVERIFY(f.success() < 0.05);
        QVERIFY(f.openings[0] > 0 && f.openings[1] > 0 && f.openings[2] > 0);
    }
}

void TestEngineCascade::healthy_targets_stay_closed_data() {
    QTest::addColumn<double>("rate");
    QTest::addColumn<double>("error_ratio");
    QTest::addColumn<int>("seed");
    for (const double rate : {50.0, 500.0, 5000.0})
        for (const double errors : {0.01, 0.05})
            for (int seed = 1; seed <= (rate > 1000 ? 2 : 5); ++seed)
                QTest::addRow("%g requests/s, %g %% errors, seed %d", rate, 100 * errors, seed)
                    << rate << errors << seed;
}

void TestEngineCascade::healthy_targets_stay_closed() {
    QFETCH(double, rate);
    QFETCH(double, error_ratio);
    QFETCH(int, seed);
    load::Load load;
    load.requests_per_s = rate;
    load.error_ratio = error_ratio;
    load.seed = std::uint64_t(seed);
    load.lasts = 25s;
    const load::Figures f = load::EngineUnderLoad(load).play();
    if (seed == 1)
        report("engine", load, f);
    // At 5 % three failures in a row happen by chance, and three in a row is what opens a breaker:
    // one may open, but it drags nobody along.
    if (error_ratio <= 0.01)
        QCOMPARE(f.all_openings(), 0);
    QVERIFY(f.all_openings() <= 1);
    // All three fail, and the last one's own retry: at 5 % it is 6 in a million.
    QVERIFY2(f.success() > 0.9999, std::to_string(f.success()).c_str());
}

void TestEngineCascade::a_broken_target_is_still_found_data() {
    QTest::addColumn<double>("rate");
    QTest::addColumn<bool>("hangs");
    QTest::addColumn<double>("within_s");
    for (const double rate : {50.0, 500.0, 5000.0}) {
        QTest::addRow("errors at %g requests/s", rate) << rate << false << 1.0;
        // The first-token limit is 15 s; then twice what a success takes, and the tail.
        QTest::addRow("hangs at %g requests/s", rate) << rate << true << 20.0;
    }
}

// Its load moves to the next, which is as cold as it can be, and back again at the end.
void TestEngineCascade::a_broken_target_is_still_found() {
    QFETCH(double, rate);
    QFETCH(bool, hangs);
    QFETCH(double, within_s);
    load::Load load;
    load.requests_per_s = rate;
    load.lasts = 45s;
    load.down_from = Instant{5s};
    load.down_to = Instant{30s};
    load.hangs = hangs;
    const load::Figures f = load::EngineUnderLoad(load).play();
    const double found = to_seconds(f.first_opened - load.down_from);
    qInfo("%s at %g requests/s: open after %.3f s, %.2f %% succeed", hangs ? "hangs" : "errors",
          rate, found, 100 * f.success());
    QVERIFY(found < within_s);
    QCOMPARE(f.openings[1] + f.openings[2], 0);
    QVERIFY(f.all_open == Duration::zero());
    QVERIFY2(f.success() > 0.9999, std::to_string(f.success()).c_str());
}

QTEST_APPLESS_MAIN(TestEngineCascade)
#include "test_engine_cascade.moc"
