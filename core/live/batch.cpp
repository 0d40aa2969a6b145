#include "live/batch.h"

#include "chain/worst_case.h"
#include "wire/usage.h"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace brownout::live {

namespace {

const wire::Caller& caller_of(const std::string& url) {
    if (url == "/v1/messages")
        return wire::anthropic_caller();
    return url == "/v1/images/generations" ? wire::openai_images_caller()
                                           : wire::openai_chat_caller();
}

// Answers that are kept back for their turn; then no more are started.
constexpr std::size_t most_waiting = 10'000;

} // namespace

class Batch::Line final : public CallObserver {
  public:
    Line(Batch& batch, std::size_t order, BatchRequest request, Money reserved)
        : batch_(batch), order_(order), request_(std::move(request)), reserved_(reserved) {}

    std::size_t order() const { return order_; }
    Money reserved() const { return reserved_; }
    void start(wire::ChatRequest asked, const PickedChain& picked, Driver& driver) {
        driver_ = &driver;
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
        const wire::Caller& caller = caller_of(request_.url);
        BatchAnswer answer;
        answer.line = request_.line;
        answer.custom_id = request_.custom_id;
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
    BatchRequest request_;
    Money reserved_;
    Driver* driver_ = nullptr;
    Driver::CallHandle handle_ = 0;
};

Batch::Batch(boost::asio::io_context& loop, const Clock& clock, Serving& serving, BatchInput input,
             BatchOutput output, BatchOptions options)
    : loop_(loop),
      clock_(clock),
      serving_(serving),
      input_(std::move(input)),
      output_(std::move(output)),
      options_(std::move(options)),
      before_(output_.answers()),
      timer_(loop) {}

Batch::~Batch() = default;

void Batch::start(std::function<void(Result<void>)> ended, std::function<void()> changed) {
    ended_ = std::move(ended);
    changed_ = changed ? std::move(changed) : [] {};
    began_ = next_start_ = clock_.now();
    boost::asio::post(loop_, [this, still = std::weak_ptr<int>{alive_}] {
        if (!still.expired())
            go_on();
    });
}

void Batch::pause() {
    if (std::exchange(paused_, true))
        return;
    paused_at_ = clock_.now();
    timer_.cancel();
}

void Batch::resume() {
    if (!std::exchange(paused_, false))
        return;
    began_ += clock_.now() - paused_at_;
    go_on();
}

void Batch::stop() {
    if (over_)
        return;
    stopping_ = true;
    timer_.cancel();
    // Paid for already: better out of order than asked again.
    for (const auto& [order, answer] : waiting_)
        if (const auto written = output_.write(answer); !written)
            return end(fail(written.error()));
    waiting_.clear();
    for (const auto& [order, line] : running_)
        line->cancel();
    if (running_.empty())
        end({});
}

void Batch::go_on() {
    if (std::exchange(going_on_, true))
        return;
    while (!stopping_ && !paused_ && !over_ && running_.size() < options_.concurrency &&
           waiting_.size() < most_waiting && start_next()) {
    }
    going_on_ = false;
    if (running_.empty() && input_over_ && !held_)
        end({});
}

// False: not now, or no more.
bool Batch::start_next() {
    while (!held_) {
        auto next = input_.next();
        if (!next) {
            end(fail(next.error()));
            return false;
        }
        if (!*next) {
            input_over_ = true;
            return false;
        }
        if (!output_.answered((*next)->custom_id))
            held_ = std::move(**next);
    }
    if (const Duration wait = next_start_ - clock_.now();
        options_.requests_per_min > 0 && wait > Duration::zero()) {
        wait_for_turn(wait);
        return false;
    }
    if (!serving_.serving_driver("")) {
        end(fail({Error::Kind::bad_input, "chain", "no chain is loaded", "Open one"}));
        return false;
    }
    const chain::Document& document = serving_.served_document();
    if (const auto why = another(document)) {
        end(fail(*why));
        return false;
    }
    auto read = caller_of(held_->url).read(held_->body);
    tl::expected<PickedChain, wire::CallerError> picked;
    if (read)
        picked = pick(document, read->model);
    if (!read || !picked) {
        const wire::CallerError& error = read ? picked.error() : read.error();
        const std::size_t order = next_++;
        BatchAnswer answer{held_->line,
                           held_->custom_id,
                           "none",
                           error.status,
                           caller_of(held_->url).error(error, ""),
                           error.code,
                           wire::text_of(error)};
        held_.reset();
        put(order, std::move(answer));
        return !over_;
    }
    Money reserved;
    if (!may_start(document, *picked->chain, read->request, reserved)) {
        if (over_)
            return false;
        limited_ = running_.empty();
        if (limited_) // what runs may turn out cheaper than was reserved for it
            end(fail({Error::Kind::bad_input, "--max-spend-usd",
                      "the spending limit was reached: the next request could exceed it",
                      "Run it again with a higher limit to go on"}));
        return false;
    }
    if (options_.requests_per_min > 0)
        next_start_ = std::max(next_start_, clock_.now() - std::chrono::seconds{1}) +
                      from_seconds(60 / options_.requests_per_min);
    reserved_ += reserved;
    const std::size_t order = next_++;
    auto line = std::make_unique<Line>(*this, order, std::move(*held_), reserved);
    held_.reset();
    Line& started = *line;
    running_.emplace(order, std::move(line));
    started.start(std::move(read->request), *picked, *serving_.serving_driver(picked->chain->id));
    changed_();
    return true;
}

// A batch that was begun on one document does not go to the providers of another.
std::optional<Error> Batch::another(const chain::Document& document) {
    if (!document_name_)
        document_name_ = document.name;
    const char* const again = "Open it again and start the batch: it goes on where it stopped";
    if (document.name != *document_name_)
        return Error{Error::Kind::bad_input, *document_name_, "another document was opened", again};
    if (!options_.chain.empty() && !document.chain(options_.chain))
        return Error{Error::Kind::bad_input, options_.chain, "this chain is gone", again};
    return std::nullopt;
}

tl::expected<PickedChain, wire::CallerError> Batch::pick(const chain::Document& document,
                                                         const std::string& model) const {
    if (options_.chain.empty())
        return pick_chain(document, model);
    const chain::Chain* const chain = document.chain(options_.chain);
    for (const chain::Target& target : chain->targets)
        if (target.enabled && (target.model == model || target.name() == model))
            return PickedChain{chain, target.name()};
    return PickedChain{chain, ""};
}

bool Batch::may_start(const chain::Document& document, const chain::Chain& chain,
                      const wire::ChatRequest& request, Money& reserved) {
    if (!options_.max_spend)
        return true;
    chain::RequestSize size;
    size.input_tokens = wire::estimate_input_tokens(request);
    size.output_tokens = request.max_tokens.value_or(engine::usual_output_tokens);
    const chain::WorstCase worst = chain::worst_case(document, chain, size);
    if (!worst.unpriced.empty()) {
        end(fail({Error::Kind::bad_input, "--max-spend-usd",
                  "the price of " + worst.unpriced.front() + " is not known, so no limit holds",
                  "Give it a `price` in the chain file, or leave the limit out"}));
        return false;
    }
    const std::int64_t pictures = request.image ? request.image->count.value_or(1) : 1;
    reserved = Money::from_usd(worst.cost.value_or(Money{}).usd() * static_cast<double>(pictures));
    return spend_.usd() + reserved_.usd() + reserved.usd() <= options_.max_spend->usd();
}

void Batch::wait_for_turn(Duration wait) {
    timer_.expires_after(wait);
    timer_.async_wait(
        [this, still = std::weak_ptr<int>{alive_}](const boost::system::error_code& error) {
            if (!error && !still.expired())
                go_on();
        });
}

void Batch::answered(Line& line, BatchAnswer answer) {
    reserved_ -= line.reserved();
    const std::size_t order = line.order();
    if (!answer.custom_id.empty() && answer.status != 0)
        put(order, std::move(answer));
    // Not at once: it is still on the stack.
    boost::asio::post(loop_, [this, order, still = std::weak_ptr<int>{alive_}] {
        if (still.expired())
            return;
        running_.erase(order);
        changed_();
        if (!stopping_)
            return go_on();
        if (running_.empty())
            end({});
    });
}

void Batch::put(std::size_t order, BatchAnswer answer) {
    waiting_.emplace(order, std::move(answer));
    while (!waiting_.empty() && (!options_.ordered || waiting_.begin()->first == next_out_)) {
        next_out_ = waiting_.begin()->first + 1;
        const BatchAnswer next = std::move(waiting_.begin()->second);
        waiting_.erase(waiting_.begin());
        if (const auto written = output_.write(next); !written)
            return end(fail(written.error()));
    }
}

void Batch::end(Result<void> how) {
    if (std::exchange(over_, true))
        return;
    timer_.cancel();
    if (!how) { // nothing that still runs can be written
        stopping_ = true;
        for (const auto& [order, line] : running_)
            line->cancel();
    }
    boost::asio::post(loop_, [this, how = std::move(how), still = std::weak_ptr<int>{alive_}] {
        if (still.expired())
            return;
        output_.close();
        ended_(how);
    });
}

BatchProgress Batch::progress() const {
    BatchProgress p;
    p.requests = input_.requests();
    p.done = output_.answers();
    p.failed = output_.failures();
    p.running = running_.size();
    p.spend = spend_;
    p.cost_unknown = cost_unknown_;
    const std::size_t here = p.done - before_;
    const double took = to_seconds((paused_ ? paused_at_ : clock_.now()) - began_);
    if (here > 0 && took > 0)
        p.per_min = static_cast<double>(here) * 60 / took;
    if (here > 0 && p.done < p.requests)
        p.seconds_left =
            took / static_cast<double>(here) * static_cast<double>(p.requests - p.done);
    return p;
}

} // namespace brownout::live
