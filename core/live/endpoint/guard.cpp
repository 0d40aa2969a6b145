#include "live/endpoint/guard.h"

#include "base/check.h"
#include "wire/words.h"

#include <algorithm>
#include <boost/asio/ip/address_v4.hpp>
#include <openssl/rand.h>
#include <strings.h>

namespace brownout::live {

namespace {

// Without brackets and port: "[::1]:80" is "::1". Empty: it is no host with a port.
std::string_view host_part(std::string_view authority) {
    const bool bracket = authority.starts_with('[');
    const auto end = authority.find(bracket ? ']' : ':');
    if (bracket && end == authority.npos)
        return {};
    const std::string_view host = authority.substr(bracket, end - bracket);
    std::string_view port = end == authority.npos ? "" : authority.substr(end + bracket);
    if (port.empty())
        return host;
    const bool digits =
        port.front() == ':' &&
        std::all_of(port.begin() + 1, port.end(), [](char c) { return c >= '0' && c <= '9'; });
    return digits ? host : std::string_view{};
}

// However much of it is right, it takes the same time.
bool same(std::string_view given, std::string_view wanted) {
    unsigned char differs = given.size() != wanted.size();
    for (std::size_t i = 0; i < given.size(); ++i)
        differs |= static_cast<unsigned char>(given[i] ^
                                              wanted[i % std::max<std::size_t>(wanted.size(), 1)]);
    return differs == 0 && !wanted.empty();
}

// More than one is read by others in other ways.
bool repeated(const net::ServerRequest& request, const char* name) {
    return std::count_if(request.headers.begin(), request.headers.end(), [&](const auto& header) {
               return strcasecmp(header.first.c_str(), name) == 0;
           }) > 1;
}

bool starts_with_word(std::string_view text, std::string_view word) {
    return text.size() > word.size() && strncasecmp(text.data(), word.data(), word.size()) == 0 &&
           text[word.size()] == ' ';
}

} // namespace

bool is_loopback(std::string_view host) {
    if (host == "::1" || wire::lower(host) == "localhost")
        return true;
    boost::system::error_code wrong;
    const auto address = boost::asio::ip::make_address_v4(std::string{host}, wrong);
    return !wrong && address.is_loopback();
}

std::string_view token_of(const net::ServerRequest& request) {
    const std::string_view authorization = request.header("Authorization");
    for (const std::string_view scheme : {"Bearer", "Key", "Token"})
        if (starts_with_word(authorization, scheme))
            return authorization.substr(scheme.size() + 1);
    return request.header("x-api-key");
}

std::string_view welcome_origin(const net::ServerRequest& request) {
    std::string_view origin = request.header("Origin");
    const std::string_view whole = origin;
    for (const std::string_view scheme : {"http://", "https://"})
        if (origin.starts_with(scheme))
            return is_loopback(host_part(origin.substr(scheme.size()))) ? whole
                                                                        : std::string_view{};
    return {};
}

std::optional<Refusal> refusal(const net::ServerRequest& request, const GuardRules& rules,
                               bool control) {
    const bool open_to_others = !is_loopback(rules.host);
    for (const char* name : {"Host", "Origin", "Authorization"})
        if (repeated(request, name))
            return Refusal{400, "bad_http",
                           "the request has more than one header " + std::string{name}};
    if (!request.header("Origin").empty() && (control || welcome_origin(request).empty()))
        return Refusal{403, "foreign_origin",
                       control ? "a web page may not use this route"
                               : "a web page of another origin may not use this endpoint"};
    // Away from loopback it has names that we do not know; there the token keeps strangers out.
    const std::string_view host = host_part(request.header("Host"));
    if (!open_to_others && !request.header("Host").empty() && !is_loopback(host))
        return Refusal{403, "foreign_host",
                       "the request names another host: ask for 127.0.0.1 or localhost"};
    if ((control || open_to_others) && !same(token_of(request), rules.token))
        return Refusal{401, "token_needed",
                       control ? "send the control token as Authorization: Bearer"
                               : "send the endpoint's token as the API key"};
    return std::nullopt;
}

std::string new_token() {
    unsigned char bytes[16]; // from the system: a token must not follow from a seed
    BROWNOUT_CHECK(RAND_bytes(bytes, sizeof bytes) == 1, "the system gives random bytes");
    std::string text;
    for (const unsigned char byte : bytes) {
        text += "0123456789abcdef"[byte >> 4];
        text += "0123456789abcdef"[byte & 15];
    }
    return text;
}

} // namespace brownout::live
