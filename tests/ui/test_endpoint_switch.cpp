// The endpoint's switch in the top bar: a real listener, a real client, the clipboard.
#include <QFloat16> // JSON asks of every type that a test compares whether it is complete

#include "demo_session.h"
#include "support/http_plain.h"
#include "ui/models/endpoint_snippets.h"
#include "ui/shell/endpoint_switch.h"

#include <QClipboard>
#include <QMenu>
#include <QSignalSpy>
#include <QSpinBox>
#include <QToolButton>

using namespace brownout;
using namespace brownout::ui;

class TestEndpointSwitch : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void init() { failOnAnyWarning(); }

    void onAndOff() {
        DemoSession demo;
        QVERIFY(demo.isUp());
        EndpointSwitch bar(demo.session);
        bar.show();
        auto* button = child<QToolButton>(bar, "endpoint_switch");
        auto* copy = child<QToolButton>(bar, "endpoint_copy");
        child<QSpinBox>(bar, "endpoint_port")->setValue(0);
        QVERIFY(!button->isChecked() && copy->isHidden());
        QCOMPARE(button->text(), tr("Endpoint off"));

        QTest::mouseClick(button, Qt::LeftButton);
        QVERIFY(QTest::qWaitFor([&] { return button->isChecked() && !copy->isHidden(); }, 5000));
        const QString url = QStringLiteral("http://") + button->text();
        test::PlainClient client;
        const auto reply = client.send(
            url.toStdString() + "/v1/chat/completions",
            R"({"model":"auto","max_tokens":5,"messages":[{"role":"user","content":"hi"}]})");
        QCOMPARE(reply.status, 200L);
        QCOMPARE(reply.header("x-provider"), std::string{"aster"});

        QTest::mouseClick(copy, Qt::LeftButton);
        QCOMPARE(QGuiApplication::clipboard()->text(), url + QStringLiteral("/v1"));
        const auto actions = button->menu()->actions();
        QAction* python = nullptr;
        for (QAction* action : actions)
            if (action->text() == QStringLiteral("Python (openai)"))
                python = action;
        QVERIFY(python && python->isEnabled());
        python->trigger();
        QVERIFY(QGuiApplication::clipboard()->text().contains(url + QStringLiteral("/v1")));

        QTest::mouseClick(button, Qt::LeftButton);
        QVERIFY(QTest::qWaitFor([&] { return !button->isChecked() && copy->isHidden(); }, 5000));
        QCOMPARE(client.send(url.toStdString() + "/healthz").status, 0L);
    }

    void aTakenPortIsTold() {
        DemoSession demo, other;
        QVERIFY(demo.isUp() && other.isUp());
        demo.session.post(live::ServeEndpoint{{"127.0.0.1", 0, ""}});
        QVERIFY(QTest::qWaitFor([&] { return demo.session.snapshot()->endpoint.listening; }, 5000));
        const std::string url = demo.session.snapshot()->endpoint.url;
        EndpointSwitch bar(other.session);
        const QSignalSpy notices(&other.session, &Session::notice);
        child<QSpinBox>(bar, "endpoint_port")->setValue(std::stoi(url.substr(url.rfind(':') + 1)));
        auto* button = child<QToolButton>(bar, "endpoint_switch");
        button->click();
        QVERIFY(QTest::qWaitFor([&] { return !notices.isEmpty(); }, 5000));
        QVERIFY(notices.first().at(0).toString().contains(QStringLiteral("is taken")));
        QVERIFY(notices.first().at(1).toBool());
        QVERIFY(QTest::qWaitFor([&] { return !button->isChecked(); }, 5000));
    }

    void snippetsNameTheAddressAndNoKey() {
        const auto snippets = endpointSnippets(QStringLiteral("http://127.0.0.1:4711"));
        QVERIFY(snippets.size() >= 10);
        for (const EndpointSnippet& snippet : snippets) {
            QVERIFY2(snippet.text.contains(QStringLiteral("http://127.0.0.1:4711")),
                     qPrintable(snippet.title));
            QVERIFY2(!snippet.text.contains(QStringLiteral("%1")), qPrintable(snippet.title));
        }
    }
};

QTEST_MAIN(TestEndpointSwitch)
#include "test_endpoint_switch.moc"
