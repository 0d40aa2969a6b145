#include "live/batch_job.h"

#include <boost/asio/post.hpp>

namespace brownout::live {

BatchJob::BatchJob(boost::asio::io_context& loop, const Clock& clock, Serving& serving,
                   StartBatch asked, std::function<void()> changed)
    : loop_(loop),
      clock_(clock),
      serving_(serving),
      asked_(std::move(asked)),
      changed_(std::move(changed)) {
    view_.in = asked_.in;
    view_.out = asked_.out;
    view_.chain = asked_.options.chain;
    reader_ = std::thread([this, still = std::weak_ptr<int>{alive_}] {
        auto files = std::make_shared<std::optional<Result<Files>>>(); // nothing: cancelled
        auto in = BatchInput::open(asked_.in, &cancel_);
        if (!in) {
            *files = fail(in.error());
        } else if (!cancel_) {
            auto out = BatchOutput::open(asked_.out, *in, asked_.retry_failed);
            if (out)
                *files = Files{std::move(*in), std::move(*out)};
            else
                *files = fail(out.error());
        }
        boost::asio::post(loop_, [this, files, still] {
            if (!still.expired())
                opened(std::move(*files));
        });
    });
}

BatchJob::~BatchJob() {
    cancel_ = true;
    reader_.join();
}

void BatchJob::opened(std::optional<Result<Files>> read) {
    if (cancel_ || !read)
        return told(BatchView::State::stopped);
    Result<Files>& files = *read;
    if (!files) {
        view_.error = files.error();
        return told(BatchView::State::refused);
    }
    view_.before = files->out.answers();
    view_.mended = files->out.mended();
    batch_ = std::make_unique<Batch>(loop_, clock_, serving_, std::move(files->in),
                                     std::move(files->out), asked_.options);
    if (pause_wanted_)
        batch_->pause();
    batch_->start([this](const Result<void>& how) { ended(how); },
                  [this] {
                      shown_.reset();
                      changed_();
                  });
    told(BatchView::State::running);
}

void BatchJob::ended(const Result<void>& how) {
    if (!how) {
        view_.error = how.error();
        view_.limited = batch_->limited();
        return told(BatchView::State::failed);
    }
    const BatchProgress p = batch_->progress();
    told(p.done < p.requests ? BatchView::State::stopped : BatchView::State::finished);
}

void BatchJob::told(BatchView::State state) {
    view_.state = state;
    shown_.reset();
    changed_();
}

void BatchJob::pause() {
    pause_wanted_ = true;
    if (batch_)
        batch_->pause();
    told(view_.state);
}

void BatchJob::resume() {
    pause_wanted_ = false;
    if (batch_)
        batch_->resume();
    told(view_.state);
}

void BatchJob::stop() {
    cancel_ = true;
    if (batch_)
        batch_->stop();
    told(view_.state);
}

bool BatchJob::busy() const {
    return !view_.over() || (batch_ && !batch_->idle());
}

std::shared_ptr<const BatchView> BatchJob::view() {
    const bool counts = batch_ && !view_.over() && !batch_->paused(); // time passes
    if (shown_ && !counts)
        return shown_;
    auto now = std::make_shared<BatchView>(view_);
    if (batch_) {
        now->progress = batch_->progress();
        if (!view_.over())
            now->state = batch_->stopping() ? BatchView::State::stopping
                         : batch_->paused() ? BatchView::State::paused
                                            : BatchView::State::running;
        const auto& failures = batch_->failures();
        if (!failures.empty() && (!view_.failures || view_.failures->size() != failures.size()))
            view_.failures = std::make_shared<const std::vector<BatchFailure>>(failures);
        now->failures = view_.failures;
        if (view_.over() && !batch_->idle()) // its last requests are being cancelled
            now->state = BatchView::State::stopping;
    } else if (!view_.over() && cancel_) {
        now->state = BatchView::State::stopping;
    }
    shown_ = now;
    return now;
}

} // namespace brownout::live
