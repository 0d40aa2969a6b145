#include "net/http_session.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>

namespace brownout::net {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {
constexpr std::size_t read_size = 16u << 10;
constexpr std::size_t pipelined_limit = 64u << 10; // of later requests while one is answered
// How long, and how much, we read on from a peer whose request we have refused: many clients look
// at the answer only once they have sent their whole body. What is read is dropped.
constexpr auto drain_time = std::chrono::seconds{2};
constexpr auto slowest_peer = std::chrono::seconds{30}; // takes nothing of what was written
constexpr std::size_t write_at_once = 64u << 10;
constexpr std::size_t drain_limit = 64u << 20;
constexpr auto slice_time = std::chrono::milliseconds{20};

template <class Message>
ServerRequest head_of(const Message& message) {
    ServerRequest head;
    head.method = std::string{message.method_string()};
    head.target = std::string{message.target()};
    for (const auto& field : message)
        head.headers.emplace_back(field.name_string(), field.value());
    return head;
}
} // namespace

void reset_socket(tcp::socket& socket) {
    error_code ignored;
    socket.set_option(asio::socket_base::linger{true, 0}, ignored);
    socket.close(ignored);
}

Session::Session(tcp::socket socket, const ServerLimits& limits, std::weak_ptr<SessionOwner> owner,
                 std::shared_ptr<BodyBudget> bodies)
    : socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      pace_(socket_.get_executor()),
      limits_(limits),
      owner_(std::move(owner)),
      buffer_(limits.header_bytes + pipelined_limit + read_size),
      share_(std::move(bodies)) {}

void Session::start() {
    arm_timer(limits_.idle_timeout);
    read();
}

void Session::close_if_idle() {
    if (state_ == State::idle)
        end_after_writes();
}

void Session::abandon() {
    if (state_ == State::dead)
        return;
    if (state_ == State::replying) {
        if (const auto exchange = exchange_.lock())
            exchange->peer_gone();
        reset_socket(socket_);
    }
    die();
}

void Session::read() {
    if (reading_now_ || state_ == State::dead)
        return;
    if (state_ == State::replying && buffer_.size() >= pipelined_limit)
        return; // read on when this reply is finished
    reading_now_ = true;
    socket_.async_read_some(buffer_.prepare(read_size),
                            [self = shared_from_this()](error_code error, std::size_t size) {
                                self->reading_now_ = false;
                                self->on_read(error, size);
                            });
}

void Session::on_read(error_code error, std::size_t size) {
    if (state_ == State::dead)
        return;
    if (error)
        return peer_gone();
    if (state_ == State::draining) {
        // Reading on keeps the system from answering late bytes with a reset, which would destroy
        // the reply that the peer has not read yet.
        drained_ += size;
        if (drained_ > drain_limit)
            return die();
        return read();
    }
    buffer_.commit(size);
    parse();
    read();
}

void Session::parse() {
    if (parsing_ || (state_ != State::idle && state_ != State::reading))
        return;
    parsing_ = true; // a reply from inside the handler comes back here
    while ((state_ == State::idle || state_ == State::reading) && buffer_.size() > 0) {
        if (state_ == State::idle) {
            state_ = State::reading;
            arm_timer(limits_.header_timeout);
            parser_.emplace();
            parser_->eager(true);
            parser_->header_limit(static_cast<std::uint32_t>(limits_.header_bytes));
            parser_->body_limit(limits_.body_bytes);
            told_continue_ = false;
        }
        if (at_empty_last_chunk())
            break;
        error_code error;
        const std::size_t used = parser_->put(buffer_.data(), error);
        buffer_.consume(used);
        if (error && error != http::error::need_more) {
            refuse_request(error);
            break;
        }
        // A body in a coding that is unknown here has an unknown end: what follows might be read as
        // a request that nobody meant to send.
        if (parser_->is_header_done() && !parser_->chunked() &&
            parser_->get().count(http::field::transfer_encoding) > 0) {
            answer_and_end(501, "Not Implemented");
            break;
        }
        if (parser_->is_done()) {
            hand_over();
            continue;
        }
        if (parser_->is_header_done() && !std::exchange(told_continue_, true)) {
            if (!admitted()) {
                hand_over(Body::dropped);
                continue;
            }
            if (!has_room())
                break;
            if (boost::beast::iequals(parser_->get()[http::field::expect], "100-continue"))
                send("HTTP/1.1 100 Continue\r\n\r\n");
        }
        if (parser_->chunked() && !has_room())
            break;
        if (error == http::error::need_more || used == 0) {
            // A chunk's extension or a trailer that does not end: the parser bounds neither, and
            // the buffer has an end.
            if (buffer_.size() > limits_.header_bytes)
                answer_and_end(400, "Bad Request");
            break;
        }
    }
    parsing_ = false;
}

// Beast has read "0\r\n" as the last chunk's line and asserts that two more bytes come at once, not
// one. More always follow: even where these four are a chunk's content, its own end does.
bool Session::at_empty_last_chunk() const {
    return parser_->is_header_done() && parser_->chunked() && buffer_.size() == 4 &&
           std::string_view{static_cast<const char*>(buffer_.data().data()), 3} == "0\r\n";
}

void Session::refuse_request(error_code error) {
    if (error == http::error::header_limit)
        answer_and_end(431, "Request Header Fields Too Large");
    else if (error == http::error::body_limit)
        answer_and_end(413, "Content Too Large");
    else
        answer_and_end(400, "Bad Request");
}

void Session::answer_and_end(int status, std::string_view words) {
    HttpServer::Refusal refusal;
    if (const auto owner = owner_.lock())
        refusal = owner->refusal(status, target_so_far());
    std::string head = "HTTP/1.1 " + std::to_string(status) + " " + std::string{words} +
                       "\r\nContent-Length: " + std::to_string(refusal.body.size());
    if (!refusal.content_type.empty())
        head += "\r\nContent-Type: " + refusal.content_type;
    if (status == 503)
        head += "\r\nRetry-After: 1";
    send(head + "\r\nConnection: close\r\n\r\n" + refusal.body);
    parser_.reset(); // what was read of its body goes now, not when the peer has gone
    share_.give_back();
    end_after_writes();
}

std::string_view Session::target_so_far() const {
    if (!parser_)
        return {};
    const auto target = parser_->get().target();
    return {target.data(), target.size()};
}

bool Session::admitted() {
    const auto owner = owner_.lock();
    return !owner || owner->admits(head_of(parser_->get()));
}

// For what has come of a body, and what it says is to come. False: refused.
bool Session::has_room() {
    const auto length = parser_->content_length();
    if (share_.grow_to(length ? static_cast<std::size_t>(*length)
                              : parser_->get().body().capacity())) // it doubles as it grows
        return true;
    answer_and_end(503, "Service Unavailable");
    return false;
}

void Session::hand_over(Body body) {
    state_ = State::replying;
    rate_ = unsent() > 0 ? rate_ : 0;
    ++timer_turn_;
    timer_.cancel();
    auto message = parser_->release();
    parser_.reset();
    ServerRequest request = head_of(message);
    if (body == Body::whole)
        request.body = std::move(message.body());
    share_.take(request.body.size());
    // What is still to come of a dropped body is no next request.
    auto exchange = std::make_shared<SessionExchange>(
        shared_from_this(), std::move(request), std::move(share_),
        message.keep_alive() && body == Body::whole, message.version() < 11);
    exchange_ = exchange;
    if (const auto owner = owner_.lock())
        owner->on_request(std::move(exchange));
}

void Session::send(std::string_view bytes) {
    if (dead() || fin_due_ || !socket_.is_open())
        return;
    std::size_t sent = 0;
    if (!writing_now_ && unsent_.empty() && rate_ <= 0) {
        error_code error;
        sent = socket_.write_some(asio::buffer(bytes.data(), bytes.size()), error);
        if (error && error != asio::error::would_block && error != asio::error::try_again)
            return; // the read sees it, too, and tells
    }
    // What came before counts: a whole reply, however long, is one write and always passes.
    if (unsent() > limits_.unsent_bytes) {
        unsent_.clear();
        reset_socket(socket_);
        // Not from here: the exchange that wrote this is still on the stack.
        asio::post(socket_.get_executor(), [self = shared_from_this()] { self->peer_gone(); });
        return;
    }
    unsent_.append(bytes.substr(sent));
    write_more();
}

void Session::write_more() {
    if (writing_now_ || state_ == State::dead)
        return;
    if (unsent_.empty()) {
        if (fin_due_)
            send_fin();
        return;
    }
    if (rate_ > 0 && wait_for_slice())
        return;
    writing_now_ = true;
    sending_.clear();
    if (rate_ > 0) {
        const double bytes = rate_ * std::chrono::duration<double>(slice_time).count();
        const auto size = std::min(unsent_.size(), static_cast<std::size_t>(std::max(1.0, bytes)));
        sending_.assign(unsent_, 0, size);
        unsent_.erase(0, size);
        next_slice_ += std::chrono::duration_cast<std::chrono::steady_clock::duration>(
            std::chrono::duration<double>(static_cast<double>(size) / rate_));
    } else {
        std::swap(sending_, unsent_);
    }
    const auto go_on = [self = shared_from_this()](const error_code& error, std::size_t) {
        self->taken_at_ = std::chrono::steady_clock::now();
        return error ? std::size_t{0} : write_at_once;
    };
    asio::async_write(socket_, asio::buffer(sending_), go_on,
                      [self = shared_from_this()](error_code error, std::size_t) {
                          self->writing_now_ = false;
                          self->sending_.clear();
                          self->on_written(error);
                      });
}

void Session::limit_rate(double bytes_per_s) {
    rate_ = bytes_per_s;
    next_slice_ = std::chrono::steady_clock::now();
}

bool Session::wait_for_slice() {
    const auto now = std::chrono::steady_clock::now();
    next_slice_ = std::max(next_slice_, now - slice_time); // a pause is not made up for
    if (next_slice_ <= now)
        return false;
    if (!std::exchange(pacing_, true)) {
        pace_.expires_at(next_slice_);
        pace_.async_wait([self = shared_from_this()](error_code error) {
            self->pacing_ = false;
            if (!error)
                self->write_more();
        });
    }
    return true;
}

void Session::on_written(error_code error) {
    if (state_ == State::dead)
        return;
    if (error)
        return peer_gone();
    write_more();
}

void Session::reply_finished(bool keep_alive) {
    if (state_ != State::replying)
        return;
    if (!keep_alive || !may_be_kept())
        return end_after_writes();
    state_ = State::idle;
    idle_since_ = std::chrono::steady_clock::now();
    arm_timer(limits_.idle_timeout);
    if (buffer_.size() > 0 && !parsing_)
        // Not from here: the handler that finished this reply is still on the stack.
        asio::post(socket_.get_executor(), [self = shared_from_this()] {
            self->parse();
            self->read();
        });
    read();
}

bool Session::may_be_kept() const {
    const auto owner = owner_.lock();
    return owner && owner->keeps_connections();
}

void Session::end_after_writes() {
    if (dead())
        return;
    fin_due_ = true;
    taken_at_ = std::chrono::steady_clock::now();
    state_ = State::draining;
    buffer_.clear();
    arm_timer(drain_time);
    write_more();
    read();
}

void Session::send_fin() {
    if (std::exchange(fin_sent_, true))
        return;
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    arm_timer(drain_time);
}

void Session::reset() {
    if (state_ == State::dead)
        return;
    reset_socket(socket_);
    die();
}

void Session::peer_gone() {
    const auto exchange = state_ == State::replying ? exchange_.lock() : nullptr;
    die();
    if (exchange)
        exchange->peer_gone();
}

void Session::die() {
    if (std::exchange(state_, State::dead) == State::dead)
        return;
    ++timer_turn_;
    timer_.cancel();
    pace_.cancel();
    error_code ignored;
    socket_.close(ignored);
    if (const auto owner = owner_.lock())
        owner->session_ended(*this);
}

void Session::arm_timer(Duration after) {
    const auto turn = ++timer_turn_;
    timer_.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(after));
    timer_.async_wait([self = shared_from_this(), turn](error_code error) {
        if (!error && turn == self->timer_turn_)
            self->on_timer();
    });
}

void Session::on_timer() {
    switch (state_) {
    case State::idle:
        return end_after_writes();
    case State::reading:
        return answer_and_end(408, "Request Timeout");
    case State::draining:
        // A slow peer, or a limited rate, that still takes what was written is waited for.
        if (!fin_sent_ && std::chrono::steady_clock::now() - taken_at_ < slowest_peer)
            return arm_timer(drain_time);
        return fin_sent_ ? die() : reset();
    case State::replying:
    case State::dead:
        return;
    }
}

} // namespace brownout::net
