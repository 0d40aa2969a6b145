// Who is called by a webhook: a server on loopback that keeps what it is told, and answers as a
// test wants it to.
#pragma once

#include "support/http_raw_server.h"

#include <mutex>
#include <vector>

namespace brownout::test {

inline std::string header(const std::string& request, const std::string& name) {
    const auto at = request.find(name + ": ");
    return at == request.npos ? std::string{}
                              : request.substr(at + name.size() + 2,
                                               request.find('\r', at) - at - name.size() - 2);
}

inline std::string body_of(const std::string& request) {
    return request.substr(request.find("\r\n\r\n") + 4);
}

inline std::string status_reply(int status) {
    return "HTTP/1.1 " + std::to_string(status) + " Said\r\nContent-Length: 2\r\n\r\nno";
}

// Takes calls as `answer` says: a status for the n-th call, 0 for none until the caller goes.
class Receiver {
  public:
    using Answer = std::function<int(std::size_t call)>;
    explicit Receiver(Answer answer) : answer_(std::move(answer)) {}
    std::string url() const { return server_.url("/hook?token=of-the-hook"); }
    unsigned short port() const { return server_.port(); }
    std::vector<std::string> calls() {
        const std::lock_guard lock(mutex_);
        return calls_;
    }

  private:
    void serve(RawPeer& peer) {
        for (std::string request; !(request = peer.read_request()).empty();) {
            std::size_t number = 0;
            {
                const std::lock_guard lock(mutex_);
                number = calls_.size();
                calls_.push_back(request);
            }
            const int status = answer_(number);
            if (status == 0) {
                peer.client_ended(30'000);
                return;
            }
            peer.send(status == 200 ? ok_reply("ok") : status_reply(status));
        }
    }
    const Answer answer_;
    std::mutex mutex_;
    std::vector<std::string> calls_;
    RawServer server_{
        [this](RawPeer& peer, int) { serve(peer); }}; // last: its threads use the rest
};

} // namespace brownout::test
