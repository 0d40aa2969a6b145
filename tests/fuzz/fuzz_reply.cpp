// Replies of every dialect to whatever was asked for, whole and streamed, of any status, and the
// replies to what is sent next: a classed end, wherever the bytes are split, no text but what was
// handed out, and our key in no word that goes to a log and to no host but its own.
#include "fuzz/fuzz.h"
#include "wire/dialect.h"
#include "wire/http_parts.h"

#include <algorithm>
#include <string>

using namespace brownout;

namespace {

constexpr std::string_view canary = "sk-canary-0123456789";
constexpr std::size_t most_steps = 5; // of one conversation

struct Answer {
    int status = 200;
    std::string_view bytes;
};
struct Asked {
    wire::ChatRequest request;
    wire::Endpoint endpoint;
    wire::TransportEnd transport = wire::TransportEnd::complete; // of the last answer
    std::vector<Answer> answers;
};
struct Read {
    std::string text, reasoning; // of the deltas
    int status = 0;              // of the last answer
    wire::ReplyReader::End end;
};

void no_key(std::string_view words, const char* where) {
    fuzz::require(words.find(canary) == words.npos, where);
}

void check(const wire::ReplyReader::End& end) {
    fuzz::require(end.code.size() <= 64 && end.message.size() <= 300, "bounded words");
    no_key(end.code, "no key in the code");
    no_key(end.message, "no key in the message");
    no_key(end.reply.request_id, "no key in the id");
    no_key(end.reply.model, "no key in the model");
    for (const std::string& note : end.dropped) {
        fuzz::require(note.size() <= 300, "bounded notes");
        no_key(note, "no key in a note");
    }
}

// What is sent next carries the key to its own host only.
void check(const wire::HttpRequest& next, const wire::Endpoint& endpoint) {
    fuzz::require(!wire::origin_of(next.url).empty(), "an address that may be asked");
    no_key(next.url, "no key in an address");
    if (!wire::same_origin(next.url, endpoint.base_url))
        for (const auto& [name, value] : next.headers)
            no_key(value, "no key for another host");
}

void feed(wire::ReplyReader& reader, const Answer& answer, bool stream, std::size_t piece,
          Read& out) {
    reader.head(answer.status, {{"content-type", stream ? "text/event-stream" : "application/json"},
                                {"retry-after", "3"},
                                {"location", "https://other.example.com/picture"}});
    const auto keep = [&](const wire::Delta& delta) {
        out.text += delta.text;
        out.reasoning += delta.reasoning;
    };
    for (std::string_view bytes = answer.bytes; !bytes.empty();) {
        const auto next = bytes.substr(0, piece);
        bytes.remove_prefix(next.size());
        if (!reader.bytes(next, keep) || reader.complete())
            break;
    }
}

Read read(const Asked& asked, std::size_t piece) {
    const wire::Dialect& dialect = *wire::dialect(asked.endpoint.dialect);
    auto reader = dialect.reader_for(asked.request, asked.endpoint);
    reader->sent(dialect.encode(asked.request, asked.endpoint));
    Read out;
    for (std::size_t i = 0; i < asked.answers.size(); ++i) {
        const bool last = i + 1 == asked.answers.size();
        out.status = asked.answers[i].status;
        feed(*reader, asked.answers[i], asked.request.stream,
             std::min(piece, asked.answers[i].bytes.size() + 1), out);
        out.end =
            reader->end(last ? asked.transport : wire::TransportEnd::complete, true, 1'780'000'000);
        check(out.end);
        if (const auto cancel = reader->cancel_job())
            check(*cancel, asked.endpoint);
        if (!out.end.next)
            break;
        check(out.end.next->request, asked.endpoint);
        fuzz::require(out.end.next->after <= std::chrono::seconds{10}, "a short wait");
        reader = std::move(out.end.next->reader);
        fuzz::require(reader != nullptr, "a reader of what comes next");
    }
    return out;
}

wire::ChatRequest request_of(std::uint8_t how, std::uint8_t cut) {
    wire::ChatRequest asked;
    asked.stream = (how & 1u) != 0;
    if ((how & 0x80u) == 0) {
        asked.messages = {{wire::Role::user, "Hi"}};
        asked.temperature = 0.5;
        asked.max_tokens = 100;
    } else if ((cut >> 4u) % 3u == 0) {
        asked.image.emplace().prompt = "a cat";
    } else {
        asked.media.emplace().kind = (cut >> 4u) % 3u == 1
                                         ? wire::MediaRequest::Kind::video
                                         : wire::MediaRequest::Kind::transcription;
    }
    return asked;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr int statuses[] = {200, 200, 200, 201, 400, 401, 403, 404,
                                413, 429, 500, 502, 503, 504, 529, 302};
    constexpr wire::TransportEnd ends[] = {
        wire::TransportEnd::complete, wire::TransportEnd::reset_after_headers,
        wire::TransportEnd::too_large, wire::TransportEnd::bad_http};
    fuzz::Input input(data, size);
    const auto which = static_cast<chain::Dialect>(input.byte() % std::size(chain::dialect_names));
    const std::uint8_t how = input.byte(), cut = input.byte();
    const std::size_t piece = 1 + cut % 16u;
    if (!wire::dialect(which))
        return 0;
    const Secret key{std::string{canary}};
    Asked asked;
    asked.request = request_of(how, cut);
    asked.endpoint.dialect = which;
    asked.endpoint.base_url = (how & 0x80u) != 0 && (cut & 8u) != 0 ? "https://queue.example.com/v1"
                                                                    : "https://api.example.com/v1";
    asked.endpoint.model = "m";
    asked.endpoint.key = &key;
    asked.transport = ends[(how >> 5u) % std::size(ends)];
    // A byte that stands in no text parts the answers; a status comes before each but the first.
    constexpr char between = '\xFE';
    int status = statuses[(how >> 1u) % std::size(statuses)];
    for (std::string_view rest = input.rest(); asked.answers.size() < most_steps;) {
        const auto end = rest.find(between);
        asked.answers.push_back({status, rest.substr(0, end)});
        if (end == rest.npos || end + 1 == rest.size())
            break;
        status = statuses[static_cast<unsigned char>(rest[end + 1]) % std::size(statuses)];
        rest.remove_prefix(end + 2);
    }
    const Read whole = read(asked, size + 1), split = read(asked, piece);
    fuzz::require(whole.end.outcome.cls == split.end.outcome.cls,
                  "a class that does not depend on the split");
    fuzz::require(whole.end.reply.text == split.end.reply.text,
                  "a text that does not depend on the split");
    for (const Read* r : {&whole, &split}) {
        if (r->end.next || r->end.outcome.cls != engine::OutcomeClass::success)
            continue;
        fuzz::require(r->status >= 200 && r->status < 300, "no success beyond 2xx");
        // Whoever listens gets the rest at the end: then both are equal.
        fuzz::require(r->end.reply.text.starts_with(r->text), "the text that was handed out");
        if (asked.request.image)
            fuzz::require(!r->end.reply.pictures.empty(), "a picture");
    }
    return 0;
}
