#include "engine/queues.h"

namespace brownout::engine {

void Queues::join(ProviderId provider, Call& call, std::vector<Call>& calls) {
    Queue& queue = queues_[provider.value];
    const auto slot = static_cast<std::uint32_t>(&call - calls.data());
    call.queue_before = queue.last;
    call.queue_after = no_slot;
    (queue.last == no_slot ? queue.first : calls[queue.last].queue_after) = slot;
    queue.last = slot;
}

void Queues::leave(ProviderId provider, Call& call, std::vector<Call>& calls) {
    Queue& queue = queues_[provider.value];
    (call.queue_before == no_slot ? queue.first : calls[call.queue_before].queue_after) =
        call.queue_after;
    (call.queue_after == no_slot ? queue.last : calls[call.queue_after].queue_before) =
        call.queue_before;
    call.queue_before = call.queue_after = no_slot;
}

} // namespace brownout::engine
