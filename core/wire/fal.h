// FAL: the JSON body is the model's input. A picture is asked of fal.run in one request; a video or
// a transcription, and anything at a base URL whose host or path names the queue
// ("https://queue.fal.run", "http://127.0.0.1:4711/queue"), goes through the queue: submit, status,
// result, cancel. Source: FAL's documents and its JavaScript client 1.10.
#pragma once

#include "wire/dialect.h"

namespace brownout::wire {

class FalDialect final : public Dialect {
  public:
    Encoded encode(const ChatRequest& request, const Endpoint& endpoint) const override;
    std::unique_ptr<ReplyReader> reader(bool stream, const Endpoint& endpoint) const override;
    std::unique_ptr<ReplyReader> reader_for(const ChatRequest& request,
                                            const Endpoint& endpoint) const override;
    // There is no list of models: the status of a request that never was. A bad key gets 401, a
    // good one 404 in FAL's own words.
    HttpRequest key_test(const Endpoint& endpoint) const override;
    bool takes_key(int status, std::string_view body) const override;
    std::string key_facts(std::string_view body) const override;
};

} // namespace brownout::wire
