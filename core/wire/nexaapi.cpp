#include "wire/nexaapi.h"

#include "wire/http_parts.h"
#include "wire/openai.h"
#include "wire/openai_images.h"

namespace brownout::wire {

namespace {

const OpenAiDialect& chats() {
    static const OpenAiDialect openai{chain::Dialect::openai};
    return openai;
}

// Chats live where pictures live, however the address is written.
Endpoint of_chats(const Endpoint& endpoint) {
    Endpoint at = endpoint;
    at.base_url = base_with(endpoint.base_url, "/v1");
    return at;
}

const char* nexaapi_path(const ChatRequest& request) {
    switch (wanted(request)) {
    case Wanted::video:
        return "/videos/generations";
    case Wanted::transcription:
        return "/audio/transcriptions";
    case Wanted::picture:
        break;
    }
    return "/images/generations";
}

void nexaapi_image_body(chain::Json& body, const ImageRequest& image, Encoded& out) {
    body["prompt"] = image.prompt;
    if (!image.negative_prompt.empty())
        body["negative_prompt"] = image.negative_prompt;
    if (const auto size = picture_size(image, out)) {
        body["width"] = size->width;
        body["height"] = size->height;
    }
    if (image.steps)
        body["steps"] = *image.steps;
    if (image.guidance)
        body["guidance_scale"] = *image.guidance;
    if (image.count)
        body["n"] = *image.count;
    if (image.seed)
        body["seed"] = *image.seed;
    if (!image.quality.empty())
        out.dropped.push_back("quality: NexaAPI takes none");
    if (!image.format.empty())
        out.dropped.push_back("format: NexaAPI chooses its own");
}

void nexaapi_media_body(chain::Json& body, const MediaRequest& media, Encoded& out) {
    if (media.kind == MediaRequest::Kind::transcription) {
        body["audio_url"] = media.input_url;
        if (!media.language.empty())
            body["language"] = media.language;
        return;
    }
    body["prompt"] = media.prompt;
    if (!media.input_url.empty())
        body["image_url"] = media.input_url;
    if (!media.aspect_ratio.empty())
        body["aspect_ratio"] = media.aspect_ratio;
    if (const auto seconds = media_seconds(media, out))
        body["duration"] = *seconds;
}

} // namespace

Encoded NexaApiDialect::encode(const ChatRequest& request, const Endpoint& endpoint) const {
    if (!request.image && !request.media)
        return chats().encode(request, of_chats(endpoint));
    Encoded out;
    static_cast<HttpRequest&>(out) =
        http_request(endpoint, "POST", base_with(endpoint.base_url, "/v1") + nexaapi_path(request),
                     "application/json");
    chain::Json body = {{"model", endpoint.model}};
    if (request.image)
        nexaapi_image_body(body, *request.image, out);
    else
        nexaapi_media_body(body, *request.media, out);
    out.body = body_text(body);
    return out;
}

std::unique_ptr<ReplyReader> NexaApiDialect::reader(bool stream, const Endpoint& endpoint) const {
    return chats().reader(stream, endpoint);
}

std::unique_ptr<ReplyReader> NexaApiDialect::reader_for(const ChatRequest& request,
                                                        const Endpoint& endpoint) const {
    if (!request.image && !request.media)
        return chats().reader(request.stream, endpoint);
    return openai_image_reader(endpoint, wanted(request));
}

HttpRequest NexaApiDialect::key_test(const Endpoint& endpoint) const {
    return http_request(endpoint, "GET", base_with(endpoint.base_url, "/v1") + "/models", nullptr);
}

} // namespace brownout::wire
