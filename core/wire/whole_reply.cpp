#include "wire/whole_reply.h"

#include "base/url.h"
#include "wire/bounded_text.h"
#include "wire/classified_end.h"
#include "wire/http_parts.h"
#include "wire/picture.h"
#include "wire/vendor.h"
#include "wire/words.h"

#include <algorithm>

namespace brownout::wire {

using engine::Cause;
using engine::OutcomeClass;

namespace {

constexpr std::size_t max_url_bytes = 16u << 10;
constexpr int max_redirects = 3;
constexpr int max_failed_looks = 3;
constexpr Duration longest_look_wait = std::chrono::seconds{2};

// "image/png", from where it lies to the reply's next picture or its end.
class PictureFetch final : public WholeReader {
  public:
    PictureFetch(OriginPtr origin, Reply reply, std::size_t which, int redirects)
        : WholeReader(std::move(origin), max_picture_bytes),
          reply_(std::move(reply)),
          which_(which),
          redirects_(redirects) {}

    static std::shared_ptr<FollowUp> request(OriginPtr origin, Reply reply, std::size_t which,
                                             const std::string& url, int redirects = 0) {
        auto next = std::make_shared<FollowUp>();
        next->request.method = "GET";
        next->request.url = url; // without the key: it belongs to another host
        next->request.headers.emplace_back("Accept", "image/*");
        next->reader =
            std::make_unique<PictureFetch>(std::move(origin), std::move(reply), which, redirects);
        return next;
    }

  protected:
    End answered(const std::string& body) override {
        if (body.empty()) {
            End end = failure(OutcomeClass::failover, Cause::malformed, "the picture is empty");
            end.reply = reply_;
            return end;
        }
        reply_.pictures[which_].bytes = body;
        return with_pictures(reply_);
    }
    End refused(End end) override {
        const std::string url = header_of("location");
        if (status() / 100 == 3 && redirects_ < max_redirects && url.size() <= max_url_bytes &&
            !origin_of(url).empty()) {
            End on;
            on.next = request(origin_ptr(), reply_, which_, url, redirects_ + 1);
            return on;
        }
        // It was made and billed; its address says nothing about key, money or request.
        end.outcome.cls = OutcomeClass::failover;
        if (status() >= 300) {
            end.outcome.cause = Cause::http_status;
            end.message = "the picture's address answers " + std::to_string(status());
        } else {
            end.message = "the picture could not be fetched: " + end.message;
        }
        end.outcome.counts_for_breaker = true;
        end.outcome.provider_wide = false;
        end.outcome.ambiguous = false;
        end.outcome.retry_after.reset();
        end.reply = reply_;
        return end;
    }

  private:
    Reply reply_;
    std::size_t which_;
    int redirects_;
};

} // namespace

Wanted wanted(const ChatRequest& request) {
    if (!request.media)
        return Wanted::picture;
    return request.media->kind == MediaRequest::Kind::video ? Wanted::video : Wanted::transcription;
}

Origin::Origin(const Endpoint& at)
    : key(at.key ? *at.key : Secret{}), endpoint(at), host(host_of(at.base_url)) {
    endpoint.key = &key;
}

void WholeReader::head(int status, const Headers& headers) {
    status_ = status;
    headers_ = headers;
}

bool WholeReader::bytes(std::string_view bytes, const std::function<void(const Delta&)>&) {
    const bool error = status_ >= 300;
    if (body_.size() + bytes.size() > (error ? std::min(most_, max_error_bytes) : most_)) {
        too_large_ = !error; // what came of an error is enough
        return false;
    }
    append_within(body_, bytes, most_);
    return true;
}

ReplyReader::End WholeReader::end(TransportEnd transport, bool request_sent,
                                  std::int64_t unix_now) {
    unix_now_ = unix_now;
    if (too_large_)
        transport = TransportEnd::too_large;
    End out;
    if (transport == TransportEnd::complete && status_ >= 200 && status_ < 300) {
        out = answered(body_);
    } else {
        ReplyFacts facts;
        facts.dialect = origin_->endpoint.dialect;
        facts.vendor = origin_->host;
        facts.transport = transport;
        facts.status = status_;
        facts.headers = &headers_;
        facts.body = status_ >= 300 ? std::string_view{body_} : std::string_view{};
        facts.request_sent = request_sent;
        facts.unix_now = unix_now;
        facts.key = origin_->key.reveal();
        out = refused(classified_end(facts));
    }
    if (out.reply.request_id.empty())
        out.reply.request_id = own_request_id();
    const std::string_view key = origin_->key.reveal();
    // It came from the provider, an id or an address; it would stand in logs between here and
    // there.
    if (out.next && !key.empty() &&
        (out.next->request.url.find(key) != std::string::npos ||
         out.next->request.url.find(percent_encoded(key)) != std::string::npos)) {
        out = unreadable();
        out.message = "the address to go on with holds the key";
    }
    out.code = one_line(out.code, max_code_bytes, key);
    out.message = one_line(out.message, max_message_bytes, key);
    out.reply.request_id = one_line(out.reply.request_id, max_code_bytes, key);
    return out;
}

std::string WholeReader::own_request_id() const {
    for (const char* name : {"x-fal-request-id", "x-request-id", "request-id"})
        if (std::string id = header_of(name); !id.empty())
            return id;
    return {};
}

std::string WholeReader::header_of(std::string_view name) const {
    return std::string{header(headers_, name).value_or(std::string_view{})};
}

ReplyReader::End WholeReader::failure(OutcomeClass cls, Cause cause, std::string message) const {
    End end;
    end.outcome.cls = cls;
    end.outcome.cause = cause;
    end.outcome.status = static_cast<std::uint16_t>(std::clamp(status_, 0, 999));
    end.outcome.counts_for_breaker = cls == OutcomeClass::failover || cls == OutcomeClass::retry;
    end.message = std::move(message);
    return end;
}

ReplyReader::End WholeReader::failed(std::string_view error_body) const {
    ReplyFacts facts;
    facts.dialect = origin_->endpoint.dialect;
    facts.vendor = origin_->host;
    facts.status = status_;
    facts.headers = &headers_;
    facts.body = error_body;
    facts.request_sent = facts.in_stream = true;
    facts.unix_now = unix_now_;
    facts.key = origin_->key.reveal();
    return classified_end(facts);
}

ReplyReader::End WholeReader::unreadable() const {
    End end = failure(OutcomeClass::failover, Cause::malformed, "the reply cannot be read");
    end.outcome.ambiguous = true;
    return end;
}

ReplyReader::End WholeReader::success(Reply reply) const {
    End end;
    end.outcome.cls = OutcomeClass::success;
    end.outcome.status = static_cast<std::uint16_t>(std::clamp(status_, 0, 999));
    reply.finish = Finish::stop;
    end.reply = std::move(reply);
    return end;
}

ReplyReader::End WholeReader::with_pictures(Reply reply) const {
    const auto broken = [&](const char* words) {
        End end = failure(OutcomeClass::failover, Cause::malformed, words);
        end.reply = reply;
        return end;
    };
    if (reply.pictures.empty())
        return broken("the answer has no picture");
    if (reply.request_id.empty()) // before the headers of the picture's host come
        reply.request_id = own_request_id();
    if (reply.pictures.size() > max_pictures)
        reply.pictures.resize(max_pictures);
    std::size_t bytes_so_far = 0;
    for (std::size_t i = 0; i < reply.pictures.size(); ++i) {
        Picture& picture = reply.pictures[i];
        if (picture.bytes.empty()) {
            if (auto bytes = data_url_bytes(picture.url)) {
                picture.bytes = std::move(*bytes);
                picture.url.clear();
            } else if (origin_of(picture.url).empty() || picture.url.size() > max_url_bytes) {
                return broken("the picture's address is none that may be fetched");
            } else {
                End end;
                const std::string url = picture.url;
                end.next = PictureFetch::request(origin_, std::move(reply), i, url);
                return end;
            }
        }
        picture.mime = std::string{picture_mime(picture.bytes)};
        if (picture.mime.empty() || picture.bytes.size() > max_picture_bytes)
            return broken("the picture is corrupt: its bytes are no PNG, JPEG, WebP or GIF");
        bytes_so_far += picture.bytes.size();
        if (bytes_so_far > max_reply_bytes)
            return broken("the pictures are larger than allowed");
    }
    return success(std::move(reply));
}

ReplyReader::End WholeReader::with_results(Wanted wanted, Reply reply) const {
    switch (wanted) {
    case Wanted::video:
        if (origin_of(reply.media_url).empty() || reply.media_url.size() > max_url_bytes)
            return failure(OutcomeClass::failover, Cause::malformed, "the answer has no video");
        return success(std::move(reply));
    case Wanted::transcription:
        if (reply.text.empty())
            return failure(OutcomeClass::failover, Cause::malformed, "the answer has no text");
        return success(std::move(reply));
    case Wanted::picture:
        break;
    }
    return with_pictures(std::move(reply));
}

ReplyReader::End JobReader::refused(End end) {
    if (job_.id.empty()) // not taken on yet: whether it is sent again is not decided here
        return end;
    if (jobs_own_end()) {
        end.reply.request_id = job_.id;
        return end;
    }
    const OutcomeClass cls = end.outcome.cls;
    const bool passing = cls == OutcomeClass::retry || cls == OutcomeClass::failover ||
                         cls == OutcomeClass::cooldown;
    if (cls != OutcomeClass::cancelled && passing && job_.failed_looks + 1 < max_failed_looks) {
        Job job = job_;
        ++job.failed_looks;
        Duration wait = job.wait;
        if (end.outcome.retry_after)
            wait = std::clamp<Duration>(*end.outcome.retry_after, wait, std::chrono::seconds{5});
        End on;
        on.next = std::make_shared<FollowUp>();
        on.next->request = job.look;
        on.next->after = wait;
        on.next->reader = again(std::move(job));
        return on;
    }
    // Nobody knows what has become of it: it may still end well, and be billed.
    end.outcome.ambiguous = true;
    end.reply.request_id = job_.id;
    return end;
}

ReplyReader::End JobReader::look_again() const {
    Job job = job_;
    job.failed_looks = 0;
    const Duration wait = job.wait;
    job.wait = std::min<Duration>(wait * 3 / 2, longest_look_wait);
    End on;
    on.next = std::make_shared<FollowUp>();
    on.next->request = job.look;
    on.next->after = wait;
    on.next->reader = again(std::move(job));
    return on;
}

ReplyReader::End JobReader::first_look(const Job& job, std::unique_ptr<ReplyReader> reader) {
    End on;
    on.next = std::make_shared<FollowUp>();
    on.next->request = job.look;
    on.next->after = job.wait;
    on.next->reader = std::move(reader);
    return on;
}

} // namespace brownout::wire
