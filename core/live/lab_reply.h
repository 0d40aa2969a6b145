// One reply of a simulated provider while it is being made: its timing, its faults, its bytes.
// Thread: the loop's. Private to the lab.
#pragma once

#include "live/lab_framing.h"
#include "live/lab_text.h"

#include <boost/asio/steady_timer.hpp>

#include <functional>

namespace brownout::live {

struct LabTiming {
    Duration first_token{};
    stats::Distribution token_ms = stats::Constant{0}; // sampled for each further token
    double factor = 1;                                 // slow mode, on both
    // On token_ms: the gaps then add up to what a simulation draws for all of them at once.
    double pace = 1;
};

class LabReply : public std::enable_shared_from_this<LabReply> {
  public:
    struct Setup {
        const LabDialect* dialect = nullptr;
        LabRequest request;
        LabReplyFacts facts;
        ReplyPlan plan;
        LabTiming timing;
        net::Headers common_headers;
        std::optional<LabAnswer> ready; // the reply, made already: only its time is still to come
        Rng text, timing_draws;
    };
    // What the provider does with a reply whose silence is over and that is to be served: it calls
    // serve() now or when a place is free, or shed().
    struct Owner {
        std::function<void(LabReply&)> wants_place;
        std::function<void(LabReply&)> ended; // last call
    };
    LabReply(boost::asio::io_context& loop, net::ExchangePtr exchange, Setup setup, Owner owner);

    void begin();
    void serve();
    void shed(int status);
    bool holds_place = false, queued = false; // the provider's own notes

  private:
    using SteadyTime = std::chrono::steady_clock::time_point;
    enum class Step { go_on, wait, over };

    void after_silence();
    void finish_body();
    void close_now();
    void put_split(std::string bytes, void (LabReply::*then)());
    void put_rest();
    void keep_alive();

    void serve_whole();
    void send_whole();
    void begin_stream();
    void begin_events();
    void pump();
    Step hold_before_token(std::string& out); // stalls, cuts and other ends
    std::string event_of_next_token();
    void cut(const std::string& bytes);
    void answer(LabAnswer answer);
    void wait_until(SteadyTime when, void (LabReply::*then)());
    void end();
    Duration token_gap();

    boost::asio::steady_timer timer_;
    net::ExchangePtr exchange_;
    Setup s_;
    LabFraming out_;
    Owner owner_;
    TextMaker text_;
    std::string whole_text_;
    SteadyTime due_{}; // of the next token; late timers catch up, so the pace is kept
    std::int64_t sent_ = 0;
    std::size_t stall_ = 0, cut_at_ = 0;    // next stall; where a whole body is cut
    std::optional<SteadyTime> alive_until_; // while there are signs of life only
    std::string rest_;                      // of a character that was split
    void (LabReply::*after_rest_)() = nullptr;
    bool ended_ = false;
};

} // namespace brownout::live
