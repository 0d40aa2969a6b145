// Owners for libcurl's C handles, and what its error codes mean to us. Private to core/net.
#pragma once

#include "net/http_client.h"

#include <curl/curl.h>

#include <memory>
#include <optional>

namespace brownout::net {

struct SlistFree {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Slist = std::unique_ptr<curl_slist, SlistFree>;

struct EasyFree {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using Easy = std::unique_ptr<CURL, EasyFree>;

// What is known about a transfer when libcurl says that it has ended.
struct EndFacts {
    CURLcode code = CURLE_OK;
    long os_errno = 0;
    int sends = 0;           // how often libcurl went to send the request: 2 is a refused resend
    bool head_done = false;  // a whole response head (not 1xx) came
    bool too_large = false;  // we stopped it at a limit
    std::string_view detail; // libcurl's words
};
End classify_end(const EndFacts& facts);

// Prepares `easy` for the request. `list` takes the header list and must outlive the transfer, as
// must `request`. The reason when the request cannot be sent as it is.
const char* configure(CURL* easy, const Request& request, Slist& list);

// `words` with nothing in it that the request brought along and that may be secret: a header's
// value, the query, a password in a URL. Otherwise `plain`.
std::string without_secrets(std::string_view words, const Request& request, const char* plain);

} // namespace brownout::net
