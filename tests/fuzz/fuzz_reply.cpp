// Replies of every dialect, whole and streamed, of any status: a classed end, wherever the bytes
// are split, and no text but what was handed out.
#include "fuzz/fuzz.h"
#include "wire/dialect.h"

#include <algorithm>
#include <string>

using namespace brownout;

namespace {

struct Read {
    std::string text, reasoning; // of the deltas
    wire::ReplyReader::End end;
};

Read read(const wire::Dialect& dialect, const wire::Endpoint& endpoint,
          const wire::ChatRequest& asked, int status, wire::TransportEnd transport,
          std::string_view bytes, std::size_t piece) {
    const auto reader = dialect.reader_for(asked, endpoint);
    const bool stream = asked.stream;
    reader->head(status, {{"content-type", stream ? "text/event-stream" : "application/json"},
                          {"retry-after", "3"}});
    Read out;
    const auto keep = [&](const wire::Delta& delta) {
        out.text += delta.text;
        out.reasoning += delta.reasoning;
    };
    while (!bytes.empty()) {
        const auto next = bytes.substr(0, piece);
        bytes.remove_prefix(next.size());
        if (!reader->bytes(next, keep) || reader->complete())
            break;
    }
    out.end = reader->end(transport, true, 1'780'000'000);
    return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const auto which = static_cast<chain::Dialect>(input.byte() % std::size(chain::dialect_names));
    const std::uint8_t how = input.byte();
    constexpr int statuses[] = {200, 200, 200, 201, 400, 401, 403, 404,
                                413, 429, 500, 502, 503, 504, 529, 302};
    constexpr wire::TransportEnd ends[] = {
        wire::TransportEnd::complete, wire::TransportEnd::reset_after_headers,
        wire::TransportEnd::too_large, wire::TransportEnd::bad_http};
    const std::uint8_t cut = input.byte();
    const std::size_t piece = 1 + cut % 16u;
    const wire::Dialect* dialect = wire::dialect(which);
    if (!dialect)
        return 0;
    wire::Endpoint endpoint;
    endpoint.dialect = which;
    endpoint.base_url = "https://api.example.com/v1";
    endpoint.model = "m";
    wire::ChatRequest asked;
    asked.stream = (how & 1u) != 0;
    if ((how & 0x80u) != 0 && (cut >> 4u) % 3u == 0)
        asked.image.emplace();
    else if ((how & 0x80u) != 0)
        asked.media.emplace().kind = (cut >> 4u) % 3u == 1
                                         ? wire::MediaRequest::Kind::video
                                         : wire::MediaRequest::Kind::transcription;
    const int status = statuses[(how >> 1u) % std::size(statuses)];
    const auto transport = ends[(how >> 5u) % std::size(ends)];
    const auto bytes = input.rest();
    const Read whole = read(*dialect, endpoint, asked, status, transport, bytes, bytes.size() + 1);
    const Read split = read(*dialect, endpoint, asked, status, transport, bytes, piece);
    fuzz::require(whole.end.outcome.cls == split.end.outcome.cls,
                  "a class that does not depend on the split");
    fuzz::require(whole.end.reply.text == split.end.reply.text,
                  "a text that does not depend on the split");
    for (const Read* r : {&whole, &split}) {
        fuzz::require(r->end.code.size() <= 64 && r->end.message.size() <= 300,
                      "bounded words of the provider");
        if (r->end.reply.text.size() >= r->text.size())
            fuzz::require(r->end.reply.text.starts_with(r->text),
                          "a text that begins with what was handed out");
        if (r->end.outcome.cls == engine::OutcomeClass::success && !r->end.next)
            fuzz::require(status < 300, "no success beyond 2xx");
    }
    return 0;
}
