// Numbers of a report in JSON: to the ninth decimal, null where there is none. Private to
// core/tune. Pure.
#pragma once

#include "chain/document.h"

#include <cmath>
#include <optional>

namespace brownout::tune {

inline chain::Json number(double value) {
    return std::isfinite(value) ? chain::Json(std::round(value * 1e9) / 1e9 + 0.0)
                                : chain::Json(nullptr);
}
inline chain::Json number(const std::optional<double>& value) {
    return value ? number(*value) : chain::Json(nullptr);
}

} // namespace brownout::tune
