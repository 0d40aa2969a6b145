// What every provider of the lab is, simulated or real behind it: an HTTP server on loopback whose
// door can be shut. Thread: the loop's. Private to the lab.
#pragma once

#include "live/lab.h"

namespace brownout::live {

// Which stream a request's draws come from, as our own driver tells simulated providers
// (sim::draw_number). It reaches no real one.
inline constexpr std::string_view draw_header = "X-Brownout-Draw";
std::optional<std::uint64_t> told_draw(const net::ServerRequest& http);

class LabServer {
  public:
    using Decide = std::function<std::vector<faults::Fault>(const faults::RequestFacts&)>;

    explicit LabServer(boost::asio::io_context& loop);
    virtual ~LabServer() = default;
    LabServer(const LabServer&) = delete;
    LabServer& operator=(const LabServer&) = delete;

    std::optional<std::string> listen(unsigned short port);
    unsigned short port() const { return server_->port(); }
    std::string origin() const { return "http://127.0.0.1:" + std::to_string(port()); }
    // What follows the origin in the address that a client is given.
    virtual std::string base_path() const = 0;
    virtual Lab::Load load() const = 0;

    // Whether connects are taken; when not, idle connections are closed. False when the port could
    // not be had back yet: try again.
    enum class Door { open, refusing, hanging };
    bool set_door(Door door);
    void set_resetting_on_accept(bool resetting) { resetting_on_accept_ = resetting; }

  protected:
    virtual void on_request(net::ExchangePtr exchange) = 0;
    // First in every destructor: nothing calls on_request() any more.
    void close_server() { server_.reset(); }

  private:
    Door door_ = Door::open;
    bool resetting_on_accept_ = false;
    std::unique_ptr<net::HttpServer> server_;
};

} // namespace brownout::live
