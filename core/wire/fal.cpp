#include "wire/fal.h"

#include "base/url.h"
#include "wire/error_body.h"
#include "wire/http_parts.h"
#include "wire/json_lenient.h"
#include "wire/picture.h"
#include "wire/vendor.h"
#include "wire/whole_reply.h"
#include "wire/words.h"

namespace brownout::wire {

using engine::Cause;
using engine::OutcomeClass;

namespace {

constexpr KeyHeader fal_key{"Authorization", "Key "};

bool names_queue(const std::string& base) {
    return host_of(base).starts_with("queue.") || base.ends_with("/queue");
}

std::string queue_base(const std::string& base) {
    if (names_queue(base))
        return base;
    const auto host = base.find("://fal.run");
    if (host != base.npos)
        return base.substr(0, host) + "://queue.fal.run" + base.substr(host + 10);
    return base + "/queue";
}

// "fal-ai/flux" of "fal-ai/flux/schnell": a request's status lives there.
std::string owner_and_alias(std::string_view app) {
    const auto first = app.find('/');
    const auto second = first == app.npos ? app.npos : app.find('/', first + 1);
    return std::string{app.substr(0, second)};
}

bool makes(const std::string& model, std::string_view word) {
    return lower(model).find(word) != std::string::npos;
}

void fal_image_body(chain::Json& body, const ImageRequest& image, const std::string& model,
                    Encoded& out) {
    static constexpr std::string_view ratios[] = {"21:9", "16:9", "4:3",  "3:2", "1:1",
                                                  "2:3",  "3:4",  "9:16", "9:21"};
    body["prompt"] = image.prompt;
    if (const auto wanted_size = picture_size(image, out)) {
        const ImageSize size = *wanted_size;
        if (makes(model, "ultra")) { // takes a shape, no size
            const Nearest near = nearest_ratio(size, ratios);
            body["aspect_ratio"] = std::string{near.name};
            out.dropped.push_back("size " + size.text() + ": " + model +
                                  " takes aspect ratios; sent " + std::string{near.name});
        } else if (const auto name = fal_size_name(size); !name.empty()) {
            body["image_size"] = std::string{name};
        } else {
            body["image_size"] = {{"width", size.width}, {"height", size.height}};
        }
    }
    if (image.steps)
        body["num_inference_steps"] = *image.steps;
    if (image.guidance)
        body["guidance_scale"] = *image.guidance;
    if (image.count)
        body["num_images"] = *image.count;
    if (image.seed)
        body["seed"] = *image.seed;
    if (!image.negative_prompt.empty()) {
        if (makes(model, "flux"))
            out.dropped.push_back("negative_prompt: " + model + " takes none");
        else
            body["negative_prompt"] = image.negative_prompt;
    }
    if (!image.format.empty())
        body["output_format"] = image.format;
    if (!image.quality.empty())
        out.dropped.push_back("quality: FAL takes none");
}

void fal_media_body(chain::Json& body, const MediaRequest& media, Encoded& out) {
    if (media.kind == MediaRequest::Kind::transcription) {
        body["audio_url"] = media.input_url;
        if (!media.language.empty())
            body["language"] = media.language;
        return;
    }
    body["prompt"] = media.prompt;
    if (!media.input_url.empty())
        body["image_url"] = media.input_url;
    if (!media.aspect_ratio.empty())
        body["aspect_ratio"] = media.aspect_ratio;
    if (const auto seconds = media_seconds(media, out)) // "5" or "10": text, at Kling's apps
        body["duration"] = std::to_string(static_cast<std::int64_t>(*seconds));
}

// The result, from fal.run or (with a job, of which it is the look) from the queue. There the work
// is done and billed: a result that cannot be fetched is fetched again, never submitted again.
class FalResult final : public JobReader {
  public:
    FalResult(OriginPtr origin, Wanted wanted, Job job = {})
        : JobReader(std::move(origin), std::move(job)), wanted_(wanted) {}

    static Job of(const Job& finished, HttpRequest result) {
        Job job;
        job.id = finished.id;
        job.look = std::move(result);
        return job;
    }

  protected:
    // A failed job is told by the status of its result, a runner's failure with its type.
    bool jobs_own_end() const override {
        return status() == 400 || status() == 422 || status() == 500 ||
               (status() >= 500 && !parse_error_body(body()).error_type.empty());
    }
    std::unique_ptr<ReplyReader> again(Job job) const override {
        return std::make_unique<FalResult>(origin_ptr(), wanted_, std::move(job));
    }
    End answered(const std::string& body) override {
        const auto json = parse_lenient(body);
        if (!json || !json->is_object())
            return unreadable();
        // The queue answers 200 with an error in it where a runner died.
        if (!member(*json, "images") && !member(*json, "video") && !member(*json, "image") &&
            (member(*json, "detail") || member(*json, "error")))
            return failed(body);
        Reply reply;
        reply.model = origin().endpoint.model;
        reply.request_id = job().id;
        read_result(*json, reply);
        if (wanted_ == Wanted::picture && blacked_out(*json))
            return failure(OutcomeClass::reroute, Cause::moderation,
                           "the picture was withheld by the safety checker");
        return with_results(wanted_, std::move(reply));
    }

  private:
    void read_result(const WireJson& json, Reply& reply) const {
        if (wanted_ == Wanted::transcription) {
            reply.text = std::string{text_of(json, "text")};
        } else if (wanted_ == Wanted::video) {
            if (const WireJson* video = member(json, "video"))
                reply.media_url = std::string{text_of(*video, "url")};
        } else {
            for (const char* key : {"images", "image"}) {
                const WireJson* found = member(json, key);
                if (found && found->is_object())
                    add(*found, reply);
                if (found && found->is_array())
                    for (const WireJson& image : *found)
                        add(image, reply);
            }
        }
    }
    static void add(const WireJson& image, Reply& reply) {
        if (image.is_object() && reply.pictures.size() < max_pictures)
            reply.pictures.push_back({{}, {}, std::string{text_of(image, "url")}});
    }
    // The safety checker sends black pictures.
    static bool blacked_out(const WireJson& json) {
        const WireJson* flags = member(json, "has_nsfw_concepts");
        if (!flags || !flags->is_array() || flags->empty())
            return false;
        for (const WireJson& flag : *flags)
            if (!flag.is_boolean() || !flag.get<bool>())
                return false;
        return true;
    }
    Wanted wanted_;
};

// status_url, until COMPLETED; then the result is fetched, which tells failures by its status.
class FalStatus final : public JobReader {
  public:
    FalStatus(OriginPtr origin, Job job, Wanted wanted, HttpRequest result)
        : JobReader(std::move(origin), std::move(job)),
          wanted_(wanted),
          result_(std::move(result)) {}

    static End started(OriginPtr origin, Job job, Wanted wanted, HttpRequest result) {
        const Job copy = job;
        return first_look(copy, std::make_unique<FalStatus>(std::move(origin), std::move(job),
                                                            wanted, std::move(result)));
    }

  protected:
    End answered(const std::string& body) override {
        const auto json = parse_lenient(body);
        const std::string status{json ? text_of(*json, "status") : std::string_view{}};
        if (status == "IN_QUEUE" || status == "IN_PROGRESS")
            return look_again();
        if (status != "COMPLETED")
            return unreadable();
        ended();
        End on;
        on.next = std::make_shared<FollowUp>();
        on.next->request = result_;
        on.next->reader =
            std::make_unique<FalResult>(origin_ptr(), wanted_, FalResult::of(job(), result_));
        return on;
    }
    std::unique_ptr<ReplyReader> again(Job job) const override {
        return std::make_unique<FalStatus>(origin_ptr(), std::move(job), wanted_, result_);
    }

  private:
    Wanted wanted_;
    HttpRequest result_;
};

class FalSubmitted final : public WholeReader {
  public:
    FalSubmitted(OriginPtr origin, Wanted wanted)
        : WholeReader(std::move(origin)), wanted_(wanted) {}

  protected:
    End answered(const std::string& body) override {
        const auto json = parse_lenient(body);
        const std::string id{json ? text_of(*json, "request_id") : std::string_view{}};
        if (id.empty() || id.size() > 200)
            return unreadable();
        const Endpoint& endpoint = origin().endpoint;
        const std::string base = queue_base(base_with(endpoint.base_url));
        const std::string own = base + "/" + escaped_path(owner_and_alias(endpoint.model)) +
                                "/requests/" + percent_encoded(id);
        // The addresses that it gives, as long as the key stays where it was sent already.
        const auto address = [&](const char* key, const std::string& otherwise) {
            std::string given{text_of(*json, key)};
            return same_origin(given, base) ? given : otherwise;
        };
        Job job;
        job.id = id;
        job.look =
            http_request(endpoint, "GET", address("status_url", own + "/status"), nullptr, fal_key);
        job.cancel =
            http_request(endpoint, "PUT", address("cancel_url", own + "/cancel"), nullptr, fal_key);
        HttpRequest result =
            http_request(endpoint, "GET", address("response_url", own), nullptr, fal_key);
        return FalStatus::started(origin_ptr(), std::move(job), wanted_, std::move(result));
    }

  private:
    Wanted wanted_;
};

bool queued(const ChatRequest& request, const Endpoint& endpoint) {
    return request.media || names_queue(base_with(endpoint.base_url));
}

} // namespace

Encoded FalDialect::encode(const ChatRequest& request, const Endpoint& endpoint) const {
    Encoded out;
    if (!request.image && !request.media) {
        out.impossible = "FAL makes pictures and media; this is a chat";
        return out;
    }
    chain::Json body = chain::Json::object();
    if (request.image)
        fal_image_body(body, *request.image, endpoint.model, out);
    else
        fal_media_body(body, *request.media, out);
    const bool queue = queued(request, endpoint);
    std::string base = base_with(endpoint.base_url);
    if (queue)
        base = queue_base(base);
    static_cast<HttpRequest&>(out) = http_request(
        endpoint, "POST", base + "/" + escaped_path(endpoint.model), "application/json", fal_key);
    if (queue) // its own ten retries would multiply ours
        set_header(out.headers, "x-fal-no-retry", "1");
    out.body = body_text(body);
    return out;
}

std::unique_ptr<ReplyReader> FalDialect::reader(bool, const Endpoint& endpoint) const {
    ChatRequest picture;
    picture.image.emplace();
    return reader_for(picture, endpoint);
}

std::unique_ptr<ReplyReader> FalDialect::reader_for(const ChatRequest& request,
                                                    const Endpoint& endpoint) const {
    auto origin = std::make_shared<const Origin>(endpoint);
    if (queued(request, endpoint))
        return std::make_unique<FalSubmitted>(std::move(origin), wanted(request));
    return std::make_unique<FalResult>(std::move(origin), wanted(request));
}

HttpRequest FalDialect::key_test(const Endpoint& endpoint) const {
    return http_request(endpoint, "GET",
                        queue_base(base_with(endpoint.base_url)) +
                            "/fal-ai/flux/requests/00000000-0000-0000-0000-000000000000/status",
                        nullptr, fal_key);
}

// Any other server's 404 proves nothing: FAL's is JSON with a `detail`.
bool FalDialect::takes_key(int status, std::string_view body) const {
    if (status / 100 == 2)
        return true;
    const auto json = parse_lenient(body);
    return (status == 404 || status == 422) && json && member(*json, "detail");
}

std::string FalDialect::key_facts(std::string_view) const {
    return "FAL has no list of models; it was asked for a request that never was";
}

} // namespace brownout::wire
