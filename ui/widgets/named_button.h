// A button that tests and assistive technology find by its name.
#pragma once

#include <QPushButton>

namespace brownout::ui {

inline QPushButton* namedButton(const QString& text, const char* objectName, QWidget* parent) {
    auto* out = new QPushButton(text, parent);
    out->setObjectName(QLatin1String(objectName));
    out->setAccessibleName(text);
    return out;
}

} // namespace brownout::ui
