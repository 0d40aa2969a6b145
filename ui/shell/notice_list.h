// What the message bar of the window says: the newest few messages, one below the other, until the
// user closes them. Pure.
#pragma once

#include "ui/widgets/state_badge.h"

#include <QString>

#include <vector>

namespace brownout::ui {

class NoticeList {
  public:
    static constexpr std::size_t most = 4;

    // Words that are said again count once, as the newest. A confirmation (Tone::accent) takes the
    // place of the one before it; what asks for attention stays.
    void add(const QString& text, Tone tone);
    void clear() { said_.clear(); }
    bool empty() const { return said_.empty(); }
    QString html() const; // escaped, oldest first
    Tone tone() const;    // the gravest

  private:
    struct Said {
        QString text;
        Tone tone = Tone::accent;
    };
    std::vector<Said> said_;
};

} // namespace brownout::ui
