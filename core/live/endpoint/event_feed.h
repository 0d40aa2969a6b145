// Events as server-sent events, to everybody who listens. Who reads too slowly is let go: the log
// has everything. Thread: the loop's. Private to the endpoint.
#pragma once

#include "net/http_server.h"
#include "record/event_log.h"

#include <boost/asio/steady_timer.hpp>

namespace brownout::live {

class EventFeed {
  public:
    static constexpr std::size_t most_listeners = 64, most_behind = 4u << 20; // bytes of one

    explicit EventFeed(boost::asio::io_context& loop) : timer_(loop) {}
    void add(net::ExchangePtr exchange);
    void tell(const record::EventText& event);
    bool heard() const { return !listeners_.empty(); }
    void close();

  private:
    void write(const std::string& bytes);
    void keep_alive();

    std::vector<net::ExchangePtr> listeners_;
    boost::asio::steady_timer timer_;
    bool ticking_ = false;
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

} // namespace brownout::live
