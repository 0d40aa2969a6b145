#include "wire/openai.h"

#include "wire/openai_reader.h"
#include "wire/vendor.h"
#include "wire/words.h"

#include <algorithm>

namespace brownout::wire {

namespace {

constexpr std::string_view azure_api_version = "2024-10-21";

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

// A line break in a value would start a header of its own.
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

std::string with_query(std::string url, const std::map<std::string, std::string>& query) {
    for (const auto& [key, value] : query) {
        url += url.find('?') == url.npos ? '?' : '&';
        url += percent_encoded(key) + "=" + percent_encoded(value);
    }
    return url;
}

const char* role_name(Role role) {
    switch (role) {
    case Role::system:
        return "system";
    case Role::assistant:
        return "assistant";
    case Role::tool:
        return "tool";
    case Role::user:
        break;
    }
    return "user";
}

} // namespace

bool is_openai_reasoning_model(std::string_view model) {
    if (const auto slash = model.rfind('/'); slash != model.npos) // a gateway's "openai/gpt-5"
        model.remove_prefix(slash + 1);
    const auto digit = [&](std::size_t i) {
        return i < model.size() && model[i] >= '0' && model[i] <= '9';
    };
    if (model.starts_with('o') && digit(1))
        return true;
    if (!model.starts_with("gpt-") || !digit(4) || model.find("-chat") != model.npos)
        return false;
    return digit(5) || model[4] >= '5';
}

HttpRequest OpenAiDialect::base_request(const Endpoint& endpoint, std::string_view path) const {
    HttpRequest http;
    http.url = endpoint.base_url;
    while (http.url.ends_with('/'))
        http.url.pop_back();
    auto query = endpoint.query;
    // Azure's own paths name the deployment; its v1 route has OpenAI's.
    if (which_ == chain::Dialect::azure && !http.url.ends_with("/v1")) {
        if (http.url.find("/openai") == http.url.npos)
            http.url += "/openai";
        if (path == "/chat/completions" && http.url.find("/deployments/") == http.url.npos)
            http.url += "/deployments/" + percent_encoded(endpoint.model);
        query.try_emplace("api-version", azure_api_version);
    }
    http.url = with_query(http.url + std::string{path}, query);
    if (endpoint.key && !endpoint.key->empty()) {
        const std::string key = header_value(endpoint.key->reveal());
        if (which_ == chain::Dialect::azure)
            http.headers.emplace_back("api-key", key);
        else
            http.headers.emplace_back("Authorization", "Bearer " + key);
    }
    return http;
}

Encoded OpenAiDialect::encode(const ChatRequest& request, const Endpoint& endpoint) const {
    Encoded http{base_request(endpoint, "/chat/completions"), {}, {}};
    http.headers.emplace_back("Content-Type", "application/json");
    http.headers.emplace_back("Accept", request.stream ? "text/event-stream" : "application/json");
    for (const auto& [name, value] : endpoint.headers)
        set_header(http.headers, header_value(name), header_value(value));

    chain::Json body;
    body["model"] = endpoint.model;
    auto& messages = body["messages"] = chain::Json::array();
    for (const auto& message : request.messages)
        messages.push_back({{"role", role_name(message.role)}, {"content", message.text}});
    const bool reasoning = is_openai_reasoning_model(endpoint.model);
    if (request.max_tokens)
        body[reasoning ? "max_completion_tokens" : "max_tokens"] = *request.max_tokens;
    if (request.temperature && !reasoning)
        body["temperature"] = *request.temperature;
    if (request.top_p && !reasoning)
        body["top_p"] = *request.top_p;
    if (!request.stop.empty())
        body["stop"] = request.stop;
    if (request.stream) {
        body["stream"] = true;
        const Vendor vendor = vendor_of(endpoint.base_url);
        if (vendor != Vendor::mistral) { // refuses it, and sends usage anyway
            auto& options = body["stream_options"];
            options["include_usage"] = true;
            if (vendor == Vendor::openai)
                options["include_obfuscation"] = false; // padding that we would pay to carry
        }
    }
    http.body = body.dump(-1, ' ', false, chain::Json::error_handler_t::replace);
    return http;
}

std::unique_ptr<ReplyReader> OpenAiDialect::reader(bool, const Endpoint& endpoint) const {
    return std::make_unique<OpenAiReader>(which_, std::string{host_of(endpoint.base_url)},
                                          endpoint.model, endpoint.key ? *endpoint.key : Secret{});
}

HttpRequest OpenAiDialect::key_test(const Endpoint& endpoint) const {
    HttpRequest http = base_request(endpoint, "/models");
    http.method = "GET";
    http.headers.emplace_back("Accept", "application/json");
    for (const auto& [name, value] : endpoint.headers)
        set_header(http.headers, header_value(name), header_value(value));
    return http;
}

} // namespace brownout::wire
