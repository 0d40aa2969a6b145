// Reads replies of the openai dialect, of whichever vendor: streamed or whole.
#pragma once

#include "wire/dialect.h"
#include "wire/json_lenient.h"
#include "wire/sse.h"

namespace brownout::wire {

class OpenAiReader final : public ReplyReader {
  public:
    OpenAiReader(chain::Dialect dialect, std::string vendor_host, std::string model, Secret key);

    void head(int status, const Headers& headers) override;
    bool bytes(std::string_view bytes, const std::function<void(const Delta&)>& out) override;
    End end(TransportEnd transport, bool request_sent, std::int64_t unix_now) override;
    bool complete() const override {
        return done_ && !failed() && reply_.finish != Finish::none &&
               reply_.finish != Finish::error;
    }

  private:
    // What came decides how it is read, not what was asked for or what the header promises: a
    // provider may answer a stream request with one JSON body, and the other way round.
    enum class Form { unknown, events, body };
    enum class Fault { none, malformed, too_large, error_event };

    bool failed() const { return fault_ != Fault::none; }
    bool events(std::string_view bytes, const std::function<void(const Delta&)>& out);
    bool event(const SseEvent& event, const std::function<void(const Delta&)>& out);
    void chunk(const WireJson& json, const std::function<void(const Delta&)>& out);
    void choice(const WireJson& choice, Delta& delta);
    void metadata(const WireJson& json);
    void whole_body();
    bool is_error(const WireJson& json, std::string_view event_type) const;

    End finished(TransportEnd transport, bool request_sent) const;
    End failure(engine::OutcomeClass cls, engine::Cause cause, bool ambiguous,
                std::string message) const;
    End classified(TransportEnd transport, bool request_sent, std::int64_t unix_now) const;
    End in_stream_error(std::int64_t unix_now) const;
    End with_reply(End end) const;

    chain::Dialect dialect_;
    std::string vendor_host_, model_;
    Secret key_; // to blank it where a provider echoes it
    int status_ = 0;
    Headers headers_;
    Form form_ = Form::unknown;
    Fault fault_ = Fault::none;
    SseParser sse_;
    std::string body_; // a whole body, or the payload of the event that failed the stream
    std::size_t received_ = 0;
    bool done_ = false;        // [DONE]
    bool saw_choices_ = false; // the reply has the shape of an answer
    Reply reply_;
};

} // namespace brownout::wire
