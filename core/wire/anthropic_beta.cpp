#include "wire/anthropic_beta.h"

#include "wire/request_parts.h"

#include <algorithm>

namespace brownout::wire {

namespace {

using chain::Json;

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= longest_beta_name &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_' || c == '.';
           });
}

std::string_view trimmed(std::string_view text) {
    const auto from = text.find_first_not_of(" \t");
    if (from == text.npos)
        return {};
    return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

struct Names {
    std::vector<std::string> list; // each once
    std::size_t left_out = 0;

    void add(std::string_view name) {
        if (std::find(list.begin(), list.end(), name) != list.end())
            return;
        if (!is_name(name) || list.size() == most_beta_names)
            ++left_out;
        else
            list.emplace_back(name);
    }
    void add_all(std::string_view value) { // separated by commas
        while (!value.empty()) {
            const auto comma = value.find(',');
            if (const auto name = trimmed(value.substr(0, comma)); !name.empty())
                add(name);
            value = comma == value.npos ? std::string_view{} : value.substr(comma + 1);
        }
    }
};

} // namespace

void read_beta(const Headers& headers, CallerRequest& request) {
    Names names;
    for (const auto& one : headers)
        if (one.first.size() == std::string_view{beta_header}.size() &&
            header({{one.first, ""}}, beta_header))
            names.add_all(one.second);
    if (names.left_out > 0)
        request.dropped.push_back(std::string{beta_header} + ": " + std::to_string(names.left_out) +
                                  " of its names");
    if (names.list.empty())
        return;
    ChatRequest& asked = request.request;
    auto own = asked.own_parameters.empty() ? Json::object() : json_of(asked.own_parameters);
    if (!own || !own->is_object())
        return;
    (*own)[beta_header] = names.list;
    asked.own_parameters = body_text(*own);
    asked.own_dialect = "anthropic";
}

void write_beta(chain::Json& body, Encoded& http) {
    const auto found = body.find(beta_header);
    if (found == body.end())
        return;
    Names names;
    if (const auto own = header(http.headers, beta_header)) // the provider's, in the chain
        names.add_all(std::string{*own});
    if (found->is_array())
        for (const Json& one : *found)
            if (one.is_string())
                names.add(one.get_ref<const std::string&>());
    body.erase(beta_header);
    std::string value;
    for (const std::string& name : names.list)
        value += (value.empty() ? "" : ",") + name;
    if (!value.empty())
        set_header(http.headers, beta_header, value);
}

} // namespace brownout::wire
