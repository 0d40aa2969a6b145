// Who asks: streams and whole answers, one after the other, each with an identity that its answer
// must repeat from the first token to the last, no token lost and none twice. Thread: the loop's.
#pragma once

#include "benchmarks/http_caller.h"
#include "soak/log_audit.h"

#include <deque>

namespace brownout::soak {

// What all callers have seen together.
struct Tally {
    std::uint64_t streams = 0, answers = 0, left = 0, failed = 0;
    std::uint64_t lost = 0;      // the connection ended without an answer
    std::uint64_t wrong = 0;     // another text than was asked for
    std::uint64_t served_on = 0; // by their provider to the end, though they had left
    std::uint64_t tokens = 0;
    std::string first_wrong, first_failed; // one of each, in words
    std::size_t running = 0;
};

class Crowd;

class AskingCaller {
  public:
    AskingCaller(Crowd& crowd, std::size_t number, bool streams);
    void next();

  private:
    void ask();
    void on_line(std::string_view line);
    void on_done(const bench::HttpCaller::Answer& answer);
    void leave();
    void judge(const bench::HttpCaller::Answer& answer);

    Crowd& crowd_;
    const bool streams_;
    bench::HttpCaller caller_;
    boost::asio::steady_timer timer_;
    std::string id_, expected_, text_;
    std::size_t leaves_after_ = 0; // pieces; 0: it stays
    std::size_t pieces_ = 0, end_marks_ = 0;
    bool error_ = false;
};

class Crowd {
  public:
    Crowd(boost::asio::io_context& loop, unsigned short port, LogAudit& audit,
          std::vector<bench::Leavers*> leavers, std::size_t streams, std::size_t whole);

    void start();
    void stop() { stopping_ = true; } // each ends what it has begun
    bool stopped() const { return stopping_; }
    // Of whole answers, all callers together; 0: as fast as they come.
    void set_rate(double per_s) { rate_ = per_s; }
    const Tally& tally() const { return tally_; }
    // How long providers went on after their caller had left, so far.
    std::vector<double> cancel_ms();

  private:
    friend class AskingCaller;
    boost::asio::io_context& loop_;
    const unsigned short port_;
    LogAudit& audit_;
    std::vector<bench::Leavers*> leavers_;
    Tally tally_;
    std::uint64_t sequence_ = 0;
    bool stopping_ = false;
    double rate_ = 0;
    std::chrono::steady_clock::time_point next_whole_{};
    struct Left {
        std::string id;
        std::int64_t at_ns = 0;
    };
    std::deque<Left> left_; // whose provider is still to be asked
    std::vector<double> cancel_ms_;
    std::vector<std::unique_ptr<AskingCaller>> callers_;
};

} // namespace brownout::soak
