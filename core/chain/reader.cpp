#include "chain/reader.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace brownout::chain {
namespace {

std::string number_text(double value) {
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.12g", value);
    return buffer;
}

std::string range_text(const Range& range) {
    const bool low = std::isfinite(range.low), high = std::isfinite(range.high);
    if (low && high)
        return (range.open_low ? " above " + number_text(range.low) + " and at most "
                               : " from " + number_text(range.low) + " to ") +
               number_text(range.high);
    if (low)
        return (range.open_low ? " above " : " of at least ") + number_text(range.low);
    return high ? " of at most " + number_text(range.high) : "";
}

bool inside(const Range& range, double value) {
    return (range.open_low ? value > range.low : value >= range.low) && value <= range.high;
}

std::string list(std::span<const std::string_view> names) {
    std::string out;
    for (std::size_t i = 0; i < names.size(); ++i) {
        out += i == 0 ? "" : i + 1 == names.size() ? " or " : ", ";
        out += "\"" + std::string(names[i]) + "\"";
    }
    return out;
}

bool has_key_shape(std::string_view text) {
    constexpr std::string_view prefixes[] = {"sk-",  "sk_",  "pk-",  "rk-",   "key-",    "r8_",
                                             "AIza", "xai-", "gsk_", "hf_",   "Bearer ", "Basic ",
                                             "ghp_", "eyJ",  "Key ", "Token "};
    const bool prefixed =
        std::any_of(std::begin(prefixes), std::end(prefixes),
                    [&](std::string_view prefix) { return text.starts_with(prefix); });
    const auto digits =
        std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    return prefixed || (digits > 6 && text.size() > 12);
}

// A pointer names keys that the user wrote, among them names of headers and the like.
std::string without_keys(std::string_view pointer) {
    std::string out;
    while (!pointer.empty()) {
        const auto end = pointer.find('/', 1);
        const std::string_view part = pointer.substr(0, end);
        out += part.size() > 12 && has_key_shape(part.substr(1)) ? "/..." : part;
        pointer = end == pointer.npos ? std::string_view{} : pointer.substr(end);
    }
    return out;
}

} // namespace

void ProblemList::error(std::string pointer, std::string message, std::string remedy) {
    problems_.push_back({Problem::Severity::error, file_, without_keys(pointer), std::move(message),
                         std::move(remedy)});
}
void ProblemList::warning(std::string pointer, std::string message, std::string remedy) {
    problems_.push_back({Problem::Severity::warning, file_, without_keys(pointer),
                         std::move(message), std::move(remedy)});
}
bool ProblemList::has_errors() const {
    return std::any_of(problems_.begin(), problems_.end(),
                       [](const Problem& p) { return p.severity == Problem::Severity::error; });
}

bool may_be_secret(std::string_view text) {
    return text.size() > 24 || has_key_shape(text);
}

std::string shown(const Json& value) {
    switch (value.type()) {
    case Json::value_t::null:
        return "null";
    case Json::value_t::boolean:
        return value.get<bool>() ? "true" : "false";
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
    case Json::value_t::number_float:
        return number_text(value.get<double>());
    case Json::value_t::string: {
        const auto& text = value.get_ref<const std::string&>();
        return may_be_secret(text) ? "a text" : "\"" + text + "\"";
    }
    case Json::value_t::array:
        return "an array";
    case Json::value_t::object:
        return "an object";
    default:
        return "something else";
    }
}

std::string escape_pointer(std::string_view key) {
    std::string out;
    for (const char c : key)
        if (c == '~')
            out += "~0";
        else if (c == '/')
            out += "~1";
        else
            out += c;
    return out;
}

std::string nearest(std::string_view word, std::span<const std::string_view> names) {
    if (word.size() > 64)
        return {};
    std::string best;
    std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
    for (const std::string_view name : names) {
        // Optimal string alignment: a swap of two neighbours is one edit, as typists make it.
        std::vector<std::vector<std::size_t>> d(word.size() + 1,
                                                std::vector<std::size_t>(name.size() + 1));
        for (std::size_t i = 0; i <= word.size(); ++i)
            d[i][0] = i;
        for (std::size_t j = 0; j <= name.size(); ++j)
            d[0][j] = j;
        for (std::size_t i = 1; i <= word.size(); ++i)
            for (std::size_t j = 1; j <= name.size(); ++j) {
                const std::size_t change = word[i - 1] == name[j - 1] ? 0 : 1;
                d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + change});
                if (i > 1 && j > 1 && word[i - 1] == name[j - 2] && word[i - 2] == name[j - 1])
                    d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
            }
        const std::size_t distance = d[word.size()][name.size()];
        // A word of which nothing is left is no suggestion.
        if (distance < best_distance && distance < std::max(word.size(), name.size())) {
            best_distance = distance;
            best = name;
        }
    }
    return best;
}

ObjectReader::ObjectReader(const Json& value, std::string pointer, ProblemList& problems)
    : pointer_(std::move(pointer)), problems_(&problems) {
    if (value.is_object())
        object_ = &value;
    else
        problems.error(pointer_, "expected an object, found " + shown(value));
}

std::string ObjectReader::pointer_to(std::string_view key) const {
    return pointer_ + "/" + escape_pointer(key);
}
void ObjectReader::error(std::string_view key, std::string message, std::string remedy) {
    problems_->error(pointer_to(key), std::move(message), std::move(remedy));
}

bool ObjectReader::has(std::string_view key) const {
    if (!object_)
        return false;
    const auto it = object_->find(key);
    return it != object_->end() && !it->is_null();
}

const Json* ObjectReader::get(std::string_view key) {
    if (std::find(known_.begin(), known_.end(), key) == known_.end())
        known_.emplace_back(key);
    if (!object_)
        return nullptr;
    const auto it = object_->find(key);
    return it == object_->end() || it->is_null() ? nullptr : &*it;
}

const Json* ObjectReader::require(std::string_view key, std::string_view what) {
    const Json* value = get(key);
    if (!value && object_)
        problems_->error(pointer_, "`" + std::string(key) + "` is missing",
                         "add " + std::string(what));
    return value;
}

std::string ObjectReader::text(std::string_view key, std::string fallback) {
    const Json* value = get(key);
    if (!value)
        return fallback;
    if (value->is_string())
        return value->get<std::string>();
    error(key, "expected a text, found " + shown(*value), "put it in double quotes");
    return fallback;
}

std::string ObjectReader::require_text(std::string_view key, std::string_view what) {
    if (!require(key, what))
        return {};
    std::string out = text(key);
    if (out.empty() && (*object_)[std::string(key)].is_string())
        error(key, "may not be empty", "write " + std::string(what));
    return out;
}

std::optional<double> ObjectReader::maybe_number(std::string_view key, Range range) {
    const Json* value = get(key);
    if (!value)
        return {};
    if (value->is_number() && inside(range, value->get<double>()))
        return value->get<double>();
    error(key, "expected a number" + range_text(range) + ", found " + shown(*value));
    return {};
}

std::optional<std::int64_t> ObjectReader::maybe_integer(std::string_view key, Range range) {
    const Json* value = get(key);
    if (!value)
        return {};
    if (value->is_number()) {
        const double number = value->get<double>();
        if (inside(range, number) && number == std::floor(number) && std::abs(number) <= 1e15)
            return static_cast<std::int64_t>(number);
    }
    error(key, "expected a whole number" + range_text(range) + ", found " + shown(*value));
    return {};
}

double ObjectReader::number(std::string_view key, double fallback, Range range) {
    return maybe_number(key, range).value_or(fallback);
}
std::int64_t ObjectReader::integer(std::string_view key, std::int64_t fallback, Range range) {
    return maybe_integer(key, range).value_or(fallback);
}

bool ObjectReader::boolean(std::string_view key, bool fallback) {
    const Json* value = get(key);
    if (!value)
        return fallback;
    if (value->is_boolean())
        return value->get<bool>();
    error(key, "expected true or false, found " + shown(*value));
    return fallback;
}

int ObjectReader::choice(std::string_view key, int fallback,
                         std::span<const std::string_view> names) {
    const Json* value = get(key);
    if (!value)
        return fallback;
    if (value->is_string()) {
        const auto& word = value->get_ref<const std::string&>();
        const auto it = std::find(names.begin(), names.end(), word);
        if (it != names.end())
            return static_cast<int>(it - names.begin());
        const std::string near = may_be_secret(word) ? std::string{} : nearest(word, names);
        error(key, "unknown " + std::string(key) + " " + shown(*value),
              near.empty() ? "use " + list(names) : "did you mean `" + near + "`?");
        return fallback;
    }
    error(key, "expected " + list(names) + ", found " + shown(*value));
    return fallback;
}

void ObjectReader::array(std::string_view key,
                         const std::function<void(const Json&, const std::string&)>& each,
                         std::size_t at_most) {
    const Json* value = get(key);
    if (!value)
        return;
    if (!value->is_array()) {
        error(key, "expected an array, found " + shown(*value), "put it in [ ]");
        return;
    }
    if (value->size() > at_most) {
        error(key, "more than " + std::to_string(at_most) + " elements");
        return;
    }
    for (std::size_t i = 0; i < value->size(); ++i)
        each((*value)[i], pointer_to(key) + "/" + std::to_string(i));
}

ObjectReader ObjectReader::object(std::string_view key) {
    static const Json empty = Json::object();
    const Json* value = get(key);
    return ObjectReader(value ? *value : empty, pointer_to(key), *problems_);
}

void ObjectReader::finish() {
    if (!object_)
        return;
    const std::vector<std::string_view> names(known_.begin(), known_.end());
    for (auto it = object_->begin(); it != object_->end(); ++it) {
        const std::string& key = it.key();
        if (std::find(names.begin(), names.end(), key) != names.end())
            continue;
        if (may_be_secret(key) && nearest(key, names).empty()) {
            problems_->error(pointer_, "a key of this object is unknown", "remove it");
            continue;
        }
        const std::string near = nearest(key, names);
        problems_->error(pointer_to(key), "unknown key `" + key + "`",
                         near.empty()
                             ? "known here: " +
                                   [&] {
                                       std::string all;
                                       for (const auto& name : names)
                                           all += (all.empty() ? "" : ", ") + std::string(name);
                                       return all;
                                   }()
                             : "did you mean `" + near + "`?");
    }
}

} // namespace brownout::chain
