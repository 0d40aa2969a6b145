// Small integers that cannot be mixed up: Id<struct TargetTag> is not Id<struct CallTag>.
#pragma once

#include <compare>
#include <cstdint>

namespace brownout {

template <class Tag, class Rep = std::uint32_t>
struct Id {
    Rep value = 0;
    friend constexpr auto operator<=>(Id, Id) = default;
};

} // namespace brownout
