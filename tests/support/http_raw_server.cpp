#include "support/http_raw_server.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <thread>
#include <vector>

namespace brownout::test {

std::string RawPeer::read_request() {
    for (;;) {
        const auto head = left_.find("\r\n\r\n");
        if (head != std::string::npos) {
            std::size_t length = 0;
            const auto field = left_.find("Content-Length: ");
            if (field != std::string::npos && field < head)
                length = std::stoul(left_.substr(field + 16));
            if (left_.size() >= head + 4 + length) {
                std::string request = left_.substr(0, head + 4 + length);
                left_.erase(0, request.size());
                return request;
            }
        }
        char piece[16384];
        const auto n = ::recv(fd_, piece, sizeof piece, 0);
        if (n <= 0)
            return {};
        left_.append(piece, static_cast<std::size_t>(n));
    }
}

bool RawPeer::send(const std::string& bytes) {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
        const auto n = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        sent += static_cast<std::size_t>(n);
    }
    return true;
}

void RawPeer::close() {
    ::shutdown(fd_, SHUT_WR);
}

void RawPeer::reset() {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    // The descriptor itself is closed by the server: a dup keeps the number valid until then.
    const int spare = ::open("/dev/null", 0);
    ::dup2(spare, fd_);
    ::close(spare);
}

bool RawPeer::client_ended(int within_ms) {
    for (;;) {
        pollfd waiting{fd_, POLLIN, 0};
        if (::poll(&waiting, 1, within_ms) <= 0)
            return false;
        char piece[16384];
        if (::recv(fd_, piece, sizeof piece, 0) <= 0)
            return true;
    }
}

struct RawServer::Impl {
    int listener = -1;
    unsigned short port = 0;
    Script script;
    std::atomic<int> connections{0}, ended{0};
    std::atomic<bool> stopping{false};
    std::mutex mutex;
    std::vector<std::thread> peers;
    std::thread acceptor;

    void serve() {
        while (!stopping) {
            pollfd waiting{listener, POLLIN, 0};
            if (::poll(&waiting, 1, 20) <= 0)
                continue;
            const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
            if (fd < 0)
                continue;
            const int number = connections++;
            const std::lock_guard lock{mutex};
            peers.emplace_back([this, fd, number] {
                RawPeer peer{fd};
                script(peer, number);
                ::close(fd);
                ++ended;
            });
        }
    }
};

RawServer::RawServer(Script script) : impl_(std::make_unique<Impl>()) {
    impl_->script = std::move(script);
    impl_->listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr any{};
    static_assert(sizeof any == sizeof address);
    const auto bytes_of = [](auto& x) { return static_cast<char*>(static_cast<void*>(&x)); };
    std::copy_n(bytes_of(address), sizeof any, bytes_of(any));
    socklen_t size = sizeof any;
    if (::bind(impl_->listener, &any, size) != 0 || ::listen(impl_->listener, 512) != 0 ||
        ::getsockname(impl_->listener, &any, &size) != 0)
        std::abort();
    std::copy_n(bytes_of(any), sizeof any, bytes_of(address));
    impl_->port = ntohs(address.sin_port);
    impl_->acceptor = std::thread{[impl = impl_.get()] { impl->serve(); }};
}

RawServer::~RawServer() {
    impl_->stopping = true;
    impl_->acceptor.join();
    for (auto& peer : impl_->peers)
        peer.join();
    ::close(impl_->listener);
}

unsigned short RawServer::port() const {
    return impl_->port;
}

std::string RawServer::url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(impl_->port) + path;
}

int RawServer::ended() const {
    return impl_->ended;
}

int RawServer::connections() const {
    return impl_->connections;
}

std::string ok_reply(const std::string& body, const std::string& more_headers) {
    return "HTTP/1.1 200 OK\r\n" + more_headers + "Content-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

} // namespace brownout::test
