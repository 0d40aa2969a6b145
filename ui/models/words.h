// Texts of the core as Qt's, and words of ours outside of a QObject.
#pragma once

#include <QCoreApplication>
#include <QString>

#include <string_view>

namespace brownout::ui {

inline QString tr(const char* text) {
    return QCoreApplication::translate("brownout::ui", text);
}

inline QString text(std::string_view s) {
    return QString::fromUtf8(s.data(), static_cast<qsizetype>(s.size()));
}

} // namespace brownout::ui
