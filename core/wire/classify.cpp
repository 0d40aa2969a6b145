#include "wire/classify.h"

#include "wire/classify_rows.h"
#include "wire/error_body.h"
#include "wire/request_parts.h"
#include "wire/retry_hint.h"
#include "wire/vendor.h"
#include "wire/words.h"

#include <algorithm>

namespace brownout::wire {

namespace {

using engine::Cause;
using engine::Outcome;
using engine::OutcomeClass;
using namespace std::chrono_literals;

bool same_word(std::string_view word, std::string_view pattern) {
    if (pattern.ends_with('*')) {
        pattern.remove_suffix(1);
        word = word.substr(0, pattern.size());
    }
    return word.size() == pattern.size() && lower(word) == lower(pattern);
}

std::optional<Verdict> find_code(std::span<const CodeRow> rows, std::string_view word, int status) {
    for (const auto& row : rows)
        if ((row.status == 0 || row.status == status) && same_word(word, row.word))
            return row.verdict;
    return std::nullopt;
}

std::optional<Verdict> find_codes(std::span<const CodeRow> rows,
                                  const std::vector<std::string>& words, int status) {
    for (const auto& word : words)
        if (const auto verdict = find_code(rows, word, status))
            return verdict;
    return std::nullopt;
}

// Gemini and DashScope say "you exceeded your current quota" of a rate.
bool quota_means_rate(const ReplyFacts& facts, Vendor vendor) {
    return facts.dialect == chain::Dialect::gemini || vendor == Vendor::google ||
           vendor == Vendor::dashscope;
}

std::optional<Verdict> find_phrase(const std::string& message, int status, bool quota_is_rate) {
    const std::uint32_t group = group_of(status);
    for (const auto& row : phrase_rows()) {
        const bool about_quota = row.phrase.find("quota") != row.phrase.npos ||
                                 row.phrase.find("billing") != row.phrase.npos;
        if ((row.where & group) == 0 || (quota_is_rate && about_quota && group == in_429))
            continue;
        if (message.find(row.phrase) != message.npos)
            return row.verdict;
    }
    return std::nullopt;
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != text.npos;
}

bool has_word(const ErrorBody& body, std::string_view word) {
    return std::any_of(body.words.begin(), body.words.end(),
                       [&](const std::string& w) { return same_word(w, word); });
}

constexpr int hour_s = 3600;

// Google's daily limit, or a model that this tier never has. The RetryInfo beside it speaks of the
// minute's limit.
bool lasts_for_the_day(const ErrorBody& body) {
    return has_word(body, "RESOURCE_EXHAUSTED") &&
           (is_daily_quota(body.quota_id) ||
            contains(lower(std::string_view{body.message}.substr(0, 4096)), "limit: 0"));
}

// Where one vendor's answer means something else than the same words elsewhere.
std::optional<Verdict> find_exception(const ReplyFacts& facts, const ErrorBody& body,
                                      const std::string& message, Vendor vendor, int status) {
    using enum Action;
    if (has_word(body, "RESOURCE_EXHAUSTED")) { // Google
        if (status == 402 || has_word(body, "payment_required"))
            return Verdict{disable, Cause::no_money};
        return Verdict{cooldown, Cause::rate_limited, lasts_for_the_day(body) ? hour_s : 0};
    }
    if (has_word(body, "FAILED_PRECONDITION"))
        return Verdict{disable, contains(message, "billing") ? Cause::no_money : Cause::blocked};
    if (vendor == Vendor::dashscope && contains(message, "free") &&
        (has_word(body, "insufficient_quota") || has_word(body, "Throttling.AllocationQuota")))
        return Verdict{disable, Cause::no_money};
    // In flight, not empty: OpenRouter holds back what running requests may cost.
    if (body.limit_source == "openrouter_in_flight_budget")
        return Verdict{cooldown, Cause::rate_limited};
    if (vendor == Vendor::openrouter && status == 403 && body.flagged)
        return Verdict{reroute, Cause::moderation};
    if (has_word(body, "permission_error") && contains(message, "model"))
        return Verdict{reroute, Cause::model_missing};
    // Their own documents send a 500 elsewhere.
    if ((vendor == Vendor::groq || facts.dialect == chain::Dialect::replicate) && status == 500)
        return Verdict{failover, Cause::http_status};
    if (vendor == Vendor::together && status == 500)
        return Verdict{reroute, Cause::http_status};
    if (vendor == Vendor::together && status == 403 && contains(message, "context"))
        return Verdict{reroute, Cause::context_exceeded};
    if (vendor == Vendor::groq && status == 422 && contains(message, "tool call"))
        return Verdict{retry_uncounted, Cause::http_status};
    // One request above the whole minute's allowance never fits, however long we wait.
    if ((status == 429 || status == 413) && contains(message, "request too large"))
        return Verdict{reroute, Cause::context_exceeded};
    if (vendor == Vendor::deepseek && status == 429)
        return Verdict{cooldown, Cause::rate_limited, 2};
    if (facts.in_stream && status == 0 && has_word(body, "server_error"))
        return Verdict{failover, Cause::error_in_stream};
    return std::nullopt;
}

std::optional<bool> should_retry(const ReplyFacts& facts) {
    const auto said = facts.headers ? header(*facts.headers, "x-should-retry") : std::nullopt;
    if (said == "true")
        return true;
    if (said == "false")
        return false;
    return std::nullopt;
}

// Where the body says nothing. The provider's own word beats what its status suggests; of failures
// that are tried again anyway the engine heeds it.
Verdict by_status(const ReplyFacts& facts, int status) {
    const Verdict verdict = status_verdict(status);
    const bool is_final = verdict.action == Action::disable || verdict.action == Action::reroute ||
                          verdict.action == Action::reject;
    return is_final && should_retry(facts) == true
               ? Verdict{Action::retry_uncounted, Cause::http_status}
               : verdict;
}

Verdict judge(const ReplyFacts& facts, const ErrorBody& body, int status) {
    const Vendor vendor = vendor_of(facts.vendor);
    const std::string message = lower(std::string_view{body.message}.substr(0, 4096));
    if (const auto verdict = find_exception(facts, body, message, vendor, status))
        return *verdict;
    if (!body.error_type.empty())
        if (const auto verdict = find_code(openrouter_error_types(), body.error_type, status))
            return *verdict;
    if (const auto verdict = find_codes(vendor_rows(vendor), body.words, status))
        return *verdict;
    if (const auto verdict = find_codes(code_rows(), body.words, status))
        return *verdict;
    if (const auto verdict = find_phrase(message, status, quota_means_rate(facts, vendor)))
        return *verdict;
    if (const auto verdict = find_codes(type_rows(), body.words, status))
        return *verdict;
    if (status >= 300)
        return by_status(facts, status);
    return {Action::failover, facts.in_stream ? Cause::error_in_stream : Cause::malformed};
}

void apply(const Verdict& verdict, Outcome& outcome) {
    struct Effect {
        OutcomeClass cls;
        bool counts;
    };
    static constexpr Effect effects[] = {
        {OutcomeClass::retry, true},     {OutcomeClass::retry, false},
        {OutcomeClass::failover, true},  {OutcomeClass::failover, false},
        {OutcomeClass::cooldown, false}, {OutcomeClass::disable, false},
        {OutcomeClass::reroute, false},  {OutcomeClass::reject, false},
    };
    const Effect& effect = effects[static_cast<int>(verdict.action)];
    outcome.cls = effect.cls;
    outcome.counts_for_breaker = effect.counts;
    outcome.cause = verdict.cause;
    outcome.provider_wide = verdict.action == Action::disable;
}

// Anthropic's spend limits end with the month where no date is given.
Duration to_next_month(std::int64_t unix_now) {
    using namespace std::chrono;
    const auto today = floor<days>(sys_seconds{seconds{unix_now}});
    const year_month_day date{today};
    const auto next = sys_days{(date.year() / date.month() + months{1}) / 1};
    return std::min<Duration>(24h, next - sys_seconds{seconds{unix_now}});
}

std::optional<Duration> hint_of(const ReplyFacts& facts, const ErrorBody& body,
                                const Verdict& verdict) {
    std::optional<Duration> best;
    const auto consider = [&](std::optional<Duration> hint) {
        if (hint && (!best || *best == 0s || (*hint > 0s && *hint < *best)))
            best = hint;
    };
    const bool waits = verdict.action == Action::cooldown;
    if (facts.headers) {
        // The reset headers stand on every reply; they explain a wait only where there is one.
        const bool said = header(*facts.headers, "retry-after") ||
                          header(*facts.headers, "retry-after-ms") ||
                          header(*facts.headers, "x-ms-retry-after-ms");
        if (said || waits)
            consider(hint_in_headers(*facts.headers, facts.unix_now));
    }
    if (!body.retry_delay.empty())
        consider(parse_retry_hint(body.retry_delay, facts.unix_now));
    if (waits || verdict.cause == Cause::no_money)
        consider(hint_in_message(body.message, facts.unix_now));
    if (!best && (has_word(body, "enforced_spend_limit_reached") ||
                  has_word(body, "contract_spend_limit_reached")))
        best = to_next_month(facts.unix_now);
    if (!best && waits && verdict.cooldown_s > 0)
        best = std::chrono::seconds{verdict.cooldown_s};
    if (best && waits && lasts_for_the_day(body))
        best = std::max<Duration>(*best, std::chrono::seconds{hour_s});
    return best;
}

std::string code_of(const ErrorBody& body) {
    // OpenRouter's and Google's integer codes repeat the status; the word beside them says more.
    const auto said = std::find_if(body.words.begin(), body.words.end(), [](const std::string& w) {
        return w.find_first_not_of("0123456789") != w.npos;
    });
    if (!body.error_type.empty() && said == body.words.end())
        return body.error_type;
    return said != body.words.end() ? *said
           : body.words.empty()     ? body.error_type
                                    : body.words.front();
}

// The first word is a code where the vendor has exact ones ("1305"): kept before a broad type.
std::string best_code(const ErrorBody& body) {
    const bool business_code =
        !body.words.empty() && body.words.front().size() == 4 &&
        body.words.front().find_first_not_of("0123456789") == std::string::npos;
    return business_code ? body.words.front() : code_of(body);
}

Classified transport_failure(const ReplyFacts& facts) {
    struct Row {
        TransportEnd end;
        OutcomeClass cls;
        Cause cause;
        bool provider_wide, reached; // reached: the request may have got there
        const char* message;
    };
    using enum TransportEnd;
    static constexpr Row rows[] = {
        {dns_failure, OutcomeClass::retry, Cause::dns, true, false, "host name not found"},
        {connect_refused, OutcomeClass::retry, Cause::connect_refused, false, false,
         "connection refused"},
        {connect_timeout, OutcomeClass::failover, Cause::connect_timeout, false, false,
         "no connection in time"},
        {tls_failure, OutcomeClass::retry, Cause::tls, true, false, "TLS handshake failed"},
        {reset_before_headers, OutcomeClass::retry, Cause::reset, false, true,
         "connection lost before a reply"},
        {reset_after_headers, OutcomeClass::failover, Cause::truncated, false, true,
         "connection lost inside the reply"},
        {resend_refused, OutcomeClass::retry, Cause::reset, false, true,
         "a reused connection died before a reply"},
        {too_large, OutcomeClass::failover, Cause::malformed, false, true,
         "the reply is larger than allowed"},
        {bad_http, OutcomeClass::failover, Cause::malformed, false, true, "the reply is no HTTP"},
    };
    Classified out;
    out.outcome.status = static_cast<std::uint16_t>(std::clamp(facts.status, 0, 999));
    for (const auto& row : rows) {
        if (row.end != facts.transport)
            continue;
        out.outcome.cls = row.cls;
        out.outcome.cause = row.cause;
        out.outcome.counts_for_breaker = true;
        out.outcome.provider_wide = row.provider_wide;
        out.outcome.ambiguous = row.reached && facts.request_sent;
        out.message = row.message;
        return out;
    }
    out.outcome.cls = OutcomeClass::cancelled;
    out.outcome.cause = Cause::caller_left;
    out.outcome.ambiguous = facts.request_sent;
    out.message = "cancelled";
    return out;
}

} // namespace

Classified classify(const ReplyFacts& facts) {
    // An error status is an answer, even where its body broke off; the caller's leaving is not.
    const bool answered = facts.status >= 300 || (facts.in_stream && !facts.body.empty());
    if (facts.transport == TransportEnd::cancelled ||
        (facts.transport != TransportEnd::complete && !answered))
        return transport_failure(facts);

    ErrorBody body = parse_error_body(facts.body);
    // What is no JSON is cut while it is read: the key must have gone before.
    if (body.form != ErrorBody::Form::json && !facts.key.empty())
        body = parse_error_body(mask_exact(facts.body, facts.key));
    const int status = facts.status >= 300 ? facts.status : body.http_status.value_or(0);
    Verdict verdict = judge(facts, body, status);
    // An edge server's page speaks for the transport, not for the provider.
    if (body.form == ErrorBody::Form::html && status >= 500)
        verdict = status_verdict(status).action == Action::retry
                      ? Verdict{Action::failover, Cause::http_status}
                      : by_status(facts, status);

    Classified out;
    apply(verdict, out.outcome);
    out.outcome.status = static_cast<std::uint16_t>(std::clamp(facts.status, 0, 999));
    out.outcome.should_retry = should_retry(facts);
    out.outcome.retry_after = hint_of(facts, body, verdict);
    // A 200 that cannot be read may have been billed; an error that was received was not.
    out.outcome.ambiguous = facts.status < 300 && !facts.in_stream && facts.request_sent &&
                            verdict.cause == Cause::malformed;
    out.code = one_line(best_code(body), max_code_bytes, facts.key);
    out.message = one_line(body.message, max_message_bytes, facts.key);
    if (out.message.empty())
        out.message = !out.code.empty() ? out.code
                      : status > 0      ? "HTTP " + std::to_string(status)
                                        : "an error without words";
    return out;
}

} // namespace brownout::wire
