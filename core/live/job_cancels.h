// Tells providers to stop jobs whose attempts were given up: best effort, at most 64 at a time and
// 5 s each; whether it was heard is not asked. Thread: the loop's only.
#pragma once

#include "net/http_client.h"

#include <unordered_map>

namespace brownout::live {

class JobCancels {
  public:
    static constexpr std::size_t most = 64;
    static constexpr Duration limit = std::chrono::seconds{5};

    JobCancels(net::HttpClient& http, boost::asio::io_context& loop);
    ~JobCancels(); // drops what is under way
    void send(net::Request request);
    std::size_t running() const { return running_.size(); }

  private:
    class One;
    void ended(std::uint64_t id);

    net::HttpClient& http_;
    boost::asio::io_context& loop_;
    std::uint64_t last_ = 0;
    std::unordered_map<std::uint64_t, std::unique_ptr<One>> running_;
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

} // namespace brownout::live
