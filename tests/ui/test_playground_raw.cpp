// What the playground shows of the wire: every attempt's request and reply, and never a key.
#include "support/http_raw_server.h"
#include "ui/models/exchange_list.h"
#include "ui/pages/playground/exchange_text.h"
#include "ui/playground_world.h"

#include <QAbstractItemModelTester>
#include <QClipboard>

using namespace brownout;
using namespace brownout::ui;

namespace {

constexpr const char* canary = "sk-canary-7f3b9e1d5c8a2460";

live::Exchange exchange(const std::string& reply, int status = 200) {
    live::Exchange e;
    e.attempt = 1;
    e.provider = "aster";
    e.request = {"POST", "http://h/v1/x", {{"Content-Type", "application/json"}}, "{\"a\":[1]}"};
    e.request_bytes = e.request.body.size();
    e.status = status;
    e.reply_headers = {{"Content-Type", "application/json"}};
    e.reply = reply;
    e.reply_bytes = reply.size();
    e.over = true;
    e.end = "complete";
    return e;
}

// Everything that a person could read or copy on these widgets.
QString everything(QWidget& root) {
    QString out;
    for (QWidget* w : root.findChildren<QWidget*>()) {
        out += w->toolTip() + w->accessibleName() + w->accessibleDescription() + w->statusTip();
        if (const auto* label = qobject_cast<QLabel*>(w))
            out += label->text();
        if (const auto* text = qobject_cast<QPlainTextEdit*>(w))
            out += text->toPlainText();
        if (const auto* view = qobject_cast<QAbstractItemView*>(w))
            for (int row = 0; view->model() && row < view->model()->rowCount(); ++row)
                for (const int role : {int(Qt::DisplayRole), int(Qt::ToolTipRole),
                                       int(Qt::AccessibleTextRole), int(Qt::UserRole) + 1})
                    out += view->model()->index(row, 0).data(role).toString();
        out += QLatin1Char('\n');
    }
    return out;
}

} // namespace

class TestPlaygroundRaw : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void initTestCase() { applyTestTheme(); }
    void init() { failOnAnyWarning(); }

    void everyAttemptIsShownAsItWent() {
        PlaygroundWorld p;
        QVERIFY(p.demo.isUp());
        p.breakIt("aster");
        QVERIFY(p.demo.hasFaults(1));
        QVERIFY(p.ask(QStringLiteral("What is on the wire?")));
        p.click("show_raw", 0);
        auto* list = child<QListView>(*child<QWidget>(p.page, "chat_panel"), "exchanges");
        QAbstractItemModelTester tester(list->model(),
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        QCOMPARE(list->model()->rowCount(), static_cast<int>(p.last().record.attempts.size()));
        QVERIFY(list->isVisible());
        auto* request = child<QPlainTextEdit>(*child<QWidget>(p.page, "chat_panel"), "raw_request");
        auto* reply = child<QPlainTextEdit>(*child<QWidget>(p.page, "chat_panel"), "raw_reply");
        // The last is chosen: Birch, in Anthropic's words, as events.
        QVERIFY(request->toPlainText().startsWith(QStringLiteral("POST http://127.0.0.1:")));
        QVERIFY(request->toPlainText().contains(QStringLiteral("/messages\n")));
        QVERIFY(request->toPlainText().contains(QStringLiteral("What is on the wire?")));
        QVERIFY(reply->toPlainText().startsWith(QStringLiteral("HTTP 200\n")));
        QVERIFY(reply->toPlainText().contains(QStringLiteral("event: message_start")));
        p.keep("playground_raw");
        list->setCurrentIndex(list->model()->index(0, 0));
        QVERIFY(request->toPlainText().contains(QStringLiteral("/chat/completions\n")));
        QVERIFY(reply->toPlainText().startsWith(QStringLiteral("HTTP 503\n")));
        QVERIFY(list->model()
                    ->index(0, 0)
                    .data(ExchangeList::outcomeRole)
                    .toString()
                    .startsWith(QStringLiteral("503 · ")));
        p.clickIn(p.panel(), "copy_raw_reply");
        QCOMPARE(QGuiApplication::clipboard()->text(), reply->toPlainText());
        // More attempts later do not change the choice.
        child<QTabBar>(*child<QWidget>(p.page, "chat_panel"), "result_tabs")->setCurrentIndex(0);
        QVERIFY(p.ask(QStringLiteral("And again?")));
        p.click("show_raw", 0);
        QVERIFY(request->toPlainText().contains(QStringLiteral("What is on the wire?")));
    }

    void whatWasNeverSentSaysSo() {
        qunsetenv("BROWNOUT_TEST_NO_SUCH_KEY");
        chain::Json json = quickDemo();
        json["providers"][0] = {{"id", "openai"},
                                {"dialect", "openai"},
                                {"base_url", "http://127.0.0.1:9/v1"},
                                {"key", "env:BROWNOUT_TEST_NO_SUCH_KEY"}};
        json["chains"][0]["targets"] = {{{"provider", "openai"}, {"model", "gpt-5"}}};
        PlaygroundWorld p(json);
        QVERIFY(p.demo.isUp());
        auto* tabs = child<QTabBar>(p.panel(), "result_tabs");
        tabs->setCurrentIndex(1);
        auto* hint = child<QLabel>(p.panel(), "raw_hint");
        QVERIFY(hint->text().contains(QStringLiteral("variables")));
        QVERIFY(p.ask(QStringLiteral("Hello?")));
        QCOMPARE(hint->text(), QStringLiteral("Nothing was sent: the attempts say why."));
        QVERIFY(hint->isVisible());
        QCOMPARE(p.label("failure_advice"), QStringLiteral("Check the key of OpenAI."));
    }

    // A provider that says the key back in its error, in its headers and in the stream's text.
    void aKeyIsNeverShown() {
        const auto echo = [](test::RawPeer& peer, int) {
            const std::string request = peer.read_request();
            if (request.empty())
                return;
            const bool carried = request.find(std::string{"Bearer "} + canary) != std::string::npos;
            const std::string body =
                std::string{"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\""} +
                (carried ? "you sent " : "no key? ") +
                "it\"},\"finish_reason\":null}]}\n\n: " + canary +
                "\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],"
                "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n";
            peer.send(
                std::string{"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Echo: "} +
                canary + "\r\nConnection: close\r\n\r\n" + body);
            peer.close();
        };
        test::RawServer server(echo);
        qputenv("BROWNOUT_TEST_CANARY_KEY", canary);
        chain::Json json = quickDemo();
        json["providers"][0] = {{"id", "openai"},
                                {"dialect", "openai"},
                                {"base_url", server.url("/v1")},
                                {"key", "env:BROWNOUT_TEST_CANARY_KEY"}};
        json["chains"][0]["targets"][0]["provider"] = "openai";
        PlaygroundWorld p(json);
        QVERIFY(p.demo.isUp());
        QVERIFY(p.ask(QStringLiteral("Say my key")));
        QCOMPARE(p.answer(), QStringLiteral("you sent it")); // it really was sent
        p.click("show_raw", 0);
        auto* panel = child<QWidget>(p.page, "chat_panel");
        const QString request = child<QPlainTextEdit>(*panel, "raw_request")->toPlainText();
        QVERIFY2(
            request.contains(QStringLiteral("Authorization: Bearer $BROWNOUT_TEST_CANARY_KEY")),
            qPrintable(request));
        const QString reply = child<QPlainTextEdit>(*panel, "raw_reply")->toPlainText();
        QVERIFY2(reply.contains(QStringLiteral("X-Echo: $BROWNOUT_TEST_CANARY_KEY")),
                 qPrintable(reply));
        p.clickIn(p.panel(), "copy_raw_request");
        QVERIFY(!QGuiApplication::clipboard()->text().contains(QLatin1String(canary)));
        QString all = everything(p.page);
        p.click("show_code", 0);
        auto* languages = child<QTabBar>(*panel, "code_language");
        for (int i = 0; i < languages->count(); ++i) {
            languages->setCurrentIndex(i);
            all += everything(p.page);
            QVERIFY(child<QPlainTextEdit>(*panel, "code")
                        ->toPlainText()
                        .contains(QStringLiteral("BROWNOUT_TEST_CANARY_KEY")));
        }
        QVERIFY(all.contains(QStringLiteral("$BROWNOUT_TEST_CANARY_KEY")));
        QVERIFY(!all.contains(QStringLiteral("canary-7f3b")));
        QVERIFY(!QString::fromStdString(p.demo.session.editor().json().dump())
                     .contains(QStringLiteral("canary-7f3b")));
        qunsetenv("BROWNOUT_TEST_CANARY_KEY");
    }

    void textOfAnExchange_data() {
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QString>("ends");
        QTest::newRow("JSON is indented")
            << QByteArray("{\"b\":1,\"a\":[true]}")
            << QStringLiteral("\n\n{\n  \"b\": 1,\n  \"a\": [\n    true\n  ]\n}");
        QTest::newRow("events stay") << QByteArray("data: 1\r\n\r\ndata: 2\n\n")
                                     << QStringLiteral("\n\ndata: 1\n\ndata: 2\n\n");
        QTest::newRow("bytes are counted")
            << QByteArray("\x00\x01zz", 4) << QStringLiteral("(bytes that are no text, 4 bytes)");
        QTest::newRow("a picture is named")
            << QByteArray("\x89PNG\r\n\x1a\n0000", 12) << QStringLiteral("(image/png, 12 bytes)");
        QTest::newRow("too deep to be indented")
            << QByteArray(60'000, '[') << QStringLiteral("[[[[");
        QTest::newRow("nothing") << QByteArray() << QStringLiteral("application/json\n");
    }
    void textOfAnExchange() {
        QFETCH(QByteArray, body);
        QFETCH(QString, ends);
        const QString text = replyText(exchange(body.toStdString()));
        QVERIFY(text.startsWith(QStringLiteral("HTTP 200\nContent-Type: application/json\n")));
        QVERIFY2(text.endsWith(ends), qPrintable(text.right(200)));
    }

    void whatIsCutSaysSo() {
        auto e = exchange("data: some");
        e.reply_bytes = 1'412'222;
        QVERIFY(replyText(e).endsWith(QStringLiteral("(10 of 1,412,222 bytes are kept)")));
        auto none = exchange("", 0);
        none.end = "connection refused";
        QCOMPARE(replyText(none), QStringLiteral("(no reply: connection refused)"));
        none.over = false;
        QCOMPARE(exchangeOutcome(none), QStringLiteral("waiting"));
    }
};

QTEST_MAIN(TestPlaygroundRaw)
#include "test_playground_raw.moc"
