#include "ui/shell/desktop_notifier.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QIcon>
#include <QSystemTrayIcon>
#include <QVariantMap>

namespace brownout::ui {

namespace {

constexpr int serviceMs = 2000; // for the service; nobody waits for it

} // namespace

DesktopNotifier::DesktopNotifier(QObject* parent) : QObject(parent) {}

DesktopNotifier::~DesktopNotifier() = default;

void DesktopNotifier::show(const QString& title, const QString& text, bool urgent) {
    // Without a session bus a connection attempt would start one.
    if (qEnvironmentVariableIsEmpty("DBUS_SESSION_BUS_ADDRESS"))
        return showInTray(title, text, urgent);
    QDBusMessage ask = QDBusMessage::createMethodCall(
        QStringLiteral("org.freedesktop.Notifications"),
        QStringLiteral("/org/freedesktop/Notifications"),
        QStringLiteral("org.freedesktop.Notifications"), QStringLiteral("Notify"));
    QVariantMap hints;
    hints.insert(QStringLiteral("urgency"), QVariant::fromValue<uchar>(urgent ? 2 : 1));
    hints.insert(QStringLiteral("desktop-entry"), QStringLiteral("brownout"));
    constexpr int usualTime = -1;
    // Its body may hold markup; the text is none.
    ask << QStringLiteral("Brownout") << uint(0) << QStringLiteral("brownout") << title
        << text.toHtmlEscaped() << QStringList() << hints << usualTime;
    auto* watch =
        new QDBusPendingCallWatcher(QDBusConnection::sessionBus().asyncCall(ask, serviceMs), this);
    connect(watch, &QDBusPendingCallWatcher::finished, this, [this, watch, title, text, urgent] {
        if (watch->isError())
            showInTray(title, text, urgent);
        watch->deleteLater();
    });
}

void DesktopNotifier::showInTray(const QString& title, const QString& text, bool urgent) {
    if (!QSystemTrayIcon::isSystemTrayAvailable() || !QSystemTrayIcon::supportsMessages())
        return;
    if (!tray_) {
        tray_ = new QSystemTrayIcon(QIcon(QStringLiteral(":/icons/app.svg")), this);
        tray_->show();
    }
    tray_->showMessage(title, text,
                       urgent ? QSystemTrayIcon::Critical : QSystemTrayIcon::Information);
}

} // namespace brownout::ui
