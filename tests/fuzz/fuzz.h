// What the fuzz targets share: the input taken apart, and a check that is never compiled out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace brownout::fuzz {

// The first bytes of an input choose what is called; the rest is what it is called with.
class Input {
  public:
    Input(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
    std::uint8_t byte() {
        if (size_ == 0)
            return 0;
        --size_;
        return *data_++;
    }
    // A short text with its length before it.
    std::string_view text() {
        const std::size_t n = byte();
        return take(n < size_ ? n : size_);
    }
    std::string_view rest() { return take(size_); }

  private:
    std::string_view take(std::size_t n) {
        const std::string_view out(reinterpret_cast<const char*>(data_), n);
        data_ += n;
        size_ -= n;
        return out;
    }
    const std::uint8_t* data_;
    std::size_t size_;
};

inline void require(bool holds, const char* what) {
    if (holds)
        return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

} // namespace brownout::fuzz
