// How many bytes of request bodies a server holds, and each request's share of them. Private to
// core/net; thread: the loop's.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

namespace brownout::net {

struct BodyBudget {
    std::size_t most = 0, used = 0; // bytes; `used` may exceed it by what was taken unasked
};

// Given back when it goes.
class BodyShare {
  public:
    explicit BodyShare(std::shared_ptr<BodyBudget> budget) : budget_(std::move(budget)) {}
    BodyShare(BodyShare&& other) noexcept
        : budget_(other.budget_), bytes_(std::exchange(other.bytes_, 0)) {}
    BodyShare& operator=(BodyShare&&) = delete;
    ~BodyShare() { give_back(); }

    // False: there is no room for so many; the share stays as it is.
    bool grow_to(std::size_t bytes) {
        if (bytes <= bytes_)
            return true;
        if (budget_->used + (bytes - bytes_) > budget_->most)
            return false;
        take(bytes);
        return true;
    }
    void take(std::size_t bytes) { // room or not
        if (bytes <= bytes_)
            return;
        budget_->used += bytes - bytes_;
        bytes_ = bytes;
    }
    void give_back() { budget_->used -= std::exchange(bytes_, 0); }

  private:
    std::shared_ptr<BodyBudget> budget_;
    std::size_t bytes_ = 0;
};

} // namespace brownout::net
