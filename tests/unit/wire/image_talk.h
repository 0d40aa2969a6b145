// A whole conversation of a picture dialect without a network: requests go to a function that
// answers them, readers read, until there is no next request.
#pragma once

#include "wire/dialect.h"
#include "wire/request_parts.h"

#include <QTest>

namespace brownout::test {

struct Canned {
    int status = 200;
    std::string body;
    wire::Headers headers = {};
    wire::TransportEnd end = wire::TransportEnd::complete;
};

struct Talk {
    std::vector<wire::HttpRequest> sent;
    std::vector<Duration> waits; // before each but the first
    wire::ReplyReader::End end;
    std::vector<std::string> dropped;
    std::string impossible;
    std::optional<wire::HttpRequest> cancel; // of the last reader
};

inline const std::string png_head{"\x89PNG\r\n\x1A\n and the rest", 21};

inline wire::Endpoint endpoint_of(chain::Dialect dialect, std::string base, std::string model,
                                  const Secret* key = nullptr) {
    wire::Endpoint at;
    at.dialect = dialect;
    at.base_url = std::move(base);
    at.model = std::move(model);
    at.key = key;
    return at;
}

inline wire::ChatRequest picture_of(std::string prompt) {
    wire::ChatRequest request;
    request.image.emplace().prompt = std::move(prompt);
    return request;
}

template <class Server>
Talk talk(const wire::ChatRequest& request, const wire::Endpoint& at, Server server,
          int most = 50) {
    Talk out;
    const wire::Dialect& dialect = *wire::dialect(at.dialect);
    wire::Encoded first = dialect.encode(request, at);
    out.dropped = first.dropped;
    out.impossible = first.impossible;
    if (!first.impossible.empty())
        return out;
    wire::HttpRequest next = first;
    auto reader = dialect.reader_for(request, at);
    while (most-- > 0) {
        out.sent.push_back(next);
        const Canned canned = server(next);
        if (canned.status > 0)
            reader->head(canned.status, canned.headers);
        bool goes_on = true;
        for (std::size_t i = 0; i < canned.body.size() && goes_on; i += 7) // in pieces
            goes_on = reader->bytes(canned.body.substr(i, 7), [](const wire::Delta&) {});
        out.end = reader->end(canned.end, true, 1'760'000'000);
        out.cancel = reader->cancel_job();
        if (!out.end.next)
            return out;
        next = out.end.next->request;
        out.waits.push_back(out.end.next->after);
        reader = std::move(out.end.next->reader);
        out.cancel = reader->cancel_job();
    }
    return out;
}

inline std::string header_in(const wire::HttpRequest& request, const char* name) {
    return std::string{wire::header(request.headers, name).value_or("")};
}

} // namespace brownout::test
