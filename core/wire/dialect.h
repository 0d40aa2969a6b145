// One provider's language: requests out, replies and streams in. A new one is a Dialect with its
// readers in files of its own, a name in chain/document.h and a line in dialect.cpp; what a model
// of it takes is a row in takes.cpp, what its errors mean are rows of the classifier, and the lab
// speaks it in live/lab_*.cpp.
#pragma once

#include "base/secret.h"
#include "wire/classify.h"

#include <functional>
#include <memory>

namespace brownout::wire {

struct Endpoint { // where an attempt goes
    chain::Dialect dialect = chain::Dialect::openai;
    std::string base_url, model;
    const Secret* key = nullptr; // null or empty: none
    std::map<std::string, std::string> headers, query;
    std::vector<std::string> refused; // parameters that it refused before (End::refused): not sent
};

struct FollowUp;

// Reads one HTTP reply as its bytes come in. Never throws; hostile bytes give a classed outcome.
class ReplyReader {
  public:
    virtual ~ReplyReader() = default;
    // What the reply answers, before anything else: for readers that may have to send it again.
    virtual void sent(const HttpRequest&) {}
    virtual void head(int status, const Headers& headers) = 0;
    // Calls `out` for each delta that these bytes complete. False: stop reading, end() will tell.
    virtual bool bytes(std::string_view bytes, const std::function<void(const Delta&)>& out) = 0;

    struct End {
        engine::Outcome outcome; // class, cause; cost is filled in by the caller
        std::string code, message;
        Reply reply; // what was read so far; complete when outcome.cls is success
        std::vector<std::string> dropped; // as Encoded::dropped, where it was learnt on the way
        // Parameters that this target refused and answered without: worth remembering for it.
        std::vector<std::string> refused;
        // Not the end: this request comes next (the job is polled, the picture fetched), and its
        // reader goes on. `outcome` means nothing then.
        std::shared_ptr<FollowUp> next;
    };
    virtual End end(TransportEnd transport, bool request_sent, std::int64_t unix_now) = 0;
    // The answer is whole although the connection may still be open: end() would give success now.
    virtual bool complete() const { return false; }
    // Stops the provider's work on a job whose attempt is given up, so that it is not billed.
    virtual std::optional<HttpRequest> cancel_job() const { return std::nullopt; }
};

struct FollowUp {
    HttpRequest request;
    Duration after{}; // wait so long before it is sent
    std::unique_ptr<ReplyReader> reader;
};

class Dialect {
  public:
    virtual ~Dialect() = default;
    virtual Encoded encode(const ChatRequest& request, const Endpoint& endpoint) const = 0;
    virtual std::unique_ptr<ReplyReader> reader(bool stream, const Endpoint& endpoint) const = 0;
    // The same for this request: a picture or a job is read in another way than a chat.
    virtual std::unique_ptr<ReplyReader> reader_for(const ChatRequest& request,
                                                    const Endpoint& endpoint) const {
        return reader(request.stream, endpoint);
    }
    // The cheapest call that proves a key: a models list, or what comes nearest to one. It costs
    // nothing, and a bad key is refused by it.
    virtual HttpRequest key_test(const Endpoint& endpoint) const = 0;
    // Does this answer to key_test() show that the key was taken?
    virtual bool takes_key(int status, std::string_view body) const;
    // What the answer of a taken key tells, in a few words: "37 models", "account acme", "12.5
    // credits left"; empty where it tells nothing.
    virtual std::string key_facts(std::string_view body) const;
};

// Null when this build cannot speak it.
const Dialect* dialect(chain::Dialect which);

// A reply longer than this is refused as hostile.
inline constexpr std::size_t max_reply_bytes = 64u << 20;
// Of an error no more is read: its status and its beginning say what there is to say.
inline constexpr std::size_t max_error_bytes = 1u << 20;

} // namespace brownout::wire
