// An OpenAI-compatible provider that shares no code with Brownout: hand-written bytes over plain
// sockets and plain threads (no Qt, whose queued calls the thread sanitizer misreads). It treats
// every request in the way it was told to.
#pragma once

#include "support/http_raw_server.h"

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

namespace brownout::test {

class PlainProvider {
  public:
    enum Behaviour {
        answers,          // "The answer is <marker>.", usage 11 in, 7 out
        lingers,          // the same, streamed up to [DONE], then keeps the connection open
        answers_503,      // an overload in OpenAI's words
        answers_400,      // the caller's fault
        answers_401,      // a bad key
        hangs,            // takes the request, never sends a byte
        resets,           // RST before any byte of the reply
        stalls,           // headers and one token, then silence
        cuts,             // three tokens, then FIN; no finish reason
        resets_mid_stream // three tokens, then RST
    };
    PlainProvider(Behaviour behaviour, std::string marker)
        : behaviour_(behaviour),
          marker_(std::move(marker)),
          server_([this](RawPeer& peer, int) { serve(peer); }) {}

    void behave(Behaviour behaviour) { behaviour_ = behaviour; } // from the next request on
    std::string base_url() const { return server_.url("/v1"); }
    unsigned short port() const { return server_.port(); }
    int requests() const { return requests_; }
    int connections() const { return server_.connections(); }
    int ended() const { return server_.ended(); } // of them, that are closed
    std::string last_request() const {            // head and body as they came
        const std::lock_guard lock(mutex_);
        return last_;
    }

  private:
    static constexpr int patience_ms = 60'000; // of a silent server; its client ends sooner

    static std::string chunk(const std::string& text) {
        char size[16];
        std::snprintf(size, sizeof size, "%zx\r\n", text.size());
        return size + text + "\r\n";
    }
    static std::string token(const std::string& text) {
        return chunk("data: {\"id\":\"f-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" +
                     text + "\"},\"finish_reason\":null}]}\n\n");
    }
    static std::string reply(const std::string& status, const std::string& body) {
        return "HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nContent-Length: " +
               std::to_string(body.size()) + "\r\n\r\n" + body;
    }
    static std::string error(const std::string& status, const std::string& message,
                             const std::string& type, const std::string& code) {
        return reply(status, R"({"error":{"message":")" + message + R"(","type":")" + type +
                                 R"(","param":null,"code":)" + code + "}}");
    }

    void serve(RawPeer& peer) {
        for (;;) {
            const std::string request = peer.read_request();
            if (request.empty())
                return;
            {
                const std::lock_guard lock(mutex_);
                last_ = request;
            }
            ++requests_;
            if (!act(peer, request.find("\"stream\":true") != std::string::npos))
                return;
        }
    }
    // False: this connection is over.
    bool act(RawPeer& peer, bool stream) {
        const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                                 "Transfer-Encoding: chunked\r\n\r\n";
        const std::string half = head + token("broken") + token(" half") + token(" answer");
        const std::string refused = "invalid_request_error";
        switch (behaviour_.load()) {
        case answers:
            return peer.send(stream ? head + streamed() : whole());
        case lingers:
            peer.send(head + streamed().substr(0, streamed().size() - 5)); // all but the last chunk
            break;
        case answers_503:
            return peer.send(error("503 Service Unavailable", "Overloaded",
                                   "service_unavailable_error", "\"server_is_overloaded\""));
        case answers_400:
            return peer.send(
                error("400 Bad Request", "messages must not be empty", refused, "null"));
        case answers_401:
            return peer.send(error("401 Unauthorized", "Incorrect API key provided", refused,
                                   "\"invalid_api_key\""));
        case hangs:
            break;
        case resets:
            peer.reset();
            return false;
        case stalls:
            peer.send(head + token("broken"));
            break;
        case cuts:
            peer.send(half);
            peer.close();
            break;
        case resets_mid_stream:
            peer.send(half);
            // Let the client read before RST throws its buffer away.
            std::this_thread::sleep_for(std::chrono::milliseconds{50});
            peer.reset();
            return false;
        }
        peer.client_ended(patience_ms);
        return false;
    }
    std::string streamed() const {
        const std::string usage = R"("usage":{"prompt_tokens":11,"completion_tokens":7,)"
                                  R"("total_tokens":18})";
        return token("The") + token(" answer") + token(" is") + token(" " + marker_ + ".") +
               chunk("data: {\"id\":\"f-1\",\"choices\":[{\"index\":0,\"delta\":{},"
                     "\"finish_reason\":\"stop\"}]}\n\n") +
               chunk("data: {\"id\":\"f-1\",\"choices\":[]," + usage + "}\n\n") +
               chunk("data: [DONE]\n\n") + "0\r\n\r\n";
    }
    std::string whole() const {
        return reply("200 OK", R"({"id":"f-1","choices":[{"index":0,"message":{"role":"assistant",)"
                               R"("content":"The answer is )" +
                                   marker_ +
                                   R"(."},"finish_reason":"stop"}],"usage":{"prompt_tokens":11,)"
                                   R"("completion_tokens":7,"total_tokens":18}})");
    }

    std::atomic<Behaviour> behaviour_;
    const std::string marker_;
    mutable std::mutex mutex_;
    std::string last_;
    std::atomic<int> requests_{0};
    RawServer server_; // last: its threads use the rest
};

} // namespace brownout::test
