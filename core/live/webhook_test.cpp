#include "live/webhook_test.h"

#include "base/url.h"
#include "live/one_call.h"
#include "live/webhook.h"
#include "live/wire_log.h"
#include "record/event_log.h"
#include "wire/words.h"

#include <algorithm>

namespace brownout::live {

namespace {

constexpr std::size_t words_bytes = 200; // of what a receiver says

// What a receiver says, with every part of its address hidden that may be what lets callers in.
std::string receiver_words(const CallAnswer& answer, const std::string& url) {
    std::string text = answer.body;
    const auto scheme = url.find("://");
    std::string_view rest = std::string_view(url).substr(scheme == url.npos ? 0 : scheme + 3);
    rest.remove_prefix(std::min(rest.size(), rest.find_first_of("/?#")));
    for (std::size_t shortest = 8; !rest.empty();) { // shorter parts of a path are words
        if (rest.front() == '?')
            shortest = 1;
        rest.remove_prefix(1);
        const std::string_view part = rest.substr(0, rest.find_first_of("/?#&="));
        if (part.size() >= shortest)
            text = wire::mask_exact(text, part);
        rest.remove_prefix(part.size());
    }
    for (const auto& [name, value] : answer.headers)
        if (wire::lower(name) == "content-type" && value.find("html") != value.npos)
            return {}; // a page for a browser
    return wire::one_line(text, words_bytes);
}

} // namespace

WebhookTest test_webhook(Hook hook, const std::string& url, const chain::Json& body,
                         Duration limit) {
    // Another one each time: a receiver that keeps the keys it has seen takes every test.
    const std::string key =
        "test-" + std::to_string(std::chrono::system_clock::now().time_since_epoch().count());
    const CallAnswer answer =
        one_call(webhook_request(url, name(hook), key,
                                 body.dump(-1, ' ', false, chain::Json::error_handler_t::replace)),
                 limit, 16u << 10);
    const std::string host = authority_of(url);
    if (!answer.end && answer.status == 0)
        return {false, host + " did not answer within " +
                           std::to_string(
                               std::chrono::duration_cast<std::chrono::seconds>(limit).count()) +
                           " s"};
    if (answer.status == 0)
        return {false, "cannot reach " + host + ": " + words_for(*answer.end)};
    const bool taken = answer.status >= 200 && answer.status < 300;
    const std::string words = receiver_words(answer, url);
    return {taken, std::string{taken ? "taken" : "not taken"} + ": HTTP " +
                       std::to_string(answer.status) + " after " +
                       std::to_string(answer.took.count()) + " ms" +
                       (words.empty() ? "" : ": " + words)};
}

chain::Json sample_call(Hook hook, const chain::Document& document, const std::string& ts) {
    struct Side {
        std::string target = "provider/model", url;
    };
    Side from, to;
    const chain::Chain* chain = document.chain_or_default({});
    const auto side = [&](std::size_t place) {
        Side out;
        if (!chain || chain->targets.empty())
            return out;
        const chain::Target& t = chain->targets[std::min(place, chain->targets.size() - 1)];
        out.target = t.name();
        if (const chain::Provider* provider = document.provider(t.provider))
            out.url = told_address(provider->base_url);
        return out;
    };
    from = side(0);
    to = side(1);
    if (hook == Hook::on_failover)
        return {{"request", "r-test"}, {"from", from.target},
                {"to", to.target},     {"from_url", from.url},
                {"to_url", to.url},    {"status", 503},
                {"code", "test"},      {"why", "a test call from Brownout: nothing has failed"},
                {"test", true}};
    record::AlertRecord alert;
    alert.target = from.target;
    alert.above = chain::default_alert().above;
    alert.for_s = chain::default_alert().for_s;
    alert.value = 1;
    alert.text = "a test call from Brownout: nothing has failed";
    chain::Json body{{"event", "alert_raised"}, {"ts", ts}, {"chain", document.name}};
    body.update(record::fields_of(alert));
    body["test"] = true;
    return body;
}

} // namespace brownout::live
