// What the dialects of pictures and jobs share: a reply that is read whole, the pictures that it
// names fetched, a job looked at until it has ended.
//
// Security: an address that a provider sends is fetched without a key, and only over http or https.
// A key goes to the origin that the request went to, never to another.
#pragma once

#include "wire/dialect.h"
#include "wire/json_lenient.h"

namespace brownout::wire {

// An endpoint that outlives the request: the follow-ups of a job need it.
struct Origin {
    explicit Origin(const Endpoint& at);
    Origin(const Origin&) = delete;
    Origin& operator=(const Origin&) = delete;
    Secret key;
    Endpoint endpoint; // its key is `key`
    std::string host;
};
using OriginPtr = std::shared_ptr<const Origin>;

enum class Wanted { picture, video, transcription };
Wanted wanted(const ChatRequest& request);

class WholeReader : public ReplyReader {
  public:
    explicit WholeReader(OriginPtr origin, std::size_t most = max_reply_bytes)
        : origin_(std::move(origin)), most_(most) {}
    void head(int status, const Headers& headers) final;
    bool bytes(std::string_view bytes, const std::function<void(const Delta&)>& out) final;
    End end(TransportEnd transport, bool request_sent, std::int64_t unix_now) final;

  protected:
    // A whole 2xx reply.
    virtual End answered(const std::string& body) = 0;
    // Anything else, classed; may be replaced by a next request.
    virtual End refused(End classified) { return classified; }

    End failure(engine::OutcomeClass cls, engine::Cause cause, std::string message) const;
    // An error inside a 2xx: classed by its words, a failover where these say nothing.
    End failed(std::string_view error_body) const;
    End unreadable() const; // may have been billed
    End success(Reply reply) const;
    // The reply's pictures, decoded and checked; a next request where one is still to be fetched.
    End with_pictures(Reply reply) const;
    // The same for whatever was wanted: a video is an address, a transcription is text.
    End with_results(Wanted wanted, Reply reply) const;
    std::string header_of(std::string_view name) const;
    std::string own_request_id() const; // of the reply that was read
    const Origin& origin() const { return *origin_; }
    const OriginPtr& origin_ptr() const { return origin_; }
    int status() const { return status_; }
    const std::string& body() const { return body_; }
    std::int64_t unix_now() const { return unix_now_; }

  private:
    OriginPtr origin_;
    std::size_t most_;
    int status_ = 0;
    Headers headers_;
    std::string body_;
    bool too_large_ = false;
    std::int64_t unix_now_ = 0;
};

// A provider's job and how to look at it. Looks come 0.5 s apart at first and 2 s at last; one that
// fails by the network or a 429 or 5xx is repeated, for the job runs on.
struct Job {
    std::string id;
    HttpRequest look;
    std::optional<HttpRequest> cancel;
    Duration wait = std::chrono::milliseconds{500};
    int failed_looks = 0; // in a row
};

class JobReader : public WholeReader {
  public:
    JobReader(OriginPtr origin, Job job) : WholeReader(std::move(origin)), job_(std::move(job)) {}
    std::optional<HttpRequest> cancel_job() const final {
        return ended_ ? std::nullopt : job_.cancel;
    }

  protected:
    End refused(End classified) final;
    // A refusal that says how the job itself has ended, not that this look at it failed.
    virtual bool jobs_own_end() const { return false; }
    // The same job, later.
    virtual std::unique_ptr<ReplyReader> again(Job job) const = 0;
    End look_again() const;
    void ended() { ended_ = true; } // nothing is left to cancel
    const Job& job() const { return job_; }
    static End first_look(const Job& job, std::unique_ptr<ReplyReader> reader);

  private:
    Job job_;
    bool ended_ = false;
};

} // namespace brownout::wire
