// HTTPS in front of a plain server on loopback, with a certificate authority made for the test: TLS
// ends here, the bytes go on to the plain server and back. Threads of its own, OpenSSL, no code of
// Brownout's.
#pragma once

#include <memory>
#include <string>

namespace brownout::test {

// A certificate authority and a server certificate of it for 127.0.0.1 and localhost, valid for a
// day on either side of now.
class TestAuthority {
  public:
    explicit TestAuthority(const std::string& name);
    ~TestAuthority();
    std::string ca_pem() const; // what `tls.ca_file` is to hold
    struct Impl;
    const Impl& impl() const { return *impl_; }

  private:
    std::unique_ptr<Impl> impl_;
};

class TlsTunnel {
  public:
    // To the plain server on that port of 127.0.0.1. `authority` outlives it.
    TlsTunnel(const TestAuthority& authority, unsigned short to);
    ~TlsTunnel(); // ends its connections
    unsigned short port() const;
    std::string url(const std::string& path) const; // "https://127.0.0.1:4711/v1"
    int handshakes() const;                         // that came to their end

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace brownout::test
