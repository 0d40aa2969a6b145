#include "stats/portable_math.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>

// A fused multiply-add would give other bits than the two operations apart.
#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

namespace brownout::stats {

namespace {
constexpr double ln2_high = 6.93147180369123816490e-01;
constexpr double ln2_low = 1.90821492927058770002e-10;
} // namespace

double portable_log(double x) {
    if (!(x > 0))
        return std::isnan(x) ? x : -std::numeric_limits<double>::infinity();
    if (x > std::numeric_limits<double>::max())
        return x;
    // x = m 2^k, m in [0.5, 1)
    int k = 0;
    double m = 0;
    if (x >= std::numeric_limits<double>::min()) { // frexp, without a call
        const auto bits = std::bit_cast<std::uint64_t>(x);
        k = static_cast<int>(bits >> 52) - 1022;
        m = std::bit_cast<double>((bits & 0x000fffffffffffffu) | 0x3fe0000000000000u);
    } else {
        m = std::frexp(x, &k);
    }
    if (m < 0.70710678118654752440) {
        m *= 2;
        --k;
    }
    const double f = m - 1;
    const double s = f / (2 + f);
    const double z = s * s;
    double r = 1.479819860511658591e-01;
    for (const double c :
         {1.531383769920937332e-01, 1.818357216161805012e-01, 2.222219843214978396e-01,
          2.857142874366239149e-01, 3.999999999940941908e-01, 6.666666666666735130e-01})
        r = c + z * r;
    r *= z;
    const double half = 0.5 * f * f;
    return k * ln2_high - ((half - (s * (half + r) + k * ln2_low)) - f);
}

double portable_exp(double x) {
    if (std::isnan(x))
        return x;
    if (x > 709.782712893383973096)
        return std::numeric_limits<double>::infinity();
    if (x < -745.13321910194110842)
        return 0;
    const double k = std::floor(x * 1.44269504088896338700 + 0.5);
    const double high = x - k * ln2_high;
    const double low = k * ln2_low;
    const double r = high - low;
    const double t = r * r;
    double p = 4.13813679705723846039e-08;
    for (const double c : {-1.65339022054652515390e-06, 6.61375632143793436117e-05,
                           -2.77777777770155933842e-03, 1.66666666666666019037e-01})
        p = c + t * p;
    const double c = r - t * p;
    const double y = 1 - ((low - (r * c) / (2 - c)) - high);
    return std::ldexp(y, static_cast<int>(k));
}

double portable_pow(double base, double exponent) {
    if (exponent == 0)
        return 1;
    if (!(base > 0))
        return exponent > 0 ? 0 : std::numeric_limits<double>::infinity();
    return portable_exp(exponent * portable_log(base));
}

} // namespace brownout::stats
