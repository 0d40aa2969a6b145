#include "live/key_mask.h"

#include "wire/picture.h"
#include "wire/request_parts.h"
#include "wire/words.h"

#include <algorithm>

namespace brownout::live {

namespace {

constexpr std::string_view not_shown = "(not shown)";

bool carries_credentials(std::string_view name) {
    const std::string lowered = wire::lower(name);
    for (const char* known : {"authorization", "proxy-authorization", "cookie", "set-cookie"})
        if (lowered == known)
            return true;
    if (lowered == "idempotency-key")
        return false;
    for (const char* ending : {"-key", "-secret", "-token", "-password"})
        if (lowered.ends_with(ending))
            return true;
    return false;
}

} // namespace

std::string key_variable(const chain::Provider& provider, const chain::KeyRef& ref) {
    if (ref.source == chain::KeyRef::Source::none)
        return {};
    if (ref.source == chain::KeyRef::Source::env)
        return ref.name;
    std::string name;
    for (const char c : provider.id) {
        const bool small = c >= 'a' && c <= 'z';
        const bool word = small || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        name += small ? static_cast<char>(c - 'a' + 'A') : word ? c : '_';
    }
    if (name.empty() || (name.front() >= '0' && name.front() <= '9'))
        name.insert(name.begin(), '_');
    return name + "_API_KEY";
}

void KeyMask::hide(std::string variable, const Secret& key) {
    if (key.empty())
        return;
    const std::string shown = "$" + variable;
    const std::string_view value = key.reveal();
    as_given_.push_back({Secret{wire::header_value(value)}, shown});
    if (value.size() < shortest_in_text)
        return;
    std::string quoted = wire::body_text(chain::Json(std::string{value}));
    std::string encoded = wire::base64(value);
    while (encoded.ends_with('=')) // the last digits depend on what follows
        encoded.pop_back();
    encoded.resize(value.size() * 8 / 6);
    const std::string escaped = wire::percent_encoded(value);
    for (const std::string_view spelling :
         {value, std::string_view{quoted}.substr(1, quoted.size() - 2), std::string_view{encoded},
          std::string_view{escaped}}) {
        const bool known = std::any_of(spellings_.begin(), spellings_.end(),
                                       [&](const auto& s) { return s.value.reveal() == spelling; });
        if (!known)
            spellings_.push_back({Secret{spelling}, shown});
    }
    std::stable_sort(spellings_.begin(), spellings_.end(), [](const auto& a, const auto& b) {
        return a.value.reveal().size() > b.value.reveal().size();
    });
    for (std::string* copy : {&quoted, &encoded})
        std::fill(copy->begin(), copy->end(), '\0');
}

std::size_t KeyMask::mask(std::string_view text, std::string& out) const {
    std::size_t i = 0;
    while (i < text.size()) {
        const std::string_view left = text.substr(i);
        const Spelling* found = nullptr;
        for (const Spelling& s : spellings_) {
            const std::string_view value = s.value.reveal();
            if (left.size() < value.size() && value.starts_with(left))
                return i;
            if (left.starts_with(value)) {
                found = &s;
                break;
            }
        }
        if (found) {
            out += found->variable;
            i += found->value.reveal().size();
        } else {
            out += text[i++];
        }
    }
    return i;
}

std::string KeyMask::text(std::string_view whole) const {
    Stream stream(*this);
    std::string out = stream.take(whole);
    return out + stream.rest();
}

std::string KeyMask::header(std::string_view name, std::string_view value) const {
    std::string out = text(value);
    if (!carries_credentials(name) || out != value)
        return out;
    for (const Spelling& s : as_given_) {
        const std::string_view key = s.value.reveal();
        if (value.ends_with(key)) // "Bearer " before it
            return std::string{value.substr(0, value.size() - key.size())} + s.variable;
    }
    return std::string{not_shown};
}

std::string KeyMask::url(std::string_view url) const {
    std::string out = text(url);
    const auto scheme = out.find("://");
    if (scheme == out.npos)
        return out;
    const auto host = scheme + 3;
    const auto at = out.substr(0, out.find_first_of("/?#", host)).rfind('@');
    if (at != out.npos && at >= host)
        out.replace(host, at - host, not_shown);
    return out;
}

std::string KeyMask::Stream::take(std::string_view piece) {
    std::string out;
    waiting_ += piece;
    waiting_.erase(0, mask_.mask(waiting_, out));
    return out;
}

std::string KeyMask::Stream::rest() {
    std::string out;
    while (!waiting_.empty()) {
        // Most of a key is as good as the key.
        if (waiting_.size() >= shortest_in_text) {
            out += "\xE2\x80\xA6";
            waiting_.clear();
            break;
        }
        out += waiting_.front();
        waiting_.erase(0, 1);
        waiting_.erase(0, mask_.mask(waiting_, out));
    }
    return out;
}

} // namespace brownout::live
