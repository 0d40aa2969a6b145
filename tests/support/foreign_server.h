// An OpenAI-compatible server that shares no code with Brownout: raw sockets, hand-written bytes.
// It answers every request in the way it was told to.
#pragma once

#include <QThread>

#include <atomic>
#include <memory>

class QTcpServer;

namespace brownout::test {

class ForeignServer {
  public:
    enum Behaviour {
        answers,          // "The answer is <marker>.", usage 11 in, 7 out
        answers_503,      // an overload in OpenAI's words
        answers_400,      // the caller's fault
        answers_401,      // a bad key
        hangs,            // takes the request, never sends a byte
        resets,           // RST before any byte of the reply
        stalls,           // headers and one token, then silence
        cuts,             // three tokens, then FIN; no finish reason
        resets_mid_stream // three tokens, then RST
    };
    ForeignServer(Behaviour behaviour, QString marker);
    ~ForeignServer();

    QString base_url() const; // "http://127.0.0.1:PORT/v1"
    int requests() const { return requests_; }
    QByteArray last_request() const; // head and body as they came

  private:
    struct Shared;
    std::shared_ptr<Shared> shared_;
    QThread thread_;
    std::atomic<int> requests_{0};
    unsigned short port_ = 0;
};

} // namespace brownout::test
