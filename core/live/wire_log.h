// What one request really put on the wire, and what came back: for a person to read and to copy.
// Kept only for requests that ask for it (CallOptions::wire), so that traffic pays nothing. Bounded
// per exchange and in their number; a key is a variable, never its value.
//
// Thread: the loop's only; what view() gives never changes and may go anywhere.
#pragma once

#include "live/key_mask.h"
#include "net/http_client.h"

#include <functional>

namespace brownout::live {

// One HTTP request and its reply. An attempt has one, or, for a job, one after the other.
struct Exchange {
    int attempt = 0;    // its number, from 1
    std::string target; // "birch/claude-haiku-4-5"
    std::string provider, model;
    bool simulated = false, streams = false;
    std::string key_variable; // what stands for the key ("OPENAI_API_KEY"); empty: none is sent

    wire::HttpRequest request;     // its body as far as it is kept
    std::size_t request_bytes = 0; // of the whole body
    int status = 0;                // 0: no reply
    wire::Headers reply_headers;
    std::string reply;           // as far as it is kept: bytes, of any kind
    std::size_t reply_bytes = 0; // that came

    bool over = false;
    std::string end; // how: "complete", "connection refused", "given up here"
    Instant started{}, replied{}, ended{};
};
using ExchangePtr = std::shared_ptr<const Exchange>;

class WireLog {
  public:
    static constexpr std::size_t kept_body_bytes = 64u << 10; // in each direction
    static constexpr std::size_t kept_header_bytes = 16u << 10;
    static constexpr std::size_t most_exchanges = 32; // the first and the latest

    explicit WireLog(std::function<Instant()> now) : now_(std::move(now)) {}
    WireLog(const WireLog&) = delete;
    WireLog& operator=(const WireLog&) = delete;

    void hide(std::string variable, const Secret& key) { mask_.hide(std::move(variable), key); }

    using Number = std::uint64_t; // 0: none
    // `about` says whose exchange it is.
    Number begin(Exchange about, const net::Request& request);
    void head(Number exchange, int status, const net::Headers& headers);
    void bytes(Number exchange, std::string_view bytes);
    // Only the first end counts.
    void end(Number exchange, std::string_view how);

    std::vector<ExchangePtr> view() const;
    std::size_t left_out() const { return left_out_; } // exchanges that were dropped

  private:
    struct Kept {
        Number number = 0;
        Exchange exchange;
        KeyMask::Stream stream;
        mutable ExchangePtr shown; // null: changed since it was shown
    };
    Kept* find(Number number);
    wire::Headers masked(const net::Headers& headers) const;

    std::function<Instant()> now_;
    KeyMask mask_;
    std::vector<std::unique_ptr<Kept>> kept_;
    Number last_ = 0;
    std::size_t left_out_ = 0;
};

const char* words_for(net::End end); // "connection refused"

} // namespace brownout::live
