// OpenAI's images and what is shaped like them: one request, pictures as base64 or addresses.
// Source: OpenAI's specification. Used by the dialects openai, azure and nexaapi.
#pragma once

#include "wire/billing.h"
#include "wire/dialect.h"
#include "wire/whole_reply.h"

namespace brownout::wire {

// Sends exactly what the model takes: GPT image models no `response_format`, DALL-E 3 one picture,
// both only their own sizes. `base` has the address and the key.
Encoded openai_image_request(const ImageRequest& image, const Endpoint& endpoint, HttpRequest base);

// What such a request fixes: the nearest of the model's own sizes and qualities, as they are sent;
// DALL-E's defaults where nothing is asked for. A GPT image model chooses by itself then.
PictureTerms openai_picture_terms(const ImageRequest& image, std::string_view model);

// {"created","data":[{"b64_json"|"url"}],"usage"?}; a video is {"data":[{"url"}]} or {"url"}, a
// transcription {"text"}.
std::unique_ptr<ReplyReader> openai_image_reader(const Endpoint& endpoint,
                                                 Wanted wanted = Wanted::picture);

} // namespace brownout::wire
