#include "live/front.h"

#include <algorithm>
#include <array>

namespace brownout::live {

namespace {

struct Word {
    net::End end;
    std::string_view text;
};
constexpr std::array words{
    Word{net::End::dns_failure, "dns_failure"},
    Word{net::End::connect_refused, "connect_refused"},
    Word{net::End::connect_timeout, "connect_timeout"},
    Word{net::End::tls_failure, "tls_failure"},
    Word{net::End::reset_before_headers, "reset_before_headers"},
    Word{net::End::resend_refused, "resend_refused"},
    Word{net::End::too_large, "too_large"},
    Word{net::End::bad_http, "bad_http"},
};

} // namespace

std::string to_header(const FrontFailure& failure) {
    const auto word = std::find_if(words.begin(), words.end(),
                                   [&](const Word& w) { return w.end == failure.end; });
    return std::string{word == words.end() ? "bad_http" : word->text} +
           (failure.request_sent ? " sent " : " unsent ") + failure.detail;
}

std::optional<FrontFailure> front_failure(const net::Headers& headers) {
    const auto header = std::find_if(headers.begin(), headers.end(),
                                     [](const auto& h) { return h.first == front_header; });
    if (header == headers.end())
        return std::nullopt;
    const std::string_view text = header->second;
    const auto first = text.find(' '), second = text.find(' ', first + 1);
    FrontFailure out;
    const auto word = std::find_if(words.begin(), words.end(),
                                   [&](const Word& w) { return w.text == text.substr(0, first); });
    if (word != words.end())
        out.end = word->end;
    if (first != text.npos)
        out.request_sent = text.substr(first + 1, second - first - 1) == "sent";
    if (second != text.npos)
        out.detail = text.substr(second + 1);
    return out;
}

std::string queue_of(const std::string& url) {
    const auto host = url.find("://");
    return host == url.npos ? url : url.substr(0, host + 3) + "queue." + url.substr(host + 3);
}

} // namespace brownout::live
