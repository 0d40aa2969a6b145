// Server-sent events (WHATWG HTML 9.2) from bytes split anywhere.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace brownout::wire {

struct SseEvent {
    std::string_view type; // empty: "message"
    std::string_view data; // valid during the callback
};

class SseParser {
  public:
    // An event longer than this ends the stream as malformed.
    static constexpr std::size_t max_event_bytes = 16u << 20;

    // Calls `out` for each event that these bytes complete; comments are skipped. False from `out`
    // stops. Returns false when an event grew beyond the limit.
    bool feed(std::string_view bytes, const std::function<bool(const SseEvent&)>& out);
    // The end of the bytes: a last event without its blank line still counts.
    void finish(const std::function<bool(const SseEvent&)>& out);
    // Lines that are no field at all, the first 16 KiB of them: some providers write an error as
    // bare JSON into the middle of a stream.
    const std::string& stray() const { return stray_; }

  private:
    bool line(std::string_view text, const std::function<bool(const SseEvent&)>& out);
    bool dispatch(const std::function<bool(const SseEvent&)>& out);
    std::string line_, data_, type_, stray_;
    bool has_data_ = false, skip_lf_ = false, first_line_ = true;
};

} // namespace brownout::wire
