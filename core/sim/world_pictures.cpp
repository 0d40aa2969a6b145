// Pictures in virtual time: answered when they are made, or, where the provider takes them on as
// jobs, looked at until they are, as the readers of core/wire do it.
#include "sim/world.h"

#include <algorithm>

namespace brownout::sim {
namespace {

using engine::Cause;
using engine::Outcome;
using engine::OutcomeClass;

// As core/wire looks at jobs (wire/whole_reply.h).
constexpr Duration first_wait = std::chrono::milliseconds{500};
constexpr Duration longest_look_wait = std::chrono::seconds{2},
                   longest_hint = std::chrono::seconds{5};
constexpr int most_failed_looks = 3;
constexpr Duration job_hold = std::chrono::seconds{5}; // that we ask Replicate for

// A picture was made, and is none.
Outcome spoilt(Cause cause, int status) {
    Outcome out;
    out.cls = OutcomeClass::failover;
    out.cause = cause;
    out.status = static_cast<std::uint16_t>(status);
    out.counts_for_breaker = true;
    return out;
}

} // namespace

void World::serve_picture(Call& call, Try& t) {
    static const faults::ReplyPlan nothing;
    const faults::ReplyPlan& plan = t.has_plan ? t.plan : nothing;
    const Duration takes = from_ms(t.draws.first_token_ms);
    const bool job = makes_jobs(dialect_of(t));
    if (plan.job_never_ready && !job) {
        connect(call, t);
        return;
    }
    Instant at = later(now_, job ? std::min(takes, job_hold) : takes);
    at = later(at, plan.more_before_first);
    at = later(at, plan.keep_alives.value_or(Duration::zero()));
    if (plan.bytes_per_s > 0)
        at = later(at, from_seconds(picture_bytes(dialect_of(t)) / plan.bytes_per_s));
    if (job) {
        t.job.on = true;
        t.job.never = plan.job_never_ready;
        t.job.ready = later(now_, takes);
        t.job.wait = first_wait;
    }
    t.made_picture = !plan.job_fails;
    end_at(t, at, picture_ends(t));
    // What spoils the bytes of a job's first answer ends it: nobody knows where to look.
    if (job && t.outcome.ambiguous)
        t.job.on = false;
    schedule(call, t);
}

// Once it is made, or has failed.
Outcome World::picture_ends(const Try& t) const {
    static const faults::ReplyPlan nothing;
    const faults::ReplyPlan& plan = t.has_plan ? t.plan : nothing;
    const chain::Dialect dialect = dialect_of(t);
    const faults::Spoiling& bytes = plan.spoiling;
    using Instead = faults::Spoiling::Instead;
    if (bytes.instead == Instead::garbage || bytes.wrong_length)
        return lost(dialect, Loss::cut, false);
    if (bytes.instead == Instead::html || plan.bad_event_at || (bytes.keep && *bytes.keep < 1))
        return lost(dialect, Loss::unreadable, false);
    if (plan.job_fails)
        return makes_jobs(dialect) ? spoilt(Cause::overloaded, 200)
                                   : refused_with_status(dialect, 500);
    if (drops_the_picture(dialect, bytes.dropped))
        return spoilt(Cause::malformed, 200);
    const std::string& model = plan_.names.targets[t.action.target.value].model;
    if (plan.url_expired && fetches_picture(dialect, model))
        return spoilt(Cause::http_status, 403);
    if (plan.picture_corrupt)
        return spoilt(Cause::malformed, 200);
    Outcome out;
    out.status = 200;
    return out;
}

// A look at a job has been answered (the first answer is that of the request itself). It is over,
// or looked at again later.
void World::look(Call& call, Try& t) {
    Try::Job& job = t.job;
    std::optional<Outcome> refused;
    if (job.looks > 0)
        refused = refused_look(t);
    Duration wait = job.wait;
    if (refused) {
        const bool passing = refused->cls == OutcomeClass::retry ||
                             refused->cls == OutcomeClass::failover ||
                             refused->cls == OutcomeClass::cooldown;
        if (!passing || ++job.failed_looks >= most_failed_looks) {
            t.outcome = *refused;
            t.outcome.ambiguous = true; // nobody knows what has become of it
            t.made_picture = job.on = false;
            return;
        }
        if (refused->retry_after)
            wait = std::clamp<Duration>(*refused->retry_after, wait, longest_hint);
    } else {
        job.failed_looks = 0;
        if (!job.never && now_ >= job.ready) {
            job.on = false;
            return;
        }
        if (job.looks > 0)
            job.wait = std::min<Duration>(wait * 3 / 2, longest_look_wait);
    }
    ++job.looks;
    t.has_first = t.connected = true;
    t.last_progress = now_;
    t.end = later(now_, wait);
    schedule(call, t);
}

std::optional<Outcome> World::refused_look(Try& t) {
    Provider& provider = provider_of(t);
    const chain::Dialect dialect = dialect_of(t);
    switch (provider.door) {
    case Door::open:
        break;
    case Door::no_name:
        return lost(dialect, Loss::dns, false);
    case Door::no_handshake:
        return lost(dialect, Loss::tls, false);
    case Door::refusing:
    case Door::hanging:
        return lost(dialect, Loss::refused, false);
    }
    if (plan_.rules.empty())
        return std::nullopt;
    faults::RequestFacts facts;
    facts.provider = plan_.names.targets[t.action.target.value].provider;
    facts.image = facts.follow_up = true;
    const auto hit = injector_.decide(facts, now_.time_since_epoch());
    const faults::ReplyPlan plan = faults::compose(hit, 0, provider.limits, now_);
    using Fate = faults::ReplyPlan::Fate;
    if (plan.fate == Fate::serve)
        return std::nullopt;
    if (plan.ended_by && (plan.fate == Fate::error || plan.fate == Fate::raw_error))
        return refused_by_fault(dialect, *plan.ended_by, plan.limited);
    return lost(dialect, Loss::before_reply, false);
}

void World::bill_picture(Call& call, Try& t) {
    const RunPlan::Target& target = target_of(t);
    const std::string& model = plan_.names.targets[t.action.target.value].model;
    wire::AttemptFacts facts;
    facts.succeeded = t.outcome.cls == OutcomeClass::success;
    facts.ambiguous = t.outcome.ambiguous;
    facts.asked_for_media = true;
    facts.pictures_asked = 1;
    facts.asked = wire::picture_terms({}, dialect_of(t), model);
    facts.made = made_terms(dialect_of(t), model);
    facts.input_tokens = call.input_tokens;
    // It was made; where its bytes were never read, nobody can count it.
    if (t.made_picture && !t.outcome.ambiguous) {
        facts.pictures = t.outcome.cls == OutcomeClass::success ||
                         t.outcome.cause == Cause::malformed || t.outcome.status == 403;
        facts.usage = picture_usage(dialect_of(t), model);
    }
    const wire::Bill billed = wire::bill(facts, target.price);
    t.outcome.cost = billed.cost;
    t.outcome.cost_estimated = billed.usage.estimated;
    t.outcome.input_tokens = static_cast<std::uint32_t>(billed.usage.input);
    t.outcome.output_tokens = static_cast<std::uint32_t>(billed.usage.output);
    call.cost_unknown |= !billed.known;
    change_price(t);
}

} // namespace brownout::sim
