// Reads bytes with a dialect's reader, cut anywhere, and says in one line what came of it.
#pragma once

#include "wire/dialect.h" // before Qt, which makes a macro of `forever`

#include <QByteArray>

#include <string>
#include <string_view>
#include <vector>

namespace reading {

using namespace brownout;
using namespace brownout::wire;

struct Read {
    ReplyReader::End end;
    std::string streamed, reasoning; // what the deltas said
    std::vector<ToolCall> calls;     // put together from their pieces
    bool stopped = false;            // the reader asked to stop
};

struct How {
    chain::Dialect dialect = chain::Dialect::openai;
    int status = 200;
    Headers headers{{"Content-Type", "text/event-stream"}};
    TransportEnd transport = TransportEnd::complete;
    std::string base = "http://127.0.0.1/v1";
};

inline void take(Read& out, const Delta& delta) {
    out.streamed += delta.text;
    out.reasoning += delta.reasoning;
    for (const ToolCallPiece& piece : delta.tool_calls) {
        if (out.calls.size() <= piece.index)
            out.calls.resize(piece.index + 1);
        out.calls[piece.index].id += piece.id;
        out.calls[piece.index].name += piece.name;
        out.calls[piece.index].arguments += piece.arguments;
    }
}

// Cut at these places, which ascend.
inline Read read_cut(std::string_view bytes, const How& how, const std::vector<std::size_t>& cuts) {
    const Secret key("CANARY-KEY-VALUE");
    Endpoint endpoint;
    endpoint.dialect = how.dialect;
    endpoint.base_url = how.base;
    endpoint.model = "m";
    endpoint.key = &key;
    const auto reader = dialect(how.dialect)->reader(true, endpoint);
    Read out;
    const auto sink = [&](const Delta& delta) { take(out, delta); };
    reader->head(how.status, how.headers);
    std::size_t from = 0;
    for (std::size_t i = 0; i <= cuts.size() && !out.stopped; ++i) {
        const std::size_t end = i < cuts.size() ? cuts[i] : bytes.size();
        out.stopped = !reader->bytes(bytes.substr(from, end - from), sink);
        from = end;
    }
    const bool complete = reader->complete();
    out.end = reader->end(how.transport, true, 0);
    if (complete && out.end.outcome.cls != engine::OutcomeClass::success)
        qFatal("complete() promised a success");
    return out;
}

// In pieces of `size` bytes; 0: in two, cut at `cut`.
inline Read read(std::string_view bytes, const How& how = {}, std::size_t cut = 0,
                 std::size_t size = 0) {
    std::vector<std::size_t> cuts;
    if (size == 0)
        cuts.push_back(cut);
    for (std::size_t at = size; size > 0 && at < bytes.size(); at += size)
        cuts.push_back(at);
    return read_cut(bytes, how, cuts);
}

inline std::string word(const engine::Outcome& o) {
    std::string text = engine::name(o.cls);
    text += std::string(" ") + engine::name(o.cause);
    text += o.counts_for_breaker ? " B+" : " B0";
    return text + (o.ambiguous ? " ambiguous" : "");
}

inline const char* name(Finish finish) {
    static constexpr const char* names[] = {"none",       "stop",           "length",
                                            "tool_calls", "content_filter", "error"};
    return names[static_cast<int>(finish)];
}

inline std::string calls_text(const std::vector<ToolCall>& calls) {
    std::string out;
    for (const ToolCall& call : calls)
        out += "[" + call.id + " " + call.name + " " + call.arguments + "]";
    return out;
}

// outcome | text | reasoning | finish | model | id | input cached written output reasoned | calls
inline QByteArray summary(const Read& r) {
    const Reply& reply = r.end.reply;
    std::string usage = "-";
    if (reply.usage)
        usage = std::to_string(reply.usage->input) + " " +
                std::to_string(reply.usage->cached_read) + " " +
                std::to_string(reply.usage->cache_write) + " " +
                std::to_string(reply.usage->output) + " " + std::to_string(reply.usage->reasoning);
    return QByteArray::fromStdString(word(r.end.outcome) + "|" + reply.text + "|" +
                                     reply.reasoning + "|" + name(reply.finish) + "|" +
                                     reply.model + "|" + reply.request_id + "|" + usage + "|" +
                                     calls_text(reply.tool_calls));
}
// With what the deltas said.
inline QByteArray everything(const Read& r) {
    return summary(r) + QByteArray::fromStdString("|" + r.streamed + "|" + r.reasoning + "|" +
                                                  calls_text(r.calls));
}

// Where the events of a stream begin; the end of the bytes is the last place.
inline std::vector<std::size_t> event_places(const std::string& bytes) {
    std::vector<std::size_t> places{0};
    for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
        const std::string_view rest = std::string_view{bytes}.substr(i);
        for (const std::string_view gap : {"\r\n\r\n", "\n\n", "\r\r"})
            if (rest.starts_with(gap)) {
                i += gap.size() - 1;
                places.push_back(i + 1);
                break;
            }
    }
    if (places.back() != bytes.size())
        places.push_back(bytes.size());
    return places;
}

// Empty: the same at every split, and byte by byte. A long stream is cut in every event at once,
// at its byte k, for every k: so each of its bytes is a split point, too, and the time grows with
// its length only.
inline QByteArray differs_at_a_split(const std::string& bytes, const How& how) {
    constexpr std::size_t is_long = 16'000;
    const QByteArray whole = everything(read(bytes, how, bytes.size()));
    if (bytes.size() <= is_long) {
        for (std::size_t cut = 0; cut < bytes.size(); ++cut)
            if (everything(read(bytes, how, cut)) != whole)
                return "split at " + QByteArray::number(static_cast<qulonglong>(cut));
    } else {
        const auto places = event_places(bytes);
        std::size_t longest = 0, split = 0;
        for (std::size_t i = 1; i < places.size(); ++i)
            longest = std::max(longest, places[i] - places[i - 1]);
        for (std::size_t k = 0; k < longest; ++k) {
            std::vector<std::size_t> cuts;
            for (std::size_t i = 1; i < places.size(); ++i)
                if (places[i - 1] + k < places[i])
                    cuts.push_back(places[i - 1] + k);
            split += cuts.size();
            if (everything(read_cut(bytes, how, cuts)) != whole)
                return "split at byte " + QByteArray::number(static_cast<qulonglong>(k)) +
                       " of each event";
        }
        if (split != bytes.size())
            return "some bytes were no split point";
    }
    for (const std::size_t size : {1u, 2u, 7u, 1000u})
        if (everything(read(bytes, how, 0, size)) != whole)
            return "in pieces of " + QByteArray::number(static_cast<qulonglong>(size));
    return {};
}

} // namespace reading
