#include "live/batch.h"

#include "chain/worst_case.h"
#include "live/batch_line.h"
#include "wire/usage.h"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace brownout::live {

Batch::Batch(boost::asio::io_context& loop, const Clock& clock, Serving& serving, BatchInput input,
             BatchOutput output, BatchOptions options)
    : loop_(loop),
      clock_(clock),
      serving_(serving),
      input_(std::move(input)),
      output_(std::move(output)),
      options_(std::move(options)),
      patience_(options_.patience, options_.concurrency),
      before_(output_.answers()),
      spent_before_(output_.spent()),
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
    const Duration pause = clock_.now() - paused_at_;
    began_ += pause;
    patience_.skip(pause);
    for (auto& [order, line] : lines_)
        if (line.held.since)
            line.held.since = after(*line.held.since, pause);
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
    wake_at_ = never;
    while (!stopping_ && !paused_ && !over_ && running_.size() < options_.concurrency &&
           start_next()) {
    }
    wake_for_held();
    arm();
    going_on_ = false;
    if (running_.empty() && input_over_ && lines_.empty())
        end({});
}

bool Batch::refuse(WaitingLines::iterator line, const wire::CallerError& error) {
    const auto [order, waiting] = std::move(*line);
    const BatchRequest& request = waiting.request;
    line_bytes_ -= request.body.size();
    lines_.erase(line);
    put(order,
        {request.line, request.custom_id, "line-" + std::to_string(request.line), error.status,
         batch_caller(request.url).error(error, ""), error.code, wire::text_of(error)});
    return !over_;
}

// False: not now, or no more.
bool Batch::start_next() {
    const auto next = next_line();
    if (!next)
        return false;
    Waiting& line = (*next)->second;
    if (options_.requests_per_min > 0 && next_start_ > clock_.now()) {
        wake_at_ = next_start_;
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
    auto read = batch_caller(line.request.url).read(line.request.body);
    tl::expected<PickedChain, wire::CallerError> picked;
    if (read)
        picked = pick(document, read->model);
    if (!read || !picked)
        return refuse(*next, read ? picked.error() : read.error());
    line.chain = picked->chain->id;
    if (!has_room(line.chain))
        return true; // it is put aside, and the next one looked at
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
    const std::size_t order = (*next)->first;
    line_bytes_ -= line.request.body.size();
    ++running_of_[line.chain];
    Line& started =
        *running_.emplace(order, std::make_unique<Line>(*this, order, std::move(line), reserved))
             .first->second;
    lines_.erase(*next);
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
    return spent_before_.usd() + spend_.usd() + reserved_.usd() + reserved.usd() <=
           options_.max_spend->usd();
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
        take_back(order);
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
    if (how && options_.ordered)
        how = output_.put_in_order(input_);
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

} // namespace brownout::live
