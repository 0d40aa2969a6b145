#include "support/tls_tunnel.h"

#include <QtGlobal>

#include <arpa/inet.h>
#include <atomic>
#include <csignal>
#include <cstring>

#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace brownout::test {

namespace {

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* p) const {
        Free(p);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Context = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using Connection = std::unique_ptr<SSL, Freed<SSL_free>>;

void extend(X509* certificate, X509* issuer, int nid, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>> extension(
        X509V3_EXT_conf_nid(nullptr, &context, nid, value));
    if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1)
        qFatal("no certificate extension");
}

Certificate made(const std::string& name, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key,
                 long serial) {
    constexpr long day = 86400;
    Certificate made(X509_new());
    X509* c = made.get();
    X509_set_version(c, 2); // v3
    ASN1_INTEGER_set(X509_get_serialNumber(c), serial);
    X509_gmtime_adj(X509_getm_notBefore(c), -day);
    X509_gmtime_adj(X509_getm_notAfter(c), day);
    const std::vector<unsigned char> bytes(name.begin(), name.end());
    X509_NAME_add_entry_by_NID(X509_get_subject_name(c), NID_commonName, MBSTRING_ASC, bytes.data(),
                               static_cast<int>(bytes.size()), -1, 0);
    X509_set_issuer_name(c, X509_get_subject_name(issuer ? issuer : c));
    X509_set_pubkey(c, key);
    if (!issuer) {
        extend(c, c, NID_basic_constraints, "critical,CA:TRUE");
        extend(c, c, NID_key_usage, "critical,keyCertSign,cRLSign");
    } else {
        extend(c, issuer, NID_subject_alt_name, "IP:127.0.0.1,DNS:localhost");
    }
    if (X509_sign(c, issuer_key, EVP_sha256()) == 0)
        qFatal("a certificate cannot be signed");
    return made;
}

bool send_all(int fd, const char* data, std::size_t size) {
    while (size > 0) {
        const ssize_t n = ::send(fd, data, size, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        data += n;
        size -= static_cast<std::size_t>(n);
    }
    return true;
}

int connected_to(unsigned short port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr generic;
    static_assert(sizeof generic == sizeof to);
    std::memcpy(&generic, &to, sizeof to);
    return ::connect(fd, &generic, sizeof generic) == 0 ? fd : (::close(fd), -1);
}

void reset_on_close(int fd) {
    const linger now{1, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

// As EVP_EC_gen, which casts a const away.
EVP_PKEY* new_key() {
    char curve[] = "P-256";
    return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve);
}

} // namespace

struct TestAuthority::Impl {
    Key ca_key{new_key()}, key{new_key()};
    explicit Impl(const std::string& name)
        : ca(made(name, ca_key.get(), nullptr, ca_key.get(), 1)),
          server(made("localhost", key.get(), ca.get(), ca_key.get(), 2)) {}
    Certificate ca, server;
};

TestAuthority::TestAuthority(const std::string& name) : impl_(std::make_unique<Impl>(name)) {}
TestAuthority::~TestAuthority() = default;

std::string TestAuthority::ca_pem() const {
    std::unique_ptr<BIO, Freed<BIO_free_all>> out(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(out.get(), impl_->ca.get());
    char* data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

struct TlsTunnel::Impl {
    Impl(const TestAuthority& authority, unsigned short port) : to(port) {
        std::signal(SIGPIPE, SIG_IGN); // OpenSSL writes without MSG_NOSIGNAL
        context.reset(SSL_CTX_new(TLS_server_method()));
        SSL_CTX_use_certificate(context.get(), authority.impl().server.get());
        SSL_CTX_use_PrivateKey(context.get(), authority.impl().key.get());
        listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        sockaddr generic;
        std::memcpy(&generic, &at, sizeof at);
        socklen_t size = sizeof generic;
        if (::bind(listener, &generic, size) != 0 || ::listen(listener, 64) != 0 ||
            ::getsockname(listener, &generic, &size) != 0)
            qFatal("the test cannot listen");
        std::memcpy(&at, &generic, sizeof at);
        own = ntohs(at.sin_port);
        thread = std::thread([this] { accept_all(); });
    }
    ~Impl() {
        stopping = true;
        ::shutdown(listener, SHUT_RDWR);
        thread.join();
        for (std::thread& t : threads)
            t.join();
        ::close(listener);
    }

    void accept_all() {
        while (!stopping) {
            const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
            if (fd >= 0)
                threads.emplace_back([this, fd] { serve(fd); });
        }
    }
    void serve(int fd) {
        Connection ssl(SSL_new(context.get()));
        SSL_set_fd(ssl.get(), fd);
        if (SSL_accept(ssl.get()) == 1) {
            ++handshakes;
            const int plain = connected_to(to);
            if (plain >= 0) {
                pipe(ssl.get(), fd, plain);
                ::close(plain);
            }
        }
        ssl.reset();
        ::close(fd);
    }
    void pipe(SSL* ssl, int fd, int plain) const {
        std::vector<char> buffer(16384);
        while (!stopping) {
            pollfd watched[2] = {{fd, POLLIN, 0}, {plain, POLLIN, 0}};
            if (SSL_pending(ssl) == 0)
                ::poll(watched, 2, 20);
            if (SSL_pending(ssl) > 0 || watched[0].revents != 0) {
                const int n = SSL_read(ssl, buffer.data(), static_cast<int>(buffer.size()));
                if (n <= 0)
                    return ::shutdown(plain, SHUT_RDWR), void();
                if (!send_all(plain, buffer.data(), static_cast<std::size_t>(n)))
                    return;
            }
            if (watched[1].revents == 0)
                continue;
            const ssize_t n = ::recv(plain, buffer.data(), buffer.size(), 0);
            if (n < 0)
                reset_on_close(fd);
            if (n == 0)
                SSL_shutdown(ssl);
            if (n <= 0 || SSL_write(ssl, buffer.data(), static_cast<int>(n)) <= 0)
                return;
        }
    }

    const unsigned short to;
    Context context;
    int listener = -1;
    unsigned short own = 0;
    std::atomic<bool> stopping{false};
    mutable std::atomic<int> handshakes{0};
    std::vector<std::thread> threads; // the accepting thread's, until it has ended
    std::thread thread;
};

TlsTunnel::TlsTunnel(const TestAuthority& authority, unsigned short to)
    : impl_(std::make_unique<Impl>(authority, to)) {}
TlsTunnel::~TlsTunnel() = default;

unsigned short TlsTunnel::port() const {
    return impl_->own;
}

std::string TlsTunnel::url(const std::string& path) const {
    return "https://127.0.0.1:" + std::to_string(port()) + path;
}

int TlsTunnel::handshakes() const {
    return impl_->handshakes;
}

} // namespace brownout::test
