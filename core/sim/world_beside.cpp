// A run, alone or with a second thread beside it.
#include "sim/world.h"

#include <algorithm>
#include <limits>

namespace brownout::sim {

void World::play(const std::function<bool(double)>& go_on) {
    if (two_threads_) {
        std::function<void(Beside::Ahead&)> draw;
        if (!closed_)
            draw = [this, number = std::uint64_t{0}](Beside::Ahead& out) mutable {
                draw_ahead(out, number++);
            };
        beside_ = std::make_unique<Beside>(std::move(draw), fold_);
    }
    play_through(go_on);
    beside_.reset(); // all is folded
    ahead_ = nullptr;
}

// On the thread beside.
void World::draw_ahead(Beside::Ahead& out, std::uint64_t number) {
    const double s = arrivals_.next();
    out.at = s == std::numeric_limits<double>::infinity() ? never : Instant{from_seconds(s)};
    out.provider = Beside::nobody;
    if (out.at == never)
        return;
    out.request = requests_.next(arrivals_.row());
    const auto& first = plan_.chains[plan_.chain_of_task[out.request.task].value].first_choice;
    if (!first)
        return;
    out.provider = plan_.targets[first->value].provider;
    const ProviderModelTable& model = providers_[out.provider].model;
    model.draw(draw_number(number, 1), out.draws);
    if (plan_.streams || plan_.pictures)
        return;
    Rng timing = out.draws.timing; // whoever needs the gaps one by one draws them anew
    out.gaps_ms = model.gaps_ms(
        std::clamp<std::int64_t>(out.request.output_tokens, 1, most_output_tokens), timing);
}

} // namespace brownout::sim
