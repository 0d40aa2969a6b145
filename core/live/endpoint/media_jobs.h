// FAL's and Replicate's requests at the local endpoint: work that is submitted, looked at and
// fetched. A job goes on without its caller's connection unless that waits for the result.
// Thread: the loop's. Private to the endpoint.
#pragma once

#include "live/endpoint/endpoint.h"
#include "wire/callers/media_callers.h"

#include <boost/asio/steady_timer.hpp>

#include <list>

namespace brownout::live {

class MediaJobs {
  public:
    static constexpr std::size_t most_running = 256, most_kept = 1024;
    static constexpr std::size_t most_bytes = 256u
                                              << 20; // of pictures and prompts of what has ended
    static constexpr Duration keep = std::chrono::hours{1};

    MediaJobs(boost::asio::io_context& loop, const Clock& clock, EndpointHost& host);
    ~MediaJobs();

    // Whose route this path is; null: nobody's here.
    static const wire::MediaCaller* caller(std::string_view path);
    void serve(net::ExchangePtr exchange, const wire::MediaCaller& caller);
    // "/media/ID/0": a picture whose provider gave bytes only.
    void fetch(net::Exchange& exchange) const;
    void cancel_all();
    std::size_t running() const;

  private:
    class Job;
    Job* find(const std::string& id) const;
    void create(net::ExchangePtr exchange, const wire::MediaCaller& caller,
                const wire::MediaCaller::Route& route);
    void forget_old();

    boost::asio::io_context& loop_;
    const Clock& clock_;
    EndpointHost& host_;
    std::list<std::unique_ptr<Job>> jobs_; // oldest first
};

} // namespace brownout::live
