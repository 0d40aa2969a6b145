// What the readers of every chat dialect share: bytes to events or one body, faults, how it ends.
#pragma once

#include "wire/dialect.h"
#include "wire/json_lenient.h"
#include "wire/sse.h"

namespace brownout::wire {

class ChatReader : public ReplyReader {
  public:
    ChatReader(chain::Dialect dialect, const Endpoint& endpoint);

    void head(int status, const Headers& headers) override;
    bool bytes(std::string_view bytes, const std::function<void(const Delta&)>& out) override;
    End end(TransportEnd transport, bool request_sent, std::int64_t unix_now) override;
    bool complete() const override {
        return done_ && !failed() && reply_.finish != Finish::none &&
               reply_.finish != Finish::error && !withheld();
    }

  protected:
    using Out = std::function<void(const Delta&)>;
    enum class Fault { none, malformed, too_large, error_event, restarted };

    // One event of a stream; `data` is not empty. False: read no further.
    virtual bool event(std::string_view type, std::string_view data, const Out& out) = 0;
    // A whole body that is JSON. It calls fail() where that is no answer.
    virtual void whole(const WireJson& json) = 0;
    // The same for what most bodies are, without building values. False: nothing was taken.
    virtual bool common_whole(std::string_view) { return false; }
    // Of an error that came instead of an answer; a chance to send the request again, mended.
    virtual std::shared_ptr<FollowUp> mend(const End&) { return nullptr; }
    // Withheld by a filter, from the first word on or (a whole body) with some text.
    virtual bool withheld() const {
        return reply_.finish == Finish::content_filter && reply_.text.empty();
    }
    // When the provider itself ends an answer with an error.
    virtual engine::OutcomeClass class_of_failed_answer() const {
        return engine::OutcomeClass::failover;
    }

    bool failed() const { return fault_ != Fault::none; }
    bool fail(Fault fault, std::string_view payload = {}); // false, for event()
    bool whole_body() const { return form_ == Form::body; }
    bool has_content() const {
        return given_ || !reply_.text.empty() || !reply_.tool_calls.empty();
    }
    // Keeps the delta in the reply and passes it on, unless it is empty.
    void give(const Delta& delta, const Out& out);
    // The call that a piece belongs to, made where it is new; null beyond a sane number of calls.
    ToolCall* tool_call(std::size_t index);
    void set_model(std::string_view name);
    void set_request_id(std::string_view id); // the first one holds
    void note(std::string dropped) { dropped_.push_back(std::move(dropped)); } // for End::dropped
    std::string_view body() const { return body_; }
    const Secret& key() const { return key_; }
    std::string_view vendor_host() const { return vendor_host_; }

    Reply reply_;
    bool done_ = false;       // the dialect's own end mark came
    bool saw_answer_ = false; // the reply has the shape of an answer

  private:
    // What came decides how it is read, not what was asked for or what the header promises: a
    // provider may answer a stream request with one JSON body, and the other way round.
    enum class Form { unknown, events, body };

    bool events(std::string_view bytes, const Out& out);
    bool one_event(const SseEvent& event, const Out& out);
    void read_body();
    void read_stray();
    End finished(TransportEnd transport, bool request_sent) const;
    End failure(engine::OutcomeClass cls, engine::Cause cause, bool ambiguous,
                std::string message) const;
    End classified(TransportEnd transport, bool request_sent, std::int64_t unix_now,
                   bool in_stream) const;
    End with_reply(End end);

    chain::Dialect dialect_;
    std::string vendor_host_;
    Secret key_; // to blank it where a provider echoes it
    int status_ = 0;
    Headers headers_;
    Form form_ = Form::unknown;
    Fault fault_ = Fault::none;
    SseParser sse_;
    std::string body_; // a whole body, or the payload of the event that failed the stream
    std::size_t received_ = 0, said_bytes_ = 0;
    bool given_ = false; // text or a piece of a call has gone out
    std::vector<std::string> dropped_;
};

} // namespace brownout::wire
