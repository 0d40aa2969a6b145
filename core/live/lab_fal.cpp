// FAL as its servers write it: fal.run at "/{app}", the queue at "/queue/{app}" or for a Host
// queue.* (its documents and JavaScript client).
#include "live/lab_images.h"

#include "wire/image_size.h"
#include "wire/json_lenient.h"

namespace brownout::live {

namespace {

using wire::WireJson;

LabAnswer detail(int status, const LabJson& what, const std::string& type = {}) {
    LabJson body = {{"detail", what}};
    if (!type.empty())
        body["error_type"] = type;
    LabAnswer answer = lab_json(status, body);
    if (!type.empty())
        answer.headers.emplace_back("X-Fal-Error-Type", type);
    return answer;
}

struct Place {
    bool queue = false;
    std::string_view rest; // "fal-ai/flux/dev", "fal-ai/flux/requests/ID/status"
};

Place place_of(const net::ServerRequest& request) {
    constexpr std::string_view queue = "/queue/", run = "/run/";
    Place place;
    place.rest = request.path();
    if (place.rest.starts_with(queue)) {
        place.queue = true;
        place.rest.remove_prefix(queue.size());
    } else {
        place.queue =
            request.header("Host").starts_with("queue.") ||
            request.header("x-fal-target-url").find("://queue.") != std::string_view::npos;
        place.rest.remove_prefix(place.rest.starts_with(run)   ? run.size()
                                 : place.rest.starts_with('/') ? 1
                                                               : 0);
    }
    return place;
}

class FalImages final : public LabImages {
  public:
    Route route(const net::ServerRequest& request) const override {
        const Place place = place_of(request);
        const auto at = place.rest.find("/requests/");
        if (at == place.rest.npos) {
            const bool app = place.rest.find('/') != place.rest.npos &&
                             !place.rest.starts_with("v1/") && !place.rest.ends_with('/');
            return {request.method == "POST" && app ? Step::create : Step::none, {}};
        }
        std::string_view id = place.rest.substr(at + 10);
        std::string_view what;
        if (const auto slash = id.find('/'); slash != id.npos) {
            what = id.substr(slash + 1);
            id = id.substr(0, slash);
        }
        const std::string job{id};
        if (request.method == "GET" && what == "status")
            return {Step::look, job};
        if (request.method == "GET" && what.empty())
            return {Step::result, job};
        if (request.method == "PUT" && what == "cancel")
            return {Step::cancel, job};
        return {};
    }

    tl::expected<LabPicture, LabAnswer> read(const net::ServerRequest& request) const override {
        const auto bad = [](const char* field, const char* message, const char* type) {
            return tl::unexpected<LabAnswer>(
                detail(422, {{{"loc", {"body", field}}, {"msg", message}, {"type", type}}}));
        };
        const auto body = wire::parse_lenient(request.body);
        if (!body || !body->is_object())
            return bad("body", "JSON decode error", "json_invalid");
        const Place place = place_of(request);
        LabPicture out;
        out.model = std::string{place.rest};
        out.job = place.queue;
        out.prompt = std::string{wire::text_of(*body, "prompt")};
        out.transcription = wire::member(*body, "audio_url") != nullptr;
        out.video = out.model.find("video") != out.model.npos;
        if (out.prompt.empty() && !out.transcription)
            return bad("prompt", "Field required", "missing");
        out.seed = wire::count_of(*body, "seed");
        out.count = wire::count_of(*body, "num_images").value_or(1);
        if (out.count < 1 || out.count > 4)
            return bad("num_images", "Input should be less than or equal to 4", "less_than_equal");
        if (const WireJson* size = wire::member(*body, "image_size"))
            if (!read_size(*size, out))
                return bad("image_size", "Input should be a valid size", "enum");
        if (const auto size = wire::size_of_ratio(wire::text_of(*body, "aspect_ratio"))) {
            out.width = size->width;
            out.height = size->height;
        }
        return out;
    }

    LabAnswer answer(Step step, const LabJob& job) const override {
        if (job.id.empty())
            return detail(404, "Request not found");
        const std::string self =
            job.base + "/queue/" + owner_and_alias(job.asked.model) + "/requests/" + job.id;
        switch (step) {
        case Step::create:
            if (job.asked.job)
                return lab_json(200, status_of(job, "IN_QUEUE", self));
            return result(job);
        case Step::look:
            return lab_json(200, status_of(job, state_name(job.state), self));
        case Step::cancel:
            if (job.state > LabJob::State::running && job.state != LabJob::State::canceled)
                return lab_json(400, {{"status", "ALREADY_COMPLETED"}});
            return lab_json(202, {{"status", "CANCELLATION_REQUESTED"}});
        case Step::result:
        case Step::none:
            break;
        }
        if (job.state < LabJob::State::succeeded)
            return detail(400, "Request is still in progress");
        return result(job);
    }

  private:
    static const char* state_name(LabJob::State state) {
        return state == LabJob::State::queued    ? "IN_QUEUE"
               : state == LabJob::State::running ? "IN_PROGRESS"
                                                 : "COMPLETED"; // failures, too
    }
    static std::string owner_and_alias(std::string_view app) {
        const auto first = app.find('/');
        return std::string{app.substr(0, app.find('/', first + 1))};
    }
    static LabJson status_of(const LabJob& job, const std::string& status,
                             const std::string& self) {
        LabJson body = {{"status", status},
                        {"request_id", job.id},
                        {"response_url", self},
                        {"status_url", self + "/status"},
                        {"cancel_url", self + "/cancel"}};
        if (status == "IN_QUEUE")
            body["queue_position"] = 0;
        return body;
    }
    static bool read_size(const WireJson& size, LabPicture& out) {
        std::optional<wire::ImageSize> found;
        if (size.is_string()) {
            found = wire::fal_size(size.get_ref<const std::string&>());
        } else if (size.is_object()) {
            const auto width = wire::count_of(size, "width"),
                       height = wire::count_of(size, "height");
            if (width && height && *width > 0 && *height > 0)
                found = wire::ImageSize{*width, *height};
        }
        if (!found)
            return false;
        out.width = found->width;
        out.height = found->height;
        return true;
    }
    static LabAnswer result(const LabJob& job) {
        if (job.state == LabJob::State::failed)
            return detail(500, "Internal server error", "internal_error");
        if (job.state == LabJob::State::canceled)
            return detail(400, "Request was cancelled");
        if (job.asked.transcription)
            return lab_json(200, {{"text", "The quick brown fox."}, {"chunks", LabJson::array()}});
        if (job.asked.video)
            return lab_json(200, {{"video", {{"url", job.base + "/pictures/" + job.id + ".mp4"}}}});
        LabJson images = LabJson::array(), flags = LabJson::array();
        for (const std::string& url : job.urls) {
            images.push_back({{"url", url},
                              {"width", job.asked.width},
                              {"height", job.asked.height},
                              {"content_type", "image/png"}});
            flags.push_back(false);
        }
        return lab_json(200, {{"images", images},
                              {"timings", {{"inference", 0.5}}},
                              {"seed", job.asked.seed.value_or(0)},
                              {"has_nsfw_concepts", flags},
                              {"prompt", job.asked.prompt}});
    }
};

class FalLab final : public LabPicturesOnly {
  public:
    using LabPicturesOnly::LabPicturesOnly;
    std::string base_path() const override { return {}; }
    LabAnswer unknown(const net::ServerRequest&) const override {
        return detail(404, "Path not found");
    }
    LabAnswer error(const LabError& error) const override {
        LabAnswer answer =
            error.message.empty() ? usual(error) : detail(error.status, error.message, error.code);
        lab_retry_after(answer, error);
        return answer;
    }
    net::Headers common_headers(const std::string& id, const LabQuota&, Duration) const override {
        return {{"x-fal-request-id", id}};
    }

  private:
    static LabAnswer usual(const LabError& error) {
        using What = LabError::What;
        if (error.what == What::quota_exhausted)
            return usual({403, "", "", error.model, std::nullopt});
        if (error.what == What::moderation)
            return detail(422, {{{"loc", {"body", "prompt"}},
                                 {"msg", "The content could not be processed because it was "
                                         "flagged by a content checker."},
                                 {"type", "content_policy_violation"}}});
        if (error.what == What::region_blocked)
            return detail(403, "Access from this country is not supported.");
        if (error.what == What::context_exceeded)
            return detail(422, {{{"loc", {"body", "prompt"}},
                                 {"msg", "String should have at most 4000 characters"},
                                 {"type", "string_too_long"}}});
        switch (error.status) {
        case 400:
            return detail(400, "Bad request");
        case 401:
            return detail(401, "No user found for Key ID and Secret");
        case 403:
            return detail(403, "User is locked. Reason: Exhausted balance. Top up your balance.");
        case 404:
            return detail(404, "Application \"" + error.model + "\" not found");
        case 422:
            return detail(422, {{{"loc", {"body", "prompt"}},
                                 {"msg", "Input should be a valid string"},
                                 {"type", "string_type"}}});
        case 429:
            return detail(429, "Too many concurrent requests. Rate limit exceeded.");
        case 503:
            return detail(503, "No runner could be reached", "runner_connection_refused");
        case 504:
            return detail(504, "Request timed out", "request_timeout");
        default:
            return detail(error.status,
                          error.status >= 500 ? "Internal server error" : "Bad request");
        }
    }
};

} // namespace

const LabDialect& fal_lab() {
    static const FalImages images;
    static const FalLab lab{images};
    return lab;
}

} // namespace brownout::live
