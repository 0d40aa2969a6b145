// A batch of the worker: its files are looked at beside the loop, for they may be large; then its
// requests are served as those of every other caller. Thread: the loop's.
#pragma once

#include "live/batch.h"

#include <thread>

namespace brownout::live {

class BatchJob {
  public:
    BatchJob(boost::asio::io_context& loop, const Clock& clock, Serving& serving, StartBatch asked,
             std::function<void()> changed);
    ~BatchJob(); // nothing of it runs any more, or the drivers are gone

    void pause();
    void resume();
    void stop();       // what runs is cancelled, and asked again by the next run
    bool busy() const; // it goes on, or something of it still runs
    std::shared_ptr<const BatchView> view(); // the same one as long as nothing has changed

  private:
    struct Files {
        BatchInput in;
        BatchOutput out;
    };
    void opened(std::optional<Result<Files>> read);
    void ended(const Result<void>& how);
    void told(BatchView::State state);

    boost::asio::io_context& loop_;
    const Clock& clock_;
    Serving& serving_;
    const StartBatch asked_;
    std::function<void()> changed_;
    std::atomic<bool> cancel_{false};
    std::unique_ptr<Batch> batch_; // null: the files are still looked at, or were refused
    bool pause_wanted_ = false;
    BatchView view_;
    std::shared_ptr<const BatchView> shown_;
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
    std::thread reader_; // last: starts when everything else is there
};

} // namespace brownout::live
