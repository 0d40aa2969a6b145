// What a plain client sees of the faults that hit an answer on its way, and of rate limits.
#include "support/http_lab.h"

#include <nlohmann/json.hpp>

#include <QTest>

#include <cerrno>

using namespace brownout;
using namespace brownout::test;
using namespace std::chrono_literals;
using faults::Kind;

namespace {

constexpr int curl_partial_file = 18, curl_recv_error = 56;

nlohmann::json error_of(const PlainReply& reply) {
    const auto body = nlohmann::json::parse(reply.body, nullptr, false);
    return body.is_object() ? body.value("error", nlohmann::json{}) : nlohmann::json{};
}

} // namespace

class TestLabStreams : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void stream_stall();
    void stream_stall_for_good();
    void stream_cut_data();
    void stream_cut();
    void whole_reply_cut();
    void bad_event();
    void no_terminator();
    void rate_limit_by_requests();
    void a_rate_limit_names_the_time_to_wait();
    void rate_limit_by_tokens();
};

void TestLabStreams::stream_stall() {
    LabFixture f;
    auto rule = rule_of(Kind::stream_stall);
    rule.fault.after_tokens = 3;
    rule.fault.ms = stats::Constant{200};
    f.inject(rule);
    const auto reply = f.chat(true);
    QVERIFY(reply.ms >= 198);
    const auto seen = read_stream(reply.body);
    QVERIFY(seen.done);
    QCOMPARE(seen.deltas, std::int64_t{5});
    const auto whole = f.chat(false);
    QCOMPARE(whole.status, 200L);
    QVERIFY(whole.first_byte_ms >= 198);
}

void TestLabStreams::stream_stall_for_good() {
    LabFixture f;
    auto rule = rule_of(Kind::stream_stall);
    rule.fault.after_tokens = 3;
    f.inject(rule);
    Watcher w(f);
    const auto& chat = w.chat();
    QVERIFY(w.until([&] { return read_stream(chat.body).deltas == 3; }));
    run_for(w.loop, 300ms);
    QVERIFY(!chat.done()); // silent, and open
    const auto seen = read_stream(chat.body);
    QCOMPARE(seen.deltas, std::int64_t{3});
    QVERIFY(!seen.done && seen.finish.empty());
}

void TestLabStreams::stream_cut_data() {
    QTest::addColumn<int>("after");
    QTest::addColumn<bool>("rst");
    QTest::addColumn<int>("deltas"); // < 0: a whole reply
    for (const bool rst : {false, true}) {
        const char* how = rst ? "RST" : "FIN";
        QTest::addRow("before the first token, %s", how) << 0 << rst << 0;
        QTest::addRow("after two, %s", how) << 2 << rst << 2;
        QTest::addRow("after the last, %s", how) << 5 << rst << 5;
        QTest::addRow("later than the end, %s", how) << 6 << rst << -1;
    }
}

void TestLabStreams::stream_cut() {
    QFETCH(int, after);
    QFETCH(bool, rst);
    QFETCH(int, deltas);
    LabFixture f;
    auto rule = rule_of(Kind::stream_cut);
    rule.fault.after_tokens = after;
    rule.fault.how = rst ? faults::CutHow::rst : faults::CutHow::fin;
    f.inject(rule);
    const auto reply = f.chat(true);
    QCOMPARE(reply.status, 200L);
    const auto seen = read_stream(reply.body);
    QCOMPARE(seen.deltas, std::int64_t{deltas < 0 ? 5 : deltas});
    QCOMPARE(seen.done, deltas < 0);
    QCOMPARE(reply.curl_code, deltas < 0 ? 0 : rst ? curl_recv_error : curl_partial_file);
    if (rst && deltas >= 0)
        QCOMPARE(reply.os_errno, long{ECONNRESET});
}

void TestLabStreams::whole_reply_cut() {
    for (const auto how : {faults::CutHow::fin, faults::CutHow::rst}) {
        LabFixture f;
        auto rule = rule_of(Kind::stream_cut);
        rule.fault.after_tokens = 3;
        rule.fault.how = how;
        f.inject(rule);
        const auto reply = f.chat(false);
        QCOMPARE(reply.status, 200L);
        QCOMPARE(reply.curl_code, how == faults::CutHow::fin ? curl_partial_file : curl_recv_error);
        QVERIFY(std::stoul(reply.header("content-length")) > reply.body.size());
        QVERIFY(reply.body.find("\"content\":\"") != std::string::npos);
        QVERIFY(reply.body.find("finish_reason") == std::string::npos);
    }
}

void TestLabStreams::bad_event() {
    LabFixture f;
    auto rule = rule_of(Kind::bad_event);
    rule.fault.at_token = 2;
    f.inject(rule);
    const auto reply = f.chat(true);
    QCOMPARE(reply.curl_code, 0);
    const auto seen = read_stream(reply.body);
    QCOMPARE(seen.malformed, 1);
    QVERIFY(nlohmann::json::parse(seen.events[3], nullptr, false).is_discarded()); // role, 0, 1
    const auto whole = f.chat(false);
    QCOMPARE(whole.curl_code, 0);
    QCOMPARE(whole.status, 200L);
    QVERIFY(nlohmann::json::parse(whole.body, nullptr, false).is_discarded());
}

void TestLabStreams::no_terminator() {
    LabFixture f;
    f.inject(rule_of(Kind::no_terminator));
    const auto reply = f.chat(true);
    QCOMPARE(reply.curl_code, 0); // a clean end, as far as HTTP goes
    const auto seen = read_stream(reply.body);
    QCOMPARE(seen.deltas, std::int64_t{5});
    QVERIFY(!seen.done && seen.finish.empty());
}

void TestLabStreams::rate_limit_by_requests() {
    LabFixture f;
    auto rule = rule_of(Kind::rate_limit);
    rule.fault.requests_per_min = 1; // one, then nothing for a minute
    f.inject(rule);
    for (const long status : {200L, 429L, 429L})
        QCOMPARE(f.chat(false).status, status);
    const auto limited = f.chat(true);
    QCOMPARE(limited.status, 429L);
    const auto error = error_of(limited);
    QCOMPARE(error["code"].get<std::string>(), std::string("rate_limit_exceeded"));
    QVERIFY(error["message"].get<std::string>().find("Please try again in ") != std::string::npos);
    const int wait = std::stoi(limited.header("retry-after-ms"));
    QVERIFY(wait > 0 && wait <= 60'000);
    QCOMPARE(limited.header("retry-after"), std::to_string((wait + 999) / 1000));
    QCOMPARE(limited.header("x-ratelimit-limit-requests"), std::string("1"));
    QCOMPARE(limited.header("x-ratelimit-remaining-requests"), std::string("0"));
}

void TestLabStreams::a_rate_limit_names_the_time_to_wait() {
    LabFixture f;
    auto rule = rule_of(Kind::rate_limit);
    rule.fault.requests_per_min = 120; // a burst of two, then one each 500 ms
    f.inject(rule);
    QCOMPARE(f.chat(false).status, 200L);
    PlainReply last = f.chat(false);
    QCOMPARE(last.status, 200L);
    for (int i = 0; i < 1000 && last.status == 200; ++i) // a slow client may be let through
        last = f.chat(false);
    QCOMPARE(last.status, 429L);
    const int wait = std::stoi(last.header("retry-after-ms"));
    QVERIFY(wait > 0 && wait <= 500);
    QCOMPARE(last.header("retry-after"), std::string("1"));
    QTest::qWait(wait + 20);
    QCOMPARE(f.chat(false).status, 200L); // the time it named was enough
}

void TestLabStreams::rate_limit_by_tokens() {
    LabFixture f;
    auto rule = rule_of(Kind::rate_limit);
    rule.fault.tokens_per_min = 60; // one a second; one request takes about 18
    rule.fault.retry_after_s = 7;
    f.inject(rule);
    QCOMPARE(f.chat(false).status, 200L);
    const auto limited = f.chat(false);
    QCOMPARE(limited.status, 429L);
    QCOMPARE(limited.header("retry-after"), std::string("7"));
    QVERIFY(error_of(limited)["message"].get<std::string>().find("tokens per min") !=
            std::string::npos);
}
QTEST_GUILESS_MAIN(TestLabStreams)
#include "test_lab_streams.moc"
