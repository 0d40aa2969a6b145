// Requests, failures and spend over time in at most 600 rows: rows start at one second each and
// double their width when a run outgrows them.
#pragma once

#include "base/money.h"
#include "base/time.h"

#include <cstdint>
#include <vector>

namespace brownout::record {

class Timeline {
  public:
    static constexpr std::size_t max_rows = 600;
    struct Row {
        std::uint64_t requests = 0, failed = 0;
        Money spend;
    };
    // `at` before the start of the run counts to the first row.
    void add(Instant at, bool failed, Money spend);
    void add_spend(Instant at, Money spend); // of no request
    void merge(const Timeline& other);
    std::int64_t row_seconds() const { return width_; }
    const std::vector<Row>& rows() const { return rows_; } // row i starts at i * row_seconds()

  private:
    Row& row_at(Instant at);
    void widen();
    std::int64_t width_ = 1;
    std::vector<Row> rows_;
    std::size_t last_ = 0; // the row that was asked for last, and from when until when it is
    Instant last_from_{}, last_until_{};
};

} // namespace brownout::record
