// Faults that come and go: doors of providers, windows for the report.
#include "sim/world.h"

#include <algorithm>

namespace brownout::sim {
namespace {

constexpr Duration shortest_look = std::chrono::milliseconds{1};

} // namespace

void World::tell_fault(const record::FaultRecord& fault) {
    fold([fault](record::RunFold& fold) { fold.fault(fault); });
    if (watch_.watcher)
        watch_.watcher->fault(fault);
}

// Brings doors and windows to what the rules say now.
void World::update_faults() {
    const Duration elapsed = now_.time_since_epoch();
    decltype(windows_) current;
    bool calm = true;
    for (const auto& window : injector_.windows(elapsed)) {
        if (!window.active)
            continue;
        calm = false;
        const std::pair key{window.id, window.target};
        const auto known = windows_.find(key);
        current[key] =
            known != windows_.end()
                ? known->second
                : record::FaultRecord{now_, never, window.target,
                                      std::string{faults::info(window.kind).name}, window.id};
    }
    std::swap(windows_, current); // `current` is now what was
    for (auto& [key, window] : current)
        if (!windows_.contains(key)) {
            window.to = now_;
            tell_fault(window);
        }
    for (const auto& [key, window] : windows_)
        if (!current.contains(key))
            tell_fault(window);
    if (plan_.connections_break)
        for (std::size_t i = 0; i < providers_.size(); ++i) {
            const auto acts = [&](faults::Kind kind) {
                return injector_.acts_on_connections(kind, plan_.document.providers[i].id, elapsed);
            };
            providers_[i].door = acts(faults::Kind::dns_failure)       ? Door::no_name
                                 : acts(faults::Kind::tls_failure)     ? Door::no_handshake
                                 : acts(faults::Kind::connect_refused) ? Door::refusing
                                 : acts(faults::Kind::connect_hang)    ? Door::hanging
                                                                       : Door::open;
        }
    const Duration next = injector_.next_change(elapsed);
    calm_until_ = !calm ? now_ : next == forever ? never : Instant{next};
    if (next != forever)
        queue_.push(std::max(Instant{next}, now_ + shortest_look), {0, 0, 0, Due::Kind::faults});
}

void World::end_faults() {
    for (auto& [key, window] : windows_) {
        window.to = now_;
        tell_fault(window);
    }
    windows_.clear();
}

} // namespace brownout::sim
