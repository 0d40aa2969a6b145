// OpenAI Chat Completions, as OpenAI, Azure and the compatible vendors speak it.
#pragma once

#include "wire/dialect.h"
#include "wire/takes.h"

namespace brownout::wire {

class OpenAiDialect final : public Dialect {
  public:
    explicit OpenAiDialect(chain::Dialect which) : which_(which) {}
    Encoded encode(const ChatRequest& request, const Endpoint& endpoint) const override;
    std::unique_ptr<ReplyReader> reader(bool stream, const Endpoint& endpoint) const override;
    std::unique_ptr<ReplyReader> reader_for(const ChatRequest& request,
                                            const Endpoint& endpoint) const override;
    HttpRequest key_test(const Endpoint& endpoint) const override;

  private:
    // The path of a models list is asked with GET, any other posted to.
    HttpRequest request_to(const Endpoint& endpoint, std::string_view path,
                           const char* accept) const;
    chain::Dialect which_;
};

// The body of a chat, and into `http` the notes on what it could not say.
chain::Json openai_chat_body(const ChatRequest& request, const Endpoint& endpoint,
                             const Takes& takes, Encoded& http);

} // namespace brownout::wire
