#include "live/simulated_provider.h"

#include "base/hash.h"

#include <algorithm>
#include <charconv>

namespace brownout::live {

namespace {

constexpr std::size_t most_models_listed = 64;

} // namespace

std::string hex_id(Rng rng) {
    char out[33];
    std::snprintf(out, sizeof out, "%016llx%016llx", static_cast<unsigned long long>(rng.next()),
                  static_cast<unsigned long long>(rng.next()));
    return out;
}

SimulatedProvider::SimulatedProvider(boost::asio::io_context& loop, const Clock& clock,
                                     std::string id, const LabDialect& dialect,
                                     const chain::ProviderModel& model, std::uint64_t seed,
                                     Voices voices, Decide decide)
    : LabServer(loop),
      loop_(loop),
      clock_(clock),
      id_(std::move(id)),
      dialect_(dialect),
      voice_(voices == Voices::own ? id_ : "all"),
      run_seed_(seed),
      seed_(mix64(seed ^ fnv1a(id_))),
      model_(model, id_, seed),
      words_(model, voice_, seed),
      decide_(std::move(decide)),
      request_quota_(sim::usual_requests_per_min, sim::usual_requests_per_min, clock.now()),
      token_quota_(sim::usual_tokens_per_min, sim::usual_tokens_per_min, clock.now()) {}

SimulatedProvider::~SimulatedProvider() {
    *alive_ = false;
    close_server();
}

void SimulatedProvider::on_request(net::ExchangePtr exchange) {
    if (serve_pictures(exchange))
        return;
    const net::ServerRequest& http = exchange->request();
    const auto route = dialect_.route(http);
    if (route == LabDialect::Route::unknown) {
        LabAnswer answer = dialect_.unknown(http);
        return exchange->reply(answer.status, answer.headers, std::move(answer.body));
    }
    auto request = route == LabDialect::Route::chat ? dialect_.read(http) : LabRequest{};
    const std::string task{http.header("X-Brownout-Task")};
    faults::RequestFacts facts;
    facts.provider = id_;
    facts.task = task;
    facts.draw = told_draw(http);
    if (request) {
        facts.model = request->model;
        facts.stream = request->stream;
    }
    // A provider that is down is down for bad requests and models lists, too.
    const auto faults = decide_(facts);
    if (route == LabDialect::Route::chat && request)
        return chat(std::move(exchange), *request, faults);
    Rng rng = Rng::stream(seed_, requests_++);
    LabReply::Setup setup;
    setup.dialect = &dialect_;
    setup.plan = compose(faults, LabRequest{}, 0, limits_, clock_.now());
    if (setup.plan.fate == ReplyPlan::Fate::serve) {
        setup.plan.fate = ReplyPlan::Fate::raw_error;
        setup.plan.raw =
            request ? dialect_.models(models_, clock_.wall().unix_ns_at_zero / 1'000'000'000)
                    : request.error();
    }
    setup.common_headers =
        dialect_.common_headers(hex_id(rng), quota(0), std::chrono::milliseconds{1});
    run(std::move(exchange), std::move(setup));
}

// What the answer's length is asked to be, in whatever way.
std::optional<std::int64_t> SimulatedProvider::asked_tokens(const LabRequest& request,
                                                            const net::ServerRequest& http,
                                                            std::int64_t own) {
    std::optional<std::int64_t> tokens;
    if (request.max_tokens)
        tokens = request.must_limit ? std::min(own, *request.max_tokens) : *request.max_tokens;
    const std::string_view wanted = http.header("X-Brownout-Output-Tokens");
    std::int64_t asked = 0;
    if (std::from_chars(wanted.data(), wanted.data() + wanted.size(), asked).ec == std::errc{})
        tokens = request.max_tokens ? std::min(asked, *request.max_tokens) : asked;
    return tokens;
}

double SimulatedProvider::pace(const ReplyPlan& plan, bool stream, std::int64_t tokens,
                               Rng& timing) const {
    if (!plan.stalls.empty()) // drawn from stall to stall
        return 1;
    tokens = tokens_said(plan, tokens);
    const std::int64_t gaps = stream
                                  ? faults::where_it_stops(plan, tokens).tokens - 1
                                  : std::min<std::int64_t>(tokens, plan.cut_after.value_or(tokens));
    const double together = model_.gaps_ms(gaps, timing);
    Rng each = timing;
    double sum = 0;
    for (std::int64_t i = 0; i < gaps; ++i)
        sum += model_.token_ms().sample(each);
    return sum > 0 ? together / sum : 1;
}

std::uint64_t SimulatedProvider::next_draw(const net::ServerRequest& http) {
    const auto told = told_draw(http);
    return told ? *told : requests_++;
}

LabQuota SimulatedProvider::quota(std::int64_t tokens) {
    const auto take = [now = clock_.now()](TokenBucket& bucket, double n) {
        bucket.refill(now);
        bucket.level = std::max(1.0, bucket.level - n);
        return LabQuota::Of{static_cast<std::int64_t>(bucket.per_min),
                            static_cast<std::int64_t>(bucket.level), bucket.until(bucket.capacity)};
    };
    const std::int64_t unix_s = clock_.unix_s();
    return {take(request_quota_, 1), take(token_quota_, static_cast<double>(tokens)), unix_s};
}

void SimulatedProvider::remember(const std::string& model) {
    if (models_.size() < most_models_listed &&
        std::find(models_.begin(), models_.end(), model) == models_.end())
        models_.push_back(model);
}

void SimulatedProvider::chat(net::ExchangePtr exchange, const LabRequest& request,
                             const std::vector<faults::Fault>& faults) {
    remember(request.model);
    const std::uint64_t draw = next_draw(exchange->request());
    const sim::ProviderDraws draws = model_.draw(draw), words = words_.draw(draw);
    LabReply::Setup setup;
    setup.dialect = &dialect_;
    setup.request = request;
    setup.text = words.text();
    setup.timing_draws = draws.timing;
    const std::string id = hex_id(draws.id());
    const std::int64_t tokens =
        sim::answer_tokens(words, asked_tokens(request, exchange->request(), words.output_tokens));
    const std::int64_t unix_s = clock_.unix_s();
    setup.facts = {id,     request.model,         unix_s, request.input_tokens,
                   tokens, request.include_usage, 0};
    setup.timing.factor = draws.factor;
    setup.timing.first_token = from_ms(draws.first_token_ms);
    setup.timing.token_ms = model_.model().token_ms;
    setup.plan = compose(faults, request, tokens, limits_, clock_.now());
    setup.timing.pace = pace(setup.plan, request.stream, tokens, setup.timing_draws);
    if (setup.plan.fate == ReplyPlan::Fate::serve && draws.fails) {
        setup.plan.fate = ReplyPlan::Fate::error;
        setup.plan.error = {500, "", "", request.model, std::nullopt};
    }
    LabQuota left = quota(request.input_tokens + tokens);
    if (setup.plan.quota.requests.limit > 0)
        left.requests = setup.plan.quota.requests;
    if (setup.plan.quota.tokens.limit > 0)
        left.tokens = setup.plan.quota.tokens;
    setup.common_headers = dialect_.common_headers(id, left, setup.timing.first_token);
    run(std::move(exchange), std::move(setup));
}

void SimulatedProvider::run(net::ExchangePtr exchange, LabReply::Setup setup) {
    LabReply::Owner owner;
    owner.wants_place = [this, lives = alive_](LabReply& reply) {
        if (*lives)
            wants_place(reply);
    };
    owner.ended = [this, lives = alive_](LabReply& reply) {
        if (*lives)
            reply_ended(reply);
    };
    auto reply =
        std::make_shared<LabReply>(loop_, std::move(exchange), std::move(setup), std::move(owner));
    replies_.insert(reply);
    reply->begin();
}

void SimulatedProvider::wants_place(LabReply& reply) {
    const auto& capacity = model_.model().capacity;
    if (!capacity || busy_ < capacity->concurrency) {
        reply.holds_place = true;
        ++busy_;
        return reply.serve();
    }
    std::erase_if(queue_, [](const auto& waiting) { return waiting.expired(); });
    if (queue_.size() >= static_cast<std::size_t>(std::max(0, capacity->queue)))
        return reply.shed(capacity->shed_status);
    reply.queued = true;
    queue_.push_back(reply.weak_from_this());
}

void SimulatedProvider::reply_ended(LabReply& reply) {
    if (std::exchange(reply.holds_place, false))
        --busy_;
    replies_.erase(reply.shared_from_this());
    std::erase_if(queue_, [&](const auto& waiting) {
        const auto same = waiting.lock();
        return !same || same.get() == &reply;
    });
    const auto& capacity = model_.model().capacity;
    while (!queue_.empty() && (!capacity || busy_ < capacity->concurrency)) {
        const auto next = queue_.front().lock();
        queue_.pop_front();
        next->holds_place = true;
        ++busy_;
        next->serve();
    }
}

} // namespace brownout::live
