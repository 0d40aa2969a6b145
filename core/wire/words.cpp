#include "wire/words.h"

#include "base/digits.h"
#include "wire/json_lenient.h"

#include <algorithm>
#include <array>

namespace brownout::wire {

namespace {

constexpr std::string_view mask = "[key]";

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
// Characters of a key; providers echo keys with stars in the middle.
bool is_key_char(char c) {
    return is_digit(c) || is_letter(c) || c == '-' || c == '_' || c == '*';
}
bool is_token_char(char c) {
    return is_key_char(c) || c == '.' || c == '+' || c == '/' || c == '=' || c == '~';
}

std::size_t run(std::string_view s, std::size_t from, bool (*is)(char)) {
    while (from < s.size() && is(s[from]))
        ++from;
    return from;
}

// Does a key begin here by its prefix? What the providers and their neighbours issue.
bool has_key_prefix(std::string_view lowered) {
    static constexpr std::array<std::string_view, 17> prefixes = {
        "sk-",    "sk_", "rk-",  "pk-",  "r8_", "gsk_", "xai-", "aiza", "hf_",
        "nvapi-", "fw_", "key-", "tgp_", "eyj", "akia", "ghp_", "csk-"};
    return std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view prefix) {
        return lowered.size() > prefix.size() && lowered.starts_with(prefix);
    });
}

// Keys without a prefix (Mistral: 32 letters and digits, Azure: 32 hexadecimal digits, Zhipu and
// fal: two such parts). Request ids of that form are masked with them, which does no harm.
bool looks_random(std::string_view word) {
    return word.size() >= 28 && std::any_of(word.begin(), word.end(), is_digit) &&
           std::any_of(word.begin(), word.end(), is_letter);
}

// Where the value begins when `text` at `i` announces a key; 0: it does not.
std::size_t announced_at(std::string_view lowered, std::size_t i) {
    static constexpr std::array<std::string_view, 4> marks = {
        "bearer ", "basic ", "api key provided: ", "authorization: key "};
    for (const auto words : marks)
        if (lowered.compare(i, words.size(), words) == 0)
            return i + words.size();
    return 0;
}

// "x-api-key: V", "OPENAI_API_KEY=V", "?key=V": where V begins when `word` ends at `end`; 0: no.
std::size_t assigned_at(std::string_view lowered, std::string_view word, std::size_t end) {
    if (!word.ends_with("key") || end >= lowered.size())
        return 0;
    if (lowered[end] == '=')
        return end + 1;
    const bool names_a_key =
        word.ends_with("api-key") || word.ends_with("api_key") || word.ends_with("apikey");
    if (!names_a_key || lowered[end] != ':')
        return 0;
    return end + (lowered.substr(end).starts_with(": ") ? 2 : 1);
}

// Replaces each place where at least `shortest` bytes of the beginning of `key` stand.
std::string replace_beginnings(std::string_view text, std::string_view key, std::size_t shortest) {
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t found = text.find(key.substr(0, shortest), i);
        out.append(text.substr(i, found == text.npos ? text.npos : found - i));
        if (found == text.npos)
            break;
        out.append(mask);
        const auto rest = text.substr(found, key.size());
        i = found + static_cast<std::size_t>(
                        std::mismatch(rest.begin(), rest.end(), key.begin()).first - rest.begin());
    }
    return out;
}

} // namespace

std::string lower(std::string_view text) {
    std::string out{text};
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

std::string mask_exact(std::string_view text, std::string_view key) {
    constexpr std::size_t shortest_key = 4, shortest_piece = 12;
    const auto blank = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; };
    while (!key.empty() && blank(key.front()))
        key.remove_prefix(1);
    while (!key.empty() && blank(key.back()))
        key.remove_suffix(1);
    if (key.size() < shortest_key)
        return std::string{text};
    // Whole keys first: a piece that is found before one must not eat into it.
    std::string out = replace_beginnings(text, key, key.size());
    if (key.size() > shortest_piece)
        out = replace_beginnings(out, key, shortest_piece);
    return out;
}

std::string mask_keys(std::string_view text, std::string_view key) {
    const std::string own = mask_exact(text, key);
    text = own;
    const std::string lowered = lower(text);
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        if (const std::size_t value = announced_at(lowered, i)) {
            const std::size_t end = run(text, std::min(value, text.size()), is_token_char);
            out.append(text.substr(i, value - i));
            if (end > value)
                out.append(mask);
            i = std::max(end, value);
        } else if (is_key_char(text[i])) {
            const std::size_t end = run(text, i, is_key_char);
            const auto word = text.substr(i, end - i);
            const auto lowered_word = std::string_view{lowered}.substr(i, end - i);
            const std::size_t assigned = assigned_at(lowered, lowered_word, end);
            if (assigned) {
                const std::size_t assigned_end = run(text, assigned, is_token_char);
                out.append(text.substr(i, assigned - i));
                if (assigned_end > assigned)
                    out.append(mask);
                i = assigned_end;
                continue;
            }
            out.append(has_key_prefix(lowered_word) || looks_random(word) ? mask : word);
            i = end;
        } else {
            out += text[i++];
        }
    }
    return out;
}

std::string one_line(std::string_view text, std::size_t limit, std::string_view key) {
    constexpr std::string_view ellipsis = "\xE2\x80\xA6";
    // Masking happens before any cut, so that no half of a key is left; the first cut bounds the
    // work on a hostile body.
    std::string own = mask_exact(text, key);
    if (own.size() > 16 * limit)
        own.resize(16 * limit);
    const std::string masked = mask_keys(repair_utf8(own), key);
    std::string out;
    for (const char c : masked) {
        const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
        if (control || c == ' ') {
            if (!out.empty() && out.back() != ' ')
                out += ' ';
        } else {
            out += c;
        }
    }
    while (out.ends_with(' '))
        out.pop_back();
    if (out.size() <= limit)
        return out;
    std::size_t end = limit - ellipsis.size();
    while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0) == 0x80)
        --end;
    out.resize(end);
    while (out.ends_with(' '))
        out.pop_back();
    return out.append(ellipsis);
}

} // namespace brownout::wire
