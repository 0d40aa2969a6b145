#include "live/endpoint/pick_chain.h"

#include <algorithm>
#include <tuple>

namespace brownout::live {

tl::expected<PickedChain, wire::CallerError> pick_chain(const chain::Document& document,
                                                        const std::string& model) {
    if (model.empty() || model == "auto")
        return PickedChain{document.chain_or_default(""), ""};
    for (const chain::Chain& chain : document.chains)
        if (chain.id == model)
            return PickedChain{&chain, ""};
    for (const chain::Chain& chain : document.chains)
        if (chain.task == model)
            return PickedChain{&chain, ""};
    for (const chain::Chain& chain : document.chains)
        for (const chain::Target& target : chain.targets)
            if (target.enabled && (target.model == model || target.name() == model))
                return PickedChain{&chain, target.name()};
    if (!document.unknown_model_is_error)
        return PickedChain{document.chain_or_default(""), ""};
    std::string known;
    for (const std::string& name : model_names(document))
        known += (known.empty() ? "" : ", ") + name;
    return tl::unexpected(wire::CallerError{404, "model_not_found",
                                            "no chain, task or target is called \"" + model +
                                                "\"; there are " + known,
                                            "model", std::nullopt, false});
}

std::vector<std::string> model_names(const chain::Document& document) {
    std::vector<std::string> names{"auto"};
    const auto add = [&](const std::string& name) {
        if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end())
            names.push_back(name);
    };
    for (const chain::Chain& chain : document.chains)
        add(chain.id);
    for (const chain::Chain& chain : document.chains)
        add(chain.task);
    for (const chain::Chain& chain : document.chains)
        for (const chain::Target& target : chain.targets)
            if (target.enabled)
                add(target.model);
    return names;
}

namespace {

using engine::Cause;

bool timed_out(Cause cause) {
    return cause == Cause::connect_timeout || cause == Cause::first_token_timeout ||
           cause == Cause::stall_timeout || cause == Cause::attempt_timeout ||
           cause == Cause::total_deadline;
}

bool of_the_account(Cause cause) {
    return cause == Cause::bad_key || cause == Cause::no_money || cause == Cause::blocked;
}

wire::CallerError rejected(const record::RequestRecord& request) {
    wire::CallerError error;
    error.message = request.error;
    error.status = 400;
    error.code = "invalid_request";
    if (request.attempts.empty())
        return error;
    const record::AttemptRecord& last = request.attempts.back();
    const int status = last.outcome.status;
    if (last.outcome.cause == Cause::context_exceeded)
        error.code = "context_length_exceeded";
    else if (last.outcome.cause == Cause::moderation)
        error.code = "content_policy_violation";
    else if (last.outcome.cause == Cause::unsupported)
        error.code = "unsupported";
    else if (last.outcome.cause == Cause::model_missing)
        error.code = "model_not_found";
    else if (!last.code.empty())
        error.code = last.code;
    // The provider's own word for the caller's fault; a key is ours, never the caller's.
    if (status == 404 || status == 413 || status == 415 || status == 422)
        error.status = status;
    return error;
}

// By a cap, or because no target of the chain can do what was asked: asking again is no help.
wire::CallerError refused(const record::RequestRecord& request, wire::CallerError error) {
    error.status = 402;
    error.code = "budget_exceeded";
    if (request.refused_for == Cause::unsupported)
        std::tie(error.status, error.code) = std::pair{400, "unsupported"};
    if (request.refused_for == Cause::context_exceeded)
        std::tie(error.status, error.code) = std::pair{400, "context_length_exceeded"};
    return error;
}

std::optional<Duration> told_wait(const record::RequestRecord& request) {
    std::optional<Duration> least;
    for (const record::AttemptRecord& attempt : request.attempts)
        if (attempt.outcome.retry_after && (!least || *attempt.outcome.retry_after < *least))
            least = attempt.outcome.retry_after;
    return least;
}

} // namespace

wire::CallerError error_of(const record::RequestRecord& request, std::optional<Duration> soonest) {
    using engine::CallResult;
    if (request.result == CallResult::rejected)
        return rejected(request);
    wire::CallerError error;
    error.message = request.error.empty() ? "no target answered" : request.error;
    if (request.result == CallResult::refused && request.refused_for != Cause::unavailable)
        return refused(request, std::move(error));
    const auto every = [&](auto holds) {
        return !request.attempts.empty() &&
               std::all_of(request.attempts.begin(), request.attempts.end(), holds);
    };
    // None can do it, and none is broken: the caller is told what the last one said.
    if (every([](const auto& a) { return a.outcome.cls == engine::OutcomeClass::reroute; }))
        return rejected(request);
    error.retry_helps = true;
    error.retry_after = soonest ? soonest : told_wait(request);
    if (every([](const auto& a) { return a.outcome.cause == Cause::rate_limited; })) {
        error.status = 429;
        error.code = "rate_limited";
    } else if (every([](const auto& a) { return of_the_account(a.outcome.cause); })) {
        error.status = 502;
        error.code = "no_usable_account";
        error.retry_helps = false;
    } else if (every([](const auto& a) { return timed_out(a.outcome.cause); })) {
        error.status = 504;
        error.code = "timed_out";
    } else {
        error.status = 503;
        error.code = request.attempts.empty() ? "no_target_available" : "all_targets_failed";
    }
    return error;
}

} // namespace brownout::live
