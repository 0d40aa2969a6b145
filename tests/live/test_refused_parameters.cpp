// A parameter that a target refuses is taken out, the request sent again, and the target is not
// sent it any more: as long as it is the same model at the same address.
#include "support/http_raw_server.h"
#include "support/live_world.h"

#include <QTest>

#include <mutex>

using namespace brownout;
using namespace brownout::test;

namespace {

// OpenAI's dialect; refuses what it is told to, as OpenAI says it.
class Picky {
  public:
    explicit Picky(std::vector<std::string> refused, std::string after = {})
        : refused_(std::move(refused)),
          after_(std::move(after)),
          server_([this](RawPeer& peer, int) { serve(peer); }) {}
    std::string base_url() const { return server_.url("/v1"); }
    std::vector<std::string> bodies() const {
        const std::lock_guard lock(mutex_);
        return bodies_;
    }

  private:
    void serve(RawPeer& peer) {
        for (std::string request = peer.read_request(); !request.empty();
             request = peer.read_request()) {
            const std::string body = request.substr(request.find("\r\n\r\n") + 4);
            {
                const std::lock_guard lock(mutex_);
                bodies_.push_back(body);
            }
            peer.send(answer(body));
        }
    }
    std::string answer(const std::string& body) const {
        for (const std::string& name : refused_)
            if (body.find("\"" + name + "\"") != std::string::npos)
                return error("Unsupported parameter: '" + name + "' is not supported.", name,
                             "unsupported_parameter");
        if (!after_.empty())
            return error("no", "messages", after_);
        return ok_reply(R"({"id":"x","choices":[{"index":0,"message":{"role":"assistant",)"
                        R"("content":"Yes."},"finish_reason":"stop"}],"usage":)"
                        R"({"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}})");
    }
    static std::string error(const std::string& words, const std::string& param,
                             const std::string& code) {
        const std::string body = R"({"error":{"message":")" + words +
                                 R"(","type":"invalid_request_error","param":")" + param +
                                 R"(","code":")" + code + R"("}})";
        return "HTTP/1.1 400 Bad Request\r\nContent-Length: " + std::to_string(body.size()) +
               "\r\n\r\n" + body;
    }

    const std::vector<std::string> refused_;
    const std::string after_;
    mutable std::mutex mutex_;
    std::vector<std::string> bodies_;
    RawServer server_; // last: its threads use the rest
};

void ask(LiveWorld& world, live::Driver& driver, Asked& asked, bool stream = false) {
    wire::ChatRequest request;
    request.messages = {{wire::Role::user, "Well?"}};
    request.max_tokens = 9;
    request.temperature = 0.5;
    request.top_p = 0.9;
    request.stream = stream;
    asked.handle = driver.start(std::move(request), {}, asked);
    QVERIFY(world.wait(asked));
}
void ask(LiveWorld& world, Asked& asked, bool stream = false) {
    ask(world, *world.driver, asked, stream);
}

} // namespace

class TestRefusedParameters : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void each_is_refused_once_data() {
        QTest::addColumn<QStringList>("refused");
        QTest::addColumn<bool>("stream");
        QTest::addColumn<QString>("last"); // body that the second call sends
        QTest::addColumn<QString>("note"); // of the second call
        for (const bool stream : {false, true}) {
            const char* how = stream ? "stream" : "whole";
            QTest::addRow("temperature, %s", how)
                << QStringList{"temperature"} << stream << "\"top_p\":0.9"
                << "temperature: m1 has refused it before";
            QTest::addRow("the limit's name, %s", how)
                << QStringList{"max_tokens"} << stream << "\"max_completion_tokens\":9"
                << "";
            QTest::addRow("three, one after the other, %s", how)
                << QStringList{"max_tokens", "temperature", "top_p"} << stream
                << "\"max_completion_tokens\":9"
                << "temperature: m1 has refused it before";
        }
    }
    void each_is_refused_once() {
        QFETCH(QStringList, refused);
        QFETCH(bool, stream);
        QFETCH(QString, last);
        QFETCH(QString, note);
        std::vector<std::string> names;
        for (const QString& name : refused)
            names.push_back(name.toStdString());
        Picky picky(names);
        LiveWorld world(std::vector<std::string>{picky.base_url()});
        Asked first;
        ask(world, first, stream);
        QCOMPARE(first.record->result, engine::CallResult::success);
        QCOMPARE(first.record->attempts.size(), std::size_t{1}); // one attempt, several requests
        QCOMPARE(picky.bodies().size(), names.size() + 1);
        QCOMPARE(first.attempt(1).notes.size(), names.size());

        Asked second;
        ask(world, second, stream);
        QCOMPARE(second.record->result, engine::CallResult::success);
        QCOMPARE(picky.bodies().size(), names.size() + 2);
        const QString body = QString::fromStdString(picky.bodies().back());
        QVERIFY2(body.contains(last), qPrintable(body));
        for (const QString& name : refused)
            QVERIFY2(!body.contains("\"" + name + "\""), qPrintable(body));
        const auto& notes = second.attempt(1).notes;
        QCOMPARE(notes.empty(), note.isEmpty());
        if (!note.isEmpty())
            QCOMPARE(QString::fromStdString(notes.front()), note);
    }

    // What did not help is not believed.
    void a_refusal_without_an_answer_is_not_remembered() {
        Picky picky({"temperature"}, "invalid_value");
        LiveWorld world(std::vector<std::string>{picky.base_url()});
        for (const std::size_t requests : {2, 4}) {
            Asked asked;
            ask(world, asked);
            QCOMPARE(asked.record->result, engine::CallResult::rejected);
            QCOMPARE(picky.bodies().size(), requests);
        }
    }

    // Two names that are both refused do not take turns for ever.
    void what_cannot_be_mended_ends() {
        Picky picky({"max_tokens", "max_completion_tokens"});
        LiveWorld world(std::vector<std::string>{picky.base_url()});
        Asked asked;
        ask(world, asked);
        QCOMPARE(asked.record->result, engine::CallResult::rejected);
        QCOMPARE(picky.bodies().size(), std::size_t{2});
    }

    // An edited document keeps what is known of the same model at the same address, and no more.
    void an_edit_keeps_it_data() {
        QTest::addColumn<QString>("model");
        QTest::addColumn<bool>("same_address");
        QTest::addColumn<int>("requests"); // of the call after the edit
        QTest::newRow("the same") << "m1" << true << 1;
        QTest::newRow("another model") << "m2" << true << 2;
        QTest::newRow("another address") << "m1" << false << 2;
    }
    void an_edit_keeps_it() {
        QFETCH(QString, model);
        QFETCH(bool, same_address);
        QFETCH(int, requests);
        Picky picky({"temperature"}), other({"temperature"});
        LiveWorld world(std::vector<std::string>{picky.base_url()});
        Asked first;
        ask(world, first);
        const std::size_t before = picky.bodies().size() + other.bodies().size();
        auto json = chain_json({same_address ? picky.base_url() : other.base_url()});
        json["chains"][0]["targets"][0]["model"] = model.toStdString();
        live::Driver edited(world.loop, world.http, world.clock, read(json), {}, {}, 7, nullptr,
                            nullptr);
        edited.adopt(*world.driver);
        Asked second;
        ask(world, edited, second);
        QCOMPARE(second.record->result, engine::CallResult::success);
        QCOMPARE(picky.bodies().size() + other.bodies().size(), before + std::size_t(requests));
    }
};

QTEST_GUILESS_MAIN(TestRefusedParameters)
#include "test_refused_parameters.moc"
