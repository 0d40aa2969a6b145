// What a program that knows nothing of Brownout sees: a blocking libcurl transfer, and a raw socket
// for bytes that libcurl would not send. For tests; blocks the calling thread.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace brownout::test {

struct PlainReply {
    int curl_code = 0; // CURLcode; 0: complete
    long status = 0;
    std::vector<std::pair<std::string, std::string>> headers; // names in lower case
    std::string body;
    double ms = 0, first_byte_ms = -1; // since the start; < 0: no byte of the body
    long os_errno = 0;
    long connects = 0; // new connections that were made: 0 is a reused one
    std::string words;
    std::string header(const std::string& lower_case_name) const;
};

// One libcurl handle; its connection is kept between requests.
class PlainClient {
  public:
    PlainClient();
    ~PlainClient();
    PlainClient(const PlainClient&) = delete;
    PlainClient& operator=(const PlainClient&) = delete;

    // An empty body is a GET. Gives up after `limit`.
    PlainReply send(const std::string& url, const std::string& body = {},
                    const std::vector<std::string>& headers = {},
                    std::chrono::milliseconds limit = std::chrono::seconds{20});

  private:
    void* easy_;
};

// Connects, writes `bytes`, calls `before_reading` (a reader that is slow waits there), reads
// until the peer ends or `limit` is over.
struct RawReply {
    std::string bytes;
    bool connected = false, sent_all = false, end_of_file = false, reset = false;
    double ms = 0;
};
RawReply raw_exchange(unsigned short port, const std::string& bytes,
                      std::chrono::milliseconds limit = std::chrono::seconds{5},
                      const std::function<void()>& before_reading = {});

} // namespace brownout::test
