#include "sim/arrivals.h"

#include "sim/provider_draws.h"
#include "sim/random_use.h"

#include <algorithm>

namespace brownout::sim {
namespace {

constexpr double most_tokens = 1e9; // drawn from a tail without end

} // namespace

RequestDraws::RequestDraws(const faults::Traffic& traffic, std::uint64_t seed)
    : input_(traffic.input_tokens),
      output_(traffic.output_tokens),
      think_ms_(traffic.think_ms),
      token_rng_(Rng::stream(seed, for_tokens)),
      task_rng_(Rng::stream(seed, for_tasks)),
      think_rng_(Rng::stream(seed, for_think)) {
    for (const auto& [task, share] : traffic.task) {
        tasks_.push_back(task);
        shares_.push_back(share);
        sum_ += share;
    }
}

RequestDraws::Request RequestDraws::next(const faults::TraceRow* row) {
    Request out;
    if (row) {
        out.input_tokens = row->input_tokens;
        out.output_tokens = std::max<std::int64_t>(1, row->output_tokens);
    } else {
        out.input_tokens = rounded(std::min(input_.sample(token_rng_), most_tokens));
        out.output_tokens =
            std::max<std::int64_t>(1, rounded(std::min(output_.sample(token_rng_), most_tokens)));
    }
    if (tasks_.empty())
        return out;
    double left = task_rng_.uniform() * sum_;
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
        out.task = i;
        if ((left -= shares_[i]) < 0)
            break;
    }
    return out;
}

Duration RequestDraws::think() {
    return from_ms(think_ms_.sample(think_rng_));
}

} // namespace brownout::sim
