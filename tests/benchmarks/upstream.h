// A provider for benchmarks and the soak that costs as little as can be: OpenAI's chat completions,
// 500 bytes at once, or a stream as the prompt asks for it. It shares no code with Brownout.
//
// What the prompt may say: "id=abc" (the answer repeats it with each token: "abc.0 abc.1 ..."),
// "tokens=20", "every_us=5000" (between two tokens of a stream), "stamp=1" (each token of a stream
// is the time when it was sent, in nanoseconds of the monotonic clock).
//
// Thread: the loop's; Leavers: any.
#pragma once

#include <boost/asio.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace brownout::bench {

using boost::asio::ip::tcp;

inline std::int64_t now_ns() {
    return std::chrono::steady_clock::now().time_since_epoch().count();
}

// "tokens=20" in `text`: 20.
inline std::int64_t number_in(std::string_view text, std::string_view name,
                              std::int64_t otherwise) {
    const auto at = text.find(name);
    std::int64_t value = otherwise;
    if (at != text.npos)
        std::from_chars(text.data() + at + name.size(), text.data() + text.size(), value);
    return value;
}

inline std::string word_in(std::string_view text, std::string_view name) {
    const auto at = text.find(name);
    if (at == text.npos)
        return {};
    const auto from = at + name.size();
    return std::string{text.substr(from, text.find_first_of(" \"", from) - from)};
}

// The whole answer that a prompt with this id gets.
inline std::string answer_of(const std::string& id, std::int64_t tokens) {
    std::string text;
    for (std::int64_t i = 0; i < tokens; ++i)
        text += id + "." + std::to_string(i) + " ";
    return text;
}

// How streams ended, by the id of their prompt: to the end, or because their peer went.
class Leavers {
  public:
    struct End {
        std::int64_t at_ns = 0; // 0: it has not ended, or nobody asked for it
        bool whole = false;
    };
    void ended(const std::string& id, bool whole) {
        const std::lock_guard lock(mutex_);
        if (ends_.size() >= most_kept) // nobody will ask for most of them
            ends_.clear();
        ends_[id] = {now_ns(), whole};
        if (whole)
            return;
        ++gone_;
        last_gone_ = ends_[id].at_ns;
    }
    End take(const std::string& id) {
        const std::lock_guard lock(mutex_);
        const auto found = ends_.find(id);
        if (found == ends_.end())
            return {};
        const End end = found->second;
        ends_.erase(found);
        return end;
    }
    std::string text() const {
        const std::lock_guard lock(mutex_);
        return "count=" + std::to_string(gone_) + " last_ns=" + std::to_string(last_gone_);
    }

  private:
    static constexpr std::size_t most_kept = 65536;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, End> ends_;
    std::int64_t gone_ = 0, last_gone_ = 0;
};

class UpstreamSession : public std::enable_shared_from_this<UpstreamSession> {
  public:
    UpstreamSession(tcp::socket socket, bool busy, Leavers& leavers)
        : socket_(std::move(socket)),
          timer_(socket_.get_executor()),
          busy_(busy),
          leavers_(leavers) {
        socket_.set_option(tcp::no_delay(true));
    }
    void read() {
        socket_.async_read_some(
            boost::asio::buffer(chunk_),
            [self = shared_from_this()](auto error, std::size_t n) { self->on_read(error, n); });
    }

  private:
    void on_read(const boost::system::error_code& error, std::size_t n) {
        if (error) {
            if (streaming_)
                leavers_.ended(id_, false);
            streaming_ = false;
            timer_.cancel();
            return;
        }
        in_.append(chunk_.data(), n);
        if (!streaming_)
            take_request();
        read();
    }

    void take_request() {
        const std::size_t head = in_.find("\r\n\r\n");
        if (head == std::string::npos)
            return;
        const auto length =
            static_cast<std::size_t>(std::max(number_in({in_.data(), head}, "ontent-Length: ", 0),
                                              number_in({in_.data(), head}, "ontent-length: ", 0)));
        if (in_.size() < head + 4 + length)
            return;
        const std::string_view body{in_.data() + head + 4, length};
        id_ = word_in(body, "id=");
        tokens_ = number_in(body, "tokens=", 16);
        every_ = std::chrono::microseconds{number_in(body, "every_us=", 0)};
        stamp_ = body.find("stamp=1") != body.npos;
        const bool stream = body.find("\"stream\":true") != body.npos;
        const bool asked_for_gone = in_.starts_with("GET /gone");
        in_.erase(0, head + 4 + length);
        if (asked_for_gone)
            return send(whole("200 OK", leavers_.text()));
        if (busy_)
            return send(busy_reply());
        if (!stream)
            return send(id_.empty() ? instant_reply()
                                    : whole("200 OK", completion(answer_of(id_, tokens_))));
        streaming_ = true;
        sent_ = 0;
        send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
             "Transfer-Encoding: chunked\r\n\r\n");
        timer_.expires_after(every_);
        next_token();
    }

    void next_token() {
        timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            if (error || !self->streaming_)
                return;
            self->token();
        });
    }

    void token() {
        const std::string text =
            stamp_ ? std::to_string(now_ns()) + " " : id_ + "." + std::to_string(sent_) + " ";
        std::string out = event(R"({"content":")" + text + R"("})", "null");
        const bool last = ++sent_ >= tokens_;
        if (last)
            out += event("{}", R"("stop")") + framed("data: [DONE]\n\n") + "0\r\n\r\n";
        else
            timer_.expires_at(timer_.expiry() + every_);
        streaming_ = !last;
        if (last && !id_.empty())
            leavers_.ended(id_, true);
        send(out);
        if (!last)
            next_token();
        else if (!in_.empty())
            take_request();
    }

    static std::string framed(const std::string& text) {
        char size[20];
        const auto end = std::to_chars(size, size + sizeof size, text.size(), 16);
        return std::string{size, end.ptr} + "\r\n" + text + "\r\n";
    }
    static std::string event(const std::string& delta, const std::string& finish) {
        return framed(R"(data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,)"
                      R"("model":"m","choices":[{"index":0,"delta":)" +
                      delta + R"(,"finish_reason":)" + finish + "}]}\n\n");
    }
    static std::string whole(const std::string& status, const std::string& body) {
        return "HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nContent-Length: " +
               std::to_string(body.size()) + "\r\n\r\n" + body;
    }
    static std::string completion(const std::string& text) {
        return R"({"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m",)"
               R"("choices":[{"index":0,"message":{"role":"assistant","content":")" +
               text +
               R"("},"finish_reason":"stop"}],"usage":{"prompt_tokens":12,)"
               R"("completion_tokens":40,"total_tokens":52}})";
    }
    static const std::string& instant_reply() {
        static const std::string made = [] {
            const std::size_t around = completion("").size();
            return whole("200 OK", completion(std::string(500 - around, 'x')));
        }();
        return made;
    }
    static const std::string& busy_reply() {
        static const std::string made =
            whole("503 Service Unavailable",
                  R"({"error":{"message":"Overloaded","type":"server_error"}})");
        return made;
    }

    // The peer reads what we send: what the system does not take at once follows.
    void send(const std::string& bytes) {
        std::size_t taken = 0;
        if (out_.empty()) {
            boost::system::error_code error;
            socket_.non_blocking(true, error);
            taken = socket_.write_some(boost::asio::buffer(bytes), error);
        }
        if (taken == bytes.size())
            return;
        const bool idle = out_.empty();
        out_.append(bytes, taken);
        if (idle)
            write_rest();
    }
    void write_rest() {
        socket_.async_write_some(boost::asio::buffer(out_),
                                 [self = shared_from_this()](auto error, std::size_t n) {
                                     if (error)
                                         return self->out_.clear();
                                     self->out_.erase(0, n);
                                     if (!self->out_.empty())
                                         self->write_rest();
                                 });
    }

    tcp::socket socket_;
    boost::asio::steady_timer timer_;
    const bool busy_;
    Leavers& leavers_;
    std::string in_, out_, id_;
    std::int64_t tokens_ = 0, sent_ = 0;
    std::chrono::microseconds every_{};
    bool stamp_ = false, streaming_ = false;
    std::array<char, 8192> chunk_{};
};

class Upstream {
  public:
    // `busy`: it answers 503 to everything.
    Upstream(boost::asio::io_context& loop, bool busy)
        : acceptor_(loop, {boost::asio::ip::address_v4::loopback(), 0}), busy_(busy) {
        accept();
    }
    unsigned short port() const { return acceptor_.local_endpoint().port(); }
    std::string base_url() const { return "http://127.0.0.1:" + std::to_string(port()) + "/v1"; }
    Leavers& leavers() { return leavers_; }

  private:
    void accept() {
        acceptor_.async_accept([this](const boost::system::error_code& error, tcp::socket socket) {
            if (error)
                return;
            std::make_shared<UpstreamSession>(std::move(socket), busy_, leavers_)->read();
            accept();
        });
    }
    tcp::acceptor acceptor_;
    const bool busy_;
    Leavers leavers_;
};

} // namespace brownout::bench
