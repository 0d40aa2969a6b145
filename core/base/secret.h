// A key in memory. It cannot be printed, compared with text or copied by accident, and its bytes
// are overwritten when it goes. Only the code that writes a request header reads it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace brownout {

class Secret {
  public:
    Secret() = default;
    explicit Secret(std::string_view value)
        : bytes_(std::shared_ptr<std::string>(new std::string(value), [](std::string* s) {
              volatile char* p = s->data();
              for (std::size_t i = 0; i < s->size(); ++i)
                  p[i] = 0;
              delete s;
          })) {}

    bool empty() const { return !bytes_ || bytes_->empty(); }
    // The one way to the value. Never log, store or format what it returns.
    std::string_view reveal() const {
        return bytes_ ? std::string_view{*bytes_} : std::string_view{};
    }

  private:
    std::shared_ptr<const std::string> bytes_; // copies share one buffer: one place to wipe
};

} // namespace brownout
