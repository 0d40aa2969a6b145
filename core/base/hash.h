// FNV-1a, 64 bits: the same number for the same bytes on every platform and in every version. Not
// for secrets, nor for tables that an adversary fills. Source: the algorithm's reference by Fowler,
// Noll and Vo.
#pragma once

#include <cstdint>
#include <string_view>

namespace brownout {

// Pieces may follow each other: the hash so far goes in as `hash`.
constexpr std::uint64_t fnv1a(std::string_view bytes, std::uint64_t hash = 0xcbf29ce484222325u) {
    for (const char c : bytes)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return hash;
}

} // namespace brownout
