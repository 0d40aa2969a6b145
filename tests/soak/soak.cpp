// Loads `brownoutctl serve` for a long time: streams and whole answers near saturation while faults
// are switched on and off in front of the first of two targets. What must hold: every answer is the
// one that was asked for, no token lost or doubled; every request is in the event log as its caller
// saw it; a caller that leaves is followed; resident memory is flat after the warm-up; SIGTERM ends
// it in time. See soak.sh.
#include "soak/callers.h"
#include "soak/served.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

using namespace brownout;
using namespace std::chrono_literals;

struct Options {
    std::string ctl;
    double seconds = 600, warm_up = 0;
    std::size_t streams = 200, whole = 8;
};
const std::string token = "soak-token";
constexpr double most_growth_mb = 5, most_cancel_ms = 50, most_drain_s = 10;
constexpr double flat_from_s = 120; // shorter runs are all warm-up

const std::vector<const char*>& faults() {
    static const std::vector<const char*> all{
        R"({"target":"first","kind":"http_error","status":503})",
        R"({"target":"first","kind":"stream_cut","after_tokens":6,"when":{"probability":0.5}})",
        R"({"target":"first","kind":"latency","ms":150})",
        R"({"target":"first","kind":"stream_cut","after_tokens":9,"how":"rst","when":{"probability":0.5}})",
        R"({"target":"first","kind":"rate_limit","requests_per_min":3000})",
        R"({"target":"first","kind":"reset","stage":"headers","when":{"probability":0.3}})",
        R"({"target":"first","kind":"stream_stall","after_tokens":8,"ms":60000,"when":{"probability":0.2}})",
        R"({"target":"first","kind":"stream_error","after_tokens":5,"when":{"probability":0.5}})",
        R"({"target":"first","kind":"truncate","fraction":0.6,"when":{"probability":0.3}})",
        R"({"target":"first","kind":"garbage","when":{"probability":0.3}})",
        R"({"target":"first","kind":"hang","ms":60000,"when":{"probability":0.05}})",
    };
    return all;
}

std::string chain_of(const bench::Upstream& first, const bench::Upstream& second) {
    const auto provider = [](const char* id, const bench::Upstream& at) {
        return std::string{R"({"id":")"} + id + R"(","dialect":"openai","base_url":")" +
               at.base_url() + R"(","key":"none"})";
    };
    const auto target = [](const char* id) {
        return std::string{R"({"provider":")"} + id +
               R"(","model":"m","price":{"input_usd_per_mtok":1,"output_usd_per_mtok":2}})";
    };
    return R"({"format":"brownout.chain/1","name":"soak","providers":[)" +
           provider("first", first) + "," + provider("second", second) +
           R"(],"chains":[{"id":"default","targets":[)" + target("first") + "," + target("second") +
           R"(]}],"policy":{"timeouts":{"first_token_ms":3000,"stall_ms":3000},)"
           R"("breaker":{"consecutive_failures":20,"minimum_requests":200,"open_s":1,"open_growth":1}}})";
}

double at(std::vector<double> values, double quantile) {
    if (values.empty())
        return 0;
    std::sort(values.begin(), values.end());
    return values[static_cast<std::size_t>(quantile * static_cast<double>(values.size() - 1))];
}

// Everything that happens by the clock while the crowd asks.
class Watch {
  public:
    Watch(boost::asio::io_context& loop, const Options& options, soak::Served& served,
          soak::Crowd& crowd, const soak::LogAudit& audit)
        : loop_(loop),
          options_(options),
          served_(served),
          crowd_(crowd),
          audit_(audit),
          timer_(loop),
          control_(loop, served.port()) {}

    void start() {
        began_ = std::chrono::steady_clock::now();
        timer_.expires_at(began_);
        tick();
    }
    double low() const { return low_; }
    double high() const { return high_; }
    double first_mb() const { return at(first_, 0.5); }
    double last_mb() const { return at(last_, 0.5); }
    bool stuck() const { return stuck_; }
    const std::string& refused() const { return refused_; }

  private:
    double elapsed() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
    }
    void tick() {
        timer_.async_wait([this](const boost::system::error_code&) {
            const double now = elapsed();
            look(now);
            if (crowd_.stopped() && crowd_.tally().running == 0)
                return loop_.stop();
            if (now > options_.seconds + 150) { // longer than any request may take
                stuck_ = true;
                return loop_.stop();
            }
            timer_.expires_at(timer_.expiry() + 500ms);
            tick();
        });
    }
    void look(double now) {
        ++ticks_;
        crowd_.cancel_ms();
        const double mb = served_.resident_mb();
        const bool warm = now >= options_.warm_up;
        if (!warm) {
            warm_answers_ = now < options_.warm_up / 2 ? crowd_.tally().answers : warm_answers_;
        } else if (!crowd_.stopped()) {
            if (low_ == 0) // near saturation: four fifths of what it took
                crowd_.set_rate(0.8 * static_cast<double>(crowd_.tally().answers - warm_answers_) /
                                (options_.warm_up / 2));
            low_ = low_ == 0 ? mb : std::min(low_, mb);
            high_ = std::max(high_, mb);
            const double part = (now - options_.warm_up) / (options_.seconds - options_.warm_up);
            if (part < 0.1)
                first_.push_back(mb);
            else if (part > 0.9)
                last_.push_back(mb);
        }
        if (now >= options_.seconds)
            crowd_.stop();
        if (ticks_ % 4 == 1 && !crowd_.stopped())
            switch_fault();
        if (ticks_ % 20 == 0)
            progress(now, mb);
    }
    void progress(double now, double mb) {
        const soak::LogAudit::Books books = audit_.now();
        const double cpu = served_.cpu_s();
        std::fprintf(stderr,
                     "%6.0f s  %6.1f MB  cpu %3.0f %%  %8llu requests (%5.0f/s)  %7llu failovers  "
                     "%6llu left  %llu failed  %zu wrong\n",
                     now, mb, 100 * (cpu - told_cpu_) / (now - told_at_),
                     static_cast<unsigned long long>(books.finished),
                     static_cast<double>(books.finished - told_) / (now - told_at_),
                     static_cast<unsigned long long>(books.failovers),
                     static_cast<unsigned long long>(crowd_.tally().left),
                     static_cast<unsigned long long>(crowd_.tally().failed), books.wrong.size());
        told_ = books.finished;
        told_at_ = now;
        told_cpu_ = cpu;
    }
    // Two seconds of each, and between any two a while without.
    void switch_fault() {
        const std::string headers = "Authorization: Bearer " + token + "\r\n";
        const auto turn = ticks_ / 4;
        const bool on = turn % 3 != 2;
        const std::string body = on ? faults()[next_fault_++ % faults().size()] : "";
        control_.post(
            "/faults", "", {},
            [this, body, headers](const bench::HttpCaller::Answer&) {
                if (!body.empty())
                    boost::asio::post(loop_, [this, body, headers] { switch_on(body, headers); });
            },
            headers, "DELETE");
    }
    void switch_on(const std::string& body, const std::string& headers) {
        control_.post(
            "/faults", body, {},
            [this, body](const bench::HttpCaller::Answer& answer) {
                if (answer.status != 201 && refused_.empty())
                    refused_ = body + ": " + answer.body;
            },
            headers);
    }

    boost::asio::io_context& loop_;
    const Options& options_;
    soak::Served& served_;
    soak::Crowd& crowd_;
    const soak::LogAudit& audit_;
    boost::asio::steady_timer timer_;
    bench::HttpCaller control_;
    std::chrono::steady_clock::time_point began_{};
    std::uint64_t ticks_ = 0, warm_answers_ = 0, told_ = 0;
    std::size_t next_fault_ = 0;
    double told_at_ = 0, told_cpu_ = 0, low_ = 0, high_ = 0;
    std::vector<double> first_, last_;
    bool stuck_ = false;
    std::string refused_;
};

int failures = 0;
void verdict(bool holds, const char* what, const std::string& words) {
    std::printf("%-14s %s: %s\n", holds ? "holds" : "DOES NOT HOLD", what, words.c_str());
    failures += !holds;
}
std::string digits(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", value);
    return text;
}

void judge(const Options& options, const Watch& watch, const soak::Tally& tally,
           std::vector<double> cancel_ms, const soak::LogAudit::Books& books, int code,
           double drain_s) {
    const auto count = [](std::uint64_t n) { return std::to_string(n); };
    std::printf("%s streams and %s whole answers, %s callers left, %s failovers, %s broken "
                "streams, %s fault windows, %s log lines\n",
                count(tally.streams).c_str(), count(tally.answers).c_str(),
                count(tally.left).c_str(), count(books.failovers).c_str(),
                count(books.broken_streams).c_str(), count(books.faults).c_str(),
                count(books.lines).c_str());
    verdict(!watch.stuck(), "every request ended", count(tally.running) + " still run");
    verdict(tally.lost == 0 && tally.wrong == 0, "no reply lost or doubled",
            count(tally.lost) + " lost, " + count(tally.wrong) + " wrong " + tally.first_wrong);
    verdict(tally.failed == 0, "the second target hid every fault",
            count(tally.failed) + " failed " + tally.first_failed);
    verdict(watch.refused().empty(), "faults were switched", watch.refused());
    verdict(books.wrong.empty() && books.started == books.finished,
            "every request is in the event log as its caller saw it",
            count(books.started) + " started, " + count(books.finished) + " finished, " +
                count(books.success) + " success, " + count(books.cancelled) + " cancelled, " +
                count(books.failed) + " failed");
    for (const std::string& wrong : books.wrong)
        std::printf("    %s\n", wrong.c_str());
    const bool long_enough = options.seconds >= flat_from_s;
    verdict(!long_enough || watch.high() - watch.low() <= most_growth_mb,
            long_enough ? "resident memory is flat" : "resident memory (too short to judge)",
            digits(watch.low()) + " to " + digits(watch.high()) +
                " MB after the warm-up; first tenth " + digits(watch.first_mb()) + ", last tenth " +
                digits(watch.last_mb()));
    verdict(at(cancel_ms, 0.5) <= most_cancel_ms && tally.served_on == 0,
            "who leaves is followed (median under 50 ms)",
            count(tally.served_on) + " never; " + digits(at(cancel_ms, 0.5)) + " ms, p99 " +
                digits(at(cancel_ms, 0.99)) + ", longest " + digits(at(cancel_ms, 1)));
    verdict(code == 0 && drain_s <= most_drain_s, "SIGTERM ends it",
            "code " + std::to_string(code) + " after " + digits(drain_s) + " s");
}

int run(const Options& options) {
    boost::asio::io_context provider_loop{1}, loop{1};
    bench::Upstream first(provider_loop, false), second(provider_loop, false);
    std::thread providers([&] { provider_loop.run(); });
    std::string folder = (std::filesystem::temp_directory_path() / "brownout-soak-XXXXXX").string();
    if (!::mkdtemp(folder.data()))
        return 2;
    soak::LogAudit audit;
    {
        soak::Served served(options.ctl, folder, chain_of(first, second), token, audit);
        soak::Crowd crowd(loop, served.port(), audit, {&first.leavers(), &second.leavers()},
                          options.streams, options.whole);
        Watch watch(loop, options, served, crowd, audit);
        crowd.start();
        watch.start();
        loop.run();
        std::this_thread::sleep_for(2100ms); // the last who left are asked about
        double drain_s = 0;
        const int code = served.end(drain_s);
        const std::vector<double> cancel_ms = crowd.cancel_ms();
        judge(options, watch, crowd.tally(), cancel_ms, audit.close(), code, drain_s);
    }
    provider_loop.stop();
    providers.join();
    std::filesystem::remove_all(folder);
    return failures == 0 ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
    Options options;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string name = argv[i];
        if (name == "--ctl")
            options.ctl = argv[i + 1];
        else if (name == "--seconds")
            options.seconds = std::atof(argv[i + 1]);
        else if (name == "--streams")
            options.streams = static_cast<std::size_t>(std::atoi(argv[i + 1]));
        else if (name == "--whole")
            options.whole = static_cast<std::size_t>(std::atoi(argv[i + 1]));
        else
            options.ctl.clear(), i = argc;
    }
    if (options.ctl.empty() || options.seconds < 1) {
        std::fprintf(stderr, "usage: soak --ctl BROWNOUTCTL [--seconds 600] [--streams 200] "
                             "[--whole 8]\n");
        return 2;
    }
    options.warm_up = options.seconds / 5;
    return run(options);
}
