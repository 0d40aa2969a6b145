// What the headers of an answer tell beside it: who answered, after how many attempts, for how
// much, and whether asking again helps. Pure.
#pragma once

#include "net/http_client.h" // Headers
#include "record/records.h"
#include "wire/callers/caller.h"

namespace brownout::live {

// Of a request that is over.
void tell_cost(net::Headers& headers, const record::RequestRecord& request);
void tell_request(net::Headers& headers, const record::RequestRecord& request);
// Retry-After in whole seconds, rounded up; X-Should-Retry, which the official clients obey.
void tell_retry(net::Headers& headers, const wire::CallerError& error);

} // namespace brownout::live
