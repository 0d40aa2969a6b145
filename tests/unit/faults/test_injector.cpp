// When a fault acts: windows, counts, chances, and draws that no other rule can change.
#include "faults/injector.h"

#include <QtTest>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

using namespace brownout;
using namespace brownout::faults;
using chain::Json;

namespace {

Rule rule(const char* when, const char* target = "a", const char* more = "") {
    const std::string text = std::string("{\"target\":\"") + target +
                             "\",\"kind\":\"http_error\",\"when\":" + when + more + "}";
    const auto read = read_rule(Json::parse(text), "");
    if (!read.ok())
        qFatal("%s", read.problems[0].text().c_str());
    return *read.value;
}

constexpr RequestFacts facts{"a", "m", "simple", true, false};

bool hit(Injector& injector, double s, const RequestFacts& request = facts) {
    return !injector.decide(request, from_seconds(s)).empty();
}

// One letter per request, one request a second from 0: X where it is hit.
std::string pattern(Injector& injector, int requests) {
    std::string out;
    for (int i = 0; i < requests; ++i)
        out += hit(injector, i) ? 'X' : '.';
    return out;
}

} // namespace

class TestInjector : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void windows_data() {
        QTest::addColumn<QByteArray>("when");
        QTest::addColumn<QByteArray>("wanted");
        QTest::addRow("always") << QByteArray("{}") << QByteArray("XXXXXXXXXXXX");
        QTest::addRow("from") << QByteArray("{\"at_s\":3}") << QByteArray("...XXXXXXXXX");
        QTest::addRow("from for") << QByteArray("{\"at_s\":3,\"for_s\":4}")
                                  << QByteArray("...XXXX.....");
        QTest::addRow("for") << QByteArray("{\"for_s\":2.5}") << QByteArray("XXX.........");
        QTest::addRow("every") << QByteArray("{\"at_s\":1,\"for_s\":2,\"every_s\":5}")
                               << QByteArray(".XX...XX...X");
        QTest::addRow("first") << QByteArray("{\"first\":2}") << QByteArray("XX..........");
        QTest::addRow("after") << QByteArray("{\"after\":2}") << QByteArray("..XXXXXXXXXX");
        QTest::addRow("after first")
            << QByteArray("{\"after\":2,\"first\":3}") << QByteArray("..XXX.......");
        QTest::addRow("counted in the window only")
            << QByteArray("{\"at_s\":4,\"after\":1,\"first\":2}") << QByteArray(".....XX.....");
        QTest::addRow("never by chance")
            << QByteArray("{\"probability\":0}") << QByteArray("............");
        QTest::addRow("ramp that is up") << QByteArray("{\"ramp\":{\"from\":1,\"to\":1,"
                                                       "\"over_s\":5}}")
                                         << QByteArray("XXXXXXXXXXXX");
    }
    void windows() {
        QFETCH(QByteArray, when);
        QFETCH(QByteArray, wanted);
        Injector injector({rule(when)}, 1);
        QCOMPARE(QByteArray::fromStdString(pattern(injector, 12)), wanted);
    }

    void boundaries() { // a window holds its start and not its end
        Injector injector({rule("{\"at_s\":3,\"for_s\":4}")}, 1);
        QVERIFY(!hit(injector, 2.999999));
        QVERIFY(hit(injector, 3));
        QVERIFY(hit(injector, 6.999999));
        QVERIFY(!hit(injector, 7));
        QCOMPARE(injector.next_change(from_seconds(0)), from_seconds(3));
        QCOMPARE(injector.next_change(from_seconds(3)), from_seconds(7));
        QCOMPARE(injector.next_change(from_seconds(7)), forever);
        QVERIFY(injector.windows(from_seconds(3))[0].active);
        QVERIFY(!injector.windows(from_seconds(7))[0].active);
    }

    // Stepping from change to change sees every window that looking everywhere sees.
    void changes_are_complete_data() {
        QTest::addColumn<QByteArray>("when");
        for (const char* when :
             {"{\"at_s\":3,\"for_s\":4}", "{\"for_s\":2,\"every_s\":5}",
              "{\"at_s\":1,\"for_s\":2,\"every_s\":2}",
              "{\"at_s\":2,\"for_s\":40,\"renewal\":{\"gap_s\":{\"exponential\":{\"mean\":4}},"
              "\"repair_s\":{\"exponential\":{\"mean\":2}}}}",
              "{\"renewal\":{\"gap_s\":3,\"repair_s\":1}}"})
            QTest::newRow(when) << QByteArray(when);
    }
    void changes_are_complete() {
        QFETCH(QByteArray, when);
        const Injector injector({rule(when)}, 7);
        const auto active = [&](Duration t) { return injector.windows(t)[0].active; };
        Duration t{}, next = injector.next_change(t);
        bool state = active(t);
        int changes = 0;
        for (Duration probe{}; probe < from_seconds(60); probe += std::chrono::milliseconds(7)) {
            while (next <= probe) {
                QVERIFY(next > t);
                t = next;
                changes += active(t) != state ? 1 : 0;
                state = active(t);
                next = injector.next_change(t);
            }
            QCOMPARE(active(probe), state);
        }
        QVERIFY(changes > 0);
    }

    void whom() {
        QVERIFY(names("*", "a", "m"));
        QVERIFY(names("a", "a", "m"));
        QVERIFY(names("a/m", "a", "m"));
        QVERIFY(names("a/meta/llama", "a", "meta/llama"));
        for (const char* other : {"b", "a/n", "a/", "a/m/m", "am", "", "a/mm"})
            QVERIFY2(!names(other, "a", "m"), other);
        Injector injector({rule("{}", "*",
                                ",\"match\":{\"stream\":true,\"task\":\"simple\","
                                "\"image\":false}")},
                          1);
        QVERIFY(hit(injector, 0));
        QVERIFY(!hit(injector, 0, {"a", "m", "simple", false, false}));
        QVERIFY(!hit(injector, 0, {"a", "m", "coding", true, false}));
        QVERIFY(!hit(injector, 0, {"a", "m", "simple", true, true}));
    }

    void chance() {
        Injector injector({rule("{\"probability\":0.3}")}, 1);
        int hits = 0;
        for (int i = 0; i < 20'000; ++i)
            hits += hit(injector, i) ? 1 : 0;
        QVERIFY2(hits > 5'700 && hits < 6'300, std::to_string(hits).c_str()); // 4.6 sigma
        Injector ramp({rule("{\"ramp\":{\"from\":0,\"to\":1,\"over_s\":10000}}")}, 1);
        int early = 0, late = 0;
        for (int i = 0; i < 10'000; ++i)
            (i < 5'000 ? early : late) += hit(ramp, i) ? 1 : 0;
        QVERIFY(early > 1'100 && early < 1'400); // a quarter
        QVERIFY(late > 3'600 && late < 3'900);   // three quarters
    }

    // One seed, one behaviour; and a rule draws the same whatever stands beside it.
    void determinism() {
        const Rule random = rule("{\"probability\":0.5}", "a");
        const Rule other = rule("{\"probability\":0.5}", "b");
        Injector alone({random}, 42), again({random}, 42), seeded({random}, 43);
        Injector before({other, random}, 42), after({random, other}, 42);
        Injector late({other}, 42);
        late.add(random, Duration::zero());
        const std::string wanted = pattern(alone, 200);
        QCOMPARE(pattern(again, 200), wanted);
        QCOMPARE(pattern(before, 200), wanted);
        QCOMPARE(pattern(after, 200), wanted);
        QCOMPARE(pattern(late, 200), wanted);
        QVERIFY(pattern(seeded, 200) != wanted);
        // Requests of others do not disturb it.
        Injector mixed({random, other}, 42);
        std::string out;
        for (int i = 0; i < 200; ++i) {
            hit(mixed, i, {"b", "m", "simple", true, false});
            out += hit(mixed, i) ? 'X' : '.';
        }
        QCOMPARE(out, wanted);
        // Two equal rules are two: their hits are not the same ones.
        Injector twins({random, random}, 42);
        int both = 0, one = 0;
        for (int i = 0; i < 1000; ++i) {
            const auto hits = twins.decide(facts, from_seconds(i)).size();
            both += hits == 2 ? 1 : 0;
            one += hits == 1 ? 1 : 0;
        }
        QVERIFY(both > 150 && one > 350);
    }

    void manual() {
        Injector injector({}, 1);
        const auto first = injector.add(rule("{\"for_s\":10}"), from_seconds(100));
        const auto second = injector.add(rule("{}", "b"), from_seconds(101));
        QVERIFY(first != second);
        QVERIFY(!hit(injector, 99));
        QVERIFY(hit(injector, 100) && hit(injector, 109) && !hit(injector, 110));
        QCOMPARE(injector.next_change(from_seconds(50)), from_seconds(100));
        injector.remove(first);
        QVERIFY(!hit(injector, 105));
        QVERIFY(hit(injector, 105, {"b", "m", "", false, false}));
        injector.remove(first); // again: nothing
        QCOMPARE(injector.windows(from_seconds(105)).size(), 1u);
        injector.clear();
        QVERIFY(injector.windows(from_seconds(105)).empty());
        QCOMPARE(injector.next_change(from_seconds(0)), forever);
    }

    void refusing_connections() {
        const auto refuse = [](const char* when, const char* target) {
            return *read_rule(Json::parse(std::string("{\"target\":\"") + target +
                                          "\",\"kind\":\"connect_refused\",\"when\":" + when + "}"),
                              "")
                        .value;
        };
        const Injector injector({refuse("{\"at_s\":5,\"for_s\":5}", "a"),
                                 refuse("{\"at_s\":20}", "b/m"),
                                 refuse("{\"probability\":0.5}", "c")},
                                1);
        QVERIFY(!injector.acts_on_connections(Kind::connect_refused, "a", from_seconds(4)));
        QVERIFY(injector.acts_on_connections(Kind::connect_refused, "a", from_seconds(5)));
        QVERIFY(!injector.acts_on_connections(Kind::connect_refused, "a", from_seconds(10)));
        QVERIFY(!injector.acts_on_connections(Kind::connect_refused, "b", from_seconds(19)));
        QVERIFY(injector.acts_on_connections(Kind::connect_refused, "b", from_seconds(20)));
        QVERIFY(!injector.acts_on_connections(Kind::connect_refused, "c",
                                              from_seconds(20))); // by chance: per request
    }

    void order_and_draws() {
        const auto slow = read_rule(Json::parse("{\"target\":\"a\",\"kind\":\"latency\",\"ms\":"
                                                "{\"uniform\":{\"low\":10,\"high\":20}}}"),
                                    "");
        Injector injector({*slow.value, rule("{}")}, 1);
        double least = 1e9, most = 0;
        for (int i = 0; i < 1000; ++i) {
            const auto faults = injector.decide(facts, from_seconds(i));
            QCOMPARE(faults.size(), 2u);
            QVERIFY(faults[0].kind == Kind::latency && faults[1].kind == Kind::http_error);
            const double ms = std::get<stats::Constant>(faults[0].ms).value;
            least = std::min(least, ms);
            most = std::max(most, ms);
        }
        QVERIFY(least >= 10 && least < 10.2 && most <= 20 && most > 19.8);
    }

    // A request that brings the number of its draws meets the same, whoever came before it.
    void draws_of_a_number_do_not_depend_on_the_order() {
        Rule late = rule(R"({"probability":0.5})");
        late.fault.kind = Kind::latency;
        late.fault.ms = stats::Exponential{100};
        const auto met = [&](const std::vector<std::uint64_t>& numbers) {
            Injector injector({late}, 9);
            std::map<std::uint64_t, double> out;
            for (const std::uint64_t n : numbers) {
                RequestFacts numbered = facts;
                numbered.draw = n;
                const auto faults = injector.decide(numbered, Duration::zero());
                out[n] = faults.empty() ? -1 : stats::mean(faults[0].ms);
            }
            return out;
        };
        std::vector<std::uint64_t> numbers(200);
        std::iota(numbers.begin(), numbers.end(), std::uint64_t{1} << 63);
        const auto forwards = met(numbers);
        std::reverse(numbers.begin(), numbers.end());
        QVERIFY(met(numbers) == forwards);
        std::set<double> apart;
        for (const auto& [number, ms] : forwards)
            apart.insert(ms);
        QVERIFY(apart.size() > 60 && apart.size() < 140); // half are hit, each in its own way
    }
};

QTEST_APPLESS_MAIN(TestInjector)
#include "test_injector.moc"
