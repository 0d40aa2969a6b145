#include "sim/beside.h"

namespace brownout::sim {

void Beside::Folding::clear() {
    calls.clear();
    tries.clear();
    attempts.clear();
    between.clear();
}

Beside::Beside(std::function<void(Ahead&)> draw, record::RunFold& fold)
    : draw_(std::move(draw)), fold_(fold), thread_([this] { work(); }) {}

Beside::~Beside() {
    finish();
}

const Beside::Ahead& Beside::next() {
    if (at_ == current_.size()) {
        std::unique_lock lock(mutex_);
        done_.wait(lock, [&] { return !drawn_.empty(); });
        std::swap(current_, drawn_.front());
        drawn_before_.push_back(std::move(drawn_.front()));
        drawn_.pop_front();
        at_ = 0;
        work_.notify_one();
    }
    return current_[at_++];
}

void Beside::request(const record::FoldedCall& call,
                     std::span<const record::FoldedAttempt> attempts) {
    filling_.calls.push_back(call);
    filling_.tries.push_back(static_cast<std::uint32_t>(attempts.size()));
    filling_.attempts.insert(filling_.attempts.end(), attempts.begin(), attempts.end());
    if (filling_.calls.size() == block_size)
        hand_over();
}

void Beside::then(std::function<void(record::RunFold&)> fold) {
    filling_.between.emplace_back(filling_.calls.size(), std::move(fold));
    if (filling_.between.size() == block_size)
        hand_over();
}

void Beside::hand_over() {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return folding_.size() < most_blocks; });
    folding_.push_back(std::move(filling_));
    filling_ = {};
    if (!folded_.empty()) {
        filling_ = std::move(folded_.front());
        folded_.pop_front();
    }
    work_.notify_one();
}

void Beside::finish() {
    if (!thread_.joinable())
        return;
    hand_over();
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    work_.notify_one();
    thread_.join();
}

// Whatever the other thread waits for, this one can do: the next requests where few are left, else
// what has ended.
void Beside::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        const bool may_draw = draw_ && !ending_ && drawn_.size() < most_blocks;
        if (may_draw && (drawn_.size() < 2 || folding_.empty())) {
            std::vector<Ahead> block;
            if (!drawn_before_.empty()) {
                block = std::move(drawn_before_.front());
                drawn_before_.pop_front();
            }
            lock.unlock();
            block.resize(block_size);
            for (Ahead& ahead : block)
                draw_(ahead);
            lock.lock();
            drawn_.push_back(std::move(block));
            done_.notify_one();
        } else if (!folding_.empty()) {
            Folding block = std::move(folding_.front());
            folding_.pop_front();
            done_.notify_one();
            lock.unlock();
            fold(block);
            block.clear();
            lock.lock();
            folded_.push_back(std::move(block));
        } else if (ending_) {
            return;
        } else {
            work_.wait(lock);
        }
    }
}

void Beside::fold(const Folding& block) {
    std::size_t attempt = 0, between = 0;
    const auto apply = [&](std::size_t before) {
        for (; between < block.between.size() && block.between[between].first <= before; ++between)
            block.between[between].second(fold_);
    };
    for (std::size_t i = 0; i < block.calls.size(); ++i) {
        apply(i);
        fold_.request(block.calls[i], std::span(block.attempts).subspan(attempt, block.tries[i]));
        attempt += block.tries[i];
    }
    apply(block.calls.size());
}

} // namespace brownout::sim
