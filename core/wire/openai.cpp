#include "wire/openai.h"

#include "wire/openai_images.h"
#include "wire/openai_reader.h"
#include "wire/request_parts.h"

namespace brownout::wire {

namespace {
constexpr std::string_view azure_api_version = "2024-10-21";
}

HttpRequest OpenAiDialect::base_request(const Endpoint& endpoint, std::string_view path) const {
    HttpRequest http;
    http.url = without_slash(endpoint.base_url);
    auto query = endpoint.query;
    // Azure's own paths name the deployment; its v1 route has OpenAI's.
    if (which_ == chain::Dialect::azure && !http.url.ends_with("/v1")) {
        if (http.url.find("/openai") == http.url.npos)
            http.url += "/openai";
        if (path != "/models" && http.url.find("/deployments/") == http.url.npos)
            http.url += "/deployments/" + percent_encoded(endpoint.model);
        query.try_emplace("api-version", azure_api_version);
    }
    http.url = with_query(http.url + std::string{path}, query);
    if (endpoint.key && !endpoint.key->empty()) {
        const std::string key = header_value(endpoint.key->reveal());
        if (which_ == chain::Dialect::azure)
            http.headers.emplace_back("api-key", key);
        else if (vendor_of(endpoint.base_url) == Vendor::portkey) // Authorization goes upstream
            http.headers.emplace_back("x-portkey-api-key", key);
        else
            http.headers.emplace_back("Authorization", "Bearer " + key);
    }
    return http;
}

Encoded OpenAiDialect::encode(const ChatRequest& request, const Endpoint& endpoint) const {
    if (request.image)
        return openai_image_request(*request.image, endpoint,
                                    base_request(endpoint, "/images/generations"));
    Encoded http{base_request(endpoint, "/chat/completions"), {}, {}};
    if (request.media) {
        http.impossible = "videos and transcriptions are not asked of this dialect";
        return http;
    }
    http.headers.emplace_back("Content-Type", "application/json");
    http.headers.emplace_back("Accept", request.stream ? "text/event-stream" : "application/json");
    set_headers(http.headers, endpoint.headers);
    const Takes known = takes(which_, vendor_of(endpoint.base_url), endpoint.model);
    http.body = body_text(openai_chat_body(request, endpoint, known, http));
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
    HttpRequest http = base_request(endpoint, "/models");
    http.method = "GET";
    http.headers.emplace_back("Accept", "application/json");
    set_headers(http.headers, endpoint.headers);
    return http;
}

} // namespace brownout::wire
