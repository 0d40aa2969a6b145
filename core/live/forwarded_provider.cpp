#include "live/forwarded_provider.h"

#include "base/hash.h"
#include "live/front.h"
#include "live/lab_images.h"
#include "wire/dialect.h"

#include <algorithm>
#include <strings.h>

namespace brownout::live {

namespace {

std::string origin_of(const std::string& url) {
    const auto host = url.find("://");
    return url.substr(0, url.find_first_of("/?#", host == url.npos ? 0 : host + 3));
}

std::string path_of(const std::string& url) {
    std::string path = url.substr(origin_of(url).size());
    path.resize(std::min(path.find_first_of("?#"), path.size()));
    while (path.ends_with('/'))
        path.pop_back();
    return path;
}

bool same_name(std::string_view a, std::string_view b) {
    return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace

bool can_forward(faults::Kind kind) {
    using faults::Kind;
    switch (kind) {
    case Kind::empty_answer:
    case Kind::length_stop:
    case Kind::wrong_model:
    case Kind::job_failed:
    case Kind::job_never_ready:
    case Kind::expired_url:
    case Kind::corrupt_image:
    case Kind::price_change:
        return false;
    default:
        return true;
    }
}

ForwardedProvider::ForwardedProvider(boost::asio::io_context& loop, const Clock& clock,
                                     net::HttpClient& http, const chain::Provider& provider,
                                     const LabDialect& dialect, std::uint64_t seed, Decide decide)
    : LabServer(loop),
      loop_(loop),
      clock_(clock),
      http_(http),
      provider_(provider),
      origin_(origin_of(provider.base_url)),
      path_(path_of(provider.base_url)),
      dialect_(dialect),
      seed_(mix64(seed ^ fnv1a(provider.id))),
      decide_(std::move(decide)) {}

ForwardedProvider::~ForwardedProvider() {
    *alive_ = false;
    close_server();
    const auto last = std::exchange(replies_, {});
    for (const auto& reply : last)
        reply->abandon();
}

bool ForwardedProvider::leads_to(const chain::Provider& provider) const {
    return provider.base_url == provider_.base_url && provider.proxy == provider_.proxy &&
           provider.ca_file == provider_.ca_file && provider.dialect == provider_.dialect;
}

ForwardedProvider::Seen ForwardedProvider::look_at(const net::ServerRequest& http) const {
    Seen seen;
    seen.facts.provider = provider_.id;
    seen.facts.task = http.header("X-Brownout-Task");
    seen.facts.draw = told_draw(http);
    // Before its own path stands that of the real provider's base URL.
    net::ServerRequest local = http;
    if (local.target.starts_with(path_))
        local.target = dialect_.base_path() + local.target.substr(path_.size());
    if (const LabImages* images = dialect_.images()) {
        const LabImages::Step step = images->route(local).step;
        seen.facts.image = step != LabImages::Step::none;
        seen.facts.follow_up = seen.facts.image && step != LabImages::Step::create;
        if (step == LabImages::Step::create)
            if (const auto asked = images->read(local))
                seen.request.model = asked->model;
    }
    if (!seen.facts.image && dialect_.route(local) == LabDialect::Route::chat)
        if (const auto asked = dialect_.read(local))
            seen.request = *asked;
    seen.facts.stream = seen.request.stream;
    return seen;
}

net::Request ForwardedProvider::onward(const net::ServerRequest& http) const {
    // Of the hop (RFC 9110 section 7.6.1), or libcurl's to write; and no compression, since what
    // is to be spoilt must be read.
    constexpr std::string_view dropped[] = {"connection",
                                            "keep-alive",
                                            "proxy-connection",
                                            "proxy-authenticate",
                                            "proxy-authorization",
                                            "te",
                                            "trailer",
                                            "transfer-encoding",
                                            "upgrade",
                                            "host",
                                            "content-length",
                                            "expect",
                                            "accept-encoding"};
    net::Request out;
    out.method = http.method;
    out.url = (http.header(queue_header).empty() ? origin_ : queue_of(origin_)) + http.target;
    out.body = http.body;
    out.proxy = provider_.proxy;
    out.ca_file = provider_.ca_file;
    out.max_reply_bytes = wire::max_reply_bytes;
    const std::string_view named = http.header("Connection");
    for (const auto& [name, value] : http.headers) {
        const auto is = [&name = name](std::string_view other) { return same_name(name, other); };
        const bool by_connection = named.find(name) != named.npos;
        if (std::any_of(std::begin(dropped), std::end(dropped), is) || by_connection ||
            (name.size() > 10 && same_name(std::string_view{name}.substr(0, 11), "x-brownout-")))
            continue;
        out.headers.emplace_back(name, value);
    }
    return out;
}

void ForwardedProvider::on_request(net::ExchangePtr exchange) {
    const net::ServerRequest& http = exchange->request();
    Seen seen = look_at(http);
    seen.facts.model = seen.request.model;
    ForwardedReply::Setup setup;
    setup.request = onward(http);
    setup.dialect = &dialect_;
    setup.model = seen.request.model;
    setup.stream = seen.request.stream;
    setup.draws = Rng::stream(seed_, requests_++);
    setup.plan = compose(decide_(seen.facts), seen.request, seen.request.max_tokens.value_or(0),
                         limits_, clock_.now());
    if (const wire::Dialect* wire = wire::dialect(provider_.dialect)) {
        wire::Endpoint from;
        from.dialect = provider_.dialect;
        from.base_url = provider_.base_url;
        from.model = seen.request.model;
        setup.reader = wire->reader(seen.request.stream, from);
    }
    auto reply =
        std::make_shared<ForwardedReply>(loop_, http_, std::move(exchange), std::move(setup),
                                         [this, lives = alive_](ForwardedReply& ended) {
                                             if (*lives)
                                                 replies_.erase(ended.shared_from_this());
                                         });
    replies_.insert(reply);
    reply->begin();
}

} // namespace brownout::live
