// Reads replies of Google's Gemini: one GenerateContentResponse, a list of them, or a stream.
#pragma once

#include "wire/chat_reader.h"

namespace brownout::wire {

// Of finishReason; an unknown word counts as stop.
Finish gemini_finish(std::string_view word);
// Of usageMetadata; nothing where it counts nothing.
std::optional<Usage> gemini_usage(const WireJson& usage);

class GeminiReader final : public ChatReader {
  public:
    explicit GeminiReader(const Endpoint& endpoint)
        : ChatReader(chain::Dialect::gemini, endpoint) {}
    End end(TransportEnd transport, bool request_sent, std::int64_t unix_now) override;

  private:
    bool event(std::string_view type, std::string_view data, const Out& out) override;
    void whole(const WireJson& json) override;
    // A call that the model wrote badly, or an end without a reason: it may go better.
    engine::OutcomeClass class_of_failed_answer() const override {
        return engine::OutcomeClass::retry;
    }

    bool common_chunk(std::string_view data, const Out& out);
    void chunk(const WireJson& json, const Out& out);
    void part(const WireJson& part, Delta& delta);
    void usage(const WireJson& counts);

    std::string pending_usage_; // counts are cumulative: only the last ones are worth reading
    Delta scratch_;             // keeps its memory from chunk to chunk
};

} // namespace brownout::wire
