// What the simulator takes for the end of an attempt, and for the bytes of a reply, is what the
// readers of the wire make of the lab's bytes, dialect by dialect.
#include "live/lab_faults.h"
#include "live/lab_text.h"
#include "sim/ends.h"
#include "wire/dialect.h"

#include <QTest>

using namespace brownout;
using chain::Json;

namespace {

double bytes_of(const net::Headers& headers) {
    double sum = std::string_view{"HTTP/1.1 200 OK\r\n\r\n"}.size();
    for (const auto& [name, value] : headers)
        sum += static_cast<double>(name.size() + value.size()) + 4;
    return sum;
}
// A piece of a body without a length (RFC 9112 section 7.1).
double chunk(const std::string& bytes) {
    return static_cast<double>(bytes.size() +
                               QByteArray::number(qulonglong(bytes.size()), 16).size()) +
           4;
}

} // namespace

class TestSimulatedEnds : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void ends_are_what_the_wire_makes_of_them_data() {
        QTest::addColumn<int>("dialect");
        QTest::addColumn<QString>("fault");
        const chain::Dialect dialects[] = {chain::Dialect::openai, chain::Dialect::azure,
                                           chain::Dialect::anthropic, chain::Dialect::gemini,
                                           chain::Dialect::nexaapi};
        const char* const faults[] = {R"("kind":"quota_exhausted")",
                                      R"("kind":"bad_key")",
                                      R"("kind":"model_missing")",
                                      R"("kind":"region_blocked")",
                                      R"("kind":"overloaded")",
                                      R"("kind":"context_exceeded")",
                                      R"("kind":"moderation")",
                                      R"("kind":"http_error","status":400)",
                                      R"("kind":"http_error","status":401)",
                                      R"("kind":"http_error","status":403)",
                                      R"("kind":"http_error","status":404)",
                                      R"("kind":"http_error","status":408)",
                                      R"("kind":"http_error","status":413)",
                                      R"("kind":"http_error","status":429,"retry_after_s":7)",
                                      R"("kind":"http_error","status":500)",
                                      R"("kind":"http_error","status":502)",
                                      R"("kind":"http_error","status":503)",
                                      R"("kind":"http_error","status":504)",
                                      R"("kind":"http_error","status":529)"};
        for (const chain::Dialect dialect : dialects)
            for (const char* fault : faults)
                QTest::addRow("%s: %s",
                              chain::dialect_names[static_cast<std::size_t>(dialect)].data(), fault)
                    << static_cast<int>(dialect) << QString::fromLatin1(fault);
    }
    void ends_are_what_the_wire_makes_of_them() {
        QFETCH(int, dialect);
        QFETCH(QString, fault);
        const auto which = static_cast<chain::Dialect>(dialect);
        const auto rule =
            faults::read_rule(Json::parse(("{\"target\":\"p1\"," + fault + "}").toStdString()), "");
        QVERIFY(rule.ok());
        faults::RateLimits limits;
        const live::LabRequest request{"model-x", false, false, 100, 50, false};
        const live::ReplyPlan plan =
            live::compose({rule.value->fault}, request, 50, limits, Instant{});
        const live::LabDialect* lab = live::lab_dialect(which);
        const live::LabAnswer answer = lab->error(plan.error);
        wire::Endpoint endpoint;
        endpoint.dialect = which;
        endpoint.base_url = "http://127.0.0.1:1/v1";
        endpoint.model = "model-x";
        const auto reader = wire::dialect(which)->reader(false, endpoint);
        reader->head(answer.status, answer.headers);
        reader->bytes(answer.body, [](const wire::Delta&) {});
        const engine::Outcome seen = reader->end(wire::TransportEnd::complete, true, 0).outcome;
        const engine::Outcome forecast = sim::refused_by_fault(which, rule.value->fault, {});
        const auto text = [](const engine::Outcome& o) {
            return QStringLiteral("%1/%2 %3 breaker %4 wide %5 ambiguous %6 wait %7 retry %8")
                .arg(QLatin1String(engine::name(o.cls)), QLatin1String(engine::name(o.cause)))
                .arg(o.status)
                .arg(o.counts_for_breaker)
                .arg(o.provider_wide)
                .arg(o.ambiguous)
                .arg(o.retry_after && *o.retry_after > std::chrono::milliseconds{1}
                         ? to_seconds(*o.retry_after)
                         : 0)
                .arg(o.should_retry.value_or(false));
        };
        QCOMPARE(text(forecast), text(seen));
    }

    void replies_have_the_bytes_that_a_narrow_line_is_reckoned_with_data() {
        QTest::addColumn<int>("dialect");
        QTest::addColumn<QString>("model");
        for (const chain::Dialect dialect :
             {chain::Dialect::openai, chain::Dialect::azure, chain::Dialect::anthropic,
              chain::Dialect::gemini, chain::Dialect::nexaapi})
            for (const char* model : {"m", "a-model-with-a-rather-long-name"})
                QTest::addRow("%s, %s",
                              chain::dialect_names[static_cast<std::size_t>(dialect)].data(), model)
                    << static_cast<int>(dialect) << QString::fromLatin1(model);
    }
    void replies_have_the_bytes_that_a_narrow_line_is_reckoned_with() {
        QFETCH(int, dialect);
        QFETCH(QString, model);
        const auto which = static_cast<chain::Dialect>(dialect);
        const live::LabDialect* lab = live::lab_dialect(which);
        constexpr std::int64_t tokens = 400;
        live::LabReplyFacts facts{
            std::string(32, 'a'), model.toStdString(), 1'795'000'000, 300, tokens, true};
        const faults::Left left{30'000, 29'990, std::chrono::milliseconds{20}};
        const net::Headers common = lab->common_headers(facts.id, {left, left, facts.unix_s},
                                                        std::chrono::milliseconds{400});
        net::Headers headers = lab->stream_headers();
        headers.insert(headers.end(), common.begin(), common.end());
        headers.emplace_back("Transfer-Encoding", "chunked");

        live::TextMaker words{Rng{1}};
        std::string whole;
        double events = 0;
        for (std::int64_t i = 0; i < tokens; ++i) {
            const std::string word = words.next(tokens - i);
            facts.sent_tokens = i + 1;
            events += chunk(lab->token(facts, word));
            whole += word;
        }
        const std::string begin = lab->begin(facts);
        const double head = bytes_of(headers) + (begin.empty() ? 0 : chunk(begin));
        const double tail = chunk(lab->end(facts)) + 5; // and the last piece, which is empty
        const live::LabAnswer answer = lab->whole(facts, whole);
        net::Headers plain = answer.headers;
        plain.insert(plain.end(), common.begin(), common.end());
        plain.emplace_back("Content-Length", "1000");
        const double in_one_piece = bytes_of(plain) + static_cast<double>(answer.body.size());

        const sim::WireSize size = sim::wire_size(which, facts.model.size());
        const auto near = [](double seen, double reckoned, double slack, const char* what) {
            const QString text = QStringLiteral("%1: %2 bytes, reckoned with %3")
                                     .arg(QLatin1String(what))
                                     .arg(seen)
                                     .arg(reckoned);
            QVERIFY2(std::abs(seen - reckoned) <= slack * seen, qPrintable(text));
        };
        near(head, size.head, 0.05, "head");
        near(events / tokens, size.event, 0.01, "a token's event");
        near(tail, size.tail, 0.05, "end");
        near(in_one_piece, size.whole + size.token * tokens, 0.05, "in one piece");
    }
};

QTEST_GUILESS_MAIN(TestSimulatedEnds)
#include "test_simulated_ends.moc"
