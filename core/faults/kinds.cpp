// The table of fault kinds. A new kind is a row here, its parameters in fault_read.cpp, and what it
// does on the wire in the lab.
#include "faults/scenario.h"

#include "base/check.h"

namespace brownout::faults {
namespace {

constexpr std::string_view http_error_parameters[] = {"status", "code", "message", "retry_after_s",
                                                      "body"};
constexpr std::string_view ms_parameters[] = {"ms"};
constexpr std::string_view reset_parameters[] = {"stage"};
constexpr std::string_view stall_parameters[] = {"after_tokens", "ms"};
constexpr std::string_view cut_parameters[] = {"after_tokens", "how"};
constexpr std::string_view bad_event_parameters[] = {"at_token"};
constexpr std::string_view rate_parameters[] = {"requests_per_min", "tokens_per_min",
                                                "retry_after_s"};

constexpr KindInfo rows[] = {
    {Kind::http_error, "http_error", "HTTP error",
     "Answers with an HTTP status and the provider's own error body", "Status",
     http_error_parameters},
    {Kind::rate_limit, "rate_limit", "Rate limit",
     "Answers 429 beyond so many requests or tokens a minute", "Status", rate_parameters},
    {Kind::quota_exhausted,
     "quota_exhausted",
     "Quota exhausted",
     "Says that the account's money is used up: nothing works until it is topped up",
     "Status",
     {}},
    {Kind::bad_key,
     "bad_key",
     "Key refused",
     "Says that the key is wrong, as after it was revoked",
     "Status",
     {}},
    {Kind::model_missing,
     "model_missing",
     "Model missing",
     "Says that it has no such model, as after it was retired",
     "Status",
     {}},
    {Kind::region_blocked,
     "region_blocked",
     "Region blocked",
     "Says that it does not serve this country",
     "Status",
     {}},
    {Kind::overloaded,
     "overloaded",
     "Overloaded",
     "Says that it has more requests than it can serve",
     "Status",
     {}},
    {Kind::context_exceeded,
     "context_exceeded",
     "Context too long",
     "Says that the request is longer than the model's context window",
     "Status",
     {}},
    {Kind::moderation,
     "moderation",
     "Content refused",
     "Says that the request is against its usage policy",
     "Status",
     {}},
    {Kind::connect_refused,
     "connect_refused",
     "Connection refused",
     "Nothing listens: every connect is refused at once",
     "Connect",
     {}},
    {Kind::latency, "latency", "Extra latency", "Waits so long before the first byte",
     "Before headers", ms_parameters},
    {Kind::hang, "hang", "Silence",
     "Takes the request and never answers, or not before so long (0: never)", "Before headers",
     ms_parameters},
    {Kind::reset, "reset", "Connection reset", "Drops the connection with a reset",
     "Before headers", reset_parameters},
    {Kind::stream_stall, "stream_stall", "Stream stalls",
     "Stops sending after some tokens, for so long (0: for good)", "Stream", stall_parameters},
    {Kind::stream_cut, "stream_cut", "Stream cut",
     "Closes the connection after some tokens, without an end", "Stream", cut_parameters},
    {Kind::bad_event, "bad_event", "Malformed event", "Sends an event that is no JSON", "Stream",
     bad_event_parameters},
    {Kind::no_terminator,
     "no_terminator",
     "Missing end",
     "Sends all tokens, but no finish reason and no end marker",
     "Stream",
     {}},
    {Kind::job_failed,
     "job_failed",
     "Job fails",
     "Takes the job and says later that it failed; where there are no jobs, answers 500",
     "Image",
     {}},
    {Kind::job_never_ready,
     "job_never_ready",
     "Job never ready",
     "Takes the job and works on it for ever; where there are no jobs, never answers",
     "Image",
     {}},
    {Kind::expired_url,
     "expired_url",
     "Expired address",
     "Gives an address at which the picture is no more; pictures inside the reply are not hit",
     "Image",
     {}},
    {Kind::corrupt_image,
     "corrupt_image",
     "Corrupt picture",
     "Sends a picture whose bytes are no picture",
     "Image",
     {}},
};

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
