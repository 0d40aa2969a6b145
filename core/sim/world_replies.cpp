// The instants of a reply that is served: tokens, pauses, and how it ends.
#include "sim/ends.h"
#include "sim/world.h"

#include <algorithm>
#include <cmath>

namespace brownout::sim {
namespace {

const engine::Outcome& success() {
    static const engine::Outcome out = [] {
        engine::Outcome o;
        o.status = 200;
        return o;
    }();
    return out;
}

std::optional<Loss> loss_of(faults::Stop::Why why) {
    using Why = faults::Stop::Why;
    switch (why) {
    case Why::complete:
        return std::nullopt;
    case Why::error_event:
        return Loss::error_event;
    case Why::bad_event:
        return Loss::unreadable;
    case Why::cut:
        break;
    }
    return Loss::cut;
}

} // namespace

WireSize World::wire_size_of(const Try& t) const {
    return wire_size(dialect_of(t), plan_.names.targets[t.action.target.value].model.size());
}

// The time of `count` gaps between tokens.
Duration World::gaps(Try& t, std::int64_t count) {
    const double more = t.has_plan ? t.plan.more_per_token_ms : 0;
    const auto n = static_cast<double>(count);
    double ms = provider_of(t).model.gaps_ms(count, t.draws.timing);
    ms = ms * t.draws.factor + n * more;
    const bool narrow = t.streams && t.has_plan && t.plan.bytes_per_s > 0;
    if (narrow)
        ms = std::max(ms, n * 1e3 * wire_size_of(t).event / t.plan.bytes_per_s);
    return from_ms(ms);
}

void World::serve_whole(Try& t, Instant first) {
    const chain::Dialect dialect = dialect_of(t);
    t.at_end = static_cast<std::uint32_t>(t.tokens);
    if (!t.has_plan) {
        const Duration rest =
            t.gaps_ms < 0 ? gaps(t, t.tokens) : from_ms(t.gaps_ms * t.draws.factor);
        return end_at(t, later(first, rest), success());
    }
    const faults::ReplyPlan& plan = t.plan;
    Instant at = later(first, plan.more_before_first);
    const Duration alive = plan.keep_alives.value_or(Duration::zero());
    const Instant alive_until = later(at, alive);
    at = later(at, gaps(t, std::min<std::int64_t>(t.tokens, plan.cut_after.value_or(t.tokens))));
    for (const auto& stall : plan.stalls) {
        if (stall.after_tokens > t.tokens)
            continue;
        if (stall.pause >= longest_wait)
            return; // until the peer gives up
        at = later(at, stall.pause);
    }
    if (alive >= longest_wait)
        return;
    at = std::max(at, alive_until);
    if (plan.bytes_per_s > 0) {
        const WireSize size = wire_size_of(t);
        const double bytes = size.whole + size.token * static_cast<double>(t.tokens);
        at = later(at, from_seconds(bytes / plan.bytes_per_s));
    }
    using Instead = faults::Spoiling::Instead;
    const faults::Spoiling& bytes = plan.spoiling;
    const bool readable_but_for_its_answer =
        bytes.instead == Instead::nothing && !plan.bad_event_at && !(bytes.keep && *bytes.keep < 1);
    const bool unreadable =
        !readable_but_for_its_answer || drops_the_answer(dialect, bytes.dropped);
    std::optional<Loss> loss;
    if (bytes.instead == Instead::garbage || (plan.cut_after && *plan.cut_after <= t.tokens) ||
        bytes.wrong_length)
        loss = Loss::cut;
    else if (unreadable)
        loss = Loss::unreadable;
    else if (plan.error_after)
        loss = Loss::error_event;
    if (loss) {
        // Nothing of it was read, but what it says of its own cost.
        t.usage_read = loss == Loss::unreadable && tells_usage(t) && readable_but_for_its_answer;
        t.at_end = t.usage_read ? t.at_end : 0;
        return end_at(t, at, lost(dialect, *loss, false));
    }
    if (plan.closes)
        at = later(at, *plan.closes);
    end_at(t, at, success());
}

void World::serve_stream(Call& call, Try& t, Instant first) {
    const chain::Dialect dialect = dialect_of(t);
    const std::uint32_t commit = plan_.chains[call.chain.value].commit_tokens;
    static const faults::ReplyPlan nothing;
    const faults::ReplyPlan& plan = t.has_plan ? t.plan : nothing;
    using Instead = faults::Spoiling::Instead;
    if (plan.spoiling.instead != Instead::nothing)
        return end_at(t, first,
                      lost(dialect,
                           plan.spoiling.instead == Instead::html ? Loss::unreadable : Loss::cut,
                           false));
    Instant at = first;
    if (plan.keep_alives) {
        connect(call, t);
        if (*plan.keep_alives >= longest_wait)
            return;
        at = later(at, *plan.keep_alives);
    }
    at = later(at, plan.more_before_first);

    WireSize size; // where it takes time
    if (plan.bytes_per_s > 0)
        size = wire_size_of(t);
    const auto passes = [&](double bytes) {
        if (bytes > 0)
            at = later(at, from_seconds(bytes / plan.bytes_per_s));
    };
    passes(size.head + size.event);
    const bool mute = drops_the_answer(dialect, plan.spoiling.dropped);
    const auto [stop, why] = faults::where_it_stops(plan, t.tokens);
    std::optional<Loss> loss = loss_of(why);
    if (mute && !loss)
        loss = Loss::cut;

    std::int64_t sent = 0;
    const auto mark = [&] {
        if (!mute && (t.points.empty() || t.points.back().tokens != sent))
            t.points.push_back({at, static_cast<std::uint32_t>(sent)});
    };
    const auto go_to = [&](std::int64_t tokens) { // from here on, without a pause
        if (tokens <= sent)
            return;
        if (sent == 0) {
            sent = 1;
            mark();
        }
        if (commit > 1 && sent < commit && commit < tokens) {
            at = later(at, gaps(t, commit - sent));
            sent = commit;
            mark();
        }
        if (tokens > sent)
            at = later(at, gaps(t, tokens - sent));
        sent = tokens;
    };
    for (const auto& stall : plan.stalls) {
        if (stall.after_tokens > stop)
            break;
        go_to(stall.after_tokens);
        if (sent > 0)
            mark();
        if (stall.pause >= longest_wait)
            return; // silence until the peer gives up
        at = later(at, stall.pause);
        if (sent > 0 && sent < stop) {
            at = later(at, gaps(t, 1));
            ++sent;
            mark();
        }
    }
    // Single gaps that may be long enough to break a limit are drawn one by one.
    const TokenTimes& times = provider_of(t).model.tokens();
    const double longest = times.longest * t.draws.factor + plan.more_per_token_ms;
    if (from_ms(longest) >= t.action.stall / 2)
        while (sent < stop) {
            if (sent > 0)
                at = later(at, gaps(t, 1));
            ++sent;
            mark();
        }
    go_to(stop);
    if (loss && sent > 0 && stop < t.tokens)
        at = later(at, gaps(t, 1)); // found when the next token was due
    if (!loss)
        passes(size.tail);
    t.usage_read = mute && stop == t.tokens && tells_usage(t); // all of it came, but its answer
    t.at_end = mute && !t.usage_read ? 0 : static_cast<std::uint32_t>(sent);
    end_at(t, at, loss ? lost(dialect, *loss, !mute && sent > 0) : success());
}

} // namespace brownout::sim
