#include "wire/openai.h"

#include "wire/http_parts.h"
#include "wire/openai_images.h"
#include "wire/openai_mend.h"
#include "wire/openai_reader.h"
#include "wire/request_parts.h"

namespace brownout::wire {

namespace {
constexpr std::string_view azure_api_version = "2024-10-21";
constexpr std::string_view models_path = "/models", key_path = "/key";
constexpr KeyHeader azure_key{"api-key", ""};
} // namespace

HttpRequest OpenAiDialect::request_to(const Endpoint& endpoint, std::string_view path,
                                      const char* accept) const {
    std::string url = base_with(endpoint.base_url);
    const bool list = path == models_path || path == key_path;
    // Azure's own paths name the deployment; its v1 route has OpenAI's.
    if (which_ == chain::Dialect::azure && !url.ends_with("/v1")) {
        if (url.find("/openai") == url.npos)
            url += "/openai";
        if (!list && url.find("/deployments/") == url.npos)
            url += "/deployments/" + percent_encoded(endpoint.model);
        Endpoint versioned = endpoint;
        versioned.query.try_emplace("api-version", azure_api_version);
        return http_request(versioned, list ? "GET" : "POST", url + std::string{path},
                            list ? nullptr : json_type, azure_key, accept);
    }
    KeyHeader key;
    if (which_ == chain::Dialect::azure)
        key = azure_key;
    else if (vendor_of(endpoint.base_url) == Vendor::portkey) // Authorization goes upstream
        key = {"x-portkey-api-key", ""};
    return http_request(endpoint, list ? "GET" : "POST", url + std::string{path},
                        list ? nullptr : json_type, key, accept);
}

Encoded OpenAiDialect::encode(const ChatRequest& request, const Endpoint& endpoint) const {
    if (request.image)
        return openai_image_request(*request.image, endpoint,
                                    request_to(endpoint, "/images/generations", json_type));
    Encoded http{
        request_to(endpoint, "/chat/completions", request.stream ? events_type : json_type),
        {},
        {}};
    if (request.media) {
        http.impossible = "videos and transcriptions are not asked of this dialect";
        return http;
    }
    const Takes known = takes(which_, vendor_of(endpoint.base_url), endpoint.model);
    chain::Json body = openai_chat_body(request, endpoint, known, http);
    for (const std::string& parameter : endpoint.refused)
        if (const auto renamed = take_out(body, parameter); renamed && renamed->empty())
            drop(http, parameter, endpoint.model + " has refused it before");
    http.body = body_text(body);
    return http;
}

std::unique_ptr<ReplyReader> OpenAiDialect::reader(bool, const Endpoint& endpoint) const {
    return std::make_unique<OpenAiReader>(which_, endpoint);
}

std::unique_ptr<ReplyReader> OpenAiDialect::reader_for(const ChatRequest& request,
                                                       const Endpoint& endpoint) const {
    if (request.image)
        return openai_image_reader(endpoint);
    return reader(request.stream, endpoint);
}

HttpRequest OpenAiDialect::key_test(const Endpoint& endpoint) const {
    // OpenRouter lists its models to everyone, and tells about a key at a place of its own.
    const bool open_list = vendor_of(endpoint.base_url) == Vendor::openrouter;
    return request_to(endpoint, open_list ? key_path : models_path, json_type);
}

} // namespace brownout::wire
