// One try of a call on one target: an HTTP transfer, the reader of its reply, and its text, held
// back until the engine says that it is the caller's. It may take several transfers, one after the
// other: the reader says which request comes next and when (wire::FollowUp). Where a picture or a
// job was asked for, each is progress: a job is bounded by the attempt's and the call's limits and
// by `stall`, not by the time to the first token. No attempt makes more than max_follow_ups of
// them.
//
// Thread: the loop's only. The sink is told from the HTTP client's callbacks; it must only take
// notes there (the client's rule), and act later.
#pragma once

#include "engine/action.h"
#include "live/wire_log.h"
#include "net/http_client.h"
#include "wire/dialect.h"

#include <boost/asio/steady_timer.hpp>

#include <vector>

namespace brownout::live {

class Attempt;

class AttemptSink {
  public:
    virtual ~AttemptSink() = default;
    virtual void attempt_connected(Attempt& attempt) = 0;
    virtual void attempt_head(Attempt&, const net::Headers&) {}
    // Text came; it has been kept in held() unless the sink took it by taking().
    virtual void attempt_delta(Attempt& attempt, const wire::Delta& delta) = 0;
    virtual void attempt_progress(Attempt& attempt) = 0; // no text, but a job goes on
    virtual void attempt_ended(Attempt& attempt) = 0;    // its end() is there
};

class Attempt final : public net::Handler {
  public:
    static constexpr int max_follow_ups = 20'000; // a day of looks 4 s apart

    Attempt(AttemptSink& sink, net::HttpClient& http, boost::asio::io_context& loop,
            std::int64_t unix_now, const engine::StartAttempt& action, std::uint64_t call);
    ~Attempt() override; // cancels

    // Before send(): keeps what goes over the wire. `about` says whose it is.
    void keep_wire(std::shared_ptr<WireLog> log, Exchange about);
    // Before send(): the lab stands in front of `host` (a URL of it). Whatever goes there goes to
    // `front` instead ("http://127.0.0.1:4711"), without its proxy and certificates.
    void by_way_of(std::string front, std::string host) {
        front_ = std::move(front);
        fronted_ = std::move(host);
    }
    enum class Kind { whole, stream, job }; // of the reply; job: a picture or a media job
    void send(net::Request request, std::unique_ptr<wire::ReplyReader> reader, Kind kind);
    // Ends it without sending anything. The caller tells the engine; no callback comes.
    void fail(engine::Outcome outcome, std::string message);
    void cancel(); // drops the connection; no callback comes any more
    // What would stop the provider's job, were the attempt given up now; nothing where it has none
    // or has ended it. Comes with the proxy of the attempt's own request.
    std::optional<net::Request> job_to_cancel() const;
    void pause();
    void resume();

    std::uint64_t call() const { return call_; }
    const engine::StartAttempt& action() const { return action_; }
    bool sent() const { return reader_ != nullptr; } // false: failed without a request
    bool connected() const { return connected_; }
    bool over() const { return over_; }
    int status() const { return status_; }
    std::uint32_t tokens_seen() const { return tokens_seen_; }
    // How it ended by itself; null while it runs and when it was cancelled.
    const wire::ReplyReader::End* end() const { return end_ ? &*end_ : nullptr; }
    // The transport's words, keys masked, where no request went out; else empty.
    const std::string& not_sent() const { return not_sent_; }

    std::vector<wire::Delta> take_held() { return std::exchange(held_, {}); }
    void hold(const wire::Delta& delta) { held_.push_back(delta); }

    void on_connected() override;
    void on_head(int status, const net::Headers& headers) override;
    void on_bytes(std::string_view bytes) override;
    void on_end(net::End end, bool request_sent, const std::string& detail) override;

  private:
    void finish(wire::TransportEnd transport, bool request_sent);
    void follow(wire::FollowUp& next);
    void start_next();
    void start(net::Request request);
    void note_end(std::string_view how);
    net::Request dressed(const wire::HttpRequest& request) const;
    net::Request on_its_way(net::Request request) const; // to the front, where there is one
    void take_rest();
    void take(const wire::Delta& delta);

    AttemptSink& sink_;
    net::HttpClient& http_;
    boost::asio::steady_timer timer_; // until the next request of a job
    std::int64_t unix_now_;
    engine::StartAttempt action_;
    std::uint64_t call_;
    std::unique_ptr<wire::ReplyReader> reader_;
    std::vector<wire::Delta> held_;
    std::optional<wire::ReplyReader::End> end_;
    net::HttpClient::TransferId transfer_ = 0;
    struct Tap {
        std::shared_ptr<WireLog> log;
        Exchange about;
        WireLog::Number exchange = 0; // of the running transfer
    };
    std::unique_ptr<Tap> tap_; // null: nobody wants to see the wire
    bool running_ = false, connected_ = false, over_ = false, paused_ = false;
    Kind kind_ = Kind::whole;
    std::string front_, fronted_; // empty: none
    net::Request first_;          // without headers and body: how follow-ups travel
    std::optional<net::Request> next_;
    bool next_due_ = false; // its time has come, but the caller has paused
    int follow_ups_ = 0;
    int status_ = 0;
    std::uint32_t tokens_seen_ = 0;
    std::string not_sent_;
    std::size_t text_bytes_ = 0, reasoning_bytes_ = 0; // of the deltas so far
    bool calls_came_ = false;                          // of tools, in a delta
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

} // namespace brownout::live
