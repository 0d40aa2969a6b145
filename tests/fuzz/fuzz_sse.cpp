// Server-sent events: wherever the bytes are split, the same events come.
#include "fuzz/fuzz.h"
#include "wire/sse.h"

#include <string>
#include <vector>

using namespace brownout;

namespace {

struct Read {
    std::vector<std::pair<std::string, std::string>> events;
    bool good = true;
};

Read read(std::string_view bytes, std::size_t piece) {
    Read out;
    wire::SseParser parser;
    const auto keep = [&](const wire::SseEvent& event) {
        out.events.emplace_back(event.type, event.data);
        return true;
    };
    while (!bytes.empty() && out.good) {
        const auto next = bytes.substr(0, piece);
        bytes.remove_prefix(next.size());
        out.good = parser.feed(next, keep);
    }
    if (out.good)
        parser.finish(keep);
    return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const std::size_t piece = 1 + input.byte() % 16u;
    const auto bytes = input.rest();
    const Read whole = read(bytes, bytes.size() + 1), split = read(bytes, piece);
    fuzz::require(whole.good == split.good, "an end that does not depend on the split");
    fuzz::require(whole.events == split.events, "events that do not depend on the split");
    return 0;
}
