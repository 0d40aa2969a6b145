#include "support/http_plain.h"

#include <curl/curl.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <mutex>

namespace brownout::test {

namespace {

using SteadyClock = std::chrono::steady_clock;

double ms_since(SteadyClock::time_point start) {
    return std::chrono::duration<double, std::milli>(SteadyClock::now() - start).count();
}

struct Sink {
    PlainReply* reply;
    SteadyClock::time_point start;
};

std::size_t take_body(char* data, std::size_t, std::size_t size, void* sink) {
    auto& to = *static_cast<Sink*>(sink);
    if (to.reply->first_byte_ms < 0)
        to.reply->first_byte_ms = ms_since(to.start);
    to.reply->body.append(data, size);
    return size;
}

std::size_t take_header(char* data, std::size_t, std::size_t size, void* sink) {
    std::string line{data, size};
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n'))
        line.pop_back();
    const auto colon = line.find(": ");
    if (colon != std::string::npos) {
        std::string name = line.substr(0, colon);
        std::transform(name.begin(), name.end(), name.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        static_cast<Sink*>(sink)->reply->headers.emplace_back(name, line.substr(colon + 2));
    }
    return size;
}

} // namespace

std::string PlainReply::header(const std::string& lower_case_name) const {
    for (const auto& [name, value] : headers)
        if (name == lower_case_name)
            return value;
    return {};
}

PlainClient::PlainClient() {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    easy_ = curl_easy_init();
}

PlainClient::~PlainClient() {
    curl_easy_cleanup(easy_);
}

PlainReply PlainClient::send(const std::string& url, const std::string& body,
                             const std::vector<std::string>& headers,
                             std::chrono::milliseconds limit) {
    PlainReply reply;
    Sink sink{&reply, SteadyClock::now()};
    char words[CURL_ERROR_SIZE] = "";
    curl_slist* list = nullptr;
    for (const auto& header : headers)
        list = curl_slist_append(list, header.c_str());
    curl_easy_reset(easy_); // keeps the connection
    curl_easy_setopt(easy_, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy_, CURLOPT_PROXY, "");
    curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS, static_cast<long>(limit.count()));
    // A server that owes a "100 Continue" is waited for in vain, not helped out after a second.
    curl_easy_setopt(easy_, CURLOPT_EXPECT_100_TIMEOUT_MS, static_cast<long>(limit.count()) + 1);
    curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, words);
    curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &take_body);
    curl_easy_setopt(easy_, CURLOPT_WRITEDATA, static_cast<void*>(&sink));
    curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &take_header);
    curl_easy_setopt(easy_, CURLOPT_HEADERDATA, static_cast<void*>(&sink));
    if (!body.empty()) {
        curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
        curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, body.data());
    }
    reply.curl_code = curl_easy_perform(easy_);
    reply.ms = ms_since(sink.start);
    reply.words = words;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &reply.status);
    curl_easy_getinfo(easy_, CURLINFO_OS_ERRNO, &reply.os_errno);
    curl_easy_getinfo(easy_, CURLINFO_NUM_CONNECTS, &reply.connects);
    curl_slist_free_all(list);
    return reply;
}

RawReply raw_exchange(unsigned short port, const std::string& bytes,
                      std::chrono::milliseconds limit,
                      const std::function<void()>& before_reading) {
    RawReply reply;
    const auto start = SteadyClock::now();
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr any{};
    static_assert(sizeof any == sizeof address);
    std::copy_n(static_cast<const char*>(static_cast<const void*>(&address)), sizeof any,
                static_cast<char*>(static_cast<void*>(&any)));
    reply.connected = ::connect(fd, &any, sizeof any) == 0;
    std::size_t sent = 0;
    while (reply.connected && sent < bytes.size()) {
        const auto n = ::send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (n <= 0)
            break;
        sent += static_cast<std::size_t>(n);
    }
    reply.sent_all = sent == bytes.size();
    if (before_reading)
        before_reading();
    while (reply.connected) {
        const double left = static_cast<double>(limit.count()) - ms_since(start);
        pollfd waiting{fd, POLLIN, 0};
        if (left <= 0 || ::poll(&waiting, 1, static_cast<int>(left) + 1) <= 0)
            break;
        char piece[16384];
        const auto n = ::recv(fd, piece, sizeof piece, 0);
        if (n > 0) {
            reply.bytes.append(piece, static_cast<std::size_t>(n));
            continue;
        }
        reply.end_of_file = n == 0;
        reply.reset = n < 0 && errno == ECONNRESET;
        break;
    }
    ::close(fd);
    reply.ms = ms_since(start);
    return reply;
}

} // namespace brownout::test
