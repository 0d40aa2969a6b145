// A provider that means harm: replies without an end, headers without an end, a byte a second,
// JSON a hundred thousand levels deep, bytes that are no text, a gzip bomb. It ends an attack when
// its client has gone, and after max_attack_bytes in any case.
#pragma once

#include "support/http_raw_server.h"

#include "chain/document.h"

#include <string>

namespace brownout::test {

enum class Attack {
    endless_body,     // a JSON string that never closes
    endless_blanks,   // line breaks, as a slow provider sends them to keep a connection
    endless_wide,     // an array of small objects
    endless_error,    // a 503 that goes on
    endless_header,   // one header without an end
    endless_headers,  // short ones, for ever
    endless_comments, // of a stream
    endless_event,    // of a stream: one event that never ends
    endless_text,     // of a stream: good deltas, for ever
    byte_a_second,    // of the body
    slow_head,        // a byte a second from the first on
    deep_json,        // 100,000 levels
    fat_json,         // 30 MB in one string, well-formed, but no answer
    no_utf8,          // 1 MiB of bytes that are no text, inside a JSON string
    gzip_bomb,        // 7 MB that unpack to 1 GiB
    endless_picture,  // the reply is good; what its address gives has no end
};
inline constexpr std::size_t max_attack_bytes = 2u << 30;

class HostileProvider {
  public:
    HostileProvider(Attack attack, chain::Dialect dialect, bool stream)
        : attack_(attack),
          dialect_(dialect),
          stream_(stream),
          server_([this](RawPeer& peer, int) { serve(peer); }) {}
    std::string base_url() const { return server_.url(""); } // no version: each adds its own

  private:
    static constexpr int longest_ms = 60'000;

    void serve(RawPeer& peer) {
        const std::string request = peer.read_request();
        if (request.empty())
            return;
        act(peer, request);
        peer.close();
        peer.client_ended(longest_ms);
    }
    std::string head(const std::string& more = "") const {
        return std::string("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: ") +
               (stream_ ? "text/event-stream" : "application/json") + "\r\n" + more + "\r\n";
    }
    // What stands before the JSON of a stream, and behind it.
    std::string event(const std::string& json) const { return "data: " + json + "\n\n"; }

    static void endless(RawPeer& peer, const std::string& start, const std::string& piece) {
        std::string block;
        while (block.size() < 64u << 10)
            block += piece;
        if (!peer.send(start))
            return;
        for (std::size_t sent = 0; sent < max_attack_bytes && peer.send(block);)
            sent += block.size();
    }
    static void slowly(RawPeer& peer, const std::string& text) {
        for (const char c : text)
            if (!peer.send(std::string(1, c)) || peer.client_ended(1000))
                return;
    }
    void act(RawPeer& peer, const std::string& request) {
        const std::string x(1000, 'x');
        const std::string prefix = stream_ ? "data: " : "";
        switch (attack_) {
        case Attack::endless_body:
            return endless(peer, head() + "{\"id\":\"", x);
        case Attack::endless_blanks:
            return endless(peer, head(), "\n");
        case Attack::endless_wide:
            return endless(peer, head() + "{\"choices\":[", "{\"a\":0},");
        case Attack::endless_error:
            return endless(peer, "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n",
                           x);
        case Attack::endless_header:
            return endless(peer, "HTTP/1.1 200 OK\r\nX-Long: ", x);
        case Attack::endless_headers:
            return endless(peer, "HTTP/1.1 200 OK\r\n", "X-Many: " + x + "\r\n");
        case Attack::endless_comments:
            return endless(peer, head(), ": keep-alive\n\n");
        case Attack::endless_event:
            return endless(peer, head() + "data: {\"id\":\"", x);
        case Attack::endless_text:
            return endless(peer, head() + beginning(), delta(x));
        case Attack::byte_a_second:
            return slowly_from(peer, head(), prefix + "{\"id\":\"" + x);
        case Attack::slow_head:
            return slowly(peer, head());
        case Attack::deep_json:
            peer.send(head() + prefix + "{\"choices\":" + std::string(100'000, '[') +
                      std::string(100'000, ']') + "}\n\n");
            return;
        case Attack::fat_json:
            peer.send(head() + "{\"id\":\"" + std::string(30'000'000, 'x') + "\"}");
            return;
        case Attack::no_utf8:
            peer.send(head() + prefix + "{\"id\":\"" + std::string(1u << 20, '\xFE') + "\n\n");
            return;
        case Attack::gzip_bomb:
            peer.send(head("Content-Encoding: gzip\r\n") + bomb());
            return;
        case Attack::endless_picture:
            return picture(peer, request);
        }
    }
    static void slowly_from(RawPeer& peer, const std::string& start, const std::string& text) {
        if (peer.send(start))
            slowly(peer, text);
    }

    std::string beginning() const {
        if (dialect_ != chain::Dialect::anthropic)
            return {};
        return event(
                   R"({"type":"message_start","message":{"id":"m","type":"message",)"
                   R"("role":"assistant","model":"c","content":[],"usage":{"input_tokens":1}}})") +
               event(R"({"type":"content_block_start","index":0,)"
                     R"("content_block":{"type":"text","text":""}})");
    }
    std::string delta(const std::string& text) const {
        if (dialect_ == chain::Dialect::anthropic)
            return event(R"({"type":"content_block_delta","index":0,)"
                         R"("delta":{"type":"text_delta","text":")" +
                         text + R"("}})");
        if (dialect_ == chain::Dialect::gemini)
            return event(R"({"candidates":[{"content":{"parts":[{"text":")" + text +
                         R"("}],"role":"model"},"index":0}],"modelVersion":"g","responseId":"r"})");
        return event(R"({"id":"x","choices":[{"index":0,"delta":{"content":")" + text +
                     R"("},"finish_reason":null}]})");
    }
    void picture(RawPeer& peer, const std::string& request) {
        if (request.starts_with("GET /picture"))
            return endless(peer,
                           "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: image/png\r\n\r\n"
                           "\x89PNG\r\n\x1A\n",
                           std::string(1000, '\x55'));
        const std::string url = server_.url("/picture.png");
        if (dialect_ == chain::Dialect::fal)
            peer.send(ok_reply(R"({"images":[{"url":")" + url + R"("}]})"));
        else if (dialect_ == chain::Dialect::replicate)
            peer.send(ok_reply(R"({"id":"p","status":"succeeded","output":[")" + url + R"("]})"));
        else
            peer.send(ok_reply(R"({"data":[{"url":")" + url + R"("}]})"));
    }

    // RFC 1951: one block with fixed codes: a zero, then for ever "258 bytes from 1 back", 13 bits.
    static std::string bomb() {
        std::string out("\x1F\x8B\x08\0\0\0\0\0\0\x03", 10); // RFC 1952
        unsigned bits = 0, filled = 0;
        const auto put = [&](unsigned value, unsigned count) { // first bit of the wire lowest
            bits |= value << filled;
            filled += count;
            for (; filled >= 8; filled -= 8, bits >>= 8)
                out += static_cast<char>(bits & 0xFF);
        };
        put(1, 1);          // the last block
        put(1, 2);          // of fixed codes
        put(0b00001100, 8); // the literal 0: 00110000, its first bit first
        constexpr std::size_t unpacked = 1u << 30;
        for (std::size_t i = 0; i < unpacked / 258; ++i)
            put(0b10100011, 8), put(0, 5); // length 285: 11000101; distance 1: 00000
        put(0, 7);                         // the end of the block
        put(0, 7);
        return out + std::string(8, '\0');
    }

    const Attack attack_;
    const chain::Dialect dialect_;
    const bool stream_;
    RawServer server_; // last: its threads use the rest
};

} // namespace brownout::test
