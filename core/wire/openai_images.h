// OpenAI's images and what is shaped like them: one request, pictures as base64 or addresses.
// Source: OpenAI's specification. Used by the dialects openai, azure and nexaapi.
#pragma once

#include "wire/dialect.h"
#include "wire/whole_reply.h"

namespace brownout::wire {

// Sends exactly what the model takes: GPT image models no `response_format`, DALL-E 3 one picture,
// both only their own sizes. `base` has the address and the key.
Encoded openai_image_request(const ImageRequest& image, const Endpoint& endpoint, HttpRequest base);

// {"created","data":[{"b64_json"|"url"}],"usage"?}; a video is {"data":[{"url"}]} or {"url"}, a
// transcription {"text"}.
std::unique_ptr<ReplyReader> openai_image_reader(const Endpoint& endpoint,
                                                 Wanted wanted = Wanted::picture);

} // namespace brownout::wire
