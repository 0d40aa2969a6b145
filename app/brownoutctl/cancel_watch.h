// Ctrl+C on a loop: signals only set a flag, and a slow look turns it into a call.
#pragma once

#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <functional>

namespace brownout::ctl {

// Calls `act` on the loop at each look while the flag is set. It keeps the loop busy until it is
// destroyed, which must be before the loop. Thread: the loop's.
class CancelWatch {
  public:
    CancelWatch(boost::asio::io_context& loop, const std::atomic<bool>& cancelled,
                std::function<void()> act)
        : timer_(loop), cancelled_(cancelled), act_(std::move(act)) {
        look();
    }

  private:
    static constexpr std::chrono::milliseconds every{50};
    void look() {
        if (cancelled_)
            act_();
        timer_.expires_after(every);
        timer_.async_wait([this](const boost::system::error_code& error) {
            if (!error)
                look();
        });
    }

    boost::asio::steady_timer timer_;
    const std::atomic<bool>& cancelled_;
    std::function<void()> act_;
};

} // namespace brownout::ctl
