// One simulated provider: an HTTP server on loopback that behaves as its model says, and as badly
// as the faults say. Thread: the loop's. Private to the lab.
#pragma once

#include "faults/injector.h"
#include "live/driver.h" // Clock
#include "live/lab_pictures.h"
#include "live/lab_reply.h"
#include "live/lab_server.h"
#include "sim/provider_draws.h"

#include <deque>
#include <set>

namespace brownout::live {

std::string hex_id(Rng rng); // 32 digits

class SimulatedProvider final : public LabServer {
  public:
    SimulatedProvider(boost::asio::io_context& loop, const Clock& clock, std::string id,
                      const LabDialect& dialect, const chain::ProviderModel& model,
                      std::uint64_t seed, Voices voices, Decide decide);
    ~SimulatedProvider() override; // resets what is being answered

    // For new requests.
    void reshape(const chain::ProviderModel& model) {
        model_ = sim::ProviderModelTable(model, id_, run_seed_);
        words_ = sim::ProviderModelTable(model, voice_, run_seed_);
    }
    std::string base_path() const override { return dialect_.base_path(); }
    Lab::Load load() const override {
        return {replies_.size(), static_cast<std::size_t>(busy_), queue_.size(), pictures_.jobs()};
    }

  private:
    void on_request(net::ExchangePtr exchange) override;
    void chat(net::ExchangePtr exchange, const LabRequest& request,
              const std::vector<faults::Fault>& faults);
    static std::optional<std::int64_t>
    asked_tokens(const LabRequest& request, const net::ServerRequest& http, std::int64_t own);
    // LabTiming's; draws from `timing`.
    double pace(const ReplyPlan& plan, bool stream, std::int64_t tokens, Rng& timing) const;
    std::uint64_t next_draw(const net::ServerRequest& http);
    LabQuota quota(std::int64_t tokens);
    // simulated_pictures.cpp. False: it is no request for pictures.
    bool serve_pictures(const net::ExchangePtr& exchange);
    void create_picture(net::ExchangePtr exchange, const LabImages& images);
    void look_at_job(net::ExchangePtr exchange, const LabImages& images,
                     const LabImages::Route& route);
    void remember(const std::string& model);
    void run(net::ExchangePtr exchange, LabReply::Setup setup);
    void wants_place(LabReply& reply);
    void reply_ended(LabReply& reply);

    boost::asio::io_context& loop_;
    const Clock& clock_;
    const std::string id_;
    const LabDialect& dialect_;
    const std::string voice_; // whose words and lengths of answers
    const std::uint64_t run_seed_, seed_;
    sim::ProviderModelTable model_, words_;
    Decide decide_;
    std::uint64_t requests_ = 0; // without a number of their own
    RateLimits limits_;
    TokenBucket request_quota_, token_quota_;
    std::vector<std::string> models_; // asked for so far, for the models list
    LabPictures pictures_;
    std::set<std::shared_ptr<LabReply>> replies_;
    std::deque<std::weak_ptr<LabReply>> queue_;
    int busy_ = 0;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace brownout::live
