#include "live/batch_patience.h"

#include "live/driver.h"

#include <algorithm>

namespace brownout::live {

namespace {

using engine::Cause;
using engine::OutcomeClass;

constexpr Duration first_wait = std::chrono::seconds{1}, longest_wait = std::chrono::minutes{1};
constexpr int most_strikes = 3;
constexpr std::size_t longest_why = 300; // bytes

bool passes(const record::AttemptRecord& attempt) {
    switch (attempt.outcome.cls) {
    case OutcomeClass::retry:
    case OutcomeClass::failover:
    case OutcomeClass::cooldown:
    case OutcomeClass::broken_stream:
        return attempt.outcome.cause != Cause::tls;
    default:
        return false;
    }
}

// What was sent may have been done, and is not to be done twice.
bool must_not_be_resent(const record::RequestRecord& request, engine::ResendAmbiguous policy,
                        engine::Capabilities needs) {
    using engine::ResendAmbiguous;
    const bool idempotent = !needs.has(engine::Capabilities::image);
    if (policy == ResendAmbiguous::always ||
        (policy == ResendAmbiguous::idempotent_only && idempotent))
        return false;
    return std::any_of(request.attempts.begin(), request.attempts.end(), [](const auto& a) {
        return a.outcome.ambiguous && a.outcome.cls != OutcomeClass::cancelled;
    });
}

std::optional<Duration> told_wait(const record::RequestRecord& request) {
    std::optional<Duration> least;
    for (const record::AttemptRecord& attempt : request.attempts)
        if (passes(attempt) && attempt.outcome.retry_after &&
            (!least || *attempt.outcome.retry_after < *least))
            least = attempt.outcome.retry_after;
    return least;
}

std::string shortened(const std::string& why) {
    std::size_t size = std::min(why.size(), longest_why);
    while (size > 0 && size < why.size() && (why[size] & 0xC0) == 0x80) // within a character
        --size;
    return why.substr(0, size);
}

const engine::ChainSetup* chain_of(const chain::Compiled& names, const std::string& id) {
    for (std::size_t c = 0; c < names.chain_ids.size(); ++c)
        if (names.chain_ids[c] == id)
            return &names.setup.chains[c];
    return nullptr;
}

} // namespace

Outlook outlook_of(const record::RequestRecord& request, const Driver& driver,
                   engine::Capabilities needs, Instant now) {
    using engine::CallResult;
    Outlook out;
    const chain::Compiled& names = driver.names();
    const engine::ChainSetup* const chain = chain_of(names, request.chain);
    const bool unavailable =
        request.result == CallResult::refused && request.refused_for == Cause::unavailable;
    if (!chain || (!unavailable && request.result != CallResult::failed &&
                   request.result != CallResult::partial))
        return out;
    bool free = false, some = false;
    Instant soonest = never;
    for (const engine::EntrySetup& entry : chain->entries) {
        const engine::TargetStatus status = driver.status(entry.target.value);
        if (!entry.enabled || entry.quality < chain->policy.minimum_quality ||
            !names.setup.targets[entry.target.value].capabilities.has_all(needs) ||
            status.hold == engine::BreakerHold::open || status.disabled_until > now)
            continue;
        Instant from = status.cooldown_until;
        if (status.breaker == engine::BreakerState::open &&
            status.hold != engine::BreakerHold::closed)
            from = std::max(from, status.open_until);
        some = true;
        free = free || from <= now;
        soonest = std::min(soonest, from);
    }
    const auto& attempts = request.attempts;
    out.passes = unavailable ? some : std::any_of(attempts.begin(), attempts.end(), passes);
    if (must_not_be_resent(request, chain->policy.resend_after_ambiguous_failure, needs))
        out.passes = false;
    out.asked = std::any_of(attempts.begin(), attempts.end(), [](const auto& a) {
        return passes(a) && a.outcome.cls != OutcomeClass::cooldown;
    });
    if (some && !free)
        out.wait = soonest - now;
    else
        out.wait = told_wait(request);
    return out;
}

std::size_t BatchPatience::room(const std::string& chain, Instant now) const {
    const auto found = chains_.find(chain);
    if (found == chains_.end())
        return most_;
    return now < found->second.until ? 0 : found->second.allowed;
}

Instant BatchPatience::asks_again(const std::string& chain) const {
    const auto found = chains_.find(chain);
    return found == chains_.end() ? Instant{} : found->second.until;
}

void BatchPatience::answered(const std::string& chain) {
    const auto found = chains_.find(chain);
    if (found == chains_.end())
        return;
    Chain& c = found->second;
    ++c.answers;
    c.since.reset();
    c.until = Instant{};
    c.round = 0;
    c.given_up = false;
    c.allowed = std::min(most_, std::max<std::size_t>(c.allowed, 1) * 2);
}

bool BatchPatience::holds_back(const std::string& chain, HeldBack& line, const Outlook& outlook,
                               const std::string& why, Instant now) {
    if (!outlook.passes || patience_ <= Duration::zero())
        return false;
    Chain& c = chains_[chain];
    if (line.since && outlook.asked && c.answers > line.answers)
        ++line.strikes;
    line.answers = c.answers;
    if (!line.since)
        line.since = now;
    if (!c.since)
        c.since = now;
    const Instant gives_up = after(*c.since, patience_);
    c.given_up = c.given_up || now >= gives_up;
    if (c.given_up) {
        c.until = Instant{};
        c.allowed = most_;
        return false;
    }
    c.why = shortened(why);
    c.allowed = 1;
    Duration wait = longest_wait;
    if (outlook.wait)
        wait = std::max(*outlook.wait, Duration{std::chrono::milliseconds{1}});
    else if (c.round < 6)
        wait = std::min(wait, first_wait * (1 << c.round));
    if (now >= c.until) // of those that failed together, one counts
        ++c.round;
    else if (!outlook.wait)
        wait = Duration::zero();
    c.until = std::min(gives_up, std::max(c.until, after(now, wait)));
    return line.strikes < most_strikes && now < after(*line.since, patience_);
}

void BatchPatience::skip(Duration pause) {
    for (auto& [id, c] : chains_) {
        if (c.since)
            c.since = after(*c.since, pause);
        c.until = Instant{};
    }
}

std::optional<BatchPatience::Waits> BatchPatience::waits() const {
    const std::pair<const std::string, Chain>* longest = nullptr;
    for (const auto& one : chains_)
        if (one.second.since && !one.second.given_up &&
            (!longest || *one.second.since < *longest->second.since))
            longest = &one;
    if (!longest)
        return std::nullopt;
    const Chain& c = longest->second;
    return Waits{longest->first, c.why, c.until, after(*c.since, patience_)};
}

} // namespace brownout::live
