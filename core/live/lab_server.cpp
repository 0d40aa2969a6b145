#include "live/lab_server.h"

#include <charconv>

namespace brownout::live {

std::optional<std::uint64_t> told_draw(const net::ServerRequest& http) {
    const std::string_view told = http.header(draw_header);
    std::uint64_t number = 0;
    const char* const end = told.data() + told.size();
    const auto [stop, error] = std::from_chars(told.data(), end, number);
    return error == std::errc{} && stop == end ? std::optional{number} : std::nullopt;
}

LabServer::LabServer(boost::asio::io_context& loop)
    : server_(std::make_unique<net::HttpServer>(
          loop, [this](net::ExchangePtr exchange) { on_request(std::move(exchange)); })) {
    server_->set_accept_filter([this] { return !resetting_on_accept_; });
}

std::optional<std::string> LabServer::listen(unsigned short port) {
    return server_->listen("127.0.0.1", port);
}

bool LabServer::set_door(Door door) {
    if (door == door_)
        return true;
    if (door == Door::refusing)
        server_->refuse();
    else if (!server_->listening() && server_->listen("127.0.0.1", 0)) // 0: the port that it had
        return false;
    if (door == Door::hanging)
        server_->hang_connects();
    door_ = door;
    return true;
}

} // namespace brownout::live
