// A failing random world in short: what is left when nothing more can be left out of it.
#pragma once

#include "unit/engine/random_world.h"

namespace brownout::engine::random {

// Leaves out of a world all that it can do without while it still fails; halves first.
inline std::set<Item> shrink(std::uint64_t seed, const World::Rule& rule = {}) {
    std::set<Item> out;
    const auto fails = [&](const std::set<Item>& left_out) {
        return !World(seed, left_out, rule).play().empty();
    };
    for (bool smaller = true; smaller;) {
        smaller = false;
        World world(seed, out, rule);
        world.play();
        std::vector<Item> items;
        for (const Item& item : world.items())
            if (!out.contains(item))
                items.push_back(item);
        for (std::size_t chunk = std::max<std::size_t>(items.size() / 2, 1); chunk > 0; chunk /= 2)
            for (std::size_t at = 0; at < items.size();) {
                const auto first = items.begin() + std::ptrdiff_t(at);
                const auto last = first + std::ptrdiff_t(std::min(chunk, items.size() - at));
                std::set<Item> less = out;
                less.insert(first, last);
                if (fails(less)) {
                    out = less;
                    items.erase(first, last);
                    smaller = true;
                } else {
                    at += chunk;
                }
            }
    }
    return out;
}

// The shortest script of a world that fails.
inline std::string script_of(std::uint64_t seed, const World::Rule& rule = {}) {
    World world(seed, shrink(seed, rule), rule);
    world.write_down();
    const std::string wrong = world.play();
    return wrong + ", with" + world.written();
}

} // namespace brownout::engine::random
