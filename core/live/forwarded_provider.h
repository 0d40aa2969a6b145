// A real provider behind the lab: a reverse proxy on loopback. What comes is passed on as it is
// (method, path, query, headers without those of the hop, body) through the libcurl client, which
// checks the provider's certificate; what is answered is brought back, and the faults happen on the
// way. The key passes through in the request's own header or query and is kept nowhere.
//
// A reply that no fault changes streams through as it comes. Refusals (http_error, bad_key ...) and
// replies that are replaced (garbage, html_page) are the lab's own: the provider is not called and
// bills nothing. When the provider cannot be reached, the reply is a 502 with a header that says
// how (live/front.h), so that the driver classes it as what it is.
//
// Thread: the loop's. Private to the lab.
#pragma once

#include "live/forwarded_reply.h"
#include "live/lab_server.h"

#include <set>

namespace brownout::live {

class ForwardedProvider final : public LabServer {
  public:
    // `http` outlives it.
    ForwardedProvider(boost::asio::io_context& loop, const Clock& clock, net::HttpClient& http,
                      const chain::Provider& provider, const LabDialect& dialect,
                      std::uint64_t seed, Decide decide);
    ~ForwardedProvider() override; // drops what is being passed on

    bool leads_to(const chain::Provider& provider) const; // and in the same way
    std::string base_path() const override { return path_; }
    Lab::Load load() const override { return {replies_.size(), replies_.size(), 0, 0}; }

  private:
    void on_request(net::ExchangePtr exchange) override;
    struct Seen { // what the lab's dialect makes of a request
        faults::RequestFacts facts;
        LabRequest request;
    };
    Seen look_at(const net::ServerRequest& http) const;
    net::Request onward(const net::ServerRequest& http) const;

    boost::asio::io_context& loop_;
    const Clock& clock_;
    net::HttpClient& http_;
    const chain::Provider provider_;
    const std::string origin_, path_; // of its base URL
    const LabDialect& dialect_;
    const std::uint64_t seed_;
    Decide decide_;
    std::uint64_t requests_ = 0;
    RateLimits limits_;
    std::set<std::shared_ptr<ForwardedReply>> replies_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// Whether a fault of this kind can be made of another's replies. The others rewrite what an answer
// says or what it costs: only a simulated provider can do that.
bool can_forward(faults::Kind kind);

} // namespace brownout::live
