#include "live/key_test.h"

#include "live/one_call.h"
#include "live/outgoing.h"
#include "wire/dialect.h"
#include "wire/words.h"

namespace brownout::live {
namespace {

constexpr std::size_t key_reply_kept = 4u << 20; // the longest models lists have half of it

std::string milliseconds(Duration d) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(d).count()) + " ms";
}

// What a reply that is not the list says about the key.
KeyTest judged(const wire::Classified& found, int status) {
    using engine::Cause;
    const std::string words =
        std::to_string(status) + (found.message.empty() ? "" : " " + found.message);
    switch (found.outcome.cause) {
    case Cause::bad_key:
    case Cause::blocked:
        return {false, "refused: " + words};
    case Cause::no_money: // the provider knows whose it is
        return {false, "valid, but: " + words};
    case Cause::model_missing:
        return {false, "cannot tell: " + words + ". Is the base URL right?"};
    default: // a fault, a limit, a page of some other server: the key was not the matter
        return {false, "cannot tell: " + words};
    }
}

} // namespace

KeyTest test_key(const chain::Provider& provider, const Secret& key, const std::string& base_url,
                 Duration limit) {
    const wire::Dialect* dialect = wire::dialect(provider.dialect);
    if (!dialect) {
        return {false, "this version cannot speak " +
                           std::string{chain::dialect_names[static_cast<int>(provider.dialect)]}};
    }
    wire::Endpoint endpoint;
    endpoint.dialect = provider.dialect;
    endpoint.base_url = base_url.empty() ? provider.base_url : base_url;
    endpoint.key = &key;
    endpoint.headers = provider.headers;
    endpoint.query = provider.query;

    const CallAnswer reply =
        one_call(outgoing(dialect->key_test(endpoint), provider), limit, key_reply_kept);
    if (!reply.end)
        return {false, "no answer within " + milliseconds(limit)};
    if (reply.status == 0) {
        return {false, wire::mask_exact("cannot reach " + endpoint.base_url + ": " + reply.detail,
                                        key.reveal())};
    }
    if (dialect->takes_key(reply.status, reply.body)) {
        const std::string facts = dialect->key_facts(reply.body);
        return {true, "valid, " + milliseconds(reply.took) +
                          (facts.empty() ? "" : ": " + wire::mask_exact(facts, key.reveal()))};
    }
    wire::ReplyFacts facts;
    facts.dialect = provider.dialect;
    facts.vendor = provider.id;
    facts.status = reply.status;
    facts.headers = &reply.headers;
    facts.body = reply.body;
    facts.request_sent = true;
    facts.key = key.reveal();
    return judged(wire::classify(facts), reply.status);
}

} // namespace brownout::live
