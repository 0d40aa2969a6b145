// The way of a lab's reply onto the wire, and what faults make of it: the framing of HTTP as it
// should be, or written by hand where a length is to be wrong or the end is to be the connection's.
// Thread: the loop's. Private to the lab.
#pragma once

#include "live/lab_faults.h"
#include "net/http_server.h"

namespace brownout::live {

class LabFraming {
  public:
    LabFraming(net::ExchangePtr exchange, const ReplyPlan& plan)
        : exchange_(std::move(exchange)),
          wrong_length_(plan.spoiling.wrong_length),
          raw_(wrong_length_ || plan.closes) {}

    // By hand: the end is a closed connection.
    bool raw() const { return raw_; }
    bool begun() const { return begun_; }
    // The first one counts. `announced`: the length that is told where it is to be wrong.
    void head(int status, const net::Headers& headers, std::size_t announced);
    void put(std::string bytes);

  private:
    net::ExchangePtr exchange_;
    const bool wrong_length_, raw_;
    bool begun_ = false;
};

} // namespace brownout::live
