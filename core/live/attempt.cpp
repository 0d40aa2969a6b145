#include "live/attempt.h"

#include "live/front.h"
#include "live/outgoing.h"
#include "wire/billing.h"
#include "wire/http_parts.h"
#include "wire/usage.h"
#include "wire/words.h"

namespace brownout::live {

namespace {

wire::TransportEnd transport_end(net::End end) {
    switch (end) {
    case net::End::complete:
        return wire::TransportEnd::complete;
    case net::End::dns_failure:
        return wire::TransportEnd::dns_failure;
    case net::End::connect_refused:
        return wire::TransportEnd::connect_refused;
    case net::End::connect_timeout:
        return wire::TransportEnd::connect_timeout;
    case net::End::tls_failure:
        return wire::TransportEnd::tls_failure;
    case net::End::reset_before_headers:
        return wire::TransportEnd::reset_before_headers;
    case net::End::reset_after_headers:
        return wire::TransportEnd::reset_after_headers;
    case net::End::resend_refused:
        return wire::TransportEnd::resend_refused;
    case net::End::too_large:
        return wire::TransportEnd::too_large;
    case net::End::bad_http:
        return wire::TransportEnd::bad_http;
    }
    return wire::TransportEnd::bad_http;
}

} // namespace

Attempt::Attempt(AttemptSink& sink, net::HttpClient& http, boost::asio::io_context& loop,
                 std::int64_t unix_now, const engine::StartAttempt& action, std::uint64_t call)
    : sink_(sink), http_(http), timer_(loop), unix_now_(unix_now), action_(action), call_(call) {}

Attempt::~Attempt() {
    cancel();
}

void Attempt::send(net::Request request, std::unique_ptr<wire::ReplyReader> reader, Kind kind) {
    reader_ = std::move(reader);
    kind_ = kind;
    running_ = true;
    first_.url = request.url;
    first_.proxy = request.proxy;
    first_.ca_file = request.ca_file;
    start(std::move(request));
}

void Attempt::keep_wire(std::shared_ptr<WireLog> log, Exchange about) {
    tap_ = std::make_unique<Tap>(Tap{std::move(log), std::move(about), 0});
}

void Attempt::start(net::Request request) {
    if (tap_)
        tap_->exchange = tap_->log->begin(tap_->about, request);
    transfer_ = http_.start(on_its_way(std::move(request)), *this);
}

net::Request Attempt::on_its_way(net::Request request) const {
    const bool queue = !front_.empty() && wire::same_origin(request.url, queue_of(fronted_));
    if (front_.empty() || (!queue && !wire::same_origin(request.url, fronted_)))
        return request;
    if (queue)
        request.headers.emplace_back(queue_header, "1");
    const auto path = request.url.find_first_of("/?", request.url.find("://") + 3);
    request.url = front_ + (path == request.url.npos ? "/" : request.url.substr(path));
    request.proxy.clear();
    request.ca_file.clear();
    return request;
}

void Attempt::note_end(std::string_view how) {
    if (tap_)
        tap_->log->end(tap_->exchange, how);
}

void Attempt::fail(engine::Outcome outcome, std::string message) {
    over_ = true;
    end_.emplace();
    end_->outcome = outcome;
    end_->message = std::move(message);
}

void Attempt::cancel() {
    if (std::exchange(running_, false)) {
        http_.cancel(transfer_);
        note_end("given up here");
    }
    timer_.cancel();
    next_.reset();
    over_ = true;
}

void Attempt::pause() {
    paused_ = true;
    if (running_)
        http_.pause(transfer_);
}

void Attempt::resume() {
    paused_ = false;
    if (running_)
        http_.resume(transfer_);
    else if (next_ && next_due_)
        start_next();
}

std::optional<net::Request> Attempt::job_to_cancel() const {
    const auto request = reader_ ? reader_->cancel_job() : std::nullopt;
    if (!request)
        return std::nullopt;
    return on_its_way(dressed(*request));
}

// As the attempt's first request travelled. A certificate authority of the provider's own says
// nothing about the hosts of its pictures.
net::Request Attempt::dressed(const wire::HttpRequest& request) const {
    net::Request out = outgoing(request);
    out.proxy = first_.proxy;
    if (wire::same_origin(request.url, first_.url))
        out.ca_file = first_.ca_file;
    return out;
}

void Attempt::follow(wire::FollowUp& next) {
    ++follow_ups_;
    reader_ = std::move(next.reader);
    next_ = dressed(next.request);
    next_due_ = false;
    over_ = false;
    if (kind_ == Kind::job)
        sink_.attempt_progress(*this);
    timer_.expires_after(std::max(next.after, Duration::zero()));
    timer_.async_wait(
        [this, still = std::weak_ptr<int>{alive_}](const boost::system::error_code& error) {
            if (error || still.expired() || over_ || !next_)
                return;
            next_due_ = true;
            if (!paused_)
                start_next();
        });
}

void Attempt::start_next() {
    running_ = true;
    not_sent_.clear();
    net::Request request = std::move(*next_);
    next_.reset();
    start(std::move(request));
}

void Attempt::on_connected() {
    if (std::exchange(connected_, true))
        return;
    sink_.attempt_connected(*this);
}

void Attempt::on_head(int status, const net::Headers& headers) {
    if (const auto failure = front_.empty() ? std::nullopt : front_failure(headers)) {
        // The lab could not reach the provider: it ends as it ended there.
        if (std::exchange(running_, false))
            http_.cancel(transfer_);
        if (!failure->request_sent)
            not_sent_ = wire::one_line(failure->detail, wire::max_message_bytes);
        note_end(words_for(failure->end));
        return finish(transport_end(failure->end), failure->request_sent);
    }
    status_ = status;
    if (tap_)
        tap_->log->head(tap_->exchange, status, headers);
    reader_->head(status, headers);
    sink_.attempt_head(*this, headers);
}

void Attempt::take(const wire::Delta& delta) {
    if (delta.empty())
        return;
    text_bytes_ += delta.text.size();
    reasoning_bytes_ += delta.reasoning.size();
    calls_came_ = calls_came_ || !delta.tool_calls.empty();
    tokens_seen_ += wire::tokens_in(delta);
    sink_.attempt_delta(*this, delta);
}

// A provider that was asked for a stream may answer with a whole body.
void Attempt::take_rest() {
    const wire::Reply& reply = end_->reply;
    wire::Delta rest;
    if (reply.text.size() > text_bytes_)
        rest.text = reply.text.substr(text_bytes_);
    if (reply.reasoning.size() > reasoning_bytes_)
        rest.reasoning = reply.reasoning.substr(reasoning_bytes_);
    if (!calls_came_)
        for (const wire::ToolCall& call : reply.tool_calls)
            rest.tool_calls.push_back({static_cast<std::uint32_t>(rest.tool_calls.size()), call.id,
                                       call.name, call.arguments});
    take(rest);
}

void Attempt::on_bytes(std::string_view bytes) {
    if (over_)
        return;
    if (tap_)
        tap_->log->bytes(tap_->exchange, bytes);
    if (follow_ups_ > 0 && kind_ == Kind::job) // a large picture takes its time
        sink_.attempt_progress(*this);
    if (reader_->bytes(bytes, [this](const wire::Delta& delta) { take(delta); })) {
        if (!reader_->complete() || over_)
            return;
        // The provider's own end mark is there; some keep the connection open after it.
        if (std::exchange(running_, false))
            http_.release(transfer_);
        note_end("complete");
        return finish(wire::TransportEnd::complete, true);
    }
    // The reader has seen enough: an error in the stream, or bytes that cannot be a reply.
    if (std::exchange(running_, false))
        http_.cancel(transfer_);
    note_end("closed here: there was nothing more to learn");
    finish(wire::TransportEnd::complete, true);
}

void Attempt::on_end(net::End end, bool request_sent, const std::string& detail) {
    if (over_)
        return;
    running_ = false;
    if (!request_sent)
        not_sent_ = wire::one_line(detail, wire::max_message_bytes);
    note_end(words_for(end));
    finish(transport_end(end), request_sent);
}

void Attempt::finish(wire::TransportEnd transport, bool request_sent) {
    over_ = true;
    end_ = reader_->end(transport, request_sent, unix_now_);
    if (const auto next = std::exchange(end_->next, nullptr)) {
        if (follow_ups_ < max_follow_ups) {
            end_.reset();
            return follow(*next);
        }
        end_->outcome.cls = engine::OutcomeClass::failover;
        end_->outcome.cause = engine::Cause::malformed;
        end_->outcome.ambiguous = end_->outcome.counts_for_breaker = true;
        end_->message = "the job goes on and on";
    }
    if (kind_ == Kind::stream && end_->outcome.cls == engine::OutcomeClass::success)
        take_rest();
    const std::string& text = end_->reply.text;
    if (kind_ == Kind::whole && tokens_seen_ == 0 && !text.empty())
        tokens_seen_ = static_cast<std::uint32_t>(wire::estimate_tokens(text) +
                                                  wire::estimate_tokens(end_->reply.reasoning));
    sink_.attempt_ended(*this);
}

} // namespace brownout::live
