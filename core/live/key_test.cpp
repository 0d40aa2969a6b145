#include "live/key_test.h"

#include "live/outgoing.h"
#include "wire/dialect.h"
#include "wire/words.h"

#include <boost/asio/steady_timer.hpp>

#include <algorithm>

namespace brownout::live {
namespace {

class Reply : public net::Handler {
  public:
    Reply(boost::asio::io_context& loop) : loop_(loop) {}
    void on_connected() override {}
    void on_head(int code, const net::Headers& h) override {
        status = code;
        headers = h;
    }
    void on_bytes(std::string_view bytes) override {
        constexpr std::size_t enough = 4u << 20; // the longest models lists have half of it
        body.append(bytes.substr(0, enough - std::min(enough, body.size())));
    }
    void on_end(net::End how, bool, const std::string& text) override {
        end = how;
        detail = text;
        loop_.stop();
    }
    int status = 0;
    net::Headers headers;
    std::string body, detail;
    std::optional<net::End> end;

  private:
    boost::asio::io_context& loop_;
};

std::string milliseconds(std::chrono::steady_clock::duration d) {
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

    boost::asio::io_context loop;
    net::HttpClient http(loop);
    Reply reply(loop);
    boost::asio::steady_timer timer(loop, limit);
    timer.async_wait([&](const boost::system::error_code& error) {
        if (!error)
            loop.stop();
    });
    const auto began = std::chrono::steady_clock::now();
    http.start(outgoing(dialect->key_test(endpoint), provider), reply);
    loop.run();
    const auto took = std::chrono::steady_clock::now() - began;

    if (!reply.end)
        return {false, "no answer within " + milliseconds(limit)};
    if (reply.status == 0) {
        return {false, wire::mask_exact("cannot reach " + endpoint.base_url + ": " + reply.detail,
                                        key.reveal())};
    }
    if (dialect->takes_key(reply.status, reply.body)) {
        const std::string facts = dialect->key_facts(reply.body);
        return {true, "valid, " + milliseconds(took) +
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
