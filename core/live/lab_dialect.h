// The server side of a provider's dialect, for the lab: requests in, replies, streams and errors
// out, byte for byte as the provider writes them. Private to the lab. Pure: no clock, no socket.
#pragma once

#include "chain/document.h"
#include "faults/reply_plan.h"
#include "net/http_server.h"
#include "wire/vendor.h"

#include <tl/expected.hpp>

namespace brownout::live {

struct LabRequest {
    std::string model;
    bool stream = false, include_usage = false;
    std::int64_t input_tokens = 0;
    std::optional<std::int64_t> max_tokens;
    bool must_limit = false; // the dialect demands max_tokens: a cap, not a wish
    std::string begun = {};  // of the answer, to be carried on (prefill); empty: from the beginning
};

struct LabAnswer { // a whole HTTP reply
    int status = 200;
    net::Headers headers;
    std::string body;
};

struct LabError {
    // What is wrong, where it is more than a status. `status` then holds the usual one, for
    // dialects that have no words of their own for it.
    enum class What {
        status,
        quota_exhausted,
        bad_key,
        model_missing,
        region_blocked,
        overloaded,
        context_exceeded,
        moderation,
    };
    int status = 500;
    std::string code, message;           // empty: the dialect's own for that status
    std::string model;                   // for the message
    std::optional<Duration> retry_after; // also as headers
    What what = What::status;
    std::int64_t input_tokens = 0;   // of the request, for context_exceeded
    std::int64_t tokens_per_min = 0; // of a 429 by a limit of tokens; 0: by requests
    bool stream = false;             // a stream was asked for
};

struct LabReplyFacts {
    std::string id, model; // id: without the dialect's prefix
    std::int64_t unix_s = 0;
    std::int64_t input_tokens = 0, output_tokens = 0;
    bool include_usage = false;
    std::int64_t sent_tokens = 0; // of a stream: with the token that is being written
    bool tell_usage = true;
    bool stopped_by_length = false; // else by itself
};

// What is left until the provider would limit: for the headers.
struct LabQuota {
    using Of = faults::Left;
    Of requests, tokens;
    std::int64_t unix_s = 0; // now: some tell the time of the reset, not the wait
};

class LabImages;

class LabDialect {
  public:
    virtual ~LabDialect() = default;
    // What follows host and port in the address that a client is given.
    virtual std::string base_path() const { return "/v1"; }
    // Its pictures and jobs (live/lab_images.h); null: it makes none.
    virtual const LabImages* images() const { return nullptr; }
    enum class Route { chat, models, unknown };
    virtual Route route(const net::ServerRequest& request) const = 0;
    // The request, or the answer that refuses it.
    virtual tl::expected<LabRequest, LabAnswer> read(const net::ServerRequest& request) const = 0;
    virtual LabAnswer models(const std::vector<std::string>& names, std::int64_t unix_s) const = 0;
    virtual LabAnswer unknown(const net::ServerRequest& request) const = 0;
    virtual LabAnswer error(const LabError& error) const = 0;
    virtual LabAnswer whole(const LabReplyFacts& reply, const std::string& text) const = 0;

    // A stream: its headers, then begin, tokens and end, in one body.
    virtual net::Headers stream_headers() const = 0;
    virtual std::string begin(const LabReplyFacts& reply) const = 0;
    virtual std::string token(const LabReplyFacts& reply, const std::string& text) const = 0;
    virtual std::string malformed(const LabReplyFacts& reply) const = 0; // no JSON
    virtual std::string end(const LabReplyFacts& reply) const = 0;
    // An error inside a stream that has begun; the default is the error's body as an event.
    virtual std::string error_event(const LabError& error) const;
    virtual std::string keep_alive() const { return ": keep-alive\n\n"; }
    // On every reply: the id and the quota.
    virtual net::Headers common_headers(const std::string& id, const LabQuota& quota,
                                        Duration processing) const = 0;
};

// Null when this build cannot simulate it. Of the openai dialect each vendor has its own errors.
const LabDialect* lab_dialect(chain::Dialect which, wire::Vendor vendor = wire::Vendor::unknown);

// The dialects, one file each.
const LabDialect& openai_lab(wire::Vendor vendor = wire::Vendor::unknown); // azure's, too
const LabDialect& anthropic_lab();
const LabDialect& gemini_lab();
const LabDialect& fal_lab();
const LabDialect& nexaapi_lab();
const LabDialect& replicate_lab();
const LabDialect& stability_lab();

} // namespace brownout::live
