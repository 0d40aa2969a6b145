#include "live/traffic.h"

#include "sim/arrivals.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <limits>
#include <set>

namespace brownout::live {

namespace {

constexpr int arrivals_per_turn = 256; // then others on the loop get theirs
constexpr double endless = std::numeric_limits<double>::infinity();

constexpr std::size_t filler_words = 2000;
constexpr std::string_view vocabulary[] = {
    "the",   "river", "carries", "small", "boats", "past",   "quiet",  "gardens", "while",
    "lamps", "along", "bridges", "turn",  "every", "window", "amber",  "people",  "walk",
    "home",  "under", "trees",   "and",   "talk",  "about",  "weather"};

const std::string& filler() {
    static const std::string made = [] {
        std::string text;
        Rng rng{filler_words};
        for (std::size_t i = 0; i < filler_words; ++i) {
            if (i > 0)
                text += ' ';
            text += vocabulary[rng.below(std::size(vocabulary))];
        }
        return text;
    }();
    return made;
}

} // namespace

struct TrafficGenerator::Impl : std::enable_shared_from_this<Impl> {
    Impl(boost::asio::io_context& l, const Clock& c, const faults::Traffic& t, std::uint64_t seed,
         Take out)
        : loop(l),
          clock(c),
          traffic(t),
          take(std::move(out)),
          timer(l),
          plan(t, seed),
          draws(t, seed) {}

    bool closed() const { return !traffic.open_loop(); }
    Duration end() const { return duration.value_or(forever); }
    Duration elapsed() const { return play->elapsed(clock.now()); }

    void begin() {
        if (!play)
            play = std::make_shared<const PlayClock>(clock.now());
        if (closed()) {
            for (int i = 0; i < traffic.clients; ++i)
                due.insert(Duration::zero());
        } else {
            plan_next();
        }
        arm();
    }
    void plan_next() {
        const double s = plan.next();
        if (s != endless)
            due.insert(from_seconds(s));
    }
    bool all_sent() const { return max_requests && sent >= *max_requests; }
    // Nothing is due any more before the end.
    bool waits_for_end() const { return !due.empty() ? *due.begin() >= end() : !closed(); }
    void arm() {
        if (stopped)
            return;
        const bool idle = waits_for_end();
        // What was due before the end is sent however late we are: left out, it would look fast.
        const bool over = elapsed() >= end() && (due.empty() || *due.begin() >= end());
        if (all_sent() || over || (idle && !duration)) {
            stopped = true;
            boost::asio::post(loop, std::exchange(on_end, {}));
            return;
        }
        Duration at = idle ? end() : forever;
        if (!due.empty() && running < most_running)
            at = std::min(at, *due.begin());
        if (at == forever)
            return; // request_finished() carries on
        const Instant now = clock.now();
        if (play->rate() <= 0)
            return; // pace_changed() carries on
        timer.expires_after(std::max(Duration::zero(), play->when(at) - now));
        timer.async_wait([self = weak_from_this()](const boost::system::error_code& error) {
            if (const auto impl = self.lock(); impl && !error)
                impl->turn();
        });
    }
    void turn() {
        const Duration now = elapsed();
        const bool held = play->rate() <= 0;
        for (int n = 0; n < arrivals_per_turn && !held && !stopped && running < most_running; ++n) {
            if (due.empty() || *due.begin() > now || waits_for_end() || all_sent())
                break;
            Arrival arrival = draw(play->when(*due.begin()));
            due.erase(due.begin());
            if (!closed())
                plan_next();
            ++sent;
            ++running;
            take(arrival);
        }
        arm();
    }
    Arrival draw(Instant intended) {
        Arrival a;
        a.intended = intended;
        a.number = static_cast<std::uint64_t>(sent);
        a.chain = traffic.chain;
        a.stream = traffic.stream;
        a.image = traffic.image;
        const sim::RequestDraws::Request drawn = draws.next(plan.row());
        a.input_tokens = drawn.input_tokens;
        a.output_tokens = drawn.output_tokens;
        if (!draws.tasks().empty())
            a.chain = a.task = draws.tasks()[drawn.task];
        return a;
    }
    void finished() {
        running -= running > 0 ? 1 : 0;
        if (stopped)
            return;
        if (closed())
            due.insert(elapsed() + draws.think());
        if (closed() || running + 1 == most_running)
            arm();
    }

    boost::asio::io_context& loop;
    const Clock& clock;
    faults::Traffic traffic;
    Take take;
    boost::asio::steady_timer timer;
    ArrivalPlan plan;
    sim::RequestDraws draws;
    std::shared_ptr<const PlayClock> play;
    std::multiset<Duration> due; // by `play`; open: one; closed: at most one per client
    std::optional<Duration> duration;
    std::optional<std::int64_t> max_requests;
    std::function<void()> on_end;
    std::int64_t sent = 0;
    std::size_t running = 0;
    bool stopped = false;
};

TrafficGenerator::TrafficGenerator(boost::asio::io_context& loop, const Clock& clock,
                                   const faults::Traffic& traffic, std::uint64_t seed, Take take)
    : impl_(std::make_shared<Impl>(loop, clock, traffic, seed, std::move(take))) {}

TrafficGenerator::~TrafficGenerator() {
    stop();
}

void TrafficGenerator::start(std::optional<Duration> duration,
                             std::optional<std::int64_t> max_requests, std::function<void()> on_end,
                             std::shared_ptr<const PlayClock> play) {
    impl_->play = std::move(play);
    impl_->duration = duration;
    impl_->max_requests = max_requests;
    impl_->on_end = on_end ? std::move(on_end) : [] {};
    impl_->begin();
}

void TrafficGenerator::stop() {
    impl_->stopped = true;
    impl_->on_end = {};
    impl_->timer.cancel();
}

void TrafficGenerator::pace_changed() {
    if (impl_->play)
        impl_->arm();
}

void TrafficGenerator::request_finished() {
    impl_->finished();
}

std::string filler_text(std::int64_t tokens) {
    constexpr std::size_t bytes_per_token = 4; // as wire::estimate_tokens counts
    const auto wanted =
        static_cast<std::size_t>(std::max<std::int64_t>(tokens, 1)) * bytes_per_token;
    return filler().substr(0, wanted);
}

wire::ChatRequest generated_request(const TrafficGenerator::Arrival& arrival) {
    wire::ChatRequest request;
    const std::string text = filler_text(arrival.input_tokens);
    if (arrival.image) {
        request.image.emplace().prompt = text;
        return request;
    }
    request.messages.push_back({wire::Role::user, text});
    request.stream = arrival.stream;
    request.max_tokens = arrival.output_tokens;
    return request;
}

CallOptions generated_options(const TrafficGenerator::Arrival& arrival) {
    CallOptions options;
    options.chain = arrival.chain;
    options.task = arrival.task;
    options.accepts_restart = true;
    options.intended_start = arrival.intended;
    options.number = arrival.number;
    options.expect_output_tokens =
        static_cast<std::uint32_t>(std::clamp<std::int64_t>(arrival.output_tokens, 0, UINT32_MAX));
    return options;
}

} // namespace brownout::live
