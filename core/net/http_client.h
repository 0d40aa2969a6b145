// HTTP/1.1 towards providers: libcurl's multi interface on an Asio loop. Handles are pooled and
// connections reused; nothing is ever resent behind the caller's back.
//
// Thread: the loop's only. Handlers are never called from inside start() or cancel().
#pragma once

#include "base/time.h"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace brownout::net {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
    std::string method = "POST", url;
    Headers headers;
    std::string body;
    std::string proxy;   // empty: none, whatever the environment says
    std::string ca_file; // empty: the system's
    std::size_t max_reply_bytes = 64u << 20;
    std::size_t max_header_bytes = 256u << 10;
};

enum class End {
    complete,
    dns_failure,
    connect_refused,
    connect_timeout, // the system gave up; our own limits are timers elsewhere
    tls_failure,
    reset_before_headers,
    reset_after_headers,
    resend_refused, // a reused connection died before the reply: may have been processed
    too_large,
    bad_http,
};

class Handler {
  public:
    virtual ~Handler() = default;
    virtual void on_connected() = 0; // connected (or reused); the request is about to be sent
    virtual void on_head(int status, const Headers& headers) = 0;
    virtual void on_bytes(std::string_view bytes) = 0;
    virtual void on_end(End end, bool request_sent, const std::string& detail) = 0; // last call
};

class HttpClient {
  public:
    explicit HttpClient(boost::asio::io_context& loop);
    ~HttpClient(); // cancels what runs; handlers are not called any more

    using TransferId = std::uint64_t;
    TransferId start(Request request, Handler& handler);
    // The connection is dropped, the handler is not called again. Unknown ids are ignored.
    void cancel(TransferId id);
    // The reply is known to be whole though its end has not come: the handler is not called again.
    // An end within a second leaves the connection to be reused; later, it is dropped.
    void release(TransferId id);
    // Backpressure: no on_bytes until resume. At most 64 KiB more may arrive.
    void pause(TransferId id);
    void resume(TransferId id);
    std::size_t running() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace brownout::net
