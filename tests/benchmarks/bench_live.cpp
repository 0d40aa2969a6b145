// What the live path costs: the driver (engine, dialect, records) against a direct HttpClient call,
// in the same run, to the same server, at 1 and at 32 connections.
//
// The server runs on a thread of its own and answers at once with a fixed reply, byte for byte, so
// that as little as possible of the time is its own. Medians; run by hand on a quiet machine.
#include "live/driver.h"

#include <boost/asio.hpp>

#include <algorithm>
#include <cstdio>
#include <thread>

using namespace brownout;
using boost::asio::ip::tcp;
using Timer = std::chrono::steady_clock;

namespace {

const std::string body =
    R"({"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,)"
    R"("message":{"role":"assistant","content":"Yes, and here is why it is so."},)"
    R"("finish_reason":"stop"}],"usage":{"prompt_tokens":12,"completion_tokens":9,"total_tokens":21}})";
const std::string ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
                       std::to_string(body.size()) + "\r\n\r\n" + body;
const std::string busy_body = R"({"error":{"message":"Overloaded","type":"server_error"}})";
const std::string busy =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: " +
    std::to_string(busy_body.size()) + "\r\n\r\n" + busy_body;

// Answers every request on every connection with the same bytes.
class Session : public std::enable_shared_from_this<Session> {
  public:
    Session(tcp::socket socket, const std::string& reply)
        : socket_(std::move(socket)), reply_(reply) {
        socket_.set_option(tcp::no_delay(true));
    }
    void read() {
        socket_.async_read_some(
            boost::asio::buffer(chunk_),
            [self = shared_from_this()](const boost::system::error_code& error, std::size_t n) {
                if (error)
                    return;
                self->in_.append(self->chunk_.data(), n);
                self->answer();
            });
    }

  private:
    void answer() {
        const std::size_t head = in_.find("\r\n\r\n");
        std::size_t length = 0;
        if (head != std::string::npos) {
            const std::size_t at = in_.find("Content-Length: ");
            if (at < head)
                length = std::strtoul(in_.c_str() + at + 16, nullptr, 10);
        }
        if (head == std::string::npos || in_.size() < head + 4 + length)
            return read();
        in_.erase(0, head + 4 + length);
        boost::asio::async_write(
            socket_, boost::asio::buffer(reply_),
            [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
                if (!error)
                    self->read();
            });
    }
    tcp::socket socket_;
    const std::string& reply_;
    std::string in_;
    std::array<char, 8192> chunk_{};
};

class InstantServer {
  public:
    explicit InstantServer(const std::string& reply)
        : reply_(reply), acceptor_(loop_, {boost::asio::ip::address_v4::loopback(), 0}) {
        accept();
        thread_ = std::thread([this] { loop_.run(); });
    }
    ~InstantServer() {
        loop_.stop();
        thread_.join();
    }
    std::string base_url() const {
        return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/v1";
    }

  private:
    void accept() {
        acceptor_.async_accept([this](const boost::system::error_code& error, tcp::socket s) {
            if (error)
                return;
            std::make_shared<Session>(std::move(s), reply_)->read();
            accept();
        });
    }
    const std::string& reply_;
    boost::asio::io_context loop_{1};
    tcp::acceptor acceptor_;
    std::thread thread_;
};

struct Figure {
    double median_us = 0, per_s = 0;
};

// Keeps `connections` requests in flight until `total` have ended; `send(i)` starts one in lane i,
// whose end calls ended(i).
class Round {
  public:
    Round(boost::asio::io_context& loop, int connections, int total, std::function<void(int)> send)
        : loop_(loop),
          total_(total),
          send_(std::move(send)),
          began_(static_cast<std::size_t>(connections)) {}

    void ended(int lane) {
        const auto now = Timer::now();
        took_.push_back(
            std::chrono::duration<double, std::micro>(now - began_[static_cast<std::size_t>(lane)])
                .count());
        if (sent_ < total_)
            boost::asio::post(loop_, [this, lane] { next(lane); });
    }
    Figure run() {
        const auto start = Timer::now();
        for (int lane = 0; lane < static_cast<int>(began_.size()); ++lane)
            next(lane);
        while (took_.size() < static_cast<std::size_t>(total_)) {
            loop_.restart();
            loop_.run_one();
        }
        const std::chrono::duration<double> elapsed = Timer::now() - start;
        auto middle = took_.begin() + total_ / 2;
        std::nth_element(took_.begin(), middle, took_.end());
        return {*middle, total_ / elapsed.count()};
    }

  private:
    void next(int lane) {
        if (sent_ >= total_)
            return;
        ++sent_;
        began_[static_cast<std::size_t>(lane)] = Timer::now();
        send_(lane);
    }
    boost::asio::io_context& loop_;
    int total_, sent_ = 0;
    std::function<void(int)> send_;
    std::vector<Timer::time_point> began_;
    std::vector<double> took_;
};

const wire::ChatRequest& question() {
    static const wire::ChatRequest made = [] {
        wire::ChatRequest r;
        r.messages.push_back({wire::Role::user, "Is it so, and if it is, why is it so?"});
        r.max_tokens = 32;
        return r;
    }();
    return made;
}

struct DirectLane : net::Handler {
    Round* round = nullptr;
    int lane = 0;
    void on_connected() override {}
    void on_head(int, const net::Headers&) override {}
    void on_bytes(std::string_view) override {}
    void on_end(net::End end, bool, const std::string& detail) override {
        if (end != net::End::complete)
            std::fprintf(stderr, "direct call failed: %s\n", detail.c_str());
        round->ended(lane);
    }
};
struct DriverLane : live::CallObserver {
    Round* round = nullptr;
    int lane = 0;
    void on_delta(const wire::Delta&) override {}
    void on_restart(const std::string&) override {}
    void on_finish(record::RequestPtr r, const wire::Reply&) override {
        if (r->result != engine::CallResult::success)
            std::fprintf(stderr, "call failed: %s\n", r->error.c_str());
        round->ended(lane);
    }
};

Figure direct(boost::asio::io_context& loop, net::HttpClient& http, const std::string& base,
              int connections, int total) {
    wire::Endpoint endpoint;
    endpoint.base_url = base;
    endpoint.model = "m";
    const wire::HttpRequest encoded =
        wire::dialect(chain::Dialect::openai)->encode(question(), endpoint);
    net::Request request;
    request.url = encoded.url;
    request.headers = encoded.headers;
    request.body = encoded.body;
    std::vector<DirectLane> lanes(static_cast<std::size_t>(connections));
    Round round(loop, connections, total,
                [&](int lane) { http.start(request, lanes[static_cast<std::size_t>(lane)]); });
    for (int i = 0; i < connections; ++i) {
        lanes[static_cast<std::size_t>(i)].round = &round;
        lanes[static_cast<std::size_t>(i)].lane = i;
    }
    return round.run();
}

Figure through(boost::asio::io_context& loop, live::Driver& driver, int connections, int total) {
    std::vector<DriverLane> lanes(static_cast<std::size_t>(connections));
    Round round(loop, connections, total, [&](int lane) {
        driver.start(question(), {}, lanes[static_cast<std::size_t>(lane)]);
    });
    for (int i = 0; i < connections; ++i) {
        lanes[static_cast<std::size_t>(i)].round = &round;
        lanes[static_cast<std::size_t>(i)].lane = i;
    }
    return round.run();
}

chain::Document document(const std::vector<std::string>& base_urls, const char* policy) {
    chain::Json json = {
        {"format", "brownout.chain/1"}, {"name", "bench"}, {"policy", chain::Json::parse(policy)}};
    json["chains"] = {{{"id", "default"}, {"targets", chain::Json::array()}}};
    for (std::size_t i = 0; i < base_urls.size(); ++i) {
        const std::string id = "p" + std::to_string(i);
        json["providers"].push_back(
            {{"id", id}, {"dialect", "openai"}, {"base_url", base_urls[i]}, {"key", "none"}});
        json["chains"][0]["targets"].push_back(
            {{"provider", id},
             {"model", "m"},
             {"price", {{"input_usd_per_mtok", 1}, {"output_usd_per_mtok", 2}}}});
    }
    const auto read = chain::read_document(json, "bench");
    for (const auto& p : read.problems)
        std::fprintf(stderr, "%s\n", p.text().c_str());
    return *read.value;
}

double median(std::vector<double> v) {
    std::sort(v.begin(), v.end());
    return v[v.size() / 2];
}

} // namespace

int main(int argc, char** argv) {
    const int total = argc > 1 ? std::atoi(argv[1]) : 5000;
    constexpr int rounds = 7; // direct and through in turn, so that both see the same machine
    InstantServer good(ok), bad(busy);
    boost::asio::io_context loop{1};
    net::HttpClient http(loop);
    const live::Clock clock;
    // The breaker is off: every request of the third row meets the 503 first.
    const char* const never_open = R"({"breaker": {"consecutive_failures": null,
                                       "failure_ratio": null},
                                       "retry": {"attempts_per_target": 1}})";
    {
        live::Driver driver(loop, http, clock, document({good.base_url()}, "{}"), {}, {}, 1,
                            nullptr, nullptr);
        live::Driver failing(loop, http, clock,
                             document({bad.base_url(), good.base_url()}, never_open), {}, {}, 1,
                             nullptr, nullptr);
        std::printf("%d requests a round, medians of %d rounds\n", total, rounds);
        std::printf("%11s %12s %12s %12s %12s %12s %14s %12s\n", "connections", "direct us",
                    "driver us", "added us", "direct /s", "driver /s", "failover +us",
                    "failover /s");
        for (const int connections : {1, 32}) {
            std::vector<double> d_us, t_us, f_us, d_s, t_s, f_s;
            direct(loop, http, good.base_url(), connections, total / 5); // warm
            through(loop, failing, connections, total / 5);
            for (int i = 0; i < rounds; ++i) {
                const Figure d = direct(loop, http, good.base_url(), connections, total);
                const Figure t = through(loop, driver, connections, total);
                const Figure f = through(loop, failing, connections, total);
                d_us.push_back(d.median_us);
                t_us.push_back(t.median_us);
                f_us.push_back(f.median_us);
                d_s.push_back(d.per_s);
                t_s.push_back(t.per_s);
                f_s.push_back(f.per_s);
            }
            std::printf("%11d %12.1f %12.1f %12.1f %12.0f %12.0f %14.1f %12.0f\n", connections,
                        median(d_us), median(t_us), median(t_us) - median(d_us), median(d_s),
                        median(t_s), median(f_us) - median(t_us), median(f_s));
        }
    }
    loop.restart();
    loop.poll();
    return 0;
}
