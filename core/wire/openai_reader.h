// Reads replies of the openai dialect, of whichever vendor: streamed or whole.
#pragma once

#include "wire/chat_reader.h"

namespace brownout::wire {

class OpenAiReader final : public ChatReader {
  public:
    // `mended`: parameters that were refused; the request that this reply answers is without them.
    OpenAiReader(chain::Dialect dialect, const Endpoint& endpoint,
                 std::vector<std::string> mended = {});
    void sent(const HttpRequest& request) override;
    End end(TransportEnd transport, bool request_sent, std::int64_t unix_now) override;

  private:
    bool event(std::string_view type, std::string_view data, const Out& out) override;
    void whole(const WireJson& json) override;
    bool common_whole(std::string_view data) override;
    std::shared_ptr<FollowUp> mend(const End& end) override;

    void chunk(const WireJson& json, const Out& out);
    bool common_chunk(std::string_view data, const Out& out);
    void choice(const WireJson& choice, Delta& delta);
    void tool_calls(const WireJson& message, Delta& delta);
    void tool_piece(const WireJson& piece, Delta& delta);
    void metadata(const WireJson& json);
    bool is_error(const WireJson& json, std::string_view event_type) const;

    Endpoint endpoint_; // of a mended request's reader
    Secret secret_;     // that its key points to
    chain::Dialect dialect_;
    std::vector<std::string> mended_;
    Delta scratch_; // keeps its memory from chunk to chunk
    std::optional<HttpRequest> request_;
};

} // namespace brownout::wire
