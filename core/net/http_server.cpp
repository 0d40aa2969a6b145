#include "net/http_server.h"

#include "net/http_session.h"

#include <algorithm>
#include <strings.h>

namespace brownout::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {
constexpr std::chrono::seconds idle_time{1}; // of a connection, before another may take its place
} // namespace

std::string_view ServerRequest::header(std::string_view name) const {
    for (const auto& [key, value] : headers)
        if (key.size() == name.size() && strncasecmp(key.data(), name.data(), name.size()) == 0)
            return value;
    return {};
}

struct HttpServer::Impl : SessionOwner, std::enable_shared_from_this<Impl> {
    Impl(asio::io_context& io, Handle what, ServerLimits bounds)
        : loop(io), handle(std::move(what)), limits(bounds), acceptor(io), pause(io) {}

    asio::io_context& loop;
    Handle handle;
    ServerLimits limits;
    tcp::acceptor acceptor;
    asio::steady_timer pause;         // after an accept that failed for want of descriptors
    std::vector<tcp::socket> fillers; // of our own, in the queue of a listener that hangs
    std::optional<tcp::endpoint> endpoint;
    std::function<bool()> accepts;
    std::function<Refusal(int, std::string_view)> refusal_words;
    std::function<bool(const ServerRequest&)> head_filter;
    const std::shared_ptr<BodyBudget> bodies =
        std::make_shared<BodyBudget>(BodyBudget{limits.all_bodies_bytes});
    std::vector<std::shared_ptr<Session>> sessions;
    std::uint64_t turn = 0; // of the listener: an accept of an older one is void
    bool accepting = false, closed = false;

    std::optional<std::string> listen(const std::string& host, unsigned short port) {
        boost::system::error_code error;
        const auto address = asio::ip::make_address(host, error);
        if (error)
            return "\"" + host + "\" is not an IP address";
        tcp::endpoint wanted{address, port};
        if (port == 0 && endpoint && endpoint->address() == address)
            wanted = *endpoint;
        if (acceptor.is_open())
            stop_listening();
        const auto failed = [&]() -> std::optional<std::string> {
            boost::system::error_code ignored;
            acceptor.close(ignored);
            if (error == asio::error::address_in_use)
                return "port " + std::to_string(wanted.port()) + " is taken";
            return "cannot listen on " + host + ":" + std::to_string(wanted.port()) + ": " +
                   error.message();
        };
        acceptor.open(wanted.protocol(), error);
        if (!error) // connections that we ended linger in the system and must not keep the port
            acceptor.set_option(tcp::acceptor::reuse_address{true}, error);
        if (!error)
            acceptor.bind(wanted, error);
        if (!error)
            acceptor.listen(asio::socket_base::max_listen_connections, error);
        if (error)
            return failed();
        acceptor.non_blocking(true, error);
        endpoint = acceptor.local_endpoint(error);
        ++turn;
        accepting = false;
        accept_next();
        return std::nullopt;
    }

    Refusal refusal(int status, std::string_view target) const override {
        return refusal_words ? refusal_words(status, target) : Refusal{};
    }

    void stop_listening() {
        boost::system::error_code ignored;
        ++turn;
        accepting = false;
        pause.cancel();
        fillers.clear();
        acceptor.close(ignored);
    }

    void hang_connects() {
        if (!acceptor.is_open() || !fillers.empty())
            return;
        ++turn;
        accepting = false;
        boost::system::error_code ignored;
        acceptor.cancel(ignored);
        acceptor.listen(0, ignored);
        // One connection that nobody takes fills the shortest queue; the rest is for systems that
        // round its length up.
        for (int i = 0; i < 4; ++i) {
            tcp::socket& filler = fillers.emplace_back(loop);
            filler.open(endpoint->protocol(), ignored);
            filler.async_connect(*endpoint, [](boost::system::error_code) {});
        }
        close_idle();
    }

    void close_idle() {
        const auto all = sessions; // closing one takes it from the list
        for (const auto& session : all)
            session->close_if_idle();
    }

    void accept_next() {
        if (accepting || !keeps_connections())
            return;
        // With none to be dropped the system's queue holds further connects back.
        if (sessions.size() >= limits.connections && !drop_idle())
            return accept_later();
        accepting = true;
        acceptor.async_accept([self = shared_from_this(),
                               mine = turn](boost::system::error_code error, tcp::socket socket) {
            if (mine != self->turn) {
                if (!error)
                    reset_socket(socket); // came while the listener was closing: refused
                return;
            }
            self->accepting = false;
            if (error)
                return self->accept_later();
            self->take(std::move(socket));
            self->accept_next();
        });
    }

    // The one that came first, if it has had its time. False: all are busy, or may soon be.
    bool drop_idle() {
        const auto idle = std::find_if(sessions.begin(), sessions.end(), [](const auto& session) {
            return session->idle_for(idle_time);
        });
        if (idle == sessions.end())
            return false;
        const auto going = *idle;
        accepting = true; // it takes itself from the list, and looks for the next one there
        going->abandon();
        accepting = false;
        return true;
    }

    void accept_later() {
        pause.expires_after(std::chrono::milliseconds{50});
        pause.async_wait([self = shared_from_this(), mine = turn](boost::system::error_code error) {
            if (!error && mine == self->turn)
                self->accept_next();
        });
    }

    void take(tcp::socket socket) {
        if (accepts && !accepts())
            return reset_socket(socket);
        boost::system::error_code ignored;
        socket.set_option(tcp::no_delay{true}, ignored);
        socket.non_blocking(true, ignored);
        auto session =
            std::make_shared<Session>(std::move(socket), limits, weak_from_this(), bodies);
        sessions.push_back(session);
        session->start();
    }

    void session_ended(Session& session) override {
        std::erase_if(sessions, [&](const auto& s) { return s.get() == &session; });
        if (!closed)
            accept_next();
    }

    void on_request(ExchangePtr exchange) override {
        if (!closed && handle)
            handle(std::move(exchange));
    }

    // While connects are refused, a connection would be a way around that.
    bool admits(const ServerRequest& head) const override {
        return !head_filter || head_filter(head);
    }
    bool keeps_connections() const override { return acceptor.is_open() && fillers.empty(); }

    void refuse() {
        stop_listening();
        close_idle();
    }

    void close() {
        closed = true;
        stop_listening();
        const auto all = std::exchange(sessions, {});
        for (const auto& session : all)
            session->abandon();
        handle = nullptr;
        accepts = nullptr;
        head_filter = nullptr;
    }
};

HttpServer::HttpServer(asio::io_context& loop, Handle handle, ServerLimits limits)
    : impl_(std::make_shared<Impl>(loop, std::move(handle), limits)) {}

HttpServer::~HttpServer() {
    impl_->close();
}

std::optional<std::string> HttpServer::listen(const std::string& host, unsigned short port) {
    return impl_->listen(host, port);
}

unsigned short HttpServer::port() const {
    return impl_->endpoint ? impl_->endpoint->port() : 0;
}

void HttpServer::refuse() {
    impl_->refuse();
}

void HttpServer::hang_connects() {
    impl_->hang_connects();
}

std::size_t HttpServer::connections() const {
    return impl_->sessions.size();
}

bool HttpServer::listening() const {
    return impl_->keeps_connections();
}

void HttpServer::set_refusal(std::function<Refusal(int, std::string_view)> words) {
    impl_->refusal_words = std::move(words);
}

void HttpServer::set_accept_filter(std::function<bool()> accepts) {
    impl_->accepts = std::move(accepts);
}

void HttpServer::set_head_filter(std::function<bool(const ServerRequest&)> admits) {
    impl_->head_filter = std::move(admits);
}

} // namespace brownout::net
