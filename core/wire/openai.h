// OpenAI Chat Completions, as OpenAI, Azure and the compatible vendors speak it.
#pragma once

#include "wire/dialect.h"

namespace brownout::wire {

class OpenAiDialect final : public Dialect {
  public:
    explicit OpenAiDialect(chain::Dialect which) : which_(which) {}
    Encoded encode(const ChatRequest& request, const Endpoint& endpoint) const override;
    std::unique_ptr<ReplyReader> reader(bool stream, const Endpoint& endpoint) const override;
    HttpRequest key_test(const Endpoint& endpoint) const override;

  private:
    HttpRequest base_request(const Endpoint& endpoint, std::string_view path) const;
    chain::Dialect which_;
};

// The o-series and gpt-5 onwards: they take max_completion_tokens and no sampling parameters.
bool is_openai_reasoning_model(std::string_view model);

} // namespace brownout::wire
