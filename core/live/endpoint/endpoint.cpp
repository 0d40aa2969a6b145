#include "live/endpoint/endpoint.h"

#include "base/url.h"
#include "live/endpoint/answer_headers.h"
#include "live/endpoint/endpoint_call.h"
#include "live/endpoint/event_feed.h"
#include "live/endpoint/media_jobs.h"
#include "wire/anthropic_beta.h"
#include "wire/request_parts.h"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace brownout::live {

namespace {

net::ServerLimits limits() {
    net::ServerLimits limits;
    limits.body_bytes = 32u << 20;
    limits.unsent_bytes = 32u << 20;
    limits.all_bodies_bytes = 256u << 20;
    return limits;
}

// Routes of the second kind want the token even on loopback.
struct Route {
    enum class What {
        chat,
        pictures,
        messages,
        jobs,
        media,
        models,
        metrics,
        health,
        events,
        faults
    };
    What what = What::chat;
    bool control = false;
    std::string_view method = "POST";
};
std::optional<Route> route_of(std::string_view path) {
    using What = Route::What;
    if (path == "/v1/chat/completions")
        return Route{What::chat};
    if (path == "/v1/images/generations")
        return Route{What::pictures};
    if (path == "/v1/messages")
        return Route{What::messages};
    if (MediaJobs::caller(path))
        return Route{What::jobs, false, ""};
    if (path.starts_with("/media/"))
        return Route{What::media, false, "GET"};
    if (path == "/v1/models" || path.starts_with("/v1/models/"))
        return Route{What::models, false, "GET"};
    if (path == "/metrics")
        return Route{What::metrics, false, "GET"};
    if (path == "/healthz")
        return Route{What::health, false, "GET"};
    if (path == "/events")
        return Route{What::events, true, "GET"};
    if (path == "/faults")
        return Route{What::faults, true, ""};
    return std::nullopt;
}

const wire::Caller& caller_of(std::string_view path) {
    if (path.starts_with("/v1/messages"))
        return wire::anthropic_caller();
    return path.starts_with("/v1/images") ? wire::openai_images_caller()
                                          : wire::openai_chat_caller();
}

bool is_target(const chain::Document& document, const std::string& name) {
    return std::any_of(document.chains.begin(), document.chains.end(), [&](const auto& chain) {
        return std::any_of(chain.targets.begin(), chain.targets.end(), [&](const auto& target) {
            return target.enabled && target.name() == name;
        });
    });
}

// An error in the dialect of whoever asks on this path.
net::HttpServer::Refusal in_words_of(std::string_view path, const wire::CallerError& error) {
    const wire::MediaCaller* const media = MediaJobs::caller(path);
    if (!media)
        return {"application/json", caller_of(path).error(error, "")};
    const wire::MediaAnswer answer = media->error(error);
    return {std::string{wire::header(answer.headers, "Content-Type").value_or("application/json")},
            answer.body};
}

// What the HTTP layer refuses before there is a request.
net::HttpServer::Refusal unread(int status, std::string_view target) {
    wire::CallerError error{status, "bad_http", "this is no HTTP/1.1 request"};
    if (status == 413) {
        error.code = "request_too_large";
        error.message = "the body is larger than 32 MiB";
    } else if (status == 431) {
        error.code = "headers_too_large";
        error.message = "the headers are larger than 64 KiB";
    } else if (status == 408) {
        error.code = "request_timeout";
        error.message = "the request did not come in time: its headers and its body have " +
                        std::to_string(limits().header_timeout / std::chrono::seconds{1}) + " s";
        error.retry_helps = true;
    } else if (status == 503) {
        error.code = "too_busy";
        error.message = "the requests that are being answered hold 256 MiB: send it again later";
        error.retry_helps = true;
    }
    return in_words_of(net::path_of(target), error);
}

} // namespace

struct Endpoint::Impl : std::enable_shared_from_this<Impl> {
    Impl(boost::asio::io_context& l, const Clock& c, EndpointHost& h, EndpointOptions o)
        : loop(l),
          clock(c),
          host(h),
          options(std::move(o)),
          rules{options.host, options.token.empty() ? new_token() : options.token},
          feed(l),
          jobs(l, c, h),
          server(std::make_unique<net::HttpServer>(
              l, [this](net::ExchangePtr exchange) { on_request(std::move(exchange)); },
              limits())) {
        server->set_refusal(unread);
        server->set_head_filter([this](const net::ServerRequest& head) {
            const auto route = route_of(head.path());
            return route && !refusal(head, rules, route->control);
        });
    }

    void on_request(net::ExchangePtr exchange);
    void serve(net::ExchangePtr exchange, const Route& route);
    void answer_call(net::ExchangePtr exchange, const wire::Caller& caller);
    void models(net::Exchange& exchange) const;
    void faults(net::Exchange& exchange);
    void ended(EndpointCall& call);
    void refuse(net::Exchange& exchange, const wire::CallerError& error) const;
    void json(net::Exchange& exchange, int status, const chain::Json& body) const;
    net::Headers headers_for(const net::Exchange& exchange, const char* type) const;

    boost::asio::io_context& loop;
    const Clock& clock;
    EndpointHost& host;
    const EndpointOptions options;
    const GuardRules rules;
    EventFeed feed;
    MediaJobs jobs;
    std::set<std::unique_ptr<EndpointCall>, std::less<>> calls;
    std::uint64_t requests = 0;
    std::unique_ptr<net::HttpServer> server;
};

net::Headers Endpoint::Impl::headers_for(const net::Exchange& exchange, const char* type) const {
    net::Headers all{{"Content-Type", type}};
    if (const auto origin = welcome_origin(exchange.request()); !origin.empty())
        all.emplace_back("Access-Control-Allow-Origin", wire::header_value(origin));
    return all;
}

void Endpoint::Impl::json(net::Exchange& exchange, int status, const chain::Json& body) const {
    exchange.reply(status, headers_for(exchange, "application/json"), wire::body_text(body));
}

void Endpoint::Impl::refuse(net::Exchange& exchange, const wire::CallerError& error) const {
    const net::HttpServer::Refusal told = in_words_of(exchange.request().path(), error);
    net::Headers all = headers_for(exchange, told.content_type.c_str());
    tell_retry(all, error);
    exchange.reply(error.status, all, told.body);
}

void Endpoint::Impl::on_request(net::ExchangePtr exchange) {
    const net::ServerRequest& request = exchange->request();
    const auto route = route_of(request.path());
    if (request.method == "OPTIONS" && route && !welcome_origin(request).empty()) {
        net::Headers all = headers_for(*exchange, "text/plain");
        all.emplace_back("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE");
        all.emplace_back("Access-Control-Allow-Headers",
                         wire::header_value(request.header("Access-Control-Request-Headers")));
        return exchange->reply(204, all, "");
    }
    if (const auto refused = refusal(request, rules, route && route->control))
        return refuse(*exchange, {refused->status, refused->code, refused->message});
    if (!route)
        return refuse(*exchange,
                      {404, "not_found",
                       "there is no route " + request.method + " " + std::string{request.path()}});
    if (!route->method.empty() && request.method != route->method)
        return refuse(*exchange, {405, "method_not_allowed",
                                  "this route takes " + std::string{route->method}});
    serve(std::move(exchange), *route);
}

void Endpoint::Impl::serve(net::ExchangePtr exchange, const Route& route) {
    using What = Route::What;
    switch (route.what) {
    case What::chat:
    case What::pictures:
    case What::messages: {
        const wire::Caller& caller = caller_of(exchange->request().path());
        return answer_call(std::move(exchange), caller);
    }
    case What::jobs:
        ++requests;
        return jobs.serve(exchange, *MediaJobs::caller(exchange->request().path()));
    case What::media:
        return jobs.fetch(*exchange);
    case What::models:
        return models(*exchange);
    case What::metrics:
        return exchange->reply(200,
                               headers_for(*exchange, "text/plain; version=0.0.4; charset=utf-8"),
                               host.metrics_text());
    case What::health:
        return json(*exchange, host.serving_driver("") ? 200 : 503,
                    {{"status", host.serving_driver("") ? "ok" : "no chain is loaded"},
                     {"running", calls.size()}});
    case What::events:
        feed.add(std::move(exchange));
        return host.listener_came();
    case What::faults:
        return faults(*exchange);
    }
}

void Endpoint::Impl::answer_call(net::ExchangePtr exchange, const wire::Caller& caller) {
    ++requests;
    auto request = caller.read(exchange->request().body);
    if (!request)
        return refuse(*exchange, request.error());
    if (&caller == &wire::anthropic_caller())
        wire::read_beta(exchange->request().headers, *request);
    if (!host.serving_driver(""))
        return refuse(*exchange, {503, "no_chain", "no chain is loaded", "", std::nullopt, true});
    const auto picked = pick_chain(host.served_document(), request->model);
    if (!picked)
        return refuse(*exchange, picked.error());
    auto call =
        std::make_unique<EndpointCall>(loop, clock, std::move(exchange), caller,
                                       std::move(*request), [this](EndpointCall& c) { ended(c); });
    EndpointCall& started = **calls.insert(std::move(call)).first;
    started.start(*host.serving_driver(picked->chain->id), *picked);
}

// Not at once: it is still on the stack.
void Endpoint::Impl::ended(EndpointCall& call) {
    boost::asio::post(loop, [self = shared_from_this(), &call] {
        const auto found = std::find_if(self->calls.begin(), self->calls.end(),
                                        [&](const auto& c) { return c.get() == &call; });
        if (found != self->calls.end())
            self->calls.erase(found);
    });
}

void Endpoint::Impl::models(net::Exchange& exchange) const {
    EndpointHost& asked = host;
    if (!asked.serving_driver(""))
        return refuse(exchange, {503, "no_chain", "no chain is loaded", "", std::nullopt, true});
    const auto entry = [&](const std::string& name) {
        return chain::Json{{"id", name},
                           {"object", "model"},
                           {"created", clock.unix_s(Instant{})},
                           {"owned_by", "brownout"}};
    };
    const std::vector<std::string> names = model_names(asked.served_document());
    constexpr std::string_view one = "/v1/models/";
    const std::string_view path = exchange.request().path();
    if (path.starts_with(one)) {
        const std::string name = percent_decoded(path.substr(one.size()));
        if (std::find(names.begin(), names.end(), name) == names.end() &&
            !is_target(asked.served_document(), name))
            return refuse(exchange, {404, "model_not_found",
                                     "no chain, task or target is called \"" + name + "\""});
        return json(exchange, 200, entry(name));
    }
    chain::Json all = chain::Json::array();
    for (const std::string& name : names)
        all.push_back(entry(name));
    json(exchange, 200, {{"object", "list"}, {"data", std::move(all)}});
}

void Endpoint::Impl::faults(net::Exchange& exchange) {
    const FaultAnswer answer = switch_faults(host, exchange.request());
    json(exchange, answer.status, answer.body);
}

Endpoint::Endpoint(boost::asio::io_context& loop, const Clock& clock, EndpointHost& host,
                   EndpointOptions options)
    : impl_(std::make_shared<Impl>(loop, clock, host, std::move(options))) {}

Endpoint::~Endpoint() {
    impl_->feed.close();
    impl_->calls.clear();
    impl_->server.reset();
}

std::optional<std::string> Endpoint::listen() {
    return impl_->server->listen(impl_->options.host, impl_->options.port);
}

std::string Endpoint::url() const {
    const std::string& host = impl_->options.host;
    const bool v6 = host.find(':') != std::string::npos;
    return "http://" + (v6 ? "[" + host + "]" : host) + ":" + std::to_string(impl_->server->port());
}

const std::string& Endpoint::token() const {
    return impl_->rules.token;
}

void Endpoint::stop_taking() {
    impl_->feed.close();
    impl_->server->refuse();
}

void Endpoint::cancel_all() {
    for (const auto& call : impl_->calls)
        call->cancel();
    impl_->jobs.cancel_all();
}

std::size_t Endpoint::running() const {
    return impl_->calls.size() + impl_->jobs.running();
}

bool Endpoint::quiet() const {
    return running() == 0 && impl_->server->connections() == 0;
}

std::size_t Endpoint::streams() const {
    return static_cast<std::size_t>(
        std::count_if(impl_->calls.begin(), impl_->calls.end(),
                      [](const auto& call) { return call->streams(); }));
}

std::uint64_t Endpoint::requests() const {
    return impl_->requests;
}

void Endpoint::tell(const record::EventText& event) {
    impl_->feed.tell(event);
}

bool Endpoint::heard() const {
    return impl_->feed.heard();
}

} // namespace brownout::live
