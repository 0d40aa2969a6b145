#include "chain/policy_table.h"

#include <algorithm>

namespace brownout::chain {
namespace {

using engine::Policy;

constexpr std::string_view backoff_kinds[] = {"none", "fixed", "linear", "exponential"};
constexpr std::string_view jitter_kinds[] = {"none", "full", "equal", "decorrelated", "additive"};
constexpr std::string_view all_open[] = {"try_soonest", "refuse"};
constexpr std::string_view exceeded[] = {"skip_target", "reject"};
constexpr std::string_view commit[] = {"first_token", "tokens", "complete"};
constexpr std::string_view broken_stream[] = {"restart", "continue", "partial", "error"};
constexpr std::string_view routes[] = {"next_target", "propagate"};
constexpr std::string_view resend[] = {"idempotent_only", "always", "never"};

constexpr double day_ms = 86'400'000, day_s = 86'400;
constexpr Range up_to(double high) {
    return {0, high, false};
}
constexpr Range above_zero(double high) {
    return {0, high, true};
}
constexpr Range from_to(double low, double high) {
    return {low, high, false};
}

template <class E>
E pick(std::span<const std::string_view> names, const Json& v) {
    const auto at = std::find(names.begin(), names.end(), v.get_ref<const std::string&>());
    return static_cast<E>(at - names.begin());
}
int whole(const Json& v) {
    return v.get<int>();
}
double real(const Json& v) {
    return v.get<double>();
}
Duration ms(const Json& v) {
    return from_ms(v.get<double>());
}
Duration seconds(const Json& v) {
    return from_seconds(v.get<double>());
}
std::optional<Money> usd_or_null(const Json& v) {
    return v.is_null() ? std::optional<Money>{} : Money::from_usd(v.get<double>());
}
// A group that can be switched off: present, it begins with the group's defaults.
template <class T>
void set_group(std::optional<T>& group, const Json& v) {
    if (v.is_null())
        group.reset();
    else if (!group)
        group.emplace();
}
void apply_hedge(Policy& p, const Json& v) {
    set_group(p.hedge, v);
    if (v.is_object() && (v.contains("after_ms") || v.contains("after_quantile")))
        p.hedge->delay.reset(), p.hedge->quantile.reset(); // one of the two, the newer one
}
void apply_commit(Policy& p, const Json& v) {
    p.commit_after = v.is_object()
                         ? engine::CommitPolicy{engine::CommitWhen::tokens, v["tokens"].get<int>()}
                         : engine::CommitPolicy{pick<engine::CommitWhen>(commit, v), 0};
}
constexpr auto group_only = [](Policy&, const Json&) {};

#define APPLY(statement) [](Policy& p, const Json& v) { statement; }

// clang-format off
const PolicyRow policy_rows[] = {
    {"retry", RowKind::group, "Retry", "", "{}", {}, "What is tried again, and when.", {}, false, false, group_only},
    {"retry/attempts_per_target", RowKind::integer, "Tries on one target", "", "2", from_to(1, 100), "The first try included; for failures that may pass by themselves.", {}, false, false, APPLY(p.retry.attempts_per_target = whole(v))},
    {"retry/max_attempts", RowKind::integer, "Tries in all", "", "6", from_to(1, 255), "Over the whole request, on all targets.", {}, false, true, APPLY(p.retry.max_attempts = whole(v))},
    {"retry/backoff", RowKind::group, "Backoff", "", "{}", {}, "The wait between two tries on one target.", {}, false, false, group_only},
    {"retry/backoff/kind", RowKind::choice, "Growth", "", "\"exponential\"", {}, "How the wait grows from one try to the next.", backoff_kinds, false, false, APPLY(p.retry.backoff.kind = pick<engine::BackoffKind>(backoff_kinds, v))},
    {"retry/backoff/base_ms", RowKind::duration, "First wait", "ms", "500", up_to(day_ms), "The wait before the first retry.", {}, false, false, APPLY(p.retry.backoff.base = ms(v))},
    {"retry/backoff/factor", RowKind::number, "Factor", "", "2", from_to(1, 100), "What each wait is multiplied by; for exponential growth.", {}, false, false, APPLY(p.retry.backoff.factor = real(v))},
    {"retry/backoff/cap_ms", RowKind::duration, "Longest wait", "ms", "8000", up_to(day_ms), "No wait grows beyond it.", {}, false, false, APPLY(p.retry.backoff.cap = ms(v))},
    {"retry/backoff/jitter", RowKind::choice, "Jitter", "", "\"full\"", {}, "How the wait is spread, so that callers do not return all at once.", jitter_kinds, false, false, APPLY(p.retry.backoff.jitter = pick<engine::JitterKind>(jitter_kinds, v))},
    {"retry/honour_retry_after", RowKind::boolean, "Honour Retry-After", "", "true", {}, "Wait as long as the provider asks.", {}, false, false, APPLY(p.retry.honour_retry_after = v.get<bool>())},
    {"retry/max_wait_ms", RowKind::duration, "Wait for Retry-After", "ms", "2000", up_to(day_ms), "A longer Retry-After becomes a cooldown and the next target is tried at once.", {}, false, false, APPLY(p.retry.max_wait = ms(v))},
    {"retry/budget", RowKind::group, "Retry budget", "", "null", {}, "Retries as a share of requests, so that an outage is not multiplied.", {}, true, true, APPLY(set_group(p.retry.budget, v))},
    {"retry/budget/ratio", RowKind::number, "Share of requests", "", "0.2", up_to(100), "Retries per request.", {}, false, true, APPLY(p.retry.budget->ratio = real(v))},
    {"retry/budget/min_per_s", RowKind::number, "At least per second", "", "1", up_to(1e6), "Retries that are always allowed.", {}, false, true, APPLY(p.retry.budget->min_per_s = real(v))},
    {"retry/budget/ttl_s", RowKind::duration, "Counted over", "s", "10", above_zero(day_s), "How long a request counts.", {}, false, true, APPLY(p.retry.budget->ttl = seconds(v))},

    {"timeouts", RowKind::group, "Limits", "", "{}", {}, "How long anything may take.", {}, false, false, group_only},
    {"timeouts/connect_ms", RowKind::duration, "Connect", "ms", "3000", above_zero(day_ms), "Name, connection and TLS.", {}, false, false, APPLY(p.timeouts.connect = ms(v))},
    {"timeouts/first_token_ms", RowKind::duration, "First token", "ms", "15000", above_zero(day_ms), "To the first word, or to the whole answer where it is not streamed.", {}, false, false, APPLY(p.timeouts.first_token = ms(v))},
    {"timeouts/stall_ms", RowKind::duration, "Stall", "ms", "15000", above_zero(day_ms), "Between two tokens; comments and pings are no progress.", {}, false, false, APPLY(p.timeouts.stall = ms(v))},
    {"timeouts/attempt_ms", RowKind::duration, "Attempt", "ms", "60000", above_zero(day_ms), "One try on one target.", {}, false, false, APPLY(p.timeouts.attempt = ms(v))},
    {"timeouts/total_ms", RowKind::duration, "Whole answer", "ms", "120000", above_zero(day_ms), "The whole request; nothing outlasts it.", {}, false, true, APPLY(p.timeouts.total = ms(v))},
    {"timeouts/share_deadline", RowKind::boolean, "Share the time", "", "true", {}, "A try gets at most the time left divided by the candidates left.", {}, false, true, APPLY(p.timeouts.share_deadline = v.get<bool>())},

    {"breaker", RowKind::group, "Breaker", "", "{}", {}, "When a target is left alone.", {}, false, false, group_only},
    {"breaker/consecutive_failures", RowKind::integer, "Failures in a row", "", "3", from_to(1, 1'000'000), "Opens the breaker.", {}, true, false, APPLY(p.breaker.consecutive_failures = v.is_null() ? std::optional<int>{} : whole(v))},
    {"breaker/failure_ratio", RowKind::number, "Failure ratio", "", "0.5", above_zero(1), "This share of failures in the window opens the breaker.", {}, true, false, APPLY(p.breaker.failure_ratio = v.is_null() ? std::optional<double>{} : real(v))},
    {"breaker/minimum_requests", RowKind::integer, "of at least", "", "10", from_to(1, 1'000'000), "Fewer requests in the window say nothing.", {}, false, false, APPLY(p.breaker.minimum_requests = whole(v))},
    {"breaker/window_s", RowKind::duration, "Window", "s", "30", from_to(0.01, day_s), "What the ratios look back on.", {}, false, false, APPLY(p.breaker.window = seconds(v))},
    {"breaker/slow_call_ms", RowKind::duration, "Slow from", "ms", "null", above_zero(day_ms), "A success that took longer counts as slow.", {}, true, false, APPLY(p.breaker.slow_call = v.is_null() ? std::optional<Duration>{} : ms(v))},
    {"breaker/slow_call_ratio", RowKind::number, "Slow ratio", "", "1", above_zero(1), "This share of slow calls opens the breaker.", {}, false, false, APPLY(p.breaker.slow_call_ratio = real(v))},
    {"breaker/open_s", RowKind::duration, "Open for", "s", "30", above_zero(day_s), "Then a probe is let through.", {}, false, false, APPLY(p.breaker.open = seconds(v))},
    {"breaker/open_growth", RowKind::number, "Growth", "", "2", from_to(1, 100), "What the open time is multiplied by when the probe fails.", {}, false, false, APPLY(p.breaker.open_growth = real(v))},
    {"breaker/open_cap_s", RowKind::duration, "At most", "s", "300", above_zero(day_s), "The longest open time.", {}, false, false, APPLY(p.breaker.open_cap = seconds(v))},
    {"breaker/half_open_probes", RowKind::integer, "Probes", "", "1", from_to(1, 1000), "Requests let through at once while half-open.", {}, false, false, APPLY(p.breaker.half_open_probes = whole(v))},
    {"breaker/close_after_successes", RowKind::integer, "Closes after", "", "1", from_to(1, 1000), "Good probes in a row that close the breaker.", {}, false, false, APPLY(p.breaker.close_after_successes = whole(v))},
    {"breaker/when_all_open", RowKind::choice, "When all are open", "", "\"try_soonest\"", {}, "Try the target nearest to its probe, or refuse at once.", all_open, false, false, APPLY(p.breaker.when_all_open = pick<engine::WhenAllOpen>(all_open, v))},

    {"hedge", RowKind::group, "Hedge", "", "null", {}, "A second request when the first is slow; the faster answer wins, both cost.", {}, true, false, apply_hedge},
    {"hedge/after_ms", RowKind::duration, "After", "ms", "null", up_to(day_ms), "Without a first token for so long.", {}, true, false, APPLY(if (!v.is_null()) p.hedge->delay = ms(v))},
    {"hedge/after_quantile", RowKind::number, "After quantile", "", "null", {0, 0.9999, true}, "Slower than this share of recent first tokens.", {}, true, false, APPLY(if (!v.is_null()) p.hedge->quantile = real(v))},
    {"hedge/max_extra", RowKind::integer, "Extra requests", "", "1", from_to(1, 3), "At most so many besides the first.", {}, false, false, APPLY(p.hedge->max_extra = whole(v))},

    {"budget", RowKind::group, "Budget", "", "null", {}, "What may be spent.", {}, true, false, APPLY(set_group(p.budget, v))},
    {"budget/per_request_usd", RowKind::money, "Per request", "USD", "null", up_to(1e6), "All attempts of one request.", {}, true, false, APPLY(p.budget->per_request = usd_or_null(v))},
    {"budget/per_hour_usd", RowKind::money, "Per hour", "USD", "null", up_to(1e6), "Over the last hour.", {}, true, false, APPLY(p.budget->per_hour = usd_or_null(v))},
    {"budget/per_day_usd", RowKind::money, "Per day", "USD", "null", up_to(1e6), "Over the last 24 hours.", {}, true, false, APPLY(p.budget->per_day = usd_or_null(v))},
    {"budget/per_provider_day_usd", RowKind::amounts, "Per provider and day", "USD", "null", up_to(1e6), "Over the last 24 hours, by provider.", {}, true, false, group_only},
    {"budget/on_exceeded", RowKind::choice, "When spent", "", "\"skip_target\"", {}, "Go on to a target that still fits, or reject the request.", exceeded, false, false, APPLY(p.budget->on_exceeded = pick<engine::OnExceeded>(exceeded, v))},

    {"minimum_quality", RowKind::number, "Minimum quality", "", "0", up_to(1), "Targets below it are not used.", {}, false, false, APPLY(p.minimum_quality = real(v))},
    {"commit_after", RowKind::commit, "Commit after", "tokens", "\"first_token\"", from_to(1, 100'000), "How much of a stream is held back so that failover stays invisible.", commit, false, false, apply_commit},
    {"on_broken_stream", RowKind::choice, "Broken stream", "", "\"restart\"", {}, "What happens when an answer breaks off.", broken_stream, false, false, APPLY(p.on_broken_stream = pick<engine::OnBrokenStream>(broken_stream, v))},
    {"on_moderation", RowKind::choice, "Moderation", "", "\"propagate\"", {}, "What happens when a provider refuses the content.", routes, false, false, APPLY(p.on_moderation = pick<engine::Route>(routes, v))},
    {"on_context_exceeded", RowKind::choice, "Context too long", "", "\"next_target\"", {}, "What happens when the request does not fit the model.", routes, false, false, APPLY(p.on_context_exceeded = pick<engine::Route>(routes, v))},
    {"on_bad_key", RowKind::choice, "Bad key", "", "\"next_target\"", {}, "What happens when a provider refuses the key; either way an alert.", routes, false, false, APPLY(p.on_bad_key = pick<engine::Route>(routes, v))},
    {"on_model_missing", RowKind::choice, "Model missing", "", "\"next_target\"", {}, "What happens when a provider does not know the model; either way an alert.", routes, false, false, APPLY(p.on_model_missing = pick<engine::Route>(routes, v))},
    {"disable_s", RowKind::duration, "Leave alone for", "s", "600", above_zero(7 * day_s), "How long a provider with a bad key or no money is left alone before a probe.", {}, false, false, APPLY(p.disable = seconds(v))},
    {"resend_after_ambiguous_failure", RowKind::choice, "Resend when unsure", "", "\"idempotent_only\"", {}, "Whether to send again what was sent and never answered, and may be billed twice.", resend, false, false, APPLY(p.resend_after_ambiguous_failure = pick<engine::ResendAmbiguous>(resend, v))},
};
// clang-format on
#undef APPLY

} // namespace

bool PolicyRow::allowed_at(PolicyLevel level) const {
    return level != PolicyLevel::target || pointer == "retry" || pointer == "timeouts" ||
           pointer.starts_with("retry/") || pointer.starts_with("timeouts/");
}
std::string_view PolicyRow::parent() const {
    const auto slash = pointer.rfind('/');
    return slash == pointer.npos ? std::string_view{} : pointer.substr(0, slash);
}
std::string_view PolicyRow::name() const {
    const auto slash = pointer.rfind('/');
    return slash == pointer.npos ? pointer : pointer.substr(slash + 1);
}

std::span<const PolicyRow> policy_table() {
    return policy_rows;
}

const PolicyRow* policy_row(std::string_view pointer) {
    const auto at = std::find_if(std::begin(policy_rows), std::end(policy_rows),
                                 [&](const PolicyRow& row) { return row.pointer == pointer; });
    return at == std::end(policy_rows) ? nullptr : &*at;
}

} // namespace brownout::chain
