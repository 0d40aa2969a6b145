#include "wire/request_parts.h"

#include "wire/json_lenient.h"
#include "wire/words.h"

#include <algorithm>

namespace brownout::wire {

std::string percent_encoded(std::string_view text) {
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
        if (plain) {
            out += c;
        } else {
            out += '%';
            out += digits[byte >> 4];
            out += digits[byte & 15];
        }
    }
    return out;
}

std::string without_slash(std::string url) {
    while (url.ends_with('/'))
        url.pop_back();
    return url;
}

std::string with_query(std::string url, const std::map<std::string, std::string>& query) {
    for (const auto& [key, value] : query) {
        url += url.find('?') == url.npos ? '?' : '&';
        url += percent_encoded(key) + "=" + percent_encoded(value);
    }
    return url;
}

std::optional<std::string_view> header(const Headers& headers, std::string_view name) {
    for (const auto& [key, value] : headers)
        if (key.size() == name.size() && lower(key) == lower(name))
            return std::string_view{value};
    return std::nullopt;
}

std::string header_value(std::string_view value) {
    std::string out;
    std::copy_if(value.begin(), value.end(), std::back_inserter(out),
                 [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F; });
    return out;
}

void set_header(Headers& headers, const std::string& name, std::string value) {
    for (auto& [key, old] : headers)
        if (lower(key) == lower(name)) {
            old = std::move(value);
            return;
        }
    headers.emplace_back(name, std::move(value));
}

void set_headers(Headers& headers, const std::map<std::string, std::string>& more) {
    for (const auto& [name, value] : more)
        set_header(headers, header_value(name), header_value(value));
}

std::string body_text(const chain::Json& json) {
    return json.dump(-1, ' ', false, chain::Json::error_handler_t::replace);
}

std::optional<chain::Json> json_of(std::string_view text) {
    if (!parse_lenient(text)) // the one that bounds depth and size
        return std::nullopt;
    auto json = chain::Json::parse(text, nullptr, false);
    if (json.is_discarded())
        return std::nullopt;
    return json;
}

std::string system_text(const ChatRequest& request) {
    std::string out;
    for (const Message& message : request.messages)
        if (message.role == Role::system && !message.text.empty())
            out += (out.empty() ? "" : "\n\n") + message.text;
    return out;
}

std::string json_instruction(const ChatRequest& request) {
    std::string out = "Answer with exactly one JSON value and nothing around it.";
    if (!request.json_schema.empty())
        out += " It must be valid against this JSON Schema: " + request.json_schema;
    return out;
}

void write_own(const ChatRequest& request, std::string_view dialect, chain::Json& body,
               Encoded& http, std::initializer_list<Renamed> renamed) {
    if (request.own_parameters.empty())
        return;
    constexpr std::size_t most = 64; // notes; a hostile body has a million names
    const auto own = json_of(request.own_parameters);
    if (!own || !own->is_object())
        return;
    std::size_t notes = 0;
    const auto renamed_here = [&](const std::string& name) -> const char* {
        for (const Renamed& one : renamed)
            if (request.own_dialect == "openai" && name == one.openai)
                return one.here;
        return nullptr;
    };
    for (const auto& [name, value] : own->items()) {
        if (request.own_dialect == dialect) {
            if (!body.contains(name))
                body[name] = value;
        } else if (const char* const here = renamed_here(name)) {
            body[chain::Json::json_pointer{here}] = value;
        } else if (++notes <= most) {
            drop(http, one_line(name, max_code_bytes), "this dialect has no counterpart");
        }
    }
}

void write_members(std::string_view own, chain::Json& out) {
    const auto members = own.empty() ? std::nullopt : json_of(own);
    if (members && members->is_object())
        for (const auto& [name, value] : members->items())
            if (!out.contains(name))
                out[name] = value;
}

void drop(Encoded& http, std::string_view name, std::string_view why) {
    http.dropped.push_back(std::string{name} + ": " + std::string{why});
}

} // namespace brownout::wire
