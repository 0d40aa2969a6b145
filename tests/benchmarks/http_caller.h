// A client of the endpoint, for benchmarks and the soak: one connection, one request at a time,
// kept open between them. It shares no code with Brownout. Thread: the loop's.
#pragma once

#include "benchmarks/upstream.h"

#include <functional>

namespace brownout::bench {

class HttpCaller {
  public:
    struct Answer {
        int status = 0; // 0: no head came
        std::string head;
        std::string body;                                 // of an answer that does not stream
        bool complete = false;                            // false: the connection ended first
        std::string header(std::string_view name) const { // as it is spelt in the answer
            const auto at = head.find("\r\n" + std::string{name} + ": ");
            if (at == head.npos)
                return {};
            const auto from = at + name.size() + 4;
            return head.substr(from, head.find("\r\n", from) - from);
        }
    };
    // Each line of a streamed body ("data: ..."), without its end, as it comes.
    using OnLine = std::function<void(std::string_view)>;
    using OnDone = std::function<void(const Answer&)>;

    HttpCaller(boost::asio::io_context& loop, unsigned short port) : socket_(loop), port_(port) {}

    void post(const std::string& path, const std::string& body, OnLine on_line, OnDone on_done,
              const std::string& headers = {}, const std::string& method = "POST") {
        answer_ = {};
        in_.clear();
        line_.clear();
        state_ = State::head;
        on_line_ = std::move(on_line);
        on_done_ = std::move(on_done);
        out_ = method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + headers +
               "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
               "\r\n\r\n" + body;
        if (socket_.is_open())
            return write();
        socket_.async_connect({boost::asio::ip::address_v4::loopback(), port_},
                              [this, turn = turn_](const boost::system::error_code& error) {
                                  if (turn != turn_)
                                      return;
                                  if (error)
                                      return end(false);
                                  socket_.set_option(tcp::no_delay(true));
                                  write();
                              });
    }
    // Closes the connection in the middle; on_done does not come.
    void leave() {
        ++turn_;
        on_done_ = nullptr;
        boost::system::error_code ignored;
        socket_.close(ignored);
        socket_ = tcp::socket(socket_.get_executor());
    }
    const Answer& answer() const { return answer_; }

  private:
    enum class State { head, length, chunk_size, chunk, chunk_end, last_end };

    void write() {
        boost::asio::async_write(socket_, boost::asio::buffer(out_),
                                 [this, turn = turn_](auto error, std::size_t) {
                                     if (turn != turn_)
                                         return;
                                     if (error)
                                         return end(false);
                                     read();
                                 });
    }
    void read() {
        socket_.async_read_some(boost::asio::buffer(chunk_),
                                [this, turn = turn_](auto error, std::size_t n) {
                                    if (turn != turn_)
                                        return;
                                    if (error)
                                        return end(false);
                                    in_.append(chunk_.data(), n);
                                    const bool done = take();
                                    if (turn != turn_) // left from inside on_line
                                        return;
                                    done ? end(true) : read();
                                });
    }

    // True: the answer is complete.
    bool take() {
        const auto turn = turn_;
        for (;;) {
            switch (state_) {
            case State::head: {
                const auto at = in_.find("\r\n\r\n");
                if (at == in_.npos)
                    return false;
                answer_.head = in_.substr(0, at + 2);
                answer_.status = static_cast<int>(number_in(answer_.head, "HTTP/1.1 ", 0));
                in_.erase(0, at + 4);
                left_ = static_cast<std::size_t>(
                    number_in(answer_.head,
                              "ontent-Length: ", number_in(answer_.head, "ontent-length: ", 0)));
                const bool chunked = answer_.head.find("chunked") != answer_.head.npos;
                state_ = chunked ? State::chunk_size : State::length;
                break;
            }
            case State::length:
                answer_.body.append(in_, 0, left_);
                if (in_.size() < left_) {
                    left_ -= in_.size();
                    in_.clear();
                    return false;
                }
                in_.erase(0, left_);
                return true;
            case State::chunk_size: {
                const auto at = in_.find("\r\n");
                if (at == in_.npos)
                    return false;
                std::from_chars(in_.data(), in_.data() + at, left_, 16);
                in_.erase(0, at + 2);
                state_ = left_ == 0 ? State::last_end : State::chunk;
                break;
            }
            case State::chunk: {
                if (in_.empty())
                    return false;
                const std::size_t part = std::min(left_, in_.size());
                const std::string bytes = in_.substr(0, part);
                in_.erase(0, part);
                left_ -= part;
                if (left_ == 0)
                    state_ = State::chunk_end;
                lines(bytes);
                if (turn != turn_)
                    return false;
                break;
            }
            case State::chunk_end:
            case State::last_end:
                if (in_.size() < 2)
                    return false;
                in_.erase(0, 2);
                if (state_ == State::last_end)
                    return true;
                state_ = State::chunk_size;
                break;
            }
        }
    }

    void lines(std::string_view bytes) {
        const auto turn = turn_;
        for (;;) {
            const auto at = bytes.find('\n');
            line_.append(bytes.substr(0, at));
            if (at == bytes.npos)
                return;
            bytes.remove_prefix(at + 1);
            if (!line_.empty() && on_line_)
                on_line_(line_);
            if (turn != turn_)
                return;
            line_.clear();
        }
    }

    void end(bool complete) {
        answer_.complete = complete;
        if (!complete || answer_.head.find("onnection: close") != answer_.head.npos) {
            ++turn_;
            boost::system::error_code ignored;
            socket_.close(ignored);
            socket_ = tcp::socket(socket_.get_executor());
        }
        if (const auto done = std::exchange(on_done_, nullptr))
            done(answer_);
    }

    tcp::socket socket_;
    unsigned short port_;
    std::uint64_t turn_ = 0; // what an earlier connection still tells is void
    Answer answer_;
    std::string in_, out_, line_;
    State state_ = State::head;
    std::size_t left_ = 0;
    OnLine on_line_;
    OnDone on_done_;
    std::array<char, 16384> chunk_{};
};

// The piece of text that a line of OpenAI's stream carries; empty: none.
inline std::string content_of(std::string_view line) {
    constexpr std::string_view name = "\"content\":\"";
    const auto at = line.find(name);
    if (at == line.npos)
        return {};
    const auto from = at + name.size();
    return std::string{line.substr(from, line.find('"', from) - from)};
}

} // namespace brownout::bench
