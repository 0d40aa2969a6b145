#include "net/curl_handles.h"

#include <algorithm>
#include <cerrno>
#include <strings.h>

namespace brownout::net {

namespace {

bool same_name(std::string_view a, std::string_view b) {
    return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

// libcurl sends header lines as they are given: a line break in one would start another.
bool breaks_lines(std::string_view text) {
    return text.find_first_of(std::string_view{"\r\n\0", 3}) != std::string_view::npos;
}

bool is_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return c > ' ' && c < 127 &&
               std::string_view{"\"(),/:;<=>?@[\\]{}"}.find(c) == std::string_view::npos;
    });
}

bool append(Slist& list, const std::string& line) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (!longer)
        return false;
    static_cast<void>(list.release());
    list.reset(longer);
    return true;
}

const char* fill_headers(const Request& request, Slist& list) {
    bool has_type = false;
    for (const auto& [name, value] : request.headers) {
        if (!is_token(name) || breaks_lines(value))
            return "a request header has a character that HTTP does not allow";
        has_type = has_type || same_name(name, "content-type");
        // "Name:" would make libcurl leave the header out; "Name;" sends it empty.
        if (!append(list, value.empty() ? name + ";" : name + ": " + value))
            return "out of memory";
    }
    // libcurl waits for "100 Continue" with long bodies and claims a form where no type is given.
    if (!append(list, "Expect:") || (!has_type && !append(list, "Content-Type:")))
        return "out of memory";
    return nullptr;
}

void set_method(CURL* easy, const Request& request) {
    const bool has_body = !request.body.empty() || request.method == "POST";
    if (has_body) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                         static_cast<curl_off_t>(request.body.size()));
        if (request.method != "POST")
            curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    } else if (request.method == "HEAD") {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
        if (request.method != "GET")
            curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
}

// Before the request could be sent: these say that a connection was not made.
std::optional<End> connecting_failed(CURLcode code, long os_errno) {
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return End::dns_failure;
    case CURLE_OPERATION_TIMEDOUT:
        return End::connect_timeout;
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
    case CURLE_INTERFACE_FAILED:
        return os_errno == ETIMEDOUT ? End::connect_timeout : End::connect_refused;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_USE_SSL_FAILED:
        return End::tls_failure;
    default:
        return std::nullopt;
    }
}

} // namespace

End classify_end(const EndFacts& facts) {
    const End reset = facts.head_done ? End::reset_after_headers : End::reset_before_headers;
    if (facts.too_large)
        return End::too_large;
    if (facts.sends > 1)
        return End::resend_refused;
    if (facts.code == CURLE_OK)
        return facts.head_done ? End::complete : End::reset_before_headers;
    if (const auto end = connecting_failed(facts.code, facts.os_errno))
        // The request went out on a reused connection that died, and libcurl could not even
        // connect for the resend that we would have refused.
        return facts.sends > 0 && *end != End::tls_failure ? End::resend_refused : *end;
    switch (facts.code) {
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
        return reset;
    case CURLE_RECV_ERROR: // also libcurl's code for a chunk header that is no number
        return facts.detail.find("chunked-encoding") == std::string_view::npos ? reset
                                                                               : End::bad_http;
    default:
        return End::bad_http;
    }
}

const char* configure(CURL* easy, const Request& request, Slist& list) {
    if (!is_token(request.method))
        return "the request method is not an HTTP token";
    if (breaks_lines(request.url))
        return "the URL has a line break";
    if (const char* why = fill_headers(request, list))
        return why;
    curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list.get());
    set_method(easy, request);
    // Cancelling a paused HTTP/2 stream on a shared connection leaks in libcurl 7.88.
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); // else a DNS hang blocks the loop on cancel
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    // Set even where empty, or libcurl reads http_proxy and no_proxy from the environment.
    curl_easy_setopt(easy, CURLOPT_PROXY, request.proxy.c_str());
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (!request.ca_file.empty())
        curl_easy_setopt(easy, CURLOPT_CAINFO, request.ca_file.c_str());
    return nullptr;
}

std::string without_secrets(std::string_view words, const Request& request, const char* plain) {
    const auto holds = [words](std::string_view part) {
        return part.size() >= 4 && words.find(part) != std::string_view::npos;
    };
    const auto holds_url_part = [&](std::string_view url) {
        const auto query = url.find('?');
        if (query != std::string_view::npos && holds(url.substr(query + 1)))
            return true;
        const auto scheme = url.find("://");
        const auto from = scheme == std::string_view::npos ? 0 : scheme + 3;
        const auto at = url.substr(0, query).rfind('@');
        return at != std::string_view::npos && at > from && holds(url.substr(from, at - from));
    };
    bool secret = holds_url_part(request.url) || holds_url_part(request.proxy);
    for (const auto& [name, value] : request.headers) {
        const auto space = value.find(' '); // "Bearer KEY"
        secret = secret || holds(value) ||
                 (space != std::string::npos && holds(std::string_view{value}.substr(space + 1)));
    }
    return std::string{secret || words.empty() ? std::string_view{plain} : words};
}

} // namespace brownout::net
