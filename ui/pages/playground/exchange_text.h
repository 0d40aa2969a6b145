// A request and its reply as text that a person reads: the first line, the headers, the body. JSON
// is indented; bytes that are no text are counted instead. Pure.
#pragma once

#include "live/wire_log.h"

#include <QString>

namespace brownout::ui {

QString requestText(const live::Exchange& exchange);
QString replyText(const live::Exchange& exchange);
// "64 KB of 1,412,222 bytes are kept". Empty: all of them are.
QString cutText(std::size_t kept, std::size_t all);

} // namespace brownout::ui
