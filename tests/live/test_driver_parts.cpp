// The pure parts of the live side: what a caller gets of a restarted answer, what an attempt costs,
// how its end reads, when generated requests are due, and how an outage is summed up.
#include "live/attempt_message.h"
#include "live/delivery.h"
#include "live/outage_watch.h"
#include "live/traffic.h"
#include "wire/billing.h"
#include "wire/usage.h"

#include <QTest>

using namespace brownout;
using namespace brownout::live;
using namespace std::chrono_literals;
using engine::AttemptMode;
using engine::Cause;
using engine::OutcomeClass;

Q_DECLARE_METATYPE(brownout::engine::Outcome)
Q_DECLARE_METATYPE(brownout::engine::AttemptMode)

namespace {

engine::Outcome failure(OutcomeClass cls, Cause cause, int status = 0) {
    engine::Outcome o;
    o.cls = cls;
    o.cause = cause;
    o.status = static_cast<std::uint16_t>(status);
    return o;
}

record::RequestRecord request(double ms, double usd, const std::string& served_by) {
    record::RequestRecord r;
    r.result = served_by.empty() ? engine::CallResult::failed : engine::CallResult::success;
    r.ended = Instant{from_ms(ms)};
    r.cost = Money::from_usd(usd);
    r.served_by = served_by;
    return r;
}

record::AttemptRecord attempt(const std::string& target, OutcomeClass cls) {
    record::AttemptRecord a;
    a.number = 1;
    a.target = target;
    a.finished = true;
    a.outcome.cls = cls;
    return a;
}

} // namespace

class TestDriverParts : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void delivery_data() {
        QTest::addColumn<QStringList>("first");
        QTest::addColumn<AttemptMode>("mode");
        QTest::addColumn<bool>("accepts");
        QTest::addColumn<QStringList>("second");
        QTest::addColumn<QString>("given"); // what of the second answer the caller gets
        QTest::addColumn<QString>("has");   // what it has in the end
        QTest::addColumn<bool>("differs");
        QTest::addColumn<bool>("complete");
        const auto restart = AttemptMode::restart;
        QTest::newRow("asked for restarts") << QStringList{"The ", "sea"} << restart << true
                                            << QStringList{"A ", "lake"} << "A lake"
                                            << "A lake" << false << true;
        QTest::newRow("same beginning") << QStringList{"The ", "sea"} << restart << false
                                        << QStringList{"The s", "ea is", " wide"} << " is wide"
                                        << "The sea is wide" << false << true;
        QTest::newRow("same, split inside") << QStringList{"ab", "cd"} << restart << false
                                            << QStringList{"a", "b", "c", "d", "e"} << "e"
                                            << "abcde" << false << true;
        QTest::newRow("differs at once")
            << QStringList{"The sea"} << restart << false << QStringList{"A sea"} << ""
            << "The sea" << true << false;
        QTest::newRow("differs in the last byte")
            << QStringList{"The sea"} << restart << false << QStringList{"The se", "t and"} << ""
            << "The sea" << true << false;
        QTest::newRow("shorter") << QStringList{"The sea"} << restart << false << QStringList{"The"}
                                 << ""
                                 << "The sea" << false << false;
        QTest::newRow("equal") << QStringList{"The sea"} << restart << false
                               << QStringList{"The sea"} << ""
                               << "The sea" << false << true;
        QTest::newRow("continued")
            << QStringList{"The "} << AttemptMode::resume << false << QStringList{"sea"} << "sea"
            << "The sea" << false << true;
        QTest::newRow("nothing yet")
            << QStringList{} << restart << false << QStringList{"A sea"} << "A sea"
            << "A sea" << false << true;
    }
    void delivery() {
        QFETCH(QStringList, first);
        QFETCH(AttemptMode, mode);
        QFETCH(bool, accepts);
        QFETCH(QStringList, second);
        QFETCH(bool, differs);
        Delivery d;
        wire::Delta out;
        QVERIFY(!d.begin(AttemptMode::fresh, accepts));
        for (const QString& piece : first)
            QCOMPARE(d.take({piece.toStdString(), {}}, out), Delivery::Verdict::pass);
        const bool announced = d.begin(mode, accepts);
        QCOMPARE(announced, accepts && mode == AttemptMode::restart && !first.isEmpty());
        std::string given;
        bool differed = false;
        for (const QString& piece : second) {
            const auto verdict = d.take({piece.toStdString(), {}}, out);
            differed |= verdict == Delivery::Verdict::differs;
            if (verdict == Delivery::Verdict::pass)
                given += out.text;
        }
        QCOMPARE(differed, differs);
        QTEST(QString::fromStdString(given), "given");
        QTEST(QString::fromStdString(d.text()), "has");
        QTEST(!differed && d.complete(), "complete");
    }

    // A call of a tool cannot be taken up by another answer: its id and arguments are its own.
    void half_a_call_is_followed_by_nothing_data() {
        QTest::addColumn<AttemptMode>("mode");
        QTest::addColumn<bool>("accepts");
        QTest::addColumn<bool>("follows");
        QTest::newRow("restarted") << AttemptMode::restart << false << false;
        QTest::newRow("restarted, as asked") << AttemptMode::restart << true << true;
        QTest::newRow("continued") << AttemptMode::resume << false << false;
    }
    void half_a_call_is_followed_by_nothing() {
        QFETCH(AttemptMode, mode);
        QFETCH(bool, accepts);
        QFETCH(bool, follows);
        const wire::Delta half{"", "", {{0, "c1", "look", "{\"at\""}}};
        const wire::Delta other{"", "", {{0, "c9", "look", "{\"at\":1}"}}};
        for (const wire::Delta& next : {other, wire::Delta{"It rains.", ""}}) {
            Delivery d;
            wire::Delta out;
            d.begin(AttemptMode::fresh, accepts);
            QCOMPARE(d.take(half, out), Delivery::Verdict::pass);
            QCOMPARE(out.tool_calls.size(), std::size_t{1});
            QCOMPARE(d.begin(mode, accepts), follows);
            QCOMPARE(d.take(next, out),
                     follows ? Delivery::Verdict::pass : Delivery::Verdict::differs);
            QCOMPARE(d.complete(), follows);
        }
        // A call where there was text: the repeated answer is another one.
        Delivery d;
        wire::Delta out;
        d.begin(AttemptMode::fresh, false);
        d.take({"The sea", ""}, out);
        d.begin(AttemptMode::restart, false);
        QCOMPARE(d.take(other, out), Delivery::Verdict::differs);
    }

    void every_split_of_a_repeated_answer_gives_the_rest_once() {
        const std::string had = "The sea", whole = "The sea is wide";
        for (std::size_t a = 0; a <= whole.size(); ++a) {
            for (std::size_t b = a; b <= whole.size(); ++b) {
                Delivery d;
                wire::Delta out;
                d.begin(AttemptMode::fresh, false);
                d.take({had, {}}, out);
                d.begin(AttemptMode::restart, false);
                std::string screen = had;
                for (const std::string& piece :
                     {whole.substr(0, a), whole.substr(a, b - a), whole.substr(b)})
                    if (d.take({piece, {}}, out) == Delivery::Verdict::pass)
                        screen += out.text;
                QCOMPARE(screen, whole);
                QVERIFY(d.complete());
            }
        }
    }

    void bills_data() {
        QTest::addColumn<bool>("succeeded");
        QTest::addColumn<int>("seen");
        QTest::addColumn<bool>("counted");
        QTest::addColumn<double>("usd"); // at 1 and 2 USD per million tokens
        QTest::addColumn<bool>("estimated");
        QTest::addColumn<bool>("ambiguous");
        QTest::newRow("success, counted")
            << true << 7 << true << 10e-6 + 2 * 5e-6 << false << false;
        QTest::newRow("success, not counted")
            << true << 7 << false << 100e-6 + 2 * 7e-6 << true << false;
        QTest::newRow("cut after tokens")
            << false << 40 << false << 100e-6 + 2 * 40e-6 << true << false;
        QTest::newRow("cut, but counted")
            << false << 40 << true << 10e-6 + 2 * 5e-6 << false << false;
        QTest::newRow("refused") << false << 0 << false << 0.0 << false << false;
        QTest::newRow("lost before a token") << false << 0 << false << 100e-6 << true << true;
    }
    void bills() {
        QFETCH(bool, succeeded);
        QFETCH(int, seen);
        QFETCH(bool, counted);
        QFETCH(bool, ambiguous);
        wire::AttemptFacts facts;
        facts.ambiguous = ambiguous;
        facts.succeeded = succeeded;
        facts.input_tokens = 100;
        facts.tokens_seen = static_cast<std::uint32_t>(seen);
        if (counted)
            facts.usage = wire::Usage{10, 0, 0, 5, 0, false};
        chain::Price price;
        price.input_usd_per_mtok = 1;
        price.output_usd_per_mtok = 2;
        const wire::Bill b = wire::bill(facts, price);
        QTEST(b.cost.usd(), "usd");
        QTEST(b.usage.estimated, "estimated");
        QVERIFY(b.known);
        const wire::Bill unknown = wire::bill(facts, std::nullopt);
        QCOMPARE(unknown.cost, Money{});
        QCOMPARE(unknown.known, unknown.usage.input == 0); // nothing billed is known to be nothing
    }

    // A picture that may have been made may be billed.
    void a_lost_picture_is_billed() {
        wire::AttemptFacts facts;
        facts.asked_for_media = true;
        facts.pictures_asked = 2;
        chain::Price price;
        price.image_usd = 0.04;
        QCOMPARE(wire::bill(facts, price).cost, Money{}); // refused
        facts.ambiguous = true;
        const wire::Bill lost = wire::bill(facts, price);
        QCOMPARE(lost.cost, Money::from_usd(0.08));
        QVERIFY(lost.usage.estimated && lost.known);
        QVERIFY(!wire::bill(facts, std::nullopt).known);
    }

    void messages_data() {
        QTest::addColumn<engine::Outcome>("outcome");
        QTest::addColumn<int>("seen");
        QTest::addColumn<double>("limit_s");
        QTest::addColumn<QString>("text");
        const auto row = [](const char* text, engine::Outcome o, int seen = 0, double limit = 0) {
            QTest::newRow(text) << o << seen << limit << QString::fromLatin1(text);
        };
        using C = OutcomeClass;
        row("503 overloaded", failure(C::failover, Cause::overloaded, 503));
        row("503 unavailable", failure(C::failover, Cause::http_status, 503));
        row("500 server error", failure(C::retry, Cause::http_status, 500));
        row("429 rate limited", failure(C::cooldown, Cause::rate_limited, 429));
        row("401 key refused", failure(C::disable, Cause::bad_key, 401));
        row("connection refused", failure(C::retry, Cause::connect_refused));
        row("name not found", failure(C::retry, Cause::dns));
        row("no connection within 3 s", failure(C::failover, Cause::connect_timeout), 0, 3);
        row("no token within 15 s", failure(C::failover, Cause::first_token_timeout), 0, 15);
        row("no token within 0.75 s", failure(C::failover, Cause::first_token_timeout), 0, 0.75);
        row("silent for 15 s after 1 token", failure(C::broken_stream, Cause::stall_timeout), 1,
            15);
        row("not finished within 60 s", failure(C::failover, Cause::attempt_timeout), 9, 60);
        row("stream cut after 40 tokens", failure(C::broken_stream, Cause::truncated), 40);
        row("stream cut after 3 tokens", failure(C::broken_stream, Cause::reset), 3);
        row("connection lost before the reply", failure(C::retry, Cause::reset));
        row("unreadable reply", failure(C::failover, Cause::malformed));
        row("another attempt was faster", failure(C::cancelled, Cause::hedge_lost));
        row("the caller left", failure(C::cancelled, Cause::caller_left));
        row("", failure(C::success, Cause::none, 200));
    }
    void messages() {
        QFETCH(engine::Outcome, outcome);
        QFETCH(int, seen);
        QFETCH(double, limit_s);
        const std::string text = attempt_message(
            {outcome, {}, {}, static_cast<std::uint32_t>(seen), from_seconds(limit_s)});
        QTEST(QString::fromStdString(text), "text");
    }

    void arrivals_keep_their_rate() {
        faults::Traffic traffic;
        traffic.rate = {{0, 20}, {100, 0}, {200, 5}};
        for (const auto kind : {faults::Arrivals::poisson, faults::Arrivals::uniform}) {
            traffic.arrivals = kind;
            ArrivalPlan plan(traffic, 3);
            int early = 0, silent = 0, late = 0;
            double last = 0;
            for (double at = plan.next(); at < 400; at = plan.next()) {
                QVERIFY(at >= last);
                last = at;
                ++(at < 100 ? early : at < 200 ? silent : late);
            }
            const int slack = kind == faults::Arrivals::uniform ? 1 : 150; // over 3 sigma
            QVERIFY2(std::abs(early - 2000) <= slack, qPrintable(QString::number(early)));
            QCOMPARE(silent, 0);
            QVERIFY2(std::abs(late - 1000) <= slack, qPrintable(QString::number(late)));
        }
    }
    void arrivals_repeat_with_their_seed() {
        faults::Traffic traffic;
        ArrivalPlan a(traffic, 9), b(traffic, 9), c(traffic, 10);
        bool differs = false;
        for (int i = 0; i < 100; ++i) {
            const double x = a.next();
            QCOMPARE(b.next(), x);
            differs |= c.next() != x;
        }
        QVERIFY(differs);
    }
    void no_rate_no_arrivals() {
        faults::Traffic traffic;
        traffic.rate = {{0, 0}};
        QVERIFY(std::isinf(ArrivalPlan(traffic, 1).next()));
    }
    void filler_has_the_length_asked_for() {
        for (const int tokens : {1, 10, 200, 1000}) {
            const auto counted = wire::estimate_tokens(filler_text(tokens));
            QCOMPARE(counted, tokens);
        }
        const std::string most = filler_text(1'000'000);
        QCOMPARE(std::count(most.begin(), most.end(), ' '), 1999);
    }

    void outage_is_summed_up_against_the_minute_before() {
        OutageWatch watch;
        QVERIFY(!watch.summary());
        watch.begin({"aster/a"}, Figures::Baseline{500, 0.001});
        for (int i = 0; i < 3; ++i)
            watch.attempt(attempt("aster/a", OutcomeClass::failover));
        watch.attempt(attempt("aster/a", OutcomeClass::cancelled)); // says nothing about Aster
        watch.attempt(attempt("birch/b", OutcomeClass::failover));  // is not broken
        watch.request(request(900, 0.002, "birch/b"));
        watch.request(request(1100, 0.004, "birch/b"));
        watch.request(request(1000, 0.003, "cedar/c"));
        watch.request(request(0, 0, ""));
        const auto s = watch.summary();
        QVERIFY(s);
        QCOMPARE(s->broken, std::string{"aster/a"});
        QCOMPARE(s->answered_by, std::string{"birch/b"});
        QCOMPARE(s->failures, 3u);
        QCOMPARE(s->lost, 1u);
        QCOMPARE(s->added_ms, 500.0);
        QVERIFY(std::abs(s->added_usd - 0.002) < 1e-12);
        watch.end();
        watch.attempt(attempt("aster/a", OutcomeClass::failover));
        QCOMPARE(watch.summary()->failures, 3u); // what comes later is another story
        watch.begin({"birch/b"}, std::nullopt);
        QCOMPARE(watch.summary()->failures, 0u);
        QCOMPARE(watch.summary()->added_ms, 0.0); // nothing to compare with
    }

    void figures_forget_after_a_minute_and_count_for_good() {
        Figures figures;
        const auto at = [](double s) { return Instant{from_seconds(s)}; };
        for (int i = 0; i < 30; ++i) {
            figures.started(at(i));
            record::AttemptRecord a =
                attempt("aster/a", i % 3 == 0 ? OutcomeClass::failover : OutcomeClass::success);
            a.started = at(i);
            a.ended = at(i + 0.1);
            a.outcome.cost = Money::from_usd(0.001);
            figures.attempt(a, at(i));
            auto r = std::make_shared<record::RequestRecord>(
                request(100, 0.001, i % 3 == 0 ? "" : "aster/a"));
            r->attempts = {a};
            figures.request(r, at(i));
        }
        TargetView view;
        view.name = "aster/a";
        figures.fill(view, at(30));
        QCOMPARE(view.attempts_last_minute, 30u);
        QVERIFY(std::abs(view.failure_rate - 1.0 / 3) < 1e-9);
        QVERIFY(std::abs(view.p50_ms - 100) < 1);
        QVERIFY(std::abs(view.usd_per_hour - 0.03 / 30 * 3600) < 1e-9);
        Snapshot picture;
        figures.fill(picture, at(30));
        QCOMPARE(picture.totals.requests, 30u);
        QCOMPARE(picture.totals.succeeded, 20u);
        QCOMPARE(picture.totals.failed, 10u);
        QCOMPARE(picture.totals.running, 0u);
        QCOMPARE(picture.requests->size(), 30u);
        QVERIFY(figures.last_minute(at(30)));
        figures.fill(view, at(200));
        QCOMPARE(view.attempts_last_minute, 0u);
        QCOMPARE(view.attempts, 30u);
        QVERIFY(view.p50_ms < 0);
        QVERIFY(!figures.last_minute(at(200)));
        QVERIFY(!figures.fading(at(200)));
    }
    void figures_keep_at_most_500_requests() {
        Figures figures;
        for (int i = 0; i < 2000; ++i) {
            figures.started(Instant{});
            figures.request(std::make_shared<record::RequestRecord>(request(1, 0, "aster/a")),
                            Instant{});
        }
        Snapshot picture;
        figures.fill(picture, Instant{});
        QCOMPARE(picture.requests->size(), Figures::most_requests);
        QCOMPARE(picture.totals.succeeded, 2000u);
    }
};

QTEST_APPLESS_MAIN(TestDriverParts)
#include "test_driver_parts.moc"
