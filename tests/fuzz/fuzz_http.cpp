// The lab's HTTP server over a real connection: whatever a peer sends, in whatever pieces, the
// process lives, and every request that it takes for one is within its limits.
#include "fuzz/fuzz.h"
#include "net/http_server.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <thread>

using namespace brownout;
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::size_t header_bytes = 1024, body_bytes = 2048;

// One server for all inputs, and one loop that runs until this input's connection has ended.
struct World {
    World() {
        net::ServerLimits limits;
        limits.header_bytes = header_bytes;
        limits.body_bytes = body_bytes;
        server = std::make_unique<net::HttpServer>(
            loop, [](net::ExchangePtr exchange) { answer(*exchange); }, limits);
        fuzz::require(!server->listen("127.0.0.1", 0), "a port to listen on");
    }
    static void answer(net::Exchange& exchange) {
        fuzz::require(exchange.request().body.size() <= body_bytes, "a bounded body");
        std::size_t head = exchange.request().method.size() + exchange.request().target.size();
        for (const auto& [name, value] : exchange.request().headers)
            head += name.size() + value.size();
        // A trailer's fields count among the headers, and have the same limit for themselves.
        fuzz::require(head <= 2 * header_bytes + 64, "a bounded head");
        exchange.reply(200, {}, exchange.request().target);
    }
    asio::io_context loop;
    std::unique_ptr<net::HttpServer> server;
};

struct Peer {
    explicit Peer(asio::io_context& loop) : socket(loop) {}
    void read() {
        socket.async_read_some(asio::buffer(bytes), [this](auto error, std::size_t n) {
            got += n;
            if (error)
                ended = true;
            else
                read();
        });
    }
    tcp::socket socket;
    std::array<char, 4096> bytes{};
    std::size_t got = 0;
    bool ended = false;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static World world;
    fuzz::Input input(data, size);
    const std::size_t piece = 1 + input.byte() * 16u;
    std::string_view bytes = input.rest();
    Peer peer(world.loop);
    world.loop.restart();
    boost::system::error_code error;
    // After thousands of connections a second the system may give out a port whose last connection
    // it has not forgotten, and refuse it.
    for (int tries = 0; tries < 100; ++tries) {
        peer.socket.connect({asio::ip::address_v4::loopback(), world.server->port()}, error);
        if (!error)
            break;
        peer.socket.close();
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    fuzz::require(!error, error.message().c_str());
    peer.socket.set_option(tcp::no_delay(true));
    peer.read();
    while (!bytes.empty() && !peer.ended) {
        const auto next = bytes.substr(0, piece);
        bytes.remove_prefix(next.size());
        asio::write(peer.socket, asio::buffer(next.data(), next.size()), error);
        if (error)
            break;
        world.loop.poll();
    }
    peer.socket.shutdown(tcp::socket::shutdown_send, error);
    while (!peer.ended)
        world.loop.run_one();
    peer.socket.set_option(asio::socket_base::linger(true, 0), error); // no port is left waiting
    peer.socket.close(error);
    world.loop.poll();
    return 0;
}
