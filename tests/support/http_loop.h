// Running an Asio loop in tests: here until something holds, or on a thread of its own. And a
// Handler that notes what it is told.
#pragma once

#include "net/http_client.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <future>
#include <thread>

namespace brownout::test {

// Runs the loop on this thread until `holds`; false when it did not within `limit`.
template <class Condition>
bool run_until(boost::asio::io_context& loop, Condition holds,
               std::chrono::milliseconds limit = std::chrono::seconds{10}) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > end)
            return false;
        loop.restart();
        loop.run_one_for(std::chrono::milliseconds{5});
    }
    return true;
}

template <class Period>
void run_for(boost::asio::io_context& loop, Period period) {
    run_until(
        loop, [] { return false; }, std::chrono::duration_cast<std::chrono::milliseconds>(period));
}

// A name that no resolver is asked for: a label may have 63 characters (RFC 1035 section 2.3.4), so
// getaddrinfo refuses this one by itself, at once and on every machine.
inline std::string unresolvable_host(const std::string& begins = "no-such-host-") {
    return begins + std::string(64, 'x') + ".invalid";
}

class LoopThread {
  public:
    LoopThread() : thread_([this] { loop.run(); }) {}
    ~LoopThread() {
        guard_.reset();
        thread_.join(); // what lives on the loop must have ended by now
    }
    // Runs `work` on the loop and waits for it.
    template <class Work>
    auto on_loop(Work work) {
        std::packaged_task<decltype(work())()> task{std::move(work)};
        auto result = task.get_future();
        boost::asio::post(loop, [&task] { task(); });
        return result.get();
    }
    boost::asio::io_context loop;

  private:
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{
        loop.get_executor()};
    std::thread thread_;
};

struct NotingHandler : net::Handler {
    int connected = 0, heads = 0, ends = 0, status = 0;
    net::Headers headers;
    std::string body, detail, order; // order: c, h, b, e
    std::size_t pieces = 0;
    net::End end = net::End::complete;
    bool request_sent = false;
    std::function<void(char what)> then; // after each call

    bool done() const { return ends > 0; }
    void on_connected() override {
        ++connected;
        note('c');
    }
    void on_head(int code, const net::Headers& fields) override {
        ++heads;
        status = code;
        headers = fields;
        note('h');
    }
    void on_bytes(std::string_view bytes) override {
        ++pieces;
        body += bytes;
        note('b');
    }
    void on_end(net::End how, bool sent, const std::string& words) override {
        ++ends;
        end = how;
        request_sent = sent;
        detail = words;
        note('e');
    }

  private:
    void note(char what) {
        if (what != 'b' || order.empty() || order.back() != 'b')
            order += what;
        if (then)
            then(what);
    }
};

} // namespace brownout::test
