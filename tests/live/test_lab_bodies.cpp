// The faults of connections, bodies, meaning and network as a plain libcurl client sees them.
#include "support/http_lab.h"

#include <nlohmann/json.hpp>

#include <QTest>

using namespace brownout;
using namespace brownout::test;
using namespace std::chrono_literals;
using faults::Kind;

namespace {

constexpr int curl_resolve = 6, curl_connect = 7, curl_partial = 18, curl_timed_out = 28,
              curl_ssl = 35, curl_got_nothing = 52, curl_recv = 56;

nlohmann::json json_of(const PlainReply& reply) {
    return nlohmann::json::parse(reply.body, nullptr, false);
}

std::string text_of(const PlainReply& whole) {
    return json_of(whole)["choices"][0]["message"]["content"].get<std::string>();
}

struct Hit : LabFixture {
    explicit Hit(const faults::Rule& rule, std::int64_t tokens = 8) : LabFixture(model(tokens)) {
        inject(rule);
    }
    static chain::ProviderModel model(std::int64_t tokens) {
        auto model = quick_model();
        model.output_tokens = stats::Constant{static_cast<double>(tokens)};
        return model;
    }
    std::string dial() {
        return on([](live::Lab& lab) { return lab.dial_url("aster"); }).value_or("");
    }
    PlainReply dialled() { return PlainClient{}.send(dial() + "/chat/completions", body(false)); }
};

faults::Rule timed(Kind kind, double ms) {
    auto rule = rule_of(kind);
    rule.fault.ms = stats::Constant{ms};
    return rule;
}

} // namespace

class TestLabBodies : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void a_lost_name() {
        Hit f(rule_of(Kind::dns_failure));
        QCOMPARE(f.dialled().curl_code, curl_resolve);
        QCOMPARE(f.chat(false).curl_code, curl_connect); // who knows the address finds nobody
        f.on([](live::Lab& lab) { lab.remove_all(); });
        QCOMPARE(f.dialled().status, 200L);
    }
    void tls() {
        Hit f(rule_of(Kind::tls_failure));
        QCOMPARE(f.dialled().curl_code, curl_ssl);
        f.on([](live::Lab& lab) { lab.remove_all(); });
        QCOMPARE(f.dialled().status, 200L);
    }
    void connects_hang() {
        Hit f(rule_of(Kind::connect_hang));
        const auto before = f.port();
        QCOMPARE(f.chat(false, {}, {}, "aster", 400ms).curl_code, curl_timed_out);
        QCOMPARE(f.chat(false, {}, {}, "aster", 400ms).connects, 0L);
        f.on([](live::Lab& lab) { lab.remove_all(); });
        QCOMPARE(f.chat(false).status, 200L);
        QCOMPARE(f.port(), before);
    }
    void kept_connections_end_when_connects_hang() {
        Hit f(rule_of(Kind::no_usage));
        QCOMPARE(f.chat(false).status, 200L);
        f.inject(rule_of(Kind::connect_hang));
        QCOMPARE(f.chat(false, {}, {}, "aster", 400ms).curl_code, curl_timed_out);
    }
    // By chance or by count there is a connection already: it is dropped, or nothing is said on it.
    void of_connections_by_count_data() {
        QTest::addColumn<int>("kind");
        QTest::addColumn<int>("seen");
        QTest::newRow("dns_failure") << int(Kind::dns_failure) << curl_recv;
        QTest::newRow("tls_failure") << int(Kind::tls_failure) << curl_recv;
        QTest::newRow("connect_hang") << int(Kind::connect_hang) << curl_timed_out;
    }
    void of_connections_by_count() {
        QFETCH(int, kind);
        QFETCH(int, seen);
        auto rule = rule_of(Kind(kind));
        rule.when.first = 1;
        Hit f(rule);
        QCOMPARE(f.chat(false, {}, {}, "aster", 500ms).curl_code, seen);
        QCOMPARE(f.chat(false).status, 200L);
    }
    void an_empty_close() {
        Hit f(rule_of(Kind::empty_close));
        for (const bool stream : {false, true})
            QCOMPARE(f.chat(stream).curl_code, curl_got_nothing);
    }

    void a_body_cut_short() {
        auto rule = rule_of(Kind::truncate);
        rule.fault.fraction = 0.5;
        Hit f(rule);
        const auto whole = f.chat(false);
        QCOMPARE(whole.curl_code, 0); // framed as if it were whole
        QCOMPARE(whole.header("content-length"), std::to_string(whole.body.size()));
        QVERIFY(json_of(whole).is_discarded());
        const auto seen = read_stream(f.chat(true).body);
        QCOMPARE(seen.deltas, 4);
        QVERIFY(!seen.done && seen.finish.empty());
    }
    void garbage_and_html_data() {
        QTest::addColumn<int>("kind");
        QTest::addColumn<bool>("stream");
        for (const bool stream : {false, true}) {
            QTest::addRow("garbage %d", stream) << int(Kind::garbage) << stream;
            QTest::addRow("html %d", stream) << int(Kind::html_page) << stream;
        }
    }
    void garbage_and_html() {
        QFETCH(int, kind);
        QFETCH(bool, stream);
        Hit f(rule_of(Kind(kind)));
        const auto reply = f.chat(stream);
        QCOMPARE(reply.status, 200L);
        QVERIFY(reply.body.size() > 100);
        QVERIFY(json_of(reply).is_discarded());
        const bool html = Kind(kind) == Kind::html_page;
        QCOMPARE(reply.header("content-type").starts_with("text/html"), html);
        QCOMPARE(reply.body.starts_with("<!DOCTYPE html>"), html);
    }
    void a_wrong_content_type() {
        Hit f(rule_of(Kind::wrong_content_type));
        for (const bool stream : {false, true}) {
            const auto reply = f.chat(stream);
            QCOMPARE(reply.header("content-type"), std::string("text/plain; charset=utf-8"));
            QVERIFY(stream ? read_stream(reply.body).done : !text_of(reply).empty());
        }
    }
    void a_wrong_length() {
        Hit f(rule_of(Kind::wrong_length));
        const auto whole = f.chat(false);
        QCOMPARE(whole.curl_code, curl_partial);
        QVERIFY(!text_of(whole).empty()); // all of it came; more was promised
        const auto streamed = f.chat(true);
        QCOMPARE(streamed.curl_code, curl_partial);
        QVERIFY(read_stream(streamed.body).done);
    }
    void a_missing_field() {
        auto rule = rule_of(Kind::drop_field);
        rule.fault.pointer = "/choices/0/finish_reason";
        Hit f(rule);
        const auto whole = json_of(f.chat(false));
        QVERIFY(!whole["choices"][0].contains("finish_reason"));
        QVERIFY(whole["choices"][0].contains("message"));
        const auto body = f.chat(true).body;
        QVERIFY(body.find("finish_reason") == body.npos);
        QCOMPARE(read_stream(body).deltas, 8);
        QVERIFY(read_stream(body).done);
    }

    void a_slow_first_token() {
        Hit f(timed(Kind::slow_first_token, 300));
        const auto reply = f.chat(true);
        QVERIFY2(reply.ms >= 295, std::to_string(reply.ms).c_str());
        QVERIFY(reply.first_byte_ms < reply.ms - 200); // the role comes at once
        QVERIFY(f.chat(false).ms >= 295);
    }
    void slow_tokens() {
        Hit f(timed(Kind::slow_tokens, 50), 6);
        QVERIFY(f.chat(true).ms >= 245);
        QVERIFY(f.chat(false).ms >= 245);
    }
    void an_error_in_the_stream() {
        auto rule = rule_of(Kind::stream_error);
        rule.fault.after_tokens = 3;
        Hit f(rule);
        const auto reply = f.chat(true);
        QCOMPARE(reply.status, 200L);
        const auto seen = read_stream(reply.body);
        QCOMPARE(seen.deltas, 3);
        QVERIFY(!seen.done);
        QCOMPARE(nlohmann::json::parse(seen.events.back())["error"]["code"].get<std::string>(),
                 std::string("server_is_overloaded"));
        const auto whole = f.chat(false);
        QCOMPARE(whole.status, 200L);
        QVERIFY(json_of(whole).contains("error"));
    }
    void a_doubled_event() {
        auto rule = rule_of(Kind::duplicate_event);
        rule.fault.at_token = 2;
        Hit f(rule);
        const auto seen = read_stream(f.chat(true).body);
        QCOMPARE(seen.deltas, 9);
        QCOMPARE(seen.events[3], seen.events[4]); // behind the role
    }
    void signs_of_life_only() {
        Hit f(timed(Kind::keepalive_only, 600));
        const auto streamed = f.chat(true);
        QVERIFY(streamed.ms >= 595);
        QVERIFY(streamed.body.starts_with(": keep-alive\n\n: keep-alive\n\n"));
        QVERIFY(read_stream(streamed.body).done);
        const auto whole = f.chat(false);
        QVERIFY(whole.body.starts_with("\n\n"));
        QVERIFY(!text_of(whole).empty());
    }
    void no_usage() {
        Hit f(rule_of(Kind::no_usage));
        QVERIFY(!json_of(f.chat(false)).contains("usage"));
        const auto body = f.chat(true, R"(,"stream_options":{"include_usage":true})").body;
        QVERIFY(body.find("prompt_tokens") == body.npos);
        QVERIFY(read_stream(body).done);
    }
    void split_characters() {
        Hit f(rule_of(Kind::split_utf8), 12);
        const std::string whole = text_of(f.chat(false));
        QVERIFY(whole.find("\u00e9") != whole.npos);
        const auto seen = read_stream(f.chat(true).body);
        QVERIFY(seen.done && seen.malformed == 0);
        QVERIFY(seen.text.find("\u00e9") != seen.text.npos);
        // On the wire: a chunk ends amid the character.
        const std::string question = LabFixture::body(true);
        const auto raw = raw_exchange(
            f.port(),
            "POST /v1/chat/completions HTTP/1.1\r\nConnection: close\r\nContent-Length: " +
                std::to_string(question.size()) + "\r\n\r\n" + question);
        QVERIFY(raw.bytes.find("\xc3\r\n") != raw.bytes.npos);
    }

    void an_empty_answer() {
        Hit f(rule_of(Kind::empty_answer));
        QCOMPARE(text_of(f.chat(false)), std::string{});
        const auto seen = read_stream(f.chat(true).body);
        QCOMPARE(seen.text, std::string{});
        QCOMPARE(seen.finish, std::string("stop"));
    }
    void stopped_by_length() {
        Hit f(rule_of(Kind::length_stop));
        QCOMPARE(json_of(f.chat(false))["choices"][0]["finish_reason"].get<std::string>(),
                 std::string("length"));
        const auto seen = read_stream(f.chat(true).body);
        QCOMPARE(seen.finish, std::string("length"));
        QCOMPARE(seen.deltas, 4);
    }
    void another_model() {
        Hit f(rule_of(Kind::wrong_model));
        QCOMPARE(json_of(f.chat(false))["model"].get<std::string>(), std::string("another-model"));
        QVERIFY(f.chat(true).body.find("\"m-1\"") == std::string::npos);
    }

    // The line is never faster than it says. (How near it comes: bench_live.)
    void a_narrow_line() {
        auto rule = rule_of(Kind::bandwidth);
        rule.fault.kbyte_per_s = 20;
        Hit f(rule, 2000);
        const auto reply = f.chat(false);
        QCOMPARE(reply.status, 200L);
        const double kbyte_per_s = static_cast<double>(reply.body.size()) / reply.ms;
        QVERIFY2(kbyte_per_s < 22, std::to_string(kbyte_per_s).c_str());
        QVERIFY(reply.body.size() > 10'000 && !text_of(reply).empty());
        f.on([](live::Lab& lab) { lab.remove_all(); });
        QVERIFY(!text_of(f.chat(false)).empty()); // the next reply has the whole line again
    }
    void a_slow_close() {
        Hit f(timed(Kind::slow_close, 300));
        for (const bool stream : {false, true}) {
            const auto reply = f.chat(stream);
            QCOMPARE(reply.curl_code, 0);
            QVERIFY(reply.ms >= 295);
            QCOMPARE(reply.header("content-length"), std::string{});
            QVERIFY(stream ? read_stream(reply.body).done : !text_of(reply).empty());
        }
    }
};

QTEST_GUILESS_MAIN(TestLabBodies)
#include "test_lab_bodies.moc"
