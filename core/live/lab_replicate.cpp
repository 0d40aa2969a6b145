// Replicate's predictions as its servers write them (its documents and JavaScript client).
#include "live/lab_images.h"

#include "base/calendar.h"
#include "wire/image_size.h"
#include "wire/json_lenient.h"
#include "wire/replicate.h"

namespace brownout::live {

namespace {

using wire::WireJson;

LabAnswer replicate_problem(int status, const std::string& title, const std::string& detail) {
    LabAnswer answer = lab_json(status, {{"title", title}, {"detail", detail}, {"status", status}});
    answer.headers.front().second = "application/problem+json";
    return answer;
}

const char* state_name(LabJob::State state) {
    constexpr const char* names[] = {"starting", "processing", "succeeded", "failed", "canceled"};
    return names[static_cast<int>(state)];
}

// "owner/name" of /v1/models/owner/name/predictions.
std::string model_in(std::string_view path) {
    constexpr std::string_view before = "/v1/models/", after = "/predictions";
    if (!path.starts_with(before) || !path.ends_with(after) ||
        path.size() <= before.size() + after.size())
        return {};
    return std::string{path.substr(before.size(), path.size() - before.size() - after.size())};
}

Duration hold_of(std::string_view prefer) {
    const auto at = prefer.find("wait");
    if (at == prefer.npos)
        return {};
    int seconds = 60;
    if (const auto equals = prefer.find('=', at); equals != prefer.npos)
        seconds = std::atoi(std::string{prefer.substr(equals + 1)}.c_str());
    return std::chrono::seconds{std::clamp(seconds, 1, 60)};
}

class ReplicateImages final : public LabImages {
  public:
    Route route(const net::ServerRequest& request) const override {
        const auto path = request.path();
        constexpr std::string_view all = "/v1/predictions", one = "/v1/predictions/";
        if (request.method == "POST" && (path == all || !model_in(path).empty()))
            return {Step::create, {}};
        if (!path.starts_with(one))
            return {};
        std::string_view rest = path.substr(one.size());
        if (request.method == "GET" && rest.find('/') == rest.npos)
            return {Step::look, std::string{rest}};
        if (request.method == "POST" && rest.ends_with("/cancel"))
            return {Step::cancel, std::string{rest.substr(0, rest.find('/'))}};
        return {};
    }

    tl::expected<LabPicture, LabAnswer> read(const net::ServerRequest& request) const override {
        const auto bad = [](const std::string& detail) {
            return tl::unexpected<LabAnswer>(
                replicate_problem(422, "Input validation failed", "- " + detail + "\n"));
        };
        const auto body = wire::parse_lenient(request.body);
        const WireJson* input = body && body->is_object() ? wire::member(*body, "input") : nullptr;
        if (!input || !input->is_object())
            return bad("input is required");
        LabPicture out;
        out.model = model_in(request.path());
        if (out.model.empty())
            out.model = std::string{wire::text_of(*body, "version")};
        if (out.model.empty())
            return bad("version is required");
        out.prompt = std::string{wire::text_of(*input, "prompt")};
        out.transcription = wire::member(*input, "audio") != nullptr;
        if (out.prompt.empty() && !out.transcription)
            return bad("input: prompt is required");
        out.video = out.model.find("video") != out.model.npos;
        out.job = true;
        out.hold = hold_of(request.header("Prefer"));
        out.count = wire::count_of(*input, "num_outputs").value_or(1);
        out.seed = wire::count_of(*input, "seed");
        out.width = wire::count_of(*input, "width").value_or(1024);
        out.height = wire::count_of(*input, "height").value_or(1024);
        if (const auto size = wire::size_of_ratio(wire::text_of(*input, "aspect_ratio"))) {
            out.width = size->width;
            out.height = size->height;
        }
        if (out.count < 1 || out.count > 4)
            return bad("input.num_outputs: Must be less than or equal to 4");
        return out;
    }

    LabAnswer answer(Step step, const LabJob& job) const override {
        if (job.id.empty())
            return replicate_problem(404, "Not Found",
                                     "The requested resource could not be found.");
        const std::string self = job.base + "/v1/predictions/" + job.id;
        const bool over = job.state >= LabJob::State::succeeded;
        LabJson body = {{"id", job.id},
                        {"model", job.asked.model},
                        {"version", "lab"},
                        {"input", {{"prompt", job.asked.prompt}}},
                        {"logs", ""},
                        {"output", nullptr},
                        {"data_removed", false},
                        {"error", nullptr},
                        {"status", state_name(job.state)},
                        {"created_at", rfc3339(job.unix_s)}};
        if (job.state == LabJob::State::succeeded) {
            body["output"] = output_of(job);
            body["metrics"] = {{"predict_time", 0.5}, {"total_time", 0.6}};
        }
        if (job.state == LabJob::State::failed)
            body["error"] = "CUDA out of memory. Tried to allocate 2.50 GiB";
        if (over)
            body["completed_at"] = rfc3339(job.unix_s);
        body["urls"] = {{"cancel", self + "/cancel"}, {"get", self}, {"web", self}};
        return lab_json(step == Step::create ? 201 : 200, body);
    }

  private:
    static LabJson output_of(const LabJob& job) {
        if (job.asked.transcription)
            return {{"transcription", "The quick brown fox."}, {"detected_language", "english"}};
        if (job.asked.video)
            return job.base + "/pictures/" + job.id + ".mp4";
        return job.urls;
    }
};

class ReplicateLab final : public LabPicturesOnly {
  public:
    using LabPicturesOnly::LabPicturesOnly;
    Route route(const net::ServerRequest& request) const override {
        return request.method == "GET" && request.path() == "/v1/account" ? Route::models
                                                                          : Route::unknown;
    }
    LabAnswer models(const std::vector<std::string>&, std::int64_t) const override {
        return lab_json(200, {{"type", "user"}, {"username", "lab"}, {"name", "Lab"}});
    }
    LabAnswer unknown(const net::ServerRequest&) const override {
        return replicate_problem(404, "Not Found", "The requested resource could not be found.");
    }
    LabAnswer error(const LabError& error) const override {
        const int status = status_of(error);
        std::string detail = error.message;
        if (detail.empty())
            detail = words(error, status);
        LabAnswer answer = replicate_problem(status, wire::replicate_title(status), detail);
        lab_retry_after(answer, error);
        return answer;
    }
    net::Headers common_headers(const std::string& id, const LabQuota& quota,
                                Duration) const override {
        return {{"x-request-id", id},
                {"ratelimit-remaining", std::to_string(quota.requests.remaining)}};
    }

  private:
    static int status_of(const LabError& error) {
        switch (error.what) {
        case LabError::What::quota_exhausted:
            return 402;
        case LabError::What::context_exceeded:
        case LabError::What::moderation:
            return 422;
        default:
            return error.status;
        }
    }
    static std::string words(const LabError& error, int status) {
        if (error.what == LabError::What::moderation)
            return "The input was flagged as sensitive by our content policy. (E005)";
        if (error.what == LabError::What::context_exceeded)
            return "- input.prompt: String length must be less than or equal to 4000\n";
        switch (status) {
        case 401:
            return "You did not pass a valid authentication token";
        case 402:
            return "You have insufficient credit to run this model. Go to your account to add "
                   "credit.";
        case 403:
            return "You do not have permission to perform this action.";
        case 404:
            return "The requested resource could not be found.";
        case 422:
            return "- input is invalid\n";
        case 429: {
            const double wait = error.retry_after ? to_seconds(*error.retry_after) : 30;
            return "Request was throttled. Your rate limit resets in ~" +
                   std::to_string(static_cast<int>(wait + 0.5)) + "s.";
        }
        default:
            return status >= 500 ? "Internal server error" : "The request was malformed.";
        }
    }
};

} // namespace

const LabDialect& replicate_lab() {
    static const ReplicateImages images;
    static const ReplicateLab lab{images};
    return lab;
}

} // namespace brownout::live
