#include "wire/retry_hint.h"

#include "base/digits.h"
#include "wire/request_parts.h"
#include "wire/words.h"

#include <charconv>
#include <cmath>

namespace brownout::wire {

namespace {

using namespace std::chrono_literals;
constexpr Duration longest = 24h;

std::string_view trim(std::string_view s) {
    while (!s.empty() && (s.front() == ' ' || s.front() == '\t'))
        s.remove_prefix(1);
    while (!s.empty() && (s.back() == ' ' || s.back() == '\t'))
        s.remove_suffix(1);
    return s;
}

std::optional<double> take_number(std::string_view& s) {
    std::size_t end = 0;
    while (end < s.size() && (is_digit(s[end]) || s[end] == '.'))
        ++end;
    double value = 0;
    const auto [stop, error] = std::from_chars(s.data(), s.data() + end, value);
    if (end == 0 || error != std::errc{} || stop != s.data() + end || !std::isfinite(value))
        return std::nullopt;
    s.remove_prefix(end);
    return value;
}

std::optional<Duration> clamped(double seconds) {
    if (!(seconds >= 0))
        return std::nullopt;
    return std::min(from_seconds(seconds), longest);
}

std::optional<Duration> until(std::int64_t unix_at, std::int64_t unix_now) {
    return clamped(static_cast<double>(unix_at) - static_cast<double>(unix_now));
}

std::optional<int> two_digits(std::string_view s) {
    if (s.size() != 2 || !is_digit(s[0]) || !is_digit(s[1]))
        return std::nullopt;
    return (s[0] - '0') * 10 + (s[1] - '0');
}

std::optional<std::int64_t> unix_time(int year, unsigned month, unsigned day, int hour, int minute,
                                      int second) {
    using namespace std::chrono;
    const year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                              std::chrono::day{day}};
    if (!date.ok() || hour > 23 || minute > 59 || second > 60)
        return std::nullopt;
    return sys_days{date}.time_since_epoch().count() * std::int64_t{86400} + hour * 3600 +
           minute * 60 + second;
}

// "Wed, 21 Oct 2026 07:28:00 GMT" (RFC 9110 5.6.7, the one form that is still sent).
std::optional<std::int64_t> http_date(std::string_view s) {
    static constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (s.size() != 29 || s.substr(3, 2) != ", " || !s.ends_with(" GMT"))
        return std::nullopt;
    const auto month = months.find(s.substr(8, 3));
    int year = 0;
    const auto [end, error] = std::from_chars(s.data() + 12, s.data() + 16, year);
    const auto day = two_digits(s.substr(5, 2)), hour = two_digits(s.substr(17, 2)),
               minute = two_digits(s.substr(20, 2)), second = two_digits(s.substr(23, 2));
    if (month == months.npos || month % 3 != 0 || error != std::errc{} || end != s.data() + 16 ||
        !day || !hour || !minute || !second)
        return std::nullopt;
    return unix_time(year, static_cast<unsigned>(month / 3 + 1), static_cast<unsigned>(*day), *hour,
                     *minute, *second);
}

// "2025-08-21T12:40:59Z", with a fraction or an offset; also "2026-09-01" or with " at 00:00".
std::optional<std::int64_t> calendar_time(std::string_view s) {
    if (s.size() < 10 || s[4] != '-' || s[7] != '-')
        return std::nullopt;
    int year = 0;
    const auto [end, error] = std::from_chars(s.data(), s.data() + 4, year);
    const auto month = two_digits(s.substr(5, 2)), day = two_digits(s.substr(8, 2));
    if (error != std::errc{} || end != s.data() + 4 || !month || !day)
        return std::nullopt;
    s.remove_prefix(10);
    for (const std::string_view between : {"T", "t", " at ", " "})
        if (s.starts_with(between)) {
            s.remove_prefix(between.size());
            break;
        }
    int hour = 0, minute = 0, second = 0;
    if (s.size() >= 5 && s[2] == ':') {
        hour = two_digits(s.substr(0, 2)).value_or(99);
        minute = two_digits(s.substr(3, 2)).value_or(99);
        s.remove_prefix(5);
        if (s.size() >= 3 && s[0] == ':') {
            second = two_digits(s.substr(1, 2)).value_or(99);
            s.remove_prefix(3);
        }
        while (!s.empty() && (s.front() == '.' || is_digit(s.front())))
            s.remove_prefix(1);
    }
    auto at = unix_time(year, static_cast<unsigned>(*month), static_cast<unsigned>(*day), hour,
                        minute, second);
    if (at && s.size() >= 6 && (s[0] == '+' || s[0] == '-') && s[3] == ':') {
        const auto h = two_digits(s.substr(1, 2)), m = two_digits(s.substr(4, 2));
        if (!h || !m)
            return std::nullopt;
        *at -= (s[0] == '+' ? 1 : -1) * (*h * 3600 + *m * 60);
    }
    return at;
}

// "6m0s", "292.5ms", "1d2h", with `ms` before `m`.
std::optional<double> go_duration(std::string_view s) {
    double seconds = 0;
    bool any = false;
    while (!s.empty()) {
        const auto number = take_number(s);
        if (!number)
            return std::nullopt;
        struct Unit {
            std::string_view name;
            double seconds;
        };
        static constexpr Unit units[] = {
            {"ms", 1e-3}, {"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}};
        bool known = false;
        for (const auto& unit : units)
            if (s.starts_with(unit.name)) {
                s.remove_prefix(unit.name.size());
                seconds += *number * unit.seconds;
                known = any = true;
                break;
            }
        if (!known)
            return std::nullopt;
    }
    return any ? std::optional{seconds} : std::nullopt;
}

void keep_smallest(std::optional<Duration>& best, std::optional<Duration> hint) {
    if (!hint)
        return;
    const bool better =
        !best || *best == Duration::zero() || (*hint != Duration::zero() && *hint < *best);
    if (better)
        best = hint;
}

// A number with its unit as a sentence has it: "1.4s", "10h17m5.7s.", "37 seconds", "2 minutes".
std::optional<double> spoken_duration(std::string_view s) {
    while (!s.empty() && (s.front() == ' ' || s.front() == '~' || s.front() == '`'))
        s.remove_prefix(1);
    std::size_t end = 0;
    while (end < s.size() &&
           (is_digit(s[end]) || s[end] == '.' || (s[end] >= 'a' && s[end] <= 'z')))
        ++end;
    std::string_view word = s.substr(0, end);
    while (word.ends_with('.'))
        word.remove_suffix(1);
    if (const auto duration = go_duration(word))
        return duration;
    const auto number = take_number(word);
    if (!number)
        return std::nullopt;
    std::string_view unit = trim(word.empty() ? s.substr(end) : word);
    for (const auto& [name, seconds] : {std::pair{"milli", 1e-3},
                                        {"ms", 1e-3},
                                        {"sec", 1.0},
                                        {"min", 60.0},
                                        {"hour", 3600.0},
                                        {"day", 86400.0}})
        if (unit.starts_with(name))
            return *number * seconds;
    return word.empty() ? number : std::nullopt;
}

} // namespace

std::span<const LimitHeaders> limit_headers() {
    static constexpr LimitHeaders all[] = {
        {"x-ratelimit-remaining-requests", "x-ratelimit-reset-requests", false},
        {"x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens", true},
        {"anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset", false},
        {"anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset", true},
        {"anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-input-tokens-reset",
         true},
        {"anthropic-ratelimit-output-tokens-remaining", "anthropic-ratelimit-output-tokens-reset",
         true},
        {"x-ratelimit-remaining", "x-ratelimit-reset", false},
    };
    return all;
}

std::optional<Duration> parse_retry_hint(std::string_view text, std::int64_t unix_now) {
    const std::string_view s = trim(text.substr(0, 64));
    if (s.empty())
        return std::nullopt;
    std::string_view rest = s;
    if (const auto number = take_number(rest); number && rest.empty()) {
        if (*number >= 1e12)
            return until(static_cast<std::int64_t>(std::min(*number / 1e3, 1e15)), unix_now);
        if (*number >= 1e9)
            return until(static_cast<std::int64_t>(*number), unix_now);
        return clamped(*number);
    }
    if (const auto seconds = go_duration(s))
        return clamped(*seconds);
    if (const auto at = http_date(s))
        return until(*at, unix_now);
    if (const auto at = calendar_time(s))
        return until(*at, unix_now);
    return std::nullopt;
}

std::optional<Duration> hint_in_headers(const Headers& headers, std::int64_t unix_now) {
    std::optional<Duration> best;
    for (const std::string_view name : {"retry-after-ms", "x-ms-retry-after-ms"})
        if (const auto value = header(headers, name))
            if (const auto seconds = parse_retry_hint(std::string{*value} + "ms", unix_now))
                keep_smallest(best, seconds);
    if (const auto value = header(headers, "retry-after"))
        keep_smallest(best, parse_retry_hint(*value, unix_now));
    if (best)
        return best;
    // An exhausted limit says when to come back; the others reset sooner and would mislead.
    std::optional<Duration> exhausted, any;
    for (const LimitHeaders& limit : limit_headers()) {
        const auto reset = header(headers, limit.reset);
        if (!reset)
            continue;
        const auto hint = parse_retry_hint(*reset, unix_now);
        keep_smallest(any, hint);
        if (const auto left = header(headers, limit.remaining); left && trim(*left) == "0")
            keep_smallest(exhausted, hint);
    }
    return exhausted ? exhausted : any;
}

std::optional<Duration> hint_in_message(std::string_view message, std::int64_t unix_now) {
    const std::string text = lower(message.substr(0, 4096));
    for (const std::string_view anchor : {"try again in ", "retry in ", "retry after ",
                                          "resets in ", "reset in ", "reset after "}) {
        const auto at = text.find(anchor);
        if (at == text.npos)
            continue;
        if (const auto seconds = spoken_duration(std::string_view{text}.substr(at + anchor.size())))
            return clamped(*seconds);
    }
    for (const std::string_view anchor : {"regain access on ", "reset at ", "resets at "}) {
        const auto at = text.find(anchor);
        if (at == text.npos)
            continue;
        if (const auto unix_at =
                calendar_time(std::string_view{text}.substr(at + anchor.size(), 25)))
            return until(*unix_at, unix_now);
    }
    return std::nullopt;
}

} // namespace brownout::wire
