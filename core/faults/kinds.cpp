// The table of fault kinds. A new kind is a row here, its parameters in fault_read.cpp, and what it
// does on the wire in the lab.
#include "faults/scenario.h"

#include "base/check.h"

namespace brownout::faults {
namespace {

using Names = std::span<const std::string_view>;
constexpr std::string_view http_error_parameters[] = {"status", "code", "message", "retry_after_s",
                                                      "body"};
constexpr std::string_view ms_parameters[] = {"ms"};
constexpr std::string_view reset_parameters[] = {"stage"};
constexpr std::string_view stall_parameters[] = {"after_tokens", "ms"};
constexpr std::string_view cut_parameters[] = {"after_tokens", "how"};
constexpr std::string_view after_parameters[] = {"after_tokens"};
constexpr std::string_view at_parameters[] = {"at_token"};
constexpr std::string_view rate_parameters[] = {"requests_per_min", "tokens_per_min",
                                                "retry_after_s"};
constexpr std::string_view truncate_parameters[] = {"fraction"};
constexpr std::string_view drop_parameters[] = {"pointer"};
constexpr std::string_view bandwidth_parameters[] = {"kbyte_per_s"};
constexpr std::string_view price_parameters[] = {"factor"};
constexpr std::string_view group_parameters[] = {"targets"};

// clang-format off
constexpr KindInfo rows[] = {
    {Kind::http_error, "http_error", "HTTP error",
     "Answers with an HTTP status and the provider's own error body",
     "Status", http_error_parameters},
    {Kind::rate_limit, "rate_limit", "Rate limit",
     "Answers 429 beyond so many requests or tokens a minute",
     "Status", rate_parameters},
    {Kind::quota_exhausted, "quota_exhausted", "Quota exhausted",
     "Says that the account's money is used up: nothing works until it is topped up",
     "Status", Names{}},
    {Kind::bad_key, "bad_key", "Key refused",
     "Says that the key is wrong, as after it was revoked",
     "Status", Names{}},
    {Kind::model_missing, "model_missing", "Model missing",
     "Says that it has no such model, as after it was retired",
     "Status", Names{}},
    {Kind::region_blocked, "region_blocked", "Region blocked",
     "Says that it does not serve this country",
     "Status", Names{}},
    {Kind::overloaded, "overloaded", "Overloaded",
     "Says that it has more requests than it can serve",
     "Status", Names{}},
    {Kind::context_exceeded, "context_exceeded", "Context too long",
     "Says that the request is longer than the model's context window",
     "Status", Names{}},
    {Kind::moderation, "moderation", "Content refused",
     "Says that the request is against its usage policy",
     "Status", Names{}},
    {Kind::dns_failure, "dns_failure", "Name not found",
     "Its name resolves to no address; to clients of the lab's address it is closed",
     "Connect", Names{}},
    {Kind::connect_refused, "connect_refused", "Connection refused",
     "Nothing listens: every connect is refused at once",
     "Connect", Names{}},
    {Kind::connect_hang, "connect_hang", "Connect hangs",
     "Connects never complete; given a time, they do and are silent that long",
     "Connect", ms_parameters},
    {Kind::tls_failure, "tls_failure", "TLS fails",
     "The TLS handshake fails",
     "Connect", Names{}},
    {Kind::latency, "latency", "Extra latency",
     "Waits so long before the first byte",
     "Before headers", ms_parameters},
    {Kind::hang, "hang", "Silence",
     "Takes the request and never answers, or not before so long (0: never)",
     "Before headers", ms_parameters},
    {Kind::reset, "reset", "Connection reset",
     "Drops the connection with a reset",
     "Before headers", reset_parameters},
    {Kind::empty_close, "empty_close", "Empty close",
     "Takes the request and closes the connection without a byte",
     "Before headers", Names{}},
    {Kind::truncate, "truncate", "Body cut short",
     "Sends only the first part of the body, framed as if it were whole",
     "Body", truncate_parameters},
    {Kind::garbage, "garbage", "Garbage",
     "Answers 200 with bytes that mean nothing",
     "Body", Names{}},
    {Kind::html_page, "html_page", "HTML page",
     "Answers 200 with an HTML page, as a proxy in front of a provider does",
     "Body", Names{}},
    {Kind::wrong_content_type, "wrong_content_type", "Wrong content type",
     "Sends the right body and calls it text/plain",
     "Body", Names{}},
    {Kind::wrong_length, "wrong_length", "Wrong length",
     "Announces more bytes than it sends, then closes",
     "Body", Names{}},
    {Kind::drop_field, "drop_field", "Missing field",
     "Leaves a field out of the reply and out of every event",
     "Body", drop_parameters},
    {Kind::slow_first_token, "slow_first_token", "Slow first token",
     "Waits so long before the first token, with the headers out",
     "Stream", ms_parameters},
    {Kind::slow_tokens, "slow_tokens", "Slow tokens",
     "Takes so much longer for each token",
     "Stream", ms_parameters},
    {Kind::stream_stall, "stream_stall", "Stream stalls",
     "Stops sending after some tokens, for so long (0: for good)",
     "Stream", stall_parameters},
    {Kind::stream_cut, "stream_cut", "Stream cut",
     "Closes the connection after some tokens, without an end",
     "Stream", cut_parameters},
    {Kind::stream_error, "stream_error", "Error in the stream",
     "Reports an error after some tokens, inside the 200 that it has begun",
     "Stream", after_parameters},
    {Kind::bad_event, "bad_event", "Malformed event",
     "Sends an event that is no JSON",
     "Stream", at_parameters},
    {Kind::no_terminator, "no_terminator", "Missing end",
     "Sends all tokens, but no finish reason and no end marker",
     "Stream", Names{}},
    {Kind::duplicate_event, "duplicate_event", "Doubled event",
     "Sends the event of one token twice",
     "Stream", at_parameters},
    {Kind::keepalive_only, "keepalive_only", "Keep-alives only",
     "Sends signs of life and no token, for so long (0: for good)",
     "Stream", ms_parameters},
    {Kind::no_usage, "no_usage", "No usage",
     "Leaves the token counts out of the reply",
     "Stream", Names{}},
    {Kind::split_utf8, "split_utf8", "Split characters",
     "Writes characters of several bytes, each in two pieces",
     "Stream", Names{}},
    {Kind::empty_answer, "empty_answer", "Empty answer",
     "Answers well and says nothing",
     "Meaning", Names{}},
    {Kind::length_stop, "length_stop", "Stopped by length",
     "Stops halfway and says that the token limit was reached",
     "Meaning", Names{}},
    {Kind::wrong_model, "wrong_model", "Wrong model",
     "Answers with another model than was asked for",
     "Meaning", Names{}},
    {Kind::job_failed, "job_failed", "Job fails",
     "Takes the job and says later that it failed; where there are no jobs, answers 500",
     "Image", Names{}},
    {Kind::job_never_ready, "job_never_ready", "Job never ready",
     "Takes the job and works on it for ever; where there are no jobs, never answers",
     "Image", Names{}},
    {Kind::expired_url, "expired_url", "Expired address",
     "Gives an address at which the picture is no more; pictures inside the reply are not hit",
     "Image", Names{}},
    {Kind::corrupt_image, "corrupt_image", "Corrupt picture",
     "Sends a picture whose bytes are no picture",
     "Image", Names{}},
    {Kind::bandwidth, "bandwidth", "Narrow line",
     "Sends the reply at so many kilobytes a second",
     "Network", bandwidth_parameters},
    {Kind::slow_close, "slow_close", "Slow close",
     "Ends the body by closing the connection, and closes it so late",
     "Network", ms_parameters},
    {Kind::price_change, "price_change", "Price change",
     "Costs so many times as much; the chain goes on believing its own prices",
     "World", price_parameters},
    {Kind::group_outage, "group_outage", "Outage of several",
     "Several providers answer 503 at the same times",
     "World", group_parameters},
};
// clang-format on

} // namespace

std::span<const KindInfo> kinds() {
    return rows;
}

const KindInfo& info(Kind kind) {
    for (const KindInfo& row : rows) {
        if (row.kind == kind)
            return row;
    }
    BROWNOUT_CHECK(false, "every kind has a row");
}

} // namespace brownout::faults
