// A server that sends exactly the bytes a test wants, when it wants, one connection at a time or
// many at once, on its own threads. For tests of the HTTP client.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

namespace brownout::test {

// A connection as the script of a test sees it; blocking.
class RawPeer {
  public:
    explicit RawPeer(int fd) : fd_(fd) {}
    // The next whole request (head and Content-Length body); empty when the client ended.
    std::string read_request();
    bool send(const std::string& bytes); // false: the client has gone
    void close();                        // FIN
    void reset();                        // RST
    bool client_ended(int within_ms);    // FIN or RST came; bytes are dropped

  private:
    int fd_;
    std::string left_;
};

class RawServer {
  public:
    // Called for each connection, numbered from 0, on a thread of its own.
    using Script = std::function<void(RawPeer& peer, int connection)>;
    explicit RawServer(Script script);
    ~RawServer(); // the scripts must end by themselves
    unsigned short port() const;
    std::string url(const std::string& path = "/") const;
    int connections() const;
    int ended() const; // connections that the server has closed

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// "HTTP/1.1 200 OK" with Content-Length.
std::string ok_reply(const std::string& body, const std::string& more_headers = {});

} // namespace brownout::test
