#include "live/health_checks.h"

#include "live/attempt_message.h"
#include "live/models_reader.h"
#include "live/outgoing.h"
#include "wire/billing.h"
#include "wire/usage.h"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace brownout::live {
namespace {

constexpr std::uint32_t prompt_tokens = 16; // estimate of what a prompt uses, answer included

wire::ChatRequest prompt() {
    wire::ChatRequest request;
    request.messages.push_back({wire::Role::user, "Hi"});
    request.max_tokens = 1;
    return request;
}

} // namespace

HealthChecks::HealthChecks(boost::asio::io_context& loop, net::HttpClient& http, Host host)
    : loop_(loop), http_(http), host_(std::move(host)) {}

HealthChecks::~HealthChecks() {
    alive_.reset();
}

void HealthChecks::start(std::vector<Where> targets) {
    where_ = std::move(targets);
    for (std::size_t i = 0; i < where_.size(); ++i) {
        const chain::Provider& provider = *where_[i].provider;
        if (!provider.health_check || !where_[i].dialect)
            continue;
        auto known = std::find_if(providers_.begin(), providers_.end(),
                                  [&](const Provider& p) { return p.id == provider.id; });
        if (known == providers_.end()) {
            known = providers_.emplace(providers_.end());
            known->id = provider.id;
            known->every = from_seconds(provider.health_check->every_s);
            known->by_prompt = provider.health_check->by_prompt;
            known->timer = std::make_unique<boost::asio::steady_timer>(loop_);
        }
        known->targets.push_back(engine::TargetId{static_cast<std::uint16_t>(i)});
    }
    for (std::size_t p = 0; p < providers_.size(); ++p)
        arm(p);
}

void HealthChecks::stop() {
    stopped_ = true;
    for (const Provider& provider : providers_)
        provider.timer->cancel();
}

void HealthChecks::arm(std::size_t p) {
    providers_[p].timer->expires_after(providers_[p].every);
    providers_[p].timer->async_wait(
        [this, p, still = std::weak_ptr<int>{alive_}](const boost::system::error_code& error) {
            if (error || still.expired() || stopped_)
                return;
            arm(p);
            run(providers_[p]);
        });
}

// A prompt whose price is not known is no good where a cap must hold.
bool HealthChecks::skips(const Provider& provider, engine::TargetId target,
                         std::optional<Money> cost) {
    const Where& where = where_[target.value];
    if (!provider.by_prompt || cost || !where.capped || where.provider->simulated())
        return false;
    if (skipped_.insert(target).second)
        host_.skipped(where.name, "a prompt's price is not known, and unknown fits under no cap");
    return true;
}

void HealthChecks::run(const Provider& provider) {
    Running* list = nullptr; // the models list that the provider's targets share
    std::optional<engine::KeyIndex> list_key;
    for (const engine::TargetId target : provider.targets) {
        const Where& where = where_[target.value];
        engine::CheckDue due;
        due.target = target;
        due.shares = list_key;
        if (provider.by_prompt) {
            due.tokens = prompt_tokens;
            wire::Usage usage;
            usage.input = prompt_tokens - 1;
            usage.output = 1;
            const auto cost = where.price ? wire::cost_of(usage, *where.price) : std::nullopt;
            if (skips(provider, target, cost))
                continue;
            due.cost = cost.value_or(Money{});
        }
        const auto key = host_.due(due);
        if (!key)
            continue;
        if (list) {
            list->targets.push_back(target);
            continue;
        }
        const std::uint64_t id = ++last_;
        Running& check = running_[id];
        check.targets.push_back(target);
        check.started = host_.now();
        check.by_prompt = provider.by_prompt;
        if (!provider.by_prompt) {
            list = &check;
            list_key = key;
        }
        send(id, check, *key, std::min(limit, provider.every));
    }
}

void HealthChecks::send(std::uint64_t id, Running& check, engine::KeyIndex key, Duration at_most) {
    const Where& where = where_[check.targets.front().value];
    engine::StartAttempt action;
    action.target = check.targets.front();
    action.key = key;
    check.attempt = std::make_unique<Attempt>(*this, http_, loop_, host_.unix_now(), action, id);
    const std::optional<wire::Endpoint> endpoint = where.endpoint(key);
    if (!endpoint) {
        engine::Outcome outcome;
        outcome.cls = engine::OutcomeClass::reroute; // says nothing about its health
        outcome.cause = engine::Cause::unavailable;
        check.attempt->fail(outcome, "there is nobody to ask");
        return attempt_ended(*check.attempt);
    }
    net::Request request =
        outgoing(check.by_prompt ? wire::HttpRequest{where.dialect->encode(prompt(), *endpoint)}
                                 : where.dialect->key_test(*endpoint),
                 *where.provider);
    std::unique_ptr<wire::ReplyReader> reader;
    if (check.by_prompt)
        reader = where.dialect->reader(false, *endpoint);
    else
        reader = models_reader(*where.dialect, *where.provider, endpoint->key);
    check.timer = std::make_unique<boost::asio::steady_timer>(loop_, at_most);
    check.timer->async_wait(
        [this, id, still = std::weak_ptr<int>{alive_}](const boost::system::error_code& error) {
            if (!error && !still.expired())
                conclude(id, true);
        });
    if (const auto front = where.front ? where.front() : std::nullopt)
        check.attempt->by_way_of(*front, where.provider->base_url);
    check.attempt->send(std::move(request), std::move(reader), Attempt::Kind::whole);
}

void HealthChecks::later(std::function<void()> act) {
    boost::asio::post(loop_, [act = std::move(act), still = std::weak_ptr<int>{alive_}] {
        if (!still.expired())
            act();
    });
}

void HealthChecks::attempt_ended(Attempt& attempt) {
    later([this, id = attempt.call()] { conclude(id, false); });
}

void HealthChecks::conclude(std::uint64_t id, bool timed_out) {
    const auto found = running_.find(id);
    if (found == running_.end())
        return;
    Running check = std::move(found->second);
    running_.erase(found);
    check.attempt->cancel();
    record::AttemptRecord record;
    record.finished = true;
    record.started = check.started;
    record.ended = host_.now();
    const wire::ReplyReader::End* end = check.attempt->end();
    wire::AttemptFacts facts;
    if (end && !timed_out) {
        record.outcome = end->outcome;
        record.code = end->code;
        facts.usage = end->reply.usage;
        facts.succeeded = end->outcome.cls == engine::OutcomeClass::success;
    } else {
        record.outcome.cls = engine::OutcomeClass::failover;
        record.outcome.cause = engine::Cause::first_token_timeout;
        record.outcome.ambiguous = check.attempt->connected();
        record.outcome.counts_for_breaker = true;
    }
    if (check.by_prompt) {
        facts.ambiguous = record.outcome.ambiguous;
        facts.input_tokens = prompt_tokens - 1;
        facts.tokens_seen = check.attempt->tokens_seen();
        const wire::Bill billed = wire::bill(facts, where_[check.targets.front().value].price);
        record.outcome.cost = billed.cost;
        record.outcome.cost_estimated = billed.usage.estimated;
        record.cost_unknown = !billed.known;
        record.outcome.input_tokens = static_cast<std::uint32_t>(billed.usage.input);
        record.outcome.output_tokens = static_cast<std::uint32_t>(billed.usage.output);
    }
    if (!facts.succeeded)
        record.message =
            attempt_message({record.outcome, record.code, end ? end->message : "", 0,
                             record.ended - record.started, check.attempt->not_sent()});
    for (const engine::TargetId target : check.targets) {
        record.target = where_[target.value].name;
        record.provider = where_[target.value].provider->id;
        host_.checked({target, record.outcome}, record);
    }
}

} // namespace brownout::live
