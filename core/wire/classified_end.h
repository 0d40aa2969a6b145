// How an attempt ended by what the classifier makes of its reply: for every reader. Pure.
#pragma once

#include "wire/dialect.h"

namespace brownout::wire {

// `reply`, `dropped` and `next` are left empty.
ReplyReader::End classified_end(const ReplyFacts& facts);

} // namespace brownout::wire
