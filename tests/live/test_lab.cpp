// The lab's faults as a plain libcurl client sees them: bytes, status, resets, timing.
#include "support/http_lab.h"

#include <nlohmann/json.hpp>

#include <QTest>

#include <cerrno>

using namespace brownout;
using namespace brownout::test;
using namespace std::chrono_literals;
using faults::Kind;

namespace {

constexpr int curl_couldnt_connect = 7, curl_timed_out = 28, curl_recv_error = 56;

nlohmann::json error_of(const PlainReply& reply) {
    const auto body = nlohmann::json::parse(reply.body, nullptr, false);
    return body.is_object() ? body.value("error", nlohmann::json{}) : nlohmann::json{};
}

} // namespace

class TestLab : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void http_errors_data();
    void http_errors();
    void http_error_with_a_body_of_its_own();
    void connect_refused();
    void connect_refused_by_chance_is_a_reset();
    void latency();
    void hang();
    void hang_for_a_while();
    void resets_data();
    void resets();
    void faults_compose_in_rule_order();
    void rules_match_target_task_and_stream();
    void windows_open_by_the_clock();
    void windows_close_by_the_clock();
    void a_schedule_is_replaced_and_manual_faults_stay();
    void a_refused_port_comes_back();
    void faults_hit_bad_requests_and_models_lists_too();
    void a_lab_that_goes_resets_what_it_answers();
};

void TestLab::http_errors_data() {
    QTest::addColumn<int>("status");
    QTest::addColumn<QString>("code");
    QTest::addColumn<QString>("message");
    QTest::addColumn<double>("retry_after");
    QTest::addColumn<QString>("type_seen");
    QTest::addColumn<QString>("code_seen");
    const auto row = [](int status, const char* type, const char* code) {
        QTest::addRow("%d", status) << status << ""
                                    << "" << -1.0 << type << code;
    };
    row(400, "invalid_request_error", "");
    row(401, "invalid_request_error", "invalid_api_key");
    row(404, "invalid_request_error", "model_not_found");
    row(429, "requests", "rate_limit_exceeded");
    row(500, "server_error", "");
    row(503, "service_unavailable_error", "server_is_overloaded");
    row(529, "server_error", "");
    QTest::newRow("quota") << 429 << "insufficient_quota"
                           << "No money" << -1.0 << "insufficient_quota"
                           << "insufficient_quota";
    QTest::newRow("wait") << 503 << ""
                          << "" << 1.25 << "service_unavailable_error"
                          << "server_is_overloaded";
}

void TestLab::http_errors() {
    QFETCH(int, status);
    QFETCH(QString, code);
    QFETCH(QString, message);
    QFETCH(double, retry_after);
    QFETCH(QString, type_seen);
    QFETCH(QString, code_seen);
    LabFixture f;
    auto rule = rule_of(Kind::http_error);
    rule.fault.status = status;
    rule.fault.code = code.toStdString();
    rule.fault.message = message.toStdString();
    if (retry_after >= 0)
        rule.fault.retry_after_s = retry_after;
    f.inject(rule);
    for (const bool stream : {false, true}) {
        const auto reply = f.chat(stream);
        QCOMPARE(reply.curl_code, 0);
        QCOMPARE(reply.status, long{status});
        QCOMPARE(reply.header("content-type"), std::string("application/json"));
        QVERIFY(reply.header("x-request-id").starts_with("req_"));
        const auto error = error_of(reply);
        QCOMPARE(QString::fromStdString(error["type"].get<std::string>()), type_seen);
        QVERIFY(error.contains("param") && error["param"].is_null());
        QCOMPARE(error["code"].is_null() ? QString{}
                                         : QString::fromStdString(error["code"].get<std::string>()),
                 code_seen);
        const auto words = error["message"].get<std::string>();
        QVERIFY(!words.empty() && words.find('{') == std::string::npos);
        if (!message.isEmpty())
            QCOMPARE(QString::fromStdString(words), message);
        QCOMPARE(reply.header("retry-after"), std::string(retry_after >= 0 ? "2" : ""));
        QCOMPARE(reply.header("retry-after-ms"), std::string(retry_after >= 0 ? "1250" : ""));
    }
}

void TestLab::http_error_with_a_body_of_its_own() {
    LabFixture f;
    auto rule = rule_of(Kind::http_error);
    rule.fault.status = 502;
    rule.fault.body = "<html>Bad gateway</html>";
    f.inject(rule);
    const auto reply = f.chat(true);
    QCOMPARE(reply.status, 502L);
    QCOMPARE(reply.body, std::string("<html>Bad gateway</html>"));
    QCOMPARE(reply.header("content-type"), std::string("text/html"));
}

void TestLab::connect_refused() {
    LabFixture f;
    const std::string before = f.base();
    QCOMPARE(f.chat(false).status, 200L);
    const auto id = f.inject(rule_of(Kind::connect_refused));
    QCOMPARE(f.chat(false).curl_code, curl_couldnt_connect); // the kept connection ended, too
    QVERIFY(!raw_exchange(f.port(), "").connected);
    f.on([&](live::Lab& lab) { lab.remove(id); });
    QCOMPARE(f.chat(false).status, 200L);
    QCOMPARE(f.base(), before);
}

void TestLab::connect_refused_by_chance_is_a_reset() {
    LabFixture f;
    auto rule = rule_of(Kind::connect_refused);
    rule.when.first = 2;
    f.inject(rule);
    for (const int expected : {curl_recv_error, curl_recv_error, 0})
        QCOMPARE(f.chat(false).curl_code, expected);
}

void TestLab::latency() {
    LabFixture f;
    auto rule = rule_of(Kind::latency);
    rule.fault.ms = stats::Constant{120};
    f.inject(rule);
    f.inject(rule); // waits add up
    for (const bool stream : {false, true}) {
        const auto reply = f.chat(stream);
        QCOMPARE(reply.status, 200L);
        QVERIFY2(reply.first_byte_ms >= 238, std::to_string(reply.first_byte_ms).c_str());
    }
}

void TestLab::hang() {
    LabFixture f;
    f.inject(rule_of(Kind::hang));
    for (const bool stream : {false, true}) {
        const auto reply = f.chat(stream, {}, {}, "aster", 250ms);
        QCOMPARE(reply.curl_code, curl_timed_out);
        QVERIFY(reply.status == 0 && reply.headers.empty() && reply.body.empty());
    }
}

void TestLab::hang_for_a_while() {
    LabFixture f;
    auto rule = rule_of(Kind::hang);
    rule.fault.ms = stats::Constant{150};
    f.inject(rule);
    const auto reply = f.chat(true);
    QCOMPARE(reply.status, 200L);
    QVERIFY(read_stream(reply.body).done);
    QVERIFY(reply.first_byte_ms >= 148);
}

void TestLab::resets_data() {
    QTest::addColumn<int>("stage");
    QTest::addColumn<bool>("by_chance");
    for (const bool by_chance : {false, true}) {
        const char* how = by_chance ? "counted" : "timed";
        QTest::addRow("accept, %s", how)
            << static_cast<int>(faults::ResetStage::accept) << by_chance;
        QTest::addRow("request, %s", how)
            << static_cast<int>(faults::ResetStage::request) << by_chance;
        QTest::addRow("headers, %s", how)
            << static_cast<int>(faults::ResetStage::headers) << by_chance;
    }
}

void TestLab::resets() {
    QFETCH(int, stage);
    QFETCH(bool, by_chance);
    LabFixture f;
    auto rule = rule_of(Kind::reset);
    rule.fault.stage = static_cast<faults::ResetStage>(stage);
    if (by_chance)
        rule.when.first = 1;
    f.inject(rule);
    const bool at_accept = rule.fault.stage == faults::ResetStage::accept && !by_chance;
    if (at_accept) { // before anything was asked
        const auto reply = raw_exchange(f.port(), "", 1s);
        QVERIFY(reply.reset || !reply.connected);
        return;
    }
    const auto reply =
        raw_exchange(f.port(), "POST /v1/chat/completions HTTP/1.1\r\nContent-Length: " +
                                   std::to_string(f.body(true).size()) + "\r\n\r\n" + f.body(true));
    QVERIFY(reply.reset);
    const bool half = rule.fault.stage == faults::ResetStage::headers;
    QCOMPARE(reply.bytes.starts_with("HTTP/1.1 200 OK\r\n"), half);
    QVERIFY(reply.bytes.find("\r\n\r\n") == std::string::npos);
    QCOMPARE(f.chat(true).curl_code, by_chance ? 0 : curl_recv_error);
}

void TestLab::faults_compose_in_rule_order() {
    LabFixture f;
    auto wait = rule_of(Kind::latency);
    wait.fault.ms = stats::Constant{150};
    const auto error = rule_of(Kind::http_error);
    f.inject(wait);
    f.inject(error);
    const auto late = f.chat(false);
    QCOMPARE(late.status, 503L);
    QVERIFY(late.ms >= 148);
    f.on([](live::Lab& lab) { lab.remove_all(); });
    f.inject(error);
    wait.fault.ms = stats::Constant{60'000}; // longer than the client waits
    f.inject(wait);                          // comes too late to matter
    QCOMPARE(f.chat(false).status, 503L);
}

void TestLab::rules_match_target_task_and_stream() {
    LabFixture f;
    QCOMPARE(f.serve("birch", quick_model()), std::string());
    auto rule = rule_of(Kind::http_error, "aster/m-1");
    rule.match.task = "coding";
    rule.match.stream = true;
    f.inject(rule);
    const std::vector<std::string> coding{"X-Brownout-Task: coding"};
    QCOMPARE(f.chat(true, {}, coding).status, 503L);
    QCOMPARE(f.chat(false, {}, coding).status, 200L);
    QCOMPARE(f.chat(true).status, 200L);
    QCOMPARE(f.chat(true, {}, coding, "birch").status, 200L);
    f.inject(rule_of(Kind::http_error, "*"));
    QCOMPARE(f.chat(false, {}, {}, "birch").status, 503L);
}

void TestLab::windows_open_by_the_clock() {
    LabFixture f;
    auto rule = rule_of(Kind::connect_refused);
    rule.when.at_s = 3600;
    f.inject(rule); // not yet
    QVERIFY(f.on([](live::Lab& lab) { return lab.active(); }).empty());
    QCOMPARE(f.chat(false).curl_code, 0);
    rule.when.at_s = 0.1;
    const auto id = f.inject(rule);
    QTRY_COMPARE_WITH_TIMEOUT(f.windows().size(), std::size_t{1}, 30'000);
    QCOMPARE(f.chat(false).curl_code, curl_couldnt_connect);
    const auto active = f.on([](live::Lab& lab) { return lab.active(); });
    QCOMPARE(active.size(), std::size_t{1});
    QVERIFY(active[0].id == id && active[0].manual && active[0].target == "aster");
    f.on([&](live::Lab& lab) { lab.remove(id); });
    QCOMPARE(f.windows().size(), std::size_t{2});
    QCOMPARE(f.chat(false).curl_code, 0);
    QVERIFY(f.on([](live::Lab& lab) { return lab.active(); }).empty());
}

void TestLab::windows_close_by_the_clock() {
    LabFixture f;
    auto rule = rule_of(Kind::connect_refused);
    rule.when.for_s = 0.2;
    const auto id = f.inject(rule);
    QVERIFY(!f.windows().empty());
    QTRY_COMPARE_WITH_TIMEOUT(f.windows().size(), std::size_t{2}, 30'000);
    QCOMPARE(f.chat(false).curl_code, 0); // listens again
    const auto seen = f.windows();
    QVERIFY(seen[0].to == never && seen[1].to != never);
    QVERIFY(seen[0].from == seen[1].from && seen[0].rule == id && seen[1].rule == id);
    QCOMPARE(seen[1].kind, std::string("connect_refused"));
    const double lasted = to_ms(seen[1].to - seen[1].from);
    QVERIFY2(lasted > 180, std::to_string(lasted).c_str());
}

void TestLab::a_schedule_is_replaced_and_manual_faults_stay() {
    LabFixture f;
    const auto by_hand = f.inject(rule_of(Kind::no_terminator));
    auto error = rule_of(Kind::http_error);
    f.on([&](live::Lab& lab) { lab.play({error, error}); });
    QCOMPARE(f.on([](live::Lab& lab) { return lab.active(); }).size(), std::size_t{3});
    QCOMPARE(f.chat(true).status, 503L);
    error.fault.status = 500;
    f.on([&](live::Lab& lab) { lab.play({error}); });
    QCOMPARE(f.chat(true).status, 500L);
    f.on([](live::Lab& lab) { lab.stop_playing(); });
    const auto left = f.on([](live::Lab& lab) { return lab.active(); });
    QVERIFY(left.size() == 1 && left[0].id == by_hand && left[0].manual);
    const auto reply = f.chat(true);
    QCOMPARE(reply.status, 200L);
    QVERIFY(!read_stream(reply.body).done);
    f.on([](live::Lab& lab) { lab.remove_all(); });
    QVERIFY(read_stream(f.chat(true).body).done);
    int opened = 0, closed = 0;
    for (const auto& window : f.windows())
        ++(window.to == never ? opened : closed);
    QCOMPARE(opened, 4);
    QCOMPARE(closed, 4);
}

void TestLab::a_refused_port_comes_back() {
    LabFixture f;
    const auto port = f.port();
    const auto id = f.inject(rule_of(Kind::connect_refused));
    QVERIFY(!raw_exchange(port, "").connected);
    {
        boost::asio::io_context loop; // somebody else takes the port meanwhile
        net::HttpServer thief{loop, [](net::ExchangePtr) {}};
        const auto taken = thief.listen("127.0.0.1", port);
        QVERIFY2(!taken, taken.value_or("").c_str());
        f.on([&](live::Lab& lab) { lab.remove(id); });
        QTest::qWait(50);
    }
    QTRY_COMPARE(f.chat(false).status, 200L); // tries until it is free
    QCOMPARE(f.port(), port);
}

void TestLab::faults_hit_bad_requests_and_models_lists_too() {
    LabFixture f;
    PlainClient client;
    QCOMPARE(client.send(f.base() + "/models").status, 200L);
    QCOMPARE(client.send(f.base() + "/chat/completions", "{").status, 400L);
    f.inject(rule_of(Kind::http_error));
    QCOMPARE(client.send(f.base() + "/models").status, 503L);
    QCOMPARE(client.send(f.base() + "/chat/completions", "{").status, 503L);
}

void TestLab::a_lab_that_goes_resets_what_it_answers() {
    std::future<PlainReply> hanging, streaming;
    {
        auto slow = quick_model();
        slow.first_token_ms = stats::Constant{60'000};
        LabFixture f(slow);
        f.serve("birch", quick_model());
        f.inject(rule_of(Kind::hang, "birch"));
        const auto send = [](const std::string& base) {
            return std::async(std::launch::async, [base] {
                return PlainClient{}.send(base + "/chat/completions", LabFixture::body(true));
            });
        };
        hanging = send(f.base("birch"));
        streaming = send(f.base("aster"));
        QTRY_VERIFY_WITH_TIMEOUT(f.load("birch").open == 1 && f.load("aster").answering == 1,
                                 30'000);
    }
    QCOMPARE(hanging.get().curl_code, curl_recv_error);
    QCOMPARE(streaming.get().curl_code, curl_recv_error);
}

QTEST_GUILESS_MAIN(TestLab)
#include "test_lab.moc"
