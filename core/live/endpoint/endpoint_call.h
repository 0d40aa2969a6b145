// One request of a client of the local endpoint: from the parsed body to the last byte of the
// answer. Thread: the loop's. Private to the endpoint.
#pragma once

#include "live/driver.h"
#include "live/endpoint/pick_chain.h"
#include "net/http_server.h"

#include <boost/asio/steady_timer.hpp>

namespace brownout::live {

// A stream says so often that it is still there, and no sooner: with the first such line the
// status is sent, and what fails afterwards can only be told within the stream.
inline constexpr auto keep_alive_every = std::chrono::seconds{10};

class EndpointCall final : public CallObserver {
  public:
    using Ended = std::function<void(EndpointCall&)>;
    EndpointCall(boost::asio::io_context& loop, const Clock& clock, net::ExchangePtr exchange,
                 const wire::Caller& caller, wire::CallerRequest request, Ended ended);

    // `ended` comes once, never from inside start().
    void start(Driver& driver, const PickedChain& picked);
    void cancel(); // the endpoint goes: as if the caller had left
    bool streams() const { return stream_ != nullptr; }
    const std::string& chain() const { return chain_; }

  private:
    void on_attempt(const record::RequestRecord& record) override;
    void on_forward(const record::RequestRecord& record,
                    const record::AttemptRecord& attempt) override;
    void on_delta(const wire::Delta& delta) override;
    void on_restart(const std::string& target) override;
    void on_finish(record::RequestPtr record, const wire::Reply& reply) override;

    net::Headers headers(const char* type) const;
    wire::AnswerFacts facts() const;
    void begin_head();
    void begin_stream();
    void send(std::string bytes);
    void hold_back();
    void look_for_room();
    void keep_alive();
    void end_stream(const record::RequestRecord& record, const wire::Reply& reply);
    void answer(const record::RequestRecord& record, const wire::Reply& reply);
    std::optional<Duration> soonest() const;

    const Clock& clock_;
    net::ExchangePtr exchange_;
    const wire::Caller& caller_;
    wire::CallerRequest request_;
    Ended ended_;
    std::unique_ptr<wire::CallerStream> stream_; // null: a whole answer was asked for
    Driver* driver_ = nullptr;
    Driver::CallHandle handle_ = 0;
    std::string id_, chain_, provider_, model_; // the last two: who serves; empty: nobody yet
    std::size_t attempts_ = 0;
    std::int64_t input_tokens_ = 0;
    bool head_sent_ = false, begun_ = false, gone_ = false, held_back_ = false, over_ = false;
    Instant last_sent_{};
    boost::asio::steady_timer alive_timer_, room_timer_;
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

} // namespace brownout::live
