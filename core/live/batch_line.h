// One request of a batch, while it runs. Private to the batch; thread: the loop's.
#pragma once

#include "live/batch.h"
#include "live/call.h"

namespace brownout::live {

inline const wire::Caller& batch_caller(const std::string& url) {
    if (url == "/v1/messages")
        return wire::anthropic_caller();
    return url == "/v1/images/generations" ? wire::openai_images_caller()
                                           : wire::openai_chat_caller();
}

class Batch::Line final : public CallObserver {
  public:
    Line(Batch& batch, std::size_t order, Waiting line, Money reserved)
        : batch_(batch), order_(order), line_(std::move(line)), reserved_(reserved) {}

    std::size_t order() const { return order_; }
    Money reserved() const { return reserved_; }
    const std::string& chain() const { return line_.chain; }
    HeldBack& held() { return line_.held; }
    Outlook outlook(const record::RequestRecord& record) const {
        return outlook_of(record, *driver_, needs_, batch_.clock_.now());
    }
    std::optional<Waiting> again; // held back: what is to be asked once more
    void hold_back() { again = std::move(line_); }
    void start(wire::ChatRequest asked, const PickedChain& picked, Driver& driver) {
        driver_ = &driver;
        needs_ = needs_of(asked);
        CallOptions options;
        options.chain = picked.chain->id;
        options.prefer = picked.prefer;
        handle_ = driver.start(std::move(asked), std::move(options), *this);
    }
    void cancel() { driver_->cancel(handle_); }

  private:
    void on_delta(const wire::Delta&) override {}
    void on_restart(const std::string&) override {}
    void on_finish(record::RequestPtr record, const wire::Reply& reply) override {
        using engine::CallResult;
        batch_.spend_ += record->cost;
        batch_.cost_unknown_ = batch_.cost_unknown_ || record->cost_unknown;
        const BatchRequest& request = line_.request;
        const wire::Caller& caller = batch_caller(request.url);
        BatchAnswer answer;
        if (batch_.holds_back(*this, *record))
            return batch_.answered(*this, std::move(answer));
        answer.line = request.line;
        answer.custom_id = request.custom_id;
        answer.request_id = record->id;
        if (record->result == CallResult::success) {
            wire::AnswerFacts facts;
            facts.id = record->id.substr(record->id.starts_with("r-") ? 2 : 0);
            facts.model = reply.model;
            if (const auto slash = record->served_by.find('/'); slash != std::string::npos)
                facts.model = record->served_by.substr(slash + 1);
            facts.unix_s = batch_.clock_.unix_s();
            if (!record->cost_unknown)
                facts.cost = record->cost;
            answer.status = 200;
            answer.body = caller.whole(facts, reply);
        } else if (record->result != CallResult::cancelled) {
            const wire::CallerError error = error_of(*record, std::nullopt);
            answer.status = error.status;
            answer.body = caller.error(error, record->id);
            answer.error_code = error.code;
            answer.error_message = wire::text_of(error);
        }
        batch_.answered(*this, std::move(answer));
    }

    Batch& batch_;
    std::size_t order_;
    Waiting line_;
    Money reserved_;
    engine::Capabilities needs_;
    Driver* driver_ = nullptr;
    Driver::CallHandle handle_ = 0;
};

} // namespace brownout::live
