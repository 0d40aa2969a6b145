#include "live/lab_png.h"

#include "base/hash.h"
#include "base/rng.h"

#include <algorithm>
#include <array>
#include <vector>

namespace brownout::live {

namespace {

constexpr std::array<std::uint32_t, 256> make_crc_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t n = 0; n < 256; ++n) {
        std::uint32_t c = n;
        for (int k = 0; k < 8; ++k)
            c = (c & 1) ? 0xEDB88320u ^ (c >> 1) : c >> 1;
        table[n] = c;
    }
    return table;
}

std::uint32_t crc32(std::string_view bytes) {
    static constexpr auto table = make_crc_table();
    std::uint32_t c = 0xFFFFFFFFu;
    for (const char b : bytes)
        c = table[(c ^ static_cast<unsigned char>(b)) & 0xFF] ^ (c >> 8);
    return c ^ 0xFFFFFFFFu;
}

std::string big_endian(std::uint32_t n) {
    return {static_cast<char>(n >> 24), static_cast<char>(n >> 16), static_cast<char>(n >> 8),
            static_cast<char>(n)};
}

// Deflate with the fixed codes, and repeats of the last byte as the only matches: all that flat
// colours need.
class Deflate {
  public:
    Deflate() {
        bits(1, 1); // the last block
        bits(1, 2); // with fixed codes
    }
    void run(unsigned char byte, std::size_t times) {
        for (std::size_t i = 0; i < times; ++i) {
            sum_a_ = (sum_a_ + byte) % 65521;
            sum_b_ = (sum_b_ + sum_a_) % 65521;
        }
        literal(byte);
        std::size_t left = times - 1;
        while (left >= 3) {
            const std::size_t length = left >= 258 ? 258 : left;
            match(length);
            left -= length;
        }
        for (; left > 0; --left)
            literal(byte);
    }
    // With zlib's head and check.
    std::string finish() {
        code(0, 7); // end of block: symbol 256
        if (have_ > 0)
            out_ += static_cast<char>(held_);
        return "\x78\x01" + out_ + big_endian(sum_b_ << 16 | sum_a_);
    }

  private:
    void bits(std::uint32_t value, int count) { // least significant first
        held_ |= value << have_;
        have_ += count;
        while (have_ >= 8) {
            out_ += static_cast<char>(held_ & 0xFF);
            held_ >>= 8;
            have_ -= 8;
        }
    }
    void code(std::uint32_t value, int count) { // Huffman codes: most significant first
        for (int i = count - 1; i >= 0; --i)
            bits(value >> i & 1, 1);
    }
    void literal(unsigned char byte) {
        if (byte < 144)
            code(0x30u + byte, 8);
        else
            code(0x190u + byte - 144, 9);
    }
    void match(std::size_t length) {
        static constexpr int base[] = {3,  4,  5,  6,  7,  8,  9,  10, 11, 13,  15,  17,  19,  23,
                                       27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227};
        int symbol = 285, extra = 0;
        std::uint32_t rest = 0;
        if (length < 258) {
            const auto at =
                std::upper_bound(std::begin(base), std::end(base), static_cast<int>(length)) -
                std::begin(base) - 1;
            symbol = 257 + static_cast<int>(at);
            extra = at < 8 ? 0 : static_cast<int>(at - 4) / 4;
            rest = static_cast<std::uint32_t>(static_cast<int>(length) - base[at]);
        }
        if (symbol < 280)
            code(static_cast<std::uint32_t>(symbol - 256), 7);
        else
            code(static_cast<std::uint32_t>(0xC0 + symbol - 280), 8);
        bits(rest, extra);
        code(0, 5); // one byte back
    }
    std::string out_;
    std::uint32_t held_ = 0, sum_a_ = 1, sum_b_ = 0;
    int have_ = 0;
};

std::string chunk(std::string_view type, const std::string& data) {
    const std::string body = std::string{type} + data;
    return big_endian(static_cast<std::uint32_t>(data.size())) + body + big_endian(crc32(body));
}

// A mirrored mosaic, eight cells wide and high, in four colours.
struct Mosaic {
    static constexpr int cells = 8;
    std::array<std::array<unsigned char, cells>, cells> colour{};
    std::string palette; // RGB

    Mosaic(std::string_view prompt, std::optional<std::int64_t> seed) {
        Rng rng = Rng::stream(mix64(fnv1a(prompt)), static_cast<std::uint64_t>(seed.value_or(0)));
        for (int i = 0; i < 4 * 3; ++i)
            palette += static_cast<char>(40 + rng.below(200));
        for (auto& row : colour)
            for (int x = 0; x < cells / 2; ++x)
                row[static_cast<std::size_t>(x)] = row[static_cast<std::size_t>(cells - 1 - x)] =
                    static_cast<unsigned char>(rng.below(4));
    }
};

} // namespace

std::string lab_png(std::string_view prompt, std::optional<std::int64_t> seed, std::int64_t width,
                    std::int64_t height) {
    const auto side = [](std::int64_t n) {
        return static_cast<std::size_t>(std::clamp<std::int64_t>(n, 1, largest_lab_side));
    };
    const std::size_t w = side(width), h = side(height);
    const Mosaic mosaic(prompt, seed);
    Deflate data;
    std::size_t last_row = Mosaic::cells;
    for (std::size_t y = 0; y < h; ++y) {
        const std::size_t row = y * Mosaic::cells / h;
        if (row == last_row) { // the same as above: filter "up", all zero
            data.run(2, 1);
            data.run(0, w);
            continue;
        }
        last_row = row;
        data.run(0, 1);
        for (std::size_t cell = 0; cell < Mosaic::cells; ++cell) {
            const std::size_t from = (cell * w + Mosaic::cells - 1) / Mosaic::cells;
            const std::size_t to = ((cell + 1) * w + Mosaic::cells - 1) / Mosaic::cells;
            if (to > from)
                data.run(mosaic.colour[row][cell], to - from);
        }
    }
    std::string head = big_endian(static_cast<std::uint32_t>(w)) +
                       big_endian(static_cast<std::uint32_t>(h)) + std::string("\x08\x03\0\0\0", 5);
    return std::string("\x89PNG\r\n\x1A\n", 8) + chunk("IHDR", head) +
           chunk("PLTE", mosaic.palette) + chunk("IDAT", data.finish()) + chunk("IEND", "");
}

} // namespace brownout::live
