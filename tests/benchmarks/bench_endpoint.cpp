// The parts that side_by_side.sh starts beside wrk:
//   bench_endpoint upstream                     two providers: one answers at once, one is busy
//   bench_endpoint streams PORT N TOKENS US     N streams at once, TOKENS each, US microseconds
//   apart:
//                                               the delay of a token from its provider to here
//   bench_endpoint leave PORT UPSTREAM TIMES    leaves a stream in the middle: how long its
//   provider
//                                               goes on until the connection ends
#include "benchmarks/http_caller.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

using namespace brownout::bench;

std::string chat(const std::string& prompt, bool stream) {
    return R"({"model":"auto","messages":[{"role":"user","content":")" + prompt + R"("}])" +
           (stream ? R"(,"stream":true})" : "}");
}

double at(std::vector<double>& values, double quantile) {
    if (values.empty())
        return -1;
    const auto nth = values.begin() +
                     static_cast<std::ptrdiff_t>(quantile * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), nth, values.end());
    return *nth;
}

int upstream() {
    boost::asio::io_context loop{1};
    Upstream good(loop, false), busy(loop, true);
    std::printf("good %d\nbusy %d\n", good.port(), busy.port());
    std::fflush(stdout);
    loop.run();
    return 0;
}

int streams(unsigned short port, std::size_t count, int tokens, int every_us) {
    boost::asio::io_context loop{1};
    std::vector<double> delays_us;
    delays_us.reserve(count * static_cast<std::size_t>(tokens));
    std::vector<std::unique_ptr<HttpCaller>> callers;
    std::size_t whole = 0;
    const std::string prompt =
        "stamp=1 tokens=" + std::to_string(tokens) + " every_us=" + std::to_string(every_us);
    boost::asio::steady_timer timer{loop};
    const auto start = [&] {
        callers.push_back(std::make_unique<HttpCaller>(loop, port));
        callers.back()->post(
            "/v1/chat/completions", chat(prompt, true),
            [&](std::string_view line) {
                const std::int64_t now = now_ns();
                if (const auto sent = number_in(line, "\"content\":\"", 0); sent > 0)
                    delays_us.push_back(static_cast<double>(now - sent) / 1000);
            },
            [&](const HttpCaller::Answer& answer) {
                whole += answer.complete && answer.status == 200;
            });
    };
    // Begun one after the other, so that their tokens do not come all in the same instant.
    const auto step = std::chrono::microseconds{every_us / static_cast<int>(count) + 1};
    std::function<void()> next = [&] {
        start();
        if (callers.size() == count)
            return;
        timer.expires_after(step);
        timer.async_wait([&](const boost::system::error_code&) { next(); });
    };
    next();
    loop.run();
    const auto expected = count * static_cast<std::size_t>(tokens);
    if (whole != count || delays_us.size() != expected) {
        std::fprintf(stderr, "%zu of %zu streams and %zu of %zu tokens came\n", whole, count,
                     delays_us.size(), expected);
        return 1;
    }
    std::printf("p50_us=%.1f p99_us=%.1f tokens=%zu\n", at(delays_us, 0.5), at(delays_us, 0.99),
                delays_us.size());
    return 0;
}

int leave(unsigned short port, unsigned short upstream_port, int times) {
    boost::asio::io_context loop{1};
    HttpCaller caller(loop, port), asks(loop, upstream_port);
    std::vector<double> took_ms;
    std::int64_t left_at = 0, count = -1;
    int tokens = 0;
    std::function<void()> ask;
    const auto begin = [&] {
        tokens = 0;
        caller.post(
            "/v1/chat/completions", chat("tokens=1000 every_us=2000 id=leaver", true),
            [&](std::string_view line) {
                if (content_of(line).empty() || ++tokens < 5)
                    return;
                left_at = now_ns();
                caller.leave();
                boost::asio::post(loop, ask);
            },
            [&](const HttpCaller::Answer& answer) {
                std::fprintf(stderr, "the stream ended with status %d\n", answer.status);
                loop.stop();
            });
    };
    boost::asio::steady_timer timer{loop};
    ask = [&] {
        asks.post(
            "/gone", "", {},
            [&](const HttpCaller::Answer& answer) {
                const auto now_gone = number_in(answer.body, "count=", 0);
                if (count < 0 || now_gone > count) {
                    if (count >= 0)
                        took_ms.push_back(
                            static_cast<double>(number_in(answer.body, "last_ns=", 0) - left_at) /
                            1e6);
                    count = now_gone;
                    if (static_cast<int>(took_ms.size()) < times)
                        boost::asio::post(loop, begin);
                    return;
                }
                timer.expires_after(std::chrono::milliseconds{2});
                timer.async_wait([&](const boost::system::error_code&) { ask(); });
            },
            {}, "GET");
    };
    ask(); // how many had gone before
    loop.run();
    if (static_cast<int>(took_ms.size()) < times)
        return 1;
    std::printf("p50_ms=%.2f max_ms=%.2f times=%zu\n", at(took_ms, 0.5), at(took_ms, 1),
                took_ms.size());
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    const auto number = [&](int i) { return i < argc ? std::atoi(argv[i]) : 0; };
    const auto port = static_cast<unsigned short>(number(2));
    const std::string what = argc > 1 ? argv[1] : "";
    if (what == "upstream")
        return upstream();
    if (what == "streams" && number(3) > 0 && number(4) > 0)
        return streams(port, static_cast<std::size_t>(number(3)), number(4), number(5));
    if (what == "leave" && number(4) > 0)
        return leave(port, static_cast<unsigned short>(number(3)), number(4));
    std::fprintf(stderr, "usage: bench_endpoint upstream | streams PORT N TOKENS US | "
                         "leave PORT UPSTREAM TIMES\n");
    return 2;
}
