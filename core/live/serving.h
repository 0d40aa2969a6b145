// Who answers requests, asked anew for each: the document may have been edited since the last one.
// Thread: the loop's.
#pragma once

#include "chain/document.h"

namespace brownout::live {

class Driver;

class Serving {
  public:
    virtual ~Serving() = default;
    // For the next request. Null: nothing is loaded. It outlives the calls that it was given.
    virtual Driver* serving_driver(const std::string& chain) = 0;
    virtual const chain::Document& served_document() const = 0; // only with a driver
};

} // namespace brownout::live
