// One connection of the HttpServer. Private to core/net; thread: the loop's.
//
// One read is outstanding nearly all the time: while a reply is being made it is how we notice that
// the peer has gone, and what comes meanwhile is the next, pipelined request.
#pragma once

#include "net/body_budget.h"
#include "net/http_server.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace brownout::net {

class Session;

class SessionOwner {
  public:
    virtual ~SessionOwner() = default;
    virtual void on_request(ExchangePtr exchange) = 0;
    virtual void session_ended(Session& session) = 0;
    virtual bool admits(const ServerRequest& head) const = 0; // HttpServer::set_head_filter
    virtual bool keeps_connections() const = 0; // false: FIN after the reply that is being made
    virtual HttpServer::Refusal refusal(int status, std::string_view target) const = 0;
};

// Closes with a reset: the peer sees ECONNRESET instead of an end of file.
void reset_socket(boost::asio::ip::tcp::socket& socket);

class Session : public std::enable_shared_from_this<Session> {
  public:
    Session(boost::asio::ip::tcp::socket socket, const ServerLimits& limits,
            std::weak_ptr<SessionOwner> owner, std::shared_ptr<BodyBudget> bodies);

    void start();
    void close_if_idle(); // between two requests
    // Has it been between two requests for so long?
    bool idle_for(Duration time) const {
        return state_ == State::idle && std::chrono::steady_clock::now() - idle_since_ >= time;
    }
    void abandon(); // the server goes

    // For the exchange that is being answered.
    void send(std::string_view bytes);
    void reply_finished(bool keep_alive);
    void end_after_writes(); // FIN after what was written
    void reset();
    void limit_rate(double bytes_per_s); // until the next request
    bool may_be_kept() const;
    bool dead() const { return state_ == State::dead || state_ == State::draining; }
    std::size_t unsent() const { return sending_.size() + unsent_.size(); }

  private:
    enum class State {
        idle,     // nothing of the next request has come
        reading,  // part of it has
        replying, // an exchange is out
        draining, // FIN sent or due; reads and drops until the peer ends too
        dead,
    };
    using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

    void read();
    void on_read(boost::system::error_code error, std::size_t size);
    void parse();
    bool at_empty_last_chunk() const;
    void refuse_request(boost::system::error_code error);
    enum class Body { whole, dropped };
    bool admitted();
    bool has_room();
    void hand_over(Body body = Body::whole);
    void answer_and_end(int status, std::string_view words);
    std::string_view target_so_far() const;
    void write_more();
    bool wait_for_slice(); // true: a limited rate allows nothing yet
    void on_written(boost::system::error_code error);
    void send_fin();
    void peer_gone();
    void die();
    void arm_timer(Duration after);
    void on_timer();

    boost::asio::ip::tcp::socket socket_;
    boost::asio::steady_timer timer_, pace_;
    const ServerLimits limits_;
    std::weak_ptr<SessionOwner> owner_;
    std::chrono::steady_clock::time_point idle_since_ = std::chrono::steady_clock::now();
    State state_ = State::idle;
    boost::beast::flat_buffer buffer_;
    std::optional<Parser> parser_;
    BodyShare share_; // of the request that is being read
    bool told_continue_ = false, reading_now_ = false, writing_now_ = false, parsing_ = false;
    bool fin_due_ = false, fin_sent_ = false;
    std::size_t drained_ = 0;
    std::string sending_, unsent_;
    double rate_ = 0; // bytes a second; 0: as fast as it goes
    std::chrono::steady_clock::time_point next_slice_{};
    bool pacing_ = false;
    std::chrono::steady_clock::time_point taken_at_{}; // when the system last took some of it
    std::uint64_t timer_turn_ = 0;
    std::weak_ptr<class SessionExchange> exchange_;
};

// The Exchange of a Session. Dropping it unfinished drops the connection.
class SessionExchange : public Exchange {
  public:
    SessionExchange(std::shared_ptr<Session> session, ServerRequest request, BodyShare share,
                    bool keep_alive, bool http_1_0);
    ~SessionExchange() override;

    const ServerRequest& request() const override { return request_; }
    void reply(int status, const Headers& headers, std::string body) override;
    void start(int status, const Headers& headers) override;
    void write(std::string bytes) override;
    void finish() override;
    void write_raw(std::string bytes) override;
    void close() override;
    void reset() override;
    void limit_rate(double bytes_per_s) override;
    void on_gone(std::function<void()> callback) override;
    bool gone() const override { return gone_; }
    std::size_t unsent() const override { return session_ ? session_->unsent() : 0; }

    void peer_gone(); // from the session

  private:
    std::string head(int status, const Headers& headers, std::optional<std::size_t> length) const;
    void done(bool keep_alive);

    std::shared_ptr<Session> session_; // null once the reply is finished
    ServerRequest request_;
    BodyShare share_;
    bool keep_alive_, http_1_0_, raw_ = false, started_ = false, gone_ = false;
    std::function<void()> on_gone_;
};

} // namespace brownout::net
