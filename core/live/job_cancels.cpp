#include "live/job_cancels.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace brownout::live {

class JobCancels::One final : public net::Handler {
  public:
    One(JobCancels& owner, std::uint64_t id) : owner_(owner), id_(id), timer_(owner.loop_) {}
    ~One() override { owner_.http_.cancel(transfer_); }

    void start(net::Request request) {
        transfer_ = owner_.http_.start(std::move(request), *this);
        timer_.expires_after(limit);
        timer_.async_wait(
            [this, still = std::weak_ptr<int>{alive_}](const boost::system::error_code& error) {
                if (!error && !still.expired())
                    owner_.ended(id_);
            });
    }
    void on_connected() override {}
    void on_head(int, const net::Headers&) override {}
    void on_bytes(std::string_view) override {}
    void on_end(net::End, bool, const std::string&) override { owner_.ended(id_); }

  private:
    JobCancels& owner_;
    std::uint64_t id_;
    boost::asio::steady_timer timer_;
    net::HttpClient::TransferId transfer_ = 0;
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

JobCancels::JobCancels(net::HttpClient& http, boost::asio::io_context& loop)
    : http_(http), loop_(loop) {}
JobCancels::~JobCancels() = default;

void JobCancels::send(net::Request request) {
    if (running_.size() >= most)
        return;
    constexpr std::size_t enough = 64u << 10; // what it answers is not read
    request.max_reply_bytes = enough;
    const std::uint64_t id = ++last_;
    auto& one = running_[id] = std::make_unique<One>(*this, id);
    one->start(std::move(request));
}

// Posted: it is told from inside its own callback.
void JobCancels::ended(std::uint64_t id) {
    boost::asio::post(loop_, [this, id, still = std::weak_ptr<int>{alive_}] {
        if (!still.expired())
            running_.erase(id);
    });
}

} // namespace brownout::live
