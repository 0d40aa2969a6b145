#include "wire/classified_end.h"

namespace brownout::wire {

ReplyReader::End classified_end(const ReplyFacts& facts) {
    Classified found = classify(facts);
    ReplyReader::End end;
    end.outcome = found.outcome;
    end.code = std::move(found.code);
    end.message = std::move(found.message);
    return end;
}

} // namespace brownout::wire
