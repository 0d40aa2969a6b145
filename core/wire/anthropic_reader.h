// Reads replies of Anthropic's Messages: typed events, or one message.
#pragma once

#include "wire/chat_reader.h"

#include <map>

namespace brownout::wire {

class AnthropicReader final : public ChatReader {
  public:
    explicit AnthropicReader(const Endpoint& endpoint)
        : ChatReader(chain::Dialect::anthropic, endpoint) {}

  private:
    bool event(std::string_view type, std::string_view data, const Out& out) override;
    void whole(const WireJson& json) override;
    bool withheld() const override;

    bool common_delta(std::string_view data, const Out& out);
    bool message_start(const WireJson& json, const Out& out);
    void block_start(const WireJson& json, const Out& out);
    void block_delta(const WireJson& json, const Out& out);
    void block_stop(const WireJson& json, const Out& out);
    void message(const WireJson& message);
    void sign(std::string_view signature);
    void usage(const WireJson& usage);
    bool pass(const Delta& delta, const Out& out);

    // Counts as they came, field by field: the last value of each holds.
    std::optional<std::int64_t> fresh_, cached_, written_, output_, reasoning_;
    std::map<std::int64_t, std::size_t> calls_; // which tool call a content block is
    // A second message_start begins the answer anew. What the listener has of the first one must
    // then come again before it gets more; with other words the stream is broken.
    std::string delivered_, repeated_;
    std::size_t signed_until_ = 0; // of the reasoning
    bool in_message_ = false, repeating_ = false;
    Delta scratch_; // keeps its memory from event to event
};

} // namespace brownout::wire
