// Which request of a batch may go now, and what becomes of those that nobody took.
#include "live/batch_line.h"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace brownout::live {

namespace {

// Answers that are kept back for their turn; then no more are started.
constexpr std::size_t most_waiting = 10'000;
// Requests that are put aside while their chain is waited for, so that those of other chains go on.
constexpr std::size_t most_aside = 256, most_aside_bytes = 64u << 20;

} // namespace

bool Batch::has_room(const std::string& chain) const {
    if (chain.empty())
        return true;
    const auto running = running_of_.find(chain);
    return (running == running_of_.end() ? 0 : running->second) <
           patience_.room(chain, clock_.now());
}

// The first that may go, of those that wait and of the file; nothing: not now, or no more.
std::optional<Batch::WaitingLines::iterator> Batch::next_line() {
    for (auto line = lines_.begin(); line != lines_.end(); ++line)
        if (has_room(line->second.chain))
            return line;
    if (input_over_ || waiting_.size() >= most_waiting || lines_.size() >= most_aside ||
        line_bytes_ >= most_aside_bytes)
        return std::nullopt;
    for (;;) {
        auto next = input_.next();
        if (!next) {
            end(fail(next.error()));
            return std::nullopt;
        }
        if (!*next) {
            input_over_ = true;
            return std::nullopt;
        }
        if (output_.answered((*next)->custom_id))
            continue;
        line_bytes_ += (*next)->body.size();
        return lines_.emplace(next_++, Waiting{std::move(**next), {}, {}}).first;
    }
}

// When the first chain that somebody waits for may be asked again.
void Batch::wake_for_held() {
    const Instant now = clock_.now();
    for (const auto& [order, line] : lines_)
        if (const Instant again = patience_.asks_again(line.chain); again > now)
            wake_at_ = std::min(wake_at_, again);
}

void Batch::arm() {
    timer_.cancel();
    if (wake_at_ == never || stopping_ || paused_ || over_)
        return;
    timer_.expires_after(std::max(wake_at_ - clock_.now(), Duration::zero()));
    timer_.async_wait(
        [this, still = std::weak_ptr<int>{alive_}](const boost::system::error_code& error) {
            if (!error && !still.expired())
                go_on();
        });
}

// Asked of every request that has ended: also tells what its end says about its chain.
bool Batch::holds_back(Line& line, const record::RequestRecord& record) {
    using engine::CallResult;
    const bool rejected = record.result == CallResult::rejected && !record.attempts.empty();
    if (record.result == CallResult::success || rejected)
        patience_.answered(line.chain());
    else if (!stopping_ && patience_.holds_back(line.chain(), line.held(), line.outlook(record),
                                                record.error, clock_.now()))
        line.hold_back();
    return line.again.has_value();
}

void Batch::take_back(std::size_t order) {
    auto line = running_.extract(order);
    Line& was = *line.mapped();
    const std::string& chain = was.again ? was.again->chain : was.chain();
    if (const auto of = running_of_.find(chain); --of->second == 0)
        running_of_.erase(of);
    if (!was.again)
        return;
    line_bytes_ += was.again->request.body.size();
    lines_.emplace(order, std::move(*was.again));
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
    p.held_back =
        static_cast<std::size_t>(std::count_if(lines_.begin(), lines_.end(), [](const auto& l) {
            return l.second.held.since.has_value();
        }));
    const auto waits = patience_.waits();
    if (waits && (p.held_back > 0 || running_of_.contains(waits->chain))) {
        const Instant now = paused_ ? paused_at_ : clock_.now();
        p.held_chain = waits->chain;
        p.held_why = waits->why;
        p.asks_again_s = std::max(0.0, to_seconds(waits->asks_again - now));
        p.patience_left_s = std::max(0.0, to_seconds(waits->gives_up - now));
    }
    return p;
}

} // namespace brownout::live
