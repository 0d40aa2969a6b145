// Many requests through the chains, some at a time: from a file of requests to a file of answers.
// Thread: the loop's.
#pragma once

#include "live/batch_files.h"
#include "live/driver.h"

#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <map>

namespace brownout::live {

struct BatchOptions {
    std::size_t concurrency = 8;    // 1 to 1000
    bool ordered = false;           // answers in the order of the requests
    double requests_per_min = 0;    // 0: as many as the chain allows
    std::optional<Money> max_spend; // no request starts that could exceed it
};

struct BatchProgress {
    std::size_t requests = 0, done = 0, failed = 0, running = 0; // of the whole file
    Money spend;                                                 // of this run
    bool cost_unknown = false;
    std::optional<double> seconds_left;
};

class Batch {
  public:
    Batch(boost::asio::io_context& loop, const Clock& clock, Driver& driver,
          const chain::Document& document, BatchInput input, BatchOutput output,
          BatchOptions options);
    ~Batch();

    // `ended` comes once, from the loop: all is answered, or why not (the limit, a full disk).
    void start(std::function<void(Result<void>)> ended);
    // What runs is cancelled and not written: it is asked again by the next run.
    void stop();
    BatchProgress progress() const;
    bool limited() const { return limited_; } // the spending limit ended it

  private:
    class Line;
    void go_on();
    bool start_next();
    bool may_start(const chain::Chain& chain, const wire::ChatRequest& request, Money& reserved);
    void answered(Line& line, BatchAnswer answer);
    void put(std::size_t order, BatchAnswer answer);
    void end(Result<void> how);
    void wait_for_turn(Duration wait);

    boost::asio::io_context& loop_;
    const Clock& clock_;
    Driver& driver_;
    const chain::Document& document_;
    BatchInput input_;
    BatchOutput output_;
    const BatchOptions options_;
    std::function<void(Result<void>)> ended_;
    std::map<std::size_t, std::unique_ptr<Line>> running_; // by order
    std::map<std::size_t, BatchAnswer> waiting_;           // ordered: answers whose turn is to come
    std::size_t next_ = 0, next_out_ = 0, before_ = 0;
    std::optional<BatchRequest> held_; // read, and not started yet
    Money spend_, reserved_;
    bool cost_unknown_ = false, input_over_ = false, stopping_ = false, over_ = false,
         going_on_ = false, limited_ = false;
    Instant began_{}, next_start_{};
    boost::asio::steady_timer timer_;
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

} // namespace brownout::live
