// One request on its way to a real provider and back: what the faults make of its reply. A stream
// that no fault changes goes through byte by byte as it comes; else it goes by whole events, each
// as much later as the faults say. Other replies are brought back when they are whole. Thread: the
// loop's. Private to the lab.
#pragma once

#include "live/lab_framing.h"
#include "wire/dialect.h"

#include <boost/asio/steady_timer.hpp>

#include <deque>

namespace brownout::live {

class ForwardedReply final : public net::Handler,
                             public std::enable_shared_from_this<ForwardedReply> {
  public:
    struct Setup {
        net::Request request; // to the provider
        const LabDialect* dialect = nullptr;
        std::unique_ptr<wire::ReplyReader> reader; // of its reply: counts tokens; null: none
        ReplyPlan plan;
        std::string model;
        bool stream = false;
        Rng draws;
    };
    using Ended = std::function<void(ForwardedReply&)>; // last call
    ForwardedReply(boost::asio::io_context& loop, net::HttpClient& http, net::ExchangePtr exchange,
                   Setup setup, Ended ended);
    ~ForwardedReply() override;

    void begin();
    void abandon(); // the lab goes: nothing is told any more

    void on_connected() override {}
    void on_head(int status, const net::Headers& headers) override;
    void on_bytes(std::string_view bytes) override;
    void on_end(net::End end, bool request_sent, const std::string& detail) override;

  private:
    using SteadyTime = std::chrono::steady_clock::time_point;
    struct Event {
        std::string bytes;
        SteadyTime came{};
        std::uint32_t tokens = 0;
        bool late = false; // its own delay has been added
    };
    enum class Step { go_on, wait, over };

    void after_silence();
    void answer(LabAnswer answer);
    void finish_body();
    void close_now();
    bool shaped() const; // by whole events

    void take_event(std::string bytes);
    std::uint32_t tokens_of(std::string_view bytes);
    void pump();
    Step hold(Event& event);
    Step ends_here();
    void write(const Event& event);
    std::string without_dropped(const std::string& events) const;
    void end_stream();
    void throttle();
    void look_at_room();
    void keep_alive();

    void whole_came();
    Duration delay_of_whole(std::int64_t tokens) const;
    void send_whole();
    std::size_t cut_place(std::int64_t tokens) const; // in the body; npos: it is not cut

    void wait_until(SteadyTime when, void (ForwardedReply::*then)());
    void stop_upstream();
    void end();

    boost::asio::steady_timer timer_, room_;
    net::HttpClient& http_;
    net::ExchangePtr exchange_;
    Setup s_;
    LabFraming out_;
    Ended ended_call_;
    net::HttpClient::TransferId transfer_ = 0;
    bool running_ = false, ended_ = false, waiting_ = false, paused_ = false;
    int status_ = 0;
    net::Headers headers_;
    bool events_ = false;        // the reply is a stream
    std::string pending_, body_; // of an event that is not whole; of a whole reply
    std::deque<Event> queue_;
    std::size_t queued_bytes_ = 0;
    bool came_ = false, broke_ = false; // all of it came; it broke off
    std::int64_t sent_ = 0, total_ = 0; // tokens
    std::size_t stall_ = 0;
    Duration lag_{}; // by which events are late
    bool counting_ = true;
    std::size_t text_at_ = 0, text_bytes_ = 0; // of a whole reply: where its text is; npos: nowhere
    std::optional<SteadyTime> alive_until_;
};

} // namespace brownout::live
