#include "live/endpoint/event_feed.h"

namespace brownout::live {

namespace {
constexpr auto feed_keep_alive_every = std::chrono::seconds{10};
}

void EventFeed::add(net::ExchangePtr exchange) {
    if (listeners_.size() >= most_listeners)
        return exchange->reply(503, {{"Content-Type", "application/json"}},
                               R"({"error":"too many listeners"})");
    exchange->start(200, {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-cache"}});
    exchange->write(": events\n\n"); // so that a listener knows that it is heard
    listeners_.push_back(std::move(exchange));
    if (!std::exchange(ticking_, true))
        keep_alive();
}

void EventFeed::tell(const record::EventText& event) {
    if (listeners_.empty())
        return;
    std::string bytes = "event: ";
    bytes.append(event.event).append("\ndata: ").append(event.text).append("\n\n");
    write(bytes);
}

void EventFeed::write(const std::string& bytes) {
    std::erase_if(listeners_, [&](const net::ExchangePtr& listener) {
        if (!listener->gone())
            listener->write(bytes);
        const bool behind = listener->unsent() > most_behind;
        if (behind)
            listener->reset();
        return behind || listener->gone();
    });
}

void EventFeed::keep_alive() {
    timer_.expires_after(feed_keep_alive_every);
    timer_.async_wait(
        [this, still = std::weak_ptr<int>{alive_}](const boost::system::error_code& error) {
            if (error || still.expired())
                return;
            write(": keep-alive\n\n");
            keep_alive();
        });
}

void EventFeed::close() {
    for (const net::ExchangePtr& listener : listeners_)
        listener->finish();
    listeners_.clear();
    timer_.cancel();
    ticking_ = false;
}

} // namespace brownout::live
