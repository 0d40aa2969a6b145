#include "wire/quota.h"

#include "wire/request_parts.h"
#include "wire/retry_hint.h"

#include <charconv>

namespace brownout::wire {
namespace {

// A whole number, white space around it allowed. A vendor's "12.0" is read as 12.
std::optional<std::int64_t> whole(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == text.npos)
        return std::nullopt;
    text = text.substr(first, text.find_last_not_of(" \t") - first + 1);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || value < 0)
        return std::nullopt;
    const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
    const bool zero_fraction = rest.starts_with('.') && rest.find_first_not_of('0', 1) == rest.npos;
    return rest.empty() || zero_fraction ? std::optional{value} : std::nullopt;
}

} // namespace

QuotaLeft quota_left(const Headers& headers, std::int64_t unix_now) {
    QuotaLeft all;
    for (const LimitHeaders& kind : limit_headers()) {
        const auto remaining = header(headers, kind.remaining);
        const auto reset = header(headers, kind.reset);
        if (!remaining || !reset)
            continue;
        const auto left = whole(*remaining);
        const auto resets_in = parse_retry_hint(*reset, unix_now);
        if (!left || !resets_in || *resets_in <= Duration::zero())
            continue;
        std::optional<Left>& known = kind.tokens ? all.tokens : all.requests;
        if (!known || *left < known->left)
            known = Left{*left, *resets_in};
    }
    return all;
}

} // namespace brownout::wire
