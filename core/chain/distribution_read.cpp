#include "chain/distribution_read.h"

#include <algorithm>

namespace brownout::chain {
namespace {

constexpr Range not_negative{0, 1e12, false};
constexpr Range positive{0, 1e12, true};
constexpr std::string_view family_names[] = {"uniform", "normal", "lognormal", "exponential",
                                             "weibull", "pareto", "empirical"};

double needed(ObjectReader& in, std::string_view key, Range range) {
    in.require(key, "`" + std::string(key) + "`, a number");
    return in.number(key, 1, range);
}

stats::Distribution read_empirical(ObjectReader& in) {
    stats::Empirical out;
    in.array(
        "empirical",
        [&](const Json& value, const std::string& pointer) {
            if (value.is_number() && value.get<double>() >= 0 && value.get<double>() <= 1e12)
                out.sorted.push_back(value.get<double>());
            else
                in.problems().error(pointer,
                                    "expected a number of at least 0, found " + shown(value));
        },
        100'000);
    if (out.sorted.empty()) {
        in.error("empirical", "needs at least one observed value");
        return stats::Constant{0};
    }
    std::sort(out.sorted.begin(), out.sorted.end());
    return out;
}

stats::Distribution read_named(std::string_view name, ObjectReader& in) {
    stats::Distribution out;
    if (name == "empirical")
        return read_empirical(in);
    ObjectReader of = in.object(name);
    if (name == "uniform") {
        const double low = needed(of, "low", not_negative), high = needed(of, "high", not_negative);
        if (high < low)
            of.error("high", "is below `low`", "swap the two");
        out = stats::Uniform{low, std::max(low, high)};
    } else if (name == "normal") {
        const double mean = needed(of, "mean", not_negative), sd = needed(of, "sd", not_negative);
        out = stats::Normal{mean, sd};
    } else if (name == "lognormal") {
        const double median = needed(of, "median", positive), sigma = needed(of, "sigma", {0, 10});
        out = stats::Lognormal{median, sigma};
    } else if (name == "exponential") {
        out = stats::Exponential{needed(of, "mean", positive)};
    } else if (name == "weibull") {
        const double shape = needed(of, "shape", {0.05, 100}),
                     scale = needed(of, "scale", positive);
        out = stats::Weibull{shape, scale};
    } else {
        const double minimum = needed(of, "minimum", positive);
        out = stats::Pareto{minimum, needed(of, "shape", {0.05, 100})};
    }
    of.finish();
    return out;
}

} // namespace

stats::Distribution read_distribution(const Json& value, const std::string& pointer,
                                      ProblemList& problems, stats::Distribution fallback) {
    if (value.is_number()) {
        const double number = value.get<double>();
        if (number >= 0 && number <= 1e12)
            return stats::Constant{number};
        problems.error(pointer, "expected a number of at least 0, found " + shown(value));
        return fallback;
    }
    if (!value.is_object() || value.size() != 1) {
        problems.error(pointer,
                       "expected a number or one distribution, found " +
                           (value.is_object()
                                ? "an object with " + std::to_string(value.size()) + " keys"
                                : shown(value)),
                       "write 400, or {\"lognormal\": {\"median\": 400, \"sigma\": 0.4}}");
        return fallback;
    }
    ObjectReader in(value, pointer, problems);
    for (const std::string_view name : family_names)
        in.get(name);
    const std::string name = value.begin().key();
    if (std::find(std::begin(family_names), std::end(family_names), name) ==
        std::end(family_names)) {
        in.finish(); // says which names there are
        return fallback;
    }
    if (value.begin()->is_null()) {
        in.error(name, "may not be null");
        return fallback;
    }
    return read_named(name, in);
}

stats::Distribution read_distribution(ObjectReader& in, std::string_view key,
                                      stats::Distribution fallback) {
    const Json* value = in.get(key);
    return value ? read_distribution(*value, in.pointer_to(key), in.problems(), fallback)
                 : fallback;
}

Json to_json(const stats::Distribution& d) {
    using namespace stats;
    struct Writer {
        Json operator()(const Constant& x) const { return x.value; }
        Json operator()(const Uniform& x) const {
            return {{"uniform", {{"low", x.low}, {"high", x.high}}}};
        }
        Json operator()(const Normal& x) const {
            return {{"normal", {{"mean", x.mean}, {"sd", x.sd}}}};
        }
        Json operator()(const Lognormal& x) const {
            return {{"lognormal", {{"median", x.median}, {"sigma", x.sigma}}}};
        }
        Json operator()(const Exponential& x) const {
            return {{"exponential", {{"mean", x.mean}}}};
        }
        Json operator()(const Weibull& x) const {
            return {{"weibull", {{"shape", x.shape}, {"scale", x.scale}}}};
        }
        Json operator()(const Pareto& x) const {
            return {{"pareto", {{"minimum", x.minimum}, {"shape", x.shape}}}};
        }
        Json operator()(const Empirical& x) const { return {{"empirical", x.sorted}}; }
    };
    return std::visit(Writer{}, d);
}

} // namespace brownout::chain
