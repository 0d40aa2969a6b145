// Many requests through the chains, some at a time: from a file of requests to a file of answers.
// Outages that pass by themselves are waited out (batch_patience.h).
// Thread: the loop's.
#pragma once

#include "live/batch_files.h"
#include "live/batch_patience.h"
#include "live/driver.h"
#include "live/endpoint/pick_chain.h"
#include "live/serving.h"

#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <map>

namespace brownout::live {

class Batch {
  public:
    Batch(boost::asio::io_context& loop, const Clock& clock, Serving& serving, BatchInput input,
          BatchOutput output, BatchOptions options);
    ~Batch(); // nothing runs any more, or the drivers are gone

    // `ended` comes once, from the loop: all is answered, or why not (the limit, a full disk).
    // `changed`: a request was started or answered.
    void start(std::function<void(Result<void>)> ended, std::function<void()> changed = {});
    // Starts no more until resume(); what runs comes to its end.
    void pause();
    void resume(); // what is held back is asked at once
    // What runs is cancelled and not written: it is asked again by the next run.
    void stop();
    BatchProgress progress() const;
    bool limited() const { return limited_; } // the spending limit ended it
    bool paused() const { return paused_; }
    bool stopping() const { return stopping_; }
    bool idle() const { return running_.empty(); }
    const std::vector<BatchFailure>& failures() const { return output_.failed(); }

  private:
    class Line;
    struct Waiting { // read, and neither running nor answered
        BatchRequest request;
        std::string chain; // that has no room for it, as far as known
        HeldBack held;
    };
    using WaitingLines = std::map<std::size_t, Waiting>; // by order
    void go_on();
    bool start_next();
    std::optional<WaitingLines::iterator> next_line();
    bool refuse(WaitingLines::iterator line, const wire::CallerError& error);
    bool has_room(const std::string& chain) const;
    void wake_for_held();
    std::optional<Error> another(const chain::Document& document);
    tl::expected<PickedChain, wire::CallerError> pick(const chain::Document& document,
                                                      const std::string& model) const;
    bool may_start(const chain::Document& document, const chain::Chain& chain,
                   const wire::ChatRequest& request, Money& reserved);
    void answered(Line& line, BatchAnswer answer);
    void take_back(std::size_t order);
    bool holds_back(Line& line, const record::RequestRecord& record);
    void put(std::size_t order, BatchAnswer answer);
    void end(Result<void> how);
    void arm();

    boost::asio::io_context& loop_;
    const Clock& clock_;
    Serving& serving_;
    BatchInput input_;
    BatchOutput output_;
    const BatchOptions options_;
    std::function<void(Result<void>)> ended_;
    std::function<void()> changed_;
    std::map<std::size_t, std::unique_ptr<Line>> running_; // by order
    std::map<std::string, std::size_t> running_of_;        // by chain
    WaitingLines lines_;
    std::size_t line_bytes_ = 0;
    std::map<std::size_t, BatchAnswer> waiting_; // ordered: answers whose turn is to come
    BatchPatience patience_;
    std::size_t next_ = 0, next_out_ = 0, before_ = 0;
    std::optional<std::string> document_name_;
    Money spent_before_; // by earlier runs
    Money spend_, reserved_;
    bool cost_unknown_ = false, input_over_ = false, stopping_ = false, over_ = false,
         going_on_ = false, limited_ = false, paused_ = false;
    Instant began_{}, next_start_{}, paused_at_{}, wake_at_ = never;
    boost::asio::steady_timer timer_;
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

} // namespace brownout::live
