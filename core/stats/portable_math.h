// Natural logarithm, exponential and power from additions, multiplications and divisions alone, so
// that every platform's samples have the same bits; the standard library's differ in the last one.
// Algorithms and coefficients: fdlibm's e_log.c and e_exp.c (Sun Microsystems, 1993), error below
// one unit in the last place.
#pragma once

namespace brownout::stats {

double portable_log(double x); // x > 0; 0 and below: -infinity
double portable_exp(double x);
double portable_pow(double base, double exponent); // base >= 0

} // namespace brownout::stats
