#include "live/attempt_message.h"

#include <cstdio>

namespace brownout::live {

namespace {

std::string seconds(Duration d) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3g s", to_seconds(d));
    return text;
}

std::string tokens(std::uint32_t n) {
    return std::to_string(n) + (n == 1 ? " token" : " tokens");
}

std::string within(const char* what, Duration limit) {
    return limit > Duration::zero() && limit < forever
               ? std::string{what} + " within " + seconds(limit)
               : std::string{what} + " in time";
}

const char* status_words(int status) {
    switch (status) {
    case 408:
        return "request timeout";
    case 409:
        return "conflict";
    case 500:
        return "server error";
    case 501:
        return "not implemented";
    case 502:
        return "bad gateway";
    case 503:
        return "unavailable";
    case 504:
        return "gateway timeout";
    case 520:
    case 521:
    case 522:
    case 523:
    case 524:
        return "provider unreachable behind its gateway";
    case 529:
        return "overloaded";
    default:
        return status >= 500 ? "server error" : "refused";
    }
}

// "429 rate limited"; inside a 200 there is no status worth naming.
std::string with_status(int status, const char* words) {
    return status >= 300 ? std::to_string(status) + " " + words : words;
}

std::string with_words(std::string text, const std::string& provider_words) {
    if (!provider_words.empty())
        text += ": " + provider_words;
    return text;
}

std::string cut(const char* before_tokens, std::uint32_t seen) {
    return seen == 0 ? before_tokens : "stream cut after " + tokens(seen);
}

std::string network_message(const MessageFacts& f) {
    using engine::Cause;
    switch (f.outcome.cause) {
    case Cause::dns:
        return "name not found";
    case Cause::tls:
        return with_words("TLS failed", f.not_sent);
    case Cause::connect_refused:
        return "connection refused";
    case Cause::connect_timeout:
        return within("no connection", f.limit);
    case Cause::reset:
        return cut("connection lost before the reply", f.tokens_seen);
    case Cause::truncated:
        return cut("reply cut off", f.tokens_seen);
    case Cause::first_token_timeout:
        return within("no token", f.limit);
    case Cause::stall_timeout: {
        const std::string after = " after " + tokens(f.tokens_seen);
        return f.limit > Duration::zero() && f.limit < forever
                   ? "silent for " + seconds(f.limit) + after
                   : "stalled" + after;
    }
    case Cause::attempt_timeout:
        return within("not finished", f.limit);
    case Cause::total_deadline:
        return "the time for the whole request was over";
    default:
        return {};
    }
}

std::string reply_message(const MessageFacts& f) {
    using engine::Cause;
    const int status = f.outcome.status;
    switch (f.outcome.cause) {
    case Cause::http_status:
        return with_status(status, status_words(status));
    case Cause::malformed:
        if (!f.not_sent.empty())
            return "not sent: " + f.not_sent;
        return f.tokens_seen == 0 ? "unreadable reply"
                                  : "unreadable reply after " + tokens(f.tokens_seen);
    case Cause::error_in_stream:
        return f.tokens_seen == 0 ? with_words("error in the stream", f.provider_words)
                                  : with_words("error in the stream after " + tokens(f.tokens_seen),
                                               f.provider_words);
    case Cause::rate_limited:
        return with_status(status, "rate limited");
    case Cause::overloaded:
        return with_status(status, "overloaded");
    case Cause::bad_key:
        return with_status(status, "key refused");
    case Cause::no_money:
        return with_status(status, "no credit left");
    case Cause::blocked:
        return with_words(with_status(status, "access denied"), f.provider_words);
    case Cause::model_missing:
        return with_words(with_status(status, "no such model"), f.provider_words);
    case Cause::context_exceeded:
        return with_status(status, "prompt too long for the model");
    case Cause::moderation:
        return with_status(status, "stopped by moderation");
    case Cause::unsupported:
        return with_words(with_status(status, "not supported"), f.provider_words);
    case Cause::bad_request:
        return with_words(with_status(status, "bad request"), f.provider_words);
    case Cause::hedge_lost:
        return "another attempt was faster";
    case Cause::caller_left:
        return "the caller left";
    case Cause::budget:
        return "over budget";
    default:
        return {};
    }
}

} // namespace

std::string attempt_message(const MessageFacts& f) {
    if (f.outcome.cls == engine::OutcomeClass::success)
        return {};
    std::string text = network_message(f);
    if (text.empty())
        text = reply_message(f);
    if (text.empty() && f.outcome.status >= 300)
        text = with_status(f.outcome.status, status_words(f.outcome.status));
    return text.empty() ? engine::name(f.outcome.cls) : text;
}

} // namespace brownout::live
