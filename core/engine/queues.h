// Who waits for a place at a provider that runs as many attempts as it may: first come, first
// served. The queues are links between the calls, so that waiting allocates nothing.
#pragma once

#include "engine/call.h"

#include <vector>

namespace brownout::engine {

class Queues {
  public:
    explicit Queues(std::size_t providers) : queues_(providers) { freed_.reserve(providers); }

    void join(ProviderId provider, Call& call, std::vector<Call>& calls);
    void leave(ProviderId provider, Call& call, std::vector<Call>& calls);
    std::uint32_t first(ProviderId provider) const { return queues_[provider.value].first; }

    // An attempt has ended there: if somebody waits, his turn may have come.
    void one_ended(ProviderId provider) {
        Queue& queue = queues_[provider.value];
        if (queue.first != no_slot && !queue.freed) {
            queue.freed = true;
            freed_.push_back(provider);
        }
    }
    bool anything_freed() const { return !freed_.empty(); }
    ProviderId last_freed() const { return freed_.back(); }
    void drop_last_freed() {
        queues_[freed_.back().value].freed = false;
        freed_.pop_back();
    }

  private:
    struct Queue {
        std::uint32_t first = no_slot, last = no_slot;
        bool freed = false; // is in freed_
    };
    std::vector<Queue> queues_; // by ProviderId
    std::vector<ProviderId> freed_;
};

} // namespace brownout::engine
