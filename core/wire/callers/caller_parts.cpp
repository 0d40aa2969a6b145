#include "wire/callers/caller_parts.h"

#include "wire/picture.h"
#include "wire/request_parts.h"
#include "wire/words.h"

#include <algorithm>
#include <cmath>

namespace brownout::wire {

CallerError bad_request(std::string param, std::string message) {
    return {400, "invalid_request", std::move(message), std::move(param), std::nullopt, false};
}

std::string text_of(const CallerError& error) {
    if (error.param.empty() || error.message.starts_with(error.param))
        return error.message;
    return error.param + ": " + error.message;
}

const WireJson* Members::get(const char* name) {
    known_.emplace_back(name);
    return member(object_, name);
}

void Members::complain(const std::string& param, const std::string& message) {
    if (!problem_)
        problem_ = bad_request(param, message);
}

std::string Members::text(const char* name) {
    const WireJson* value = get(name);
    if (!value)
        return {};
    if (!value->is_string()) {
        complain(name, std::string{name} + " is to be a text");
        return {};
    }
    return value->get<std::string>();
}

bool Members::flag(const char* name) {
    const WireJson* value = get(name);
    if (value && !value->is_boolean())
        complain(name, std::string{name} + " is true or false");
    return value && value->is_boolean() && value->get<bool>();
}

std::optional<double> Members::number(const char* name, double least, double most) {
    const WireJson* value = get(name);
    if (!value)
        return std::nullopt;
    const double n = value->is_number() ? value->get<double>() : NAN;
    if (n >= least && n <= most)
        return n;
    complain(name, std::string{name} + " is a number from " + chain::Json(least).dump() + " to " +
                       chain::Json(most).dump());
    return std::nullopt;
}

std::optional<std::int64_t> Members::whole(const char* name, std::int64_t least,
                                           std::int64_t most) {
    const WireJson* value = get(name);
    if (!value)
        return std::nullopt;
    // Some clients write 100.0.
    const double n = value->is_number() ? value->get<double>() : NAN;
    if (n == std::floor(n) && n >= static_cast<double>(least) && n <= static_cast<double>(most))
        return static_cast<std::int64_t>(n);
    complain(name, std::string{name} + " is a whole number from " + std::to_string(least) + " to " +
                       std::to_string(most));
    return std::nullopt;
}

std::vector<std::string> Members::texts(const char* name) {
    const WireJson* value = get(name);
    if (!value)
        return {};
    if (value->is_string())
        return {value->get<std::string>()};
    std::vector<std::string> all;
    bool good = value->is_array();
    for (std::size_t i = 0; good && i < value->size(); ++i)
        if ((good = (*value)[i].is_string()))
            all.push_back((*value)[i].get<std::string>());
    if (!good)
        complain(name, std::string{name} + " is a text or a list of texts");
    return all;
}

void Members::refuse(const char* name, const char* why) {
    const WireJson* value = get(name);
    if (value && *value != false)
        complain(name, std::string{name} + ": " + why);
}

namespace {

template <class Known>
std::string others(const WireJson& object, const Known& known) {
    chain::Json left = chain::Json::object();
    for (const auto& [name, value] : object.items())
        if (!value.is_null() && std::find(known.begin(), known.end(), name) == known.end())
            left[name] = value;
    return left.empty() ? std::string{} : body_text(left);
}

} // namespace

std::string Members::rest() const {
    return others(object_, known_);
}

std::string more_than(const WireJson& object, std::initializer_list<const char*> known) {
    return others(object, known);
}

std::string json_text(const WireJson& json) {
    return json.dump(-1, ' ', false, WireJson::error_handler_t::replace);
}

Ending ending_of(Finish finish, bool calls) {
    switch (finish) {
    case Finish::length:
    case Finish::none:
    case Finish::error:
        return Ending::length;
    case Finish::content_filter:
        return Ending::filtered;
    case Finish::tool_calls:
        return Ending::calls;
    case Finish::stop:
        break;
    }
    return calls ? Ending::calls : Ending::stop;
}

std::vector<std::string> Members::rest_names() const {
    constexpr std::size_t most = 64;
    std::vector<std::string> names;
    for (const auto& [name, value] : object_.items())
        if (!value.is_null() && names.size() < most &&
            std::find(known_.begin(), known_.end(), name) == known_.end())
            names.push_back(one_line(name, max_code_bytes));
    return names;
}

tl::expected<WireJson, CallerError> request_object(std::string_view body) {
    auto json = parse_lenient(body);
    if (!json)
        return tl::unexpected(bad_request("", "the body is no JSON, or too deep"));
    if (!json->is_object())
        return tl::unexpected(bad_request("", "the body is to be a JSON object"));
    return std::move(*json);
}

std::optional<Picture> picture_at(std::string_view url) {
    if (url.starts_with("https://") || url.starts_with("http://"))
        return Picture{"", "", std::string{url}};
    auto bytes = data_url_bytes(url);
    if (!bytes)
        return std::nullopt;
    Picture picture;
    picture.mime = picture_mime(*bytes);
    picture.bytes = std::move(*bytes);
    if (picture.mime.empty())
        return std::nullopt;
    return picture;
}

std::string server_event(const char* type, const chain::Json& data) {
    std::string out;
    if (type)
        out += std::string{"event: "} + type + "\n";
    return out + "data: " + body_text(data) + "\n\n";
}

} // namespace brownout::wire
