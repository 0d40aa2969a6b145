// HTTP/1.1 sessions on loopback for the lab and, later, the endpoint: enough control to misbehave
// on purpose (half a header, a reset, silence). Thread: the loop's only.
#pragma once

#include "net/http_client.h" // Headers

#include <functional>
#include <optional>

namespace brownout::net {

// Of a request's target: what comes before the query.
inline std::string_view path_of(std::string_view target) {
    return target.substr(0, target.find('?'));
}

struct ServerRequest {
    std::string method, target, body; // target: path and query as sent
    Headers headers;
    std::string_view header(std::string_view name) const; // empty: absent
    std::string_view path() const { return path_of(target); }
};

// One reply in the making. Every call is asynchronous; after the peer has gone they do nothing.
// An exchange that is dropped unfinished resets its connection.
class Exchange {
  public:
    virtual ~Exchange() = default;
    virtual const ServerRequest& request() const = 0;
    // A whole reply with Content-Length.
    virtual void reply(int status, const Headers& headers, std::string body) = 0;
    // A chunked reply: head, pieces, end.
    virtual void start(int status, const Headers& headers) = 0;
    virtual void write(std::string bytes) = 0;
    virtual void finish() = 0;
    // Misbehaviour.
    virtual void write_raw(std::string bytes) = 0; // not framed
    virtual void close() = 0;                      // FIN, now, after what was written
    virtual void reset() = 0;                      // RST, now
    // From now on this reply goes out at so many bytes a second (> 0), in slices of 20 ms.
    virtual void limit_rate(double bytes_per_s) = 0;
    // Called once when the peer goes before the reply is finished.
    virtual void on_gone(std::function<void()> callback) = 0;
    virtual bool gone() const = 0;
    // Bytes written that the system has not taken yet: a slow peer. Past the server's limit the
    // connection is reset.
    virtual std::size_t unsent() const = 0;
};
using ExchangePtr = std::shared_ptr<Exchange>;

struct ServerLimits {
    std::size_t header_bytes = 64u << 10, body_bytes = 32u << 20;
    Duration header_timeout = std::chrono::seconds{30}, idle_timeout = std::chrono::seconds{120};
    std::size_t connections = 4096;
    std::size_t unsent_bytes = 64u << 20; // of one connection
    // Of all requests together that are being read or answered: their bodies, as long as they say
    // that they are, or as far as they have come where they do not say. A further one is answered
    // with 503 and Retry-After: 1 once its head is here, a chunked one when it gets too long; its
    // connection ends. What comes whole with its head is always taken.
    std::size_t all_bodies_bytes = 256u << 20;
};

class HttpServer {
  public:
    using Handle = std::function<void(ExchangePtr)>;
    HttpServer(boost::asio::io_context& loop, Handle handle, ServerLimits limits = {});
    ~HttpServer();

    // Nothing when it listens, else the reason ("port 8484 is taken"). Port 0 picks a free one.
    // Listening again after refuse() takes the same port.
    std::optional<std::string> listen(const std::string& host, unsigned short port);
    unsigned short port() const;
    // Closes the listener and every idle connection: a connect is refused until listen() again.
    void refuse();
    // Closes every idle connection and completes no further connect until listen() again. (Linux:
    // the queue of the listener is as short as can be, and full.)
    void hang_connects();
    bool listening() const;          // takes connections
    std::size_t connections() const; // open ones, those that are being closed included
    // What a request that cannot be read (400), is too large (413, 431), or comes when there is no
    // room for its body (503), is answered with; `target` is as sent, as far as it was read, else
    // empty. Without it: a status and no body.
    struct Refusal {
        std::string content_type, body;
    };
    void set_refusal(std::function<Refusal(int status, std::string_view target)> words);
    // Asked for each new connection; false: it is reset at once, before anything is read.
    void set_accept_filter(std::function<bool()> accepts);
    // Asked for a request whose head is here and whose body is not: who is refused costs no memory.
    // False: it is handled without its body, and its connection ends with the reply.
    void set_head_filter(std::function<bool(const ServerRequest& head)> admits);

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

} // namespace brownout::net
