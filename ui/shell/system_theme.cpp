#include "ui/shell/system_theme.h"

#include <QApplication>
#include <QDBusConnection>
#include <QDBusMessage>
#include <QPalette>

#include <optional>

namespace brownout::ui {

namespace {

const QString service = QStringLiteral("org.freedesktop.portal.Desktop");
const QString path = QStringLiteral("/org/freedesktop/portal/desktop");
const QString interface = QStringLiteral("org.freedesktop.portal.Settings");
const QString group = QStringLiteral("org.freedesktop.appearance");
const QString key = QStringLiteral("color-scheme");
constexpr int portalMs = 150; // the window must not wait for a slow portal

std::optional<bool> readScheme(QVariant value) {
    while (value.canConvert<QDBusVariant>())
        value = value.value<QDBusVariant>().variant();
    switch (value.toUInt()) {
    case 1:
        return true;
    case 2:
        return false;
    default: // no preference
        return std::nullopt;
    }
}

} // namespace

SystemTheme& SystemTheme::instance() {
    static SystemTheme theme;
    return theme;
}

SystemTheme::SystemTheme() : dark_(QPalette().color(QPalette::Window).lightness() < 128) {
    // Without a session bus a connection attempt would start one.
    if (qEnvironmentVariableIsEmpty("DBUS_SESSION_BUS_ADDRESS"))
        return;
    auto bus = QDBusConnection::sessionBus();
    QDBusMessage ask =
        QDBusMessage::createMethodCall(service, path, interface, QStringLiteral("Read"));
    ask << group << key;
    const QDBusMessage reply = bus.call(ask, QDBus::Block, portalMs);
    if (reply.type() == QDBusMessage::ReplyMessage && !reply.arguments().isEmpty())
        if (const auto dark = readScheme(reply.arguments().first()))
            dark_ = *dark;
    bus.connect(service, path, interface, QStringLiteral("SettingChanged"), this,
                SLOT(settingChanged(QString, QString, QDBusVariant)));
}

void SystemTheme::settingChanged(const QString& inGroup, const QString& name,
                                 const QDBusVariant& value) {
    if (inGroup != group || name != key)
        return;
    const auto dark = readScheme(value.variant());
    if (!dark || *dark == dark_)
        return;
    dark_ = *dark;
    Q_EMIT changed();
}

} // namespace brownout::ui
