#include "ui/shell/notice_list.h"

#include <QStringList>

#include <algorithm>

namespace brownout::ui {

void NoticeList::add(const QString& text, Tone tone) {
    std::erase_if(said_, [&](const Said& s) {
        return s.text == text || (tone == Tone::accent && s.tone == Tone::accent);
    });
    if (said_.size() == most)
        said_.erase(said_.begin());
    said_.push_back({text, tone});
}

QString NoticeList::html() const {
    QStringList lines;
    for (const Said& s : said_)
        lines << s.text.toHtmlEscaped();
    return lines.join(QStringLiteral("<br>"));
}

Tone NoticeList::tone() const {
    const auto any = [this](Tone tone) {
        return std::any_of(said_.begin(), said_.end(),
                           [tone](const Said& s) { return s.tone == tone; });
    };
    return any(Tone::bad) ? Tone::bad : any(Tone::warn) ? Tone::warn : Tone::accent;
}

} // namespace brownout::ui
