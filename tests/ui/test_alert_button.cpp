// Alerts in the top bar: a real outage under real traffic, the list, the word to the desktop.
#include <QFloat16> // JSON asks of every type that a test compares whether it is complete

#include "demo_session.h"
#include "ui/shell/alert_button.h"
#include "ui/shell/bars.h"
#include "ui/shell/desktop_notifier.h"

#include <QCheckBox>
#include <QDBusConnection>
#include <QListWidget>
#include <QMenu>
#include <QProcess>
#include <QStandardPaths>

using namespace brownout;
using namespace brownout::ui;

namespace {

chain::Json watched(const chain::Json& alerts) {
    chain::Json json = quickDemo();
    json["alerts"] = alerts;
    json["policy"]["breaker"] = {{"consecutive_failures", 1}, {"open_s", 60}};
    return json;
}

const chain::Json breakers = chain::Json::parse(R"([{"metric":"breaker_open"}])");

} // namespace

// The service of a desktop, as the specification describes it.
class Desktop : public QObject {
    Q_OBJECT
    Q_CLASSINFO("D-Bus Interface", "org.freedesktop.Notifications")
  public:
    struct Said {
        QString app, title, text;
        QVariantMap hints;
    };
    std::vector<Said> said;
  public Q_SLOTS:
    uint Notify(const QString& app, uint, const QString&, const QString& title, const QString& text,
                const QStringList&, const QVariantMap& hints, int) {
        said.push_back({app, title, text, hints});
        return static_cast<uint>(said.size());
    }
};

class TestAlertButton : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void init() { failOnAnyWarning(); }

    void raisedListedOver() {
        DemoSession demo(watched(breakers));
        QVERIFY(demo.isUp());
        AlertCenter center(demo.session);
        QStringList told;
        center.setNotify([&](const QString& title, const QString& text, bool urgent) {
            told << title + QLatin1Char('|') + text;
            QVERIFY(!urgent); // its providers are simulated
        });
        AlertButton button(center);
        QVERIFY(button.isHidden()); // nothing to say
        auto* list = child<QListWidget>(*button.menu(), "alerts_list");

        demo.session.breakProvider(QStringLiteral("aster"), {});
        QVERIFY(demo.hasFaults(1));
        demo.session.setTraffic(50);
        QVERIFY(QTest::qWaitFor([&] { return center.raised() == 1; }, 10'000));
        demo.session.setTraffic(0);
        QVERIFY(!button.isHidden());
        QCOMPARE(button.text(), QStringLiteral("1 alert"));
        QCOMPARE(button.accessibleName(), button.text());
        QVERIFY(button.property("strip").toBool());
        QCOMPARE(list->count(), 1);
        QVERIFY(list->item(0)->text().contains(QStringLiteral("its breaker is open")));
        QCOMPARE(told.size(), 1);
        QVERIFY(told[0].startsWith(QStringLiteral("Brownout: alert|simulated: aster/")));

        // Its rule goes: it is over, and told so once.
        demo.session.editor().openFresh(watched(chain::Json::array()), QStringLiteral("demo"));
        QVERIFY(QTest::qWaitFor([&] { return center.raised() == 0; }, 10'000));
        QCOMPARE(button.text(), QStringLiteral("Alerts over"));
        QVERIFY(list->item(0)->text().contains(QStringLiteral("over after")));
        QVERIFY(!button.property("strip").toBool());
        QCOMPARE(told.size(), 2);
        QVERIFY(told[1].startsWith(QStringLiteral("Brownout: alert over|")));

        child<QPushButton>(*button.menu(), "alerts_clear")->click();
        QVERIFY(button.isHidden() && center.rows().empty());
    }

    // A cleared list stays empty while the same alert goes on; the desktop can be left in peace.
    void clearedWhileRaised() {
        DemoSession demo(watched(breakers));
        QVERIFY(demo.isUp());
        TopBar bar(demo.session);
        int told = 0;
        bar.alerts().setNotify([&](const QString&, const QString&, bool) { ++told; });
        auto* button = child<AlertButton>(bar, "alerts");
        auto* desktop = child<QCheckBox>(*button->menu(), "alerts_desktop");
        QVERIFY(desktop->isChecked());
        desktop->click();
        demo.session.breakProvider(QStringLiteral("aster"), {});
        QVERIFY(demo.hasFaults(1));
        demo.session.setTraffic(50);
        QVERIFY(QTest::qWaitFor([&] { return bar.alerts().raised() == 1; }, 10'000));
        demo.session.setTraffic(0);
        child<QPushButton>(*button->menu(), "alerts_clear")->click();
        QCOMPARE(bar.alerts().raised(), 0);
        // Another alert comes, and it alone is listed.
        demo.session.breakProvider(QStringLiteral("birch"), {});
        QVERIFY(demo.hasFaults(2));
        demo.session.setTraffic(50);
        QVERIFY(QTest::qWaitFor([&] { return bar.alerts().raised() == 1; }, 10'000));
        QVERIFY(bar.alerts().rows().front().text.contains(QStringLiteral("birch/")));
        QCOMPARE(told, 0);
    }

    // On a bus of the test's own; a desktop without the service, or without a bus, is no error.
    void desktopNotification() {
        if (QStandardPaths::findExecutable(QStringLiteral("dbus-daemon")).isEmpty())
            QSKIP("there is no dbus-daemon");
        DesktopNotifier notifier;
        qunsetenv("DBUS_SESSION_BUS_ADDRESS");
        notifier.show(QStringLiteral("nobody"), QStringLiteral("hears it"), false);
        QProcess bus;
        bus.start(QStringLiteral("dbus-daemon"),
                  {QStringLiteral("--session"), QStringLiteral("--nofork"),
                   QStringLiteral("--print-address")});
        QVERIFY(QTest::qWaitFor([&] { return bus.canReadLine(); }, 10'000));
        const QString address = QString::fromUtf8(bus.readLine()).trimmed();
        qputenv("DBUS_SESSION_BUS_ADDRESS", address.toUtf8());
        Desktop desktop;
        auto service = QDBusConnection::connectToBus(address, QStringLiteral("desktop"));
        QVERIFY(service.registerObject(QStringLiteral("/org/freedesktop/Notifications"), &desktop,
                                       QDBusConnection::ExportAllSlots));
        QVERIFY(service.registerService(QStringLiteral("org.freedesktop.Notifications")));
        notifier.show(QStringLiteral("Brownout: alert"), QStringLiteral("a <b> & c"), true);
        QVERIFY(QTest::qWaitFor([&] { return !desktop.said.empty(); }, 10'000));
        const Desktop::Said& said = desktop.said.front();
        QCOMPARE(said.app, QStringLiteral("Brownout"));
        QCOMPARE(said.title, QStringLiteral("Brownout: alert"));
        QCOMPARE(said.text, QStringLiteral("a &lt;b&gt; &amp; c"));
        QCOMPARE(said.hints.value(QStringLiteral("urgency")).toInt(), 2);
        QVERIFY(service.unregisterService(QStringLiteral("org.freedesktop.Notifications")));
        notifier.show(QStringLiteral("nobody"), QStringLiteral("hears it"), false);
        QDBusConnection::disconnectFromBus(QStringLiteral("desktop"));
        qunsetenv("DBUS_SESSION_BUS_ADDRESS");
        bus.terminate();
        QVERIFY(bus.waitForFinished(10'000));
    }
};

QTEST_MAIN(TestAlertButton)
#include "test_alert_button.moc"
