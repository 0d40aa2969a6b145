// Light or dark, as the desktop wants it: by the settings portal (org.freedesktop.appearance,
// color-scheme), else by the palette that the desktop gave us. Thread: the window's.
#pragma once

#include <QDBusVariant>
#include <QObject>

namespace brownout::ui {

class SystemTheme : public QObject {
    Q_OBJECT
  public:
    static SystemTheme& instance();
    bool isDark() const { return dark_; }

  Q_SIGNALS:
    void changed();

  private Q_SLOTS:
    void settingChanged(const QString& group, const QString& key, const QDBusVariant& value);

  private:
    SystemTheme();
    bool dark_ = false;
};

} // namespace brownout::ui
