// Notifications of the desktop: by the freedesktop.org service on the session bus
// (org.freedesktop.Notifications, Desktop Notifications Specification 1.2), else by a tray icon
// where there is a tray, else not at all: the window shows everything itself. Never waits.
// Thread: the window's.
#pragma once

#include <QObject>

class QSystemTrayIcon;

namespace brownout::ui {

class DesktopNotifier : public QObject {
    Q_OBJECT
  public:
    explicit DesktopNotifier(QObject* parent = nullptr);
    ~DesktopNotifier() override;
    void show(const QString& title, const QString& text, bool urgent);

  private:
    void showInTray(const QString& title, const QString& text, bool urgent);
    QSystemTrayIcon* tray_ = nullptr; // made when it is needed
};

} // namespace brownout::ui
