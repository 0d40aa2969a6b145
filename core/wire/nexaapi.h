// NexaAPI: pictures in the form of OpenAI's images with Stable Diffusion's parameters beside them
// (width, height, steps, guidance_scale, n, seed); chats are OpenAI's. No public reference exists
// for its media: videos and transcriptions are asked for in the same form, and read leniently.
#pragma once

#include "wire/dialect.h"

namespace brownout::wire {

class NexaApiDialect final : public Dialect {
  public:
    Encoded encode(const ChatRequest& request, const Endpoint& endpoint) const override;
    std::unique_ptr<ReplyReader> reader(bool stream, const Endpoint& endpoint) const override;
    std::unique_ptr<ReplyReader> reader_for(const ChatRequest& request,
                                            const Endpoint& endpoint) const override;
    HttpRequest key_test(const Endpoint& endpoint) const override;
};

} // namespace brownout::wire
