// A batch in sentences. Pure.
#pragma once

#include "live/batch_view.h"

#include <QString>

namespace brownout::ui {

// "312 of 1,000 answered", "All 1,000 requests have an answer", "Stopped at 12 of 40".
QString batchHeadline(const live::BatchView& view);
// "4 failed, 8 running, 0.0123 USD, 88 a minute, about 7 min 30 s left".
QString batchFigures(const live::BatchView& view);
// What the user should know or do; empty: nothing.
QString batchAdvice(const live::BatchView& view);
// "prompts.answers.jsonl" beside "prompts.jsonl".
QString answersBeside(const QString& requests);

} // namespace brownout::ui
