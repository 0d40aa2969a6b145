// A second thread for one run. It draws ahead what does not depend on what the engine does: when
// requests come, what they ask for, and how the provider that is asked first would answer. And it
// folds behind what has ended. Both go in the order of a run without it, by the same generators, so
// the run is the same to the last bit; it only takes two cores.
//
// Thread: all of it is called by the one that plays the run.
#pragma once

#include "record/report.h"
#include "sim/arrivals.h"
#include "sim/provider_draws.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace brownout::sim {

class Beside {
  public:
    static constexpr std::size_t nobody = ~std::size_t{0};
    struct Ahead { // a request that is to come
        Instant at = never;
        RequestDraws::Request request;
        std::size_t provider = nobody; // whose draws these are, for its first attempt
        ProviderDraws draws;
        double gaps_ms = -1; // of its tokens, where the answer comes in one piece; < 0: not drawn
    };
    // `draw`: the next request, on the other thread; null: none is drawn ahead. All that it uses,
    // and `fold`, are the other thread's until finish().
    Beside(std::function<void(Ahead&)> draw, record::RunFold& fold);
    ~Beside();

    const Ahead& next(); // good until the next call
    void request(const record::FoldedCall& call, std::span<const record::FoldedAttempt> attempts);
    // In its turn among the requests.
    void then(std::function<void(record::RunFold&)> fold);
    void finish(); // all is folded, and the other thread has ended

  private:
    static constexpr std::size_t block_size = 256, most_blocks = 4;
    struct Folding {
        std::vector<record::FoldedCall> calls;
        std::vector<std::uint32_t> tries; // of each call
        std::vector<record::FoldedAttempt> attempts;
        std::vector<std::pair<std::size_t, std::function<void(record::RunFold&)>>>
            between; // before
        void clear();
    };
    void work();
    void hand_over();
    void fold(const Folding& block);

    std::function<void(Ahead&)> draw_;
    record::RunFold& fold_;
    // The playing thread's.
    std::vector<Ahead> current_;
    std::size_t at_ = 0;
    Folding filling_;
    // Of both, by the mutex.
    std::mutex mutex_;
    std::condition_variable work_, done_;
    std::deque<std::vector<Ahead>> drawn_, drawn_before_; // to be used; to be drawn anew
    std::deque<Folding> folding_, folded_;
    bool ending_ = false;
    std::jthread thread_;
};

} // namespace brownout::sim
