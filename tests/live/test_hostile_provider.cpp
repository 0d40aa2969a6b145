// Hostile providers over real sockets, in every dialect: each costs bounded memory and bounded
// time, gives a classed failure, and the next target answers. Each row tells its figures.
#include "base/sanitizer.h"
#include "support/hostile_provider.h"
#include "support/live_world.h"
#include "support/plain_provider.h"

#include <QFile>
#include <QRegularExpression>
#include <QTest>

#include <malloc.h>

using namespace brownout;
using namespace brownout::test;
using namespace std::chrono_literals;

namespace {

// The sanitizers' own memory would be measured.
constexpr bool memory_counts = !address_sanitizer && !thread_sanitizer;

// Of the whole process, in MB of 1,000,000 bytes.
double status_mb(const QByteArray& field) {
    QFile file("/proc/self/status");
    if (!file.open(QIODevice::ReadOnly))
        return -1;
    for (const QByteArray& line : file.readAll().split('\n'))
        if (line.startsWith(field + ':'))
            return line.mid(field.size() + 1).simplified().split(' ').value(0).toDouble() *
                   1.024e-3;
    return -1;
}

// How much the peak of resident memory rises above what was resident before.
class PeakMemory {
  public:
    PeakMemory() {
        ::malloc_trim(0);
        QFile reset("/proc/self/clear_refs"); // "5": the peak begins anew
        counts_ = memory_counts && reset.open(QIODevice::WriteOnly | QIODevice::Unbuffered) &&
                  reset.write("5") == 1;
        reset.close();
        before_ = status_mb("VmRSS");
    }
    double risen_mb() const { return status_mb("VmHWM") - before_; }
    bool counts() const { return counts_; } // false: an older peak may be the higher one

  private:
    bool counts_ = false;
    double before_ = 0;
};

const std::string png_text = "iVBORw0KGgoAAAANSUhEUg=="; // the beginning of a PNG will do

// Answers pictures as OpenAI does.
class Painter {
  public:
    Painter()
        : server_([](RawPeer& peer, int) {
              while (!peer.read_request().empty())
                  peer.send(ok_reply(R"({"data":[{"b64_json":")" + png_text + R"("}]})"));
          }) {}
    std::string base_url() const { return server_.url("/v1"); }

  private:
    RawServer server_;
};

enum class Asks { whole, stream, picture };

const char* model_of(chain::Dialect which, Asks asks) {
    using enum chain::Dialect;
    switch (which) {
    case anthropic:
        return "claude-haiku-4-5";
    case gemini:
        return asks == Asks::picture ? "gemini-2.5-flash-image" : "gemini-2.5-flash";
    case fal:
        return "fal-ai/flux/dev";
    case replicate:
        return "black-forest-labs/flux-schnell";
    case stability:
        return "stable-image-core";
    case nexaapi:
        return asks == Asks::picture ? "flux-dev" : "gpt-4o-mini";
    default:
        return asks == Asks::picture ? "gpt-image-1" : "gpt-4o-mini";
    }
}

chain::Document two_targets(chain::Dialect dialect, Asks asks, const std::string& hostile,
                            const std::string& good, bool slow) {
    // A slow attack is ended by our own limits, the others by what they send.
    auto json = chain_json({hostile, good}, R"({"retry":{"attempts_per_target":1},
        "resend_after_ambiguous_failure":"always",
        "timeouts":{"first_token_ms":60000,"stall_ms":60000,"attempt_ms":60000,
                    "total_ms":120000}})");
    if (slow)
        json["policy"]["timeouts"] = {
            {"first_token_ms", 600}, {"stall_ms", 600}, {"attempt_ms", 1200}, {"total_ms", 20000}};
    json["providers"][0]["dialect"] =
        std::string{chain::dialect_names[static_cast<std::size_t>(dialect)]};
    json["chains"][0]["targets"][0]["model"] = model_of(dialect, asks);
    if (asks == Asks::picture)
        json["chains"][0]["targets"][1]["model"] = "gpt-image-1";
    return read(json);
}

struct Expectation {
    Attack attack;
    const char *name, *outcome; // of the attempt: "failover malformed"
    double most_mb;             // that the peak of memory may rise
    bool slow = false;          // ended by a time limit
};

constexpr Expectation in_any_reply[] = {
    {Attack::endless_body, "a body without end", "failover malformed", 210},
    {Attack::endless_blanks, "blank lines without end", "failover malformed", 210},
    {Attack::endless_wide, "an array without end", "failover malformed", 210},
    {Attack::endless_error, "an error without end", "failover overloaded", 20},
    {Attack::endless_header, "a header without end", "failover malformed", 10},
    {Attack::endless_headers, "headers without end", "failover malformed", 10},
    {Attack::byte_a_second, "a byte a second", "failover *_timeout", 10, true},
    {Attack::slow_head, "a head of a byte a second", "failover *_timeout", 10, true},
    {Attack::deep_json, "100,000 levels", "failover malformed", 20},
    {Attack::fat_json, "30 MB in one string", "failover malformed", 250},
    {Attack::no_utf8, "no UTF-8", "failover malformed", 60},
    {Attack::gzip_bomb, "a gzip bomb", "failover *", 60}, // no JSON, no event: 7 MB of noise
};
constexpr Expectation in_streams[] = {
    {Attack::endless_comments, "comments without end", "failover malformed", 20},
    {Attack::endless_event, "an event without end", "failover malformed", 80},
    {Attack::endless_text, "text without end", "broken_stream malformed", 250},
};
constexpr Expectation of_addresses[] = {
    // A server that has said enough may reset the connection before we have had enough.
    {Attack::endless_picture, "a picture without end", "failover *", 150},
};

} // namespace

class TestHostileProvider : public QObject {
    Q_OBJECT
    double highest_mb_ = 0, longest_s_ = 0;

  private Q_SLOTS:
    void attacks_data() {
        QTest::addColumn<int>("dialect");
        QTest::addColumn<int>("asks");
        QTest::addColumn<int>("attack");
        QTest::addColumn<QString>("outcome");
        QTest::addColumn<double>("most_mb");
        QTest::addColumn<bool>("slow");
        const auto rows = [](chain::Dialect dialect, Asks asks, const auto& table) {
            static constexpr const char* kinds[] = {"whole", "stream", "picture"};
            for (const Expectation& e : table)
                QTest::addRow("%s %s: %s",
                              chain::dialect_names[static_cast<std::size_t>(dialect)].data(),
                              kinds[static_cast<int>(asks)], e.name)
                    << int(dialect) << int(asks) << int(e.attack) << e.outcome << e.most_mb
                    << e.slow;
        };
        using enum chain::Dialect;
        for (const auto dialect : {openai, anthropic, gemini}) {
            rows(dialect, Asks::whole, in_any_reply);
            rows(dialect, Asks::stream, in_any_reply);
            rows(dialect, Asks::stream, in_streams);
        }
        for (const auto dialect : {azure, nexaapi}) // read as openai is
            rows(dialect, Asks::stream, in_streams);
        for (const auto dialect : {openai, gemini, fal, replicate, nexaapi, stability})
            rows(dialect, Asks::picture, in_any_reply);
        for (const auto dialect : {fal, replicate, nexaapi})
            rows(dialect, Asks::picture, of_addresses);
    }
    void attacks() {
        QFETCH(int, dialect);
        QFETCH(int, asks);
        QFETCH(int, attack);
        QFETCH(QString, outcome);
        QFETCH(double, most_mb);
        QFETCH(bool, slow);
        const auto which = static_cast<chain::Dialect>(dialect);
        const auto wanted = static_cast<Asks>(asks);
        HostileProvider hostile(static_cast<Attack>(attack), which, wanted == Asks::stream);
        PlainProvider good(PlainProvider::answers, "42");
        Painter painter;
        LiveWorld world(two_targets(which, wanted, hostile.base_url(),
                                    wanted == Asks::picture ? painter.base_url() : good.base_url(),
                                    slow));
        Asked asked;
        PeakMemory memory;
        const auto began = std::chrono::steady_clock::now();
        if (wanted == Asks::picture) {
            wire::ChatRequest request;
            request.image.emplace().prompt = "a cat";
            asked.handle = world.driver->start(std::move(request), {}, asked);
        } else {
            world.start(asked, wanted == Asks::stream, true);
        }
        QVERIFY(world.wait(asked, 110s));
        const double seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
        const double risen = memory.risen_mb();
        qInfo("peak +%.0f MB, %.2f s: %s", risen, seconds, asked.attempt(1).message.c_str());
        highest_mb_ = std::max(highest_mb_, risen);
        longest_s_ = std::max(longest_s_, seconds);

        const engine::Outcome& first = asked.attempt(1).outcome;
        const QString got =
            QString::fromUtf8(engine::name(first.cls)) + " " + engine::name(first.cause);
        const QRegularExpression pattern(QRegularExpression::wildcardToRegularExpression(outcome));
        QVERIFY2(pattern.match(got).hasMatch(), qPrintable(got));
        QVERIFY(!asked.attempt(1).message.empty());
        QVERIFY2(asked.record->result == engine::CallResult::success, asked.record->error.c_str());
        QCOMPARE(asked.record->attempts.size(), std::size_t{2});
        QVERIFY(asked.record->served_by.starts_with("p2/"));
        if (wanted == Asks::picture)
            QCOMPARE(asked.reply.pictures.size(), std::size_t{1});
        else
            QCOMPARE(asked.reply.text, std::string("The answer is 42."));
        if (slow)
            QVERIFY2(seconds < 8, qPrintable(QString::number(seconds)));
        if (memory.counts())
            QVERIFY2(risen < most_mb, qPrintable(QString::number(risen)));
    }
    void cleanupTestCase() {
        qInfo("highest peak +%.0f MB, longest %.2f s", highest_mb_, longest_s_);
    }
};

QTEST_GUILESS_MAIN(TestHostileProvider)
#include "test_hostile_provider.moc"
