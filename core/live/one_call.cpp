#include "live/one_call.h"

#include <boost/asio/steady_timer.hpp>

#include <algorithm>

namespace brownout::live {
namespace {

class OneCaller final : public net::Handler {
  public:
    OneCaller(boost::asio::io_context& loop, std::size_t most) : loop_(loop), most_(most) {}
    void on_connected() override {}
    void on_head(int status, const net::Headers& headers) override {
        answer.status = status;
        answer.headers = headers;
    }
    void on_bytes(std::string_view bytes) override {
        answer.body.append(bytes.substr(0, most_ - std::min(most_, answer.body.size())));
    }
    void on_end(net::End end, bool, const std::string& detail) override {
        answer.end = end;
        answer.detail = detail;
        loop_.stop();
    }
    CallAnswer answer;

  private:
    boost::asio::io_context& loop_;
    const std::size_t most_;
};

} // namespace

CallAnswer one_call(net::Request request, Duration limit, std::size_t most_body_bytes) {
    boost::asio::io_context loop;
    net::HttpClient http(loop);
    OneCaller caller(loop, most_body_bytes);
    boost::asio::steady_timer timer(loop, limit);
    timer.async_wait([&](const boost::system::error_code& error) {
        if (!error)
            loop.stop();
    });
    const auto began = std::chrono::steady_clock::now();
    http.start(std::move(request), caller);
    loop.run();
    caller.answer.took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - began);
    return std::move(caller.answer);
}

} // namespace brownout::live
