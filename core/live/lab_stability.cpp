// Stability AI's "stable image" services (general knowledge of its v2beta interface).
#include "live/lab_images.h"

#include "wire/image_size.h"
#include "wire/picture.h"
#include "wire/request_parts.h"

#include <map>

namespace brownout::live {

namespace {

LabAnswer stability_problem(int status, const std::string& name, const std::string& words) {
    return lab_json(status, {{"id", "lab-0"}, {"name", name}, {"errors", LabJson::array({words})}});
}

// The fields of a multipart form; empty when it is none. Only small parts are kept.
std::map<std::string, std::string> form_of(const net::ServerRequest& request) {
    std::map<std::string, std::string> fields;
    const auto type = request.header("Content-Type");
    const auto at = type.find("boundary=");
    if (!type.starts_with("multipart/form-data") || at == type.npos)
        return fields;
    std::string_view boundary = type.substr(at + 9);
    boundary = boundary.substr(0, boundary.find(';'));
    if (boundary.starts_with('"') && boundary.ends_with('"') && boundary.size() > 1)
        boundary = boundary.substr(1, boundary.size() - 2);
    if (boundary.empty() || boundary.size() > 200)
        return fields;
    const std::string mark = "--" + std::string{boundary};
    std::string_view body = request.body;
    for (auto from = body.find(mark); from != body.npos && fields.size() < 64;) {
        const auto start = from + mark.size();
        const auto next = body.find("\r\n" + mark, start);
        if (next == body.npos)
            break;
        const std::string_view part = body.substr(start, next - start);
        const auto blank = part.find("\r\n\r\n"), name = part.find("name=\"");
        if (blank != part.npos && name != part.npos && name < blank) {
            const auto open = name + 6;
            fields[std::string{part.substr(open, part.find('"', open) - open)}] =
                std::string{part.substr(blank + 4)};
        }
        from = next + 2;
    }
    return fields;
}

class StabilityImages final : public LabImages {
  public:
    Route route(const net::ServerRequest& request) const override {
        const bool create = request.method == "POST" && !service(request).empty();
        return {create ? Step::create : Step::none, {}};
    }

    tl::expected<LabPicture, LabAnswer> read(const net::ServerRequest& request) const override {
        const auto bad = [](const std::string& words) {
            return tl::unexpected<LabAnswer>(stability_problem(400, "bad_request", words));
        };
        auto form = form_of(request);
        if (form.empty())
            return bad("content-type: must be multipart/form-data");
        LabPicture out;
        const std::string name = service(request);
        out.model = name == "sd3" ? form["model"] : "stable-image-" + name;
        if (name == "sd3" && out.model.empty())
            out.model = "sd3.5-large";
        out.prompt = form["prompt"];
        if (out.prompt.empty())
            return bad("prompt: cannot be blank");
        if (const std::string& seed = form["seed"]; !seed.empty())
            out.seed = std::atoll(seed.c_str());
        if (const std::string& ratio = form["aspect_ratio"]; !ratio.empty()) {
            const auto size = wire::size_of_ratio(ratio);
            if (!size)
                return bad("aspect_ratio: must be one of the supported ratios");
            out.width = size->width;
            out.height = size->height;
        }
        out.inlined = true;
        out.raw = request.header("Accept").starts_with("image/");
        return out;
    }

    LabAnswer answer(Step, const LabJob& job) const override {
        if (job.asked.raw)
            return {200, {{"Content-Type", "image/png"}}, job.pictures.front()};
        return lab_json(200, {{"image", wire::base64(job.pictures.front())},
                              {"finish_reason", "SUCCESS"},
                              {"seed", job.asked.seed.value_or(0)}});
    }

  private:
    static std::string service(const net::ServerRequest& request) {
        constexpr std::string_view before = "/v2beta/stable-image/generate/";
        const auto path = request.path();
        if (!path.starts_with(before))
            return {};
        const std::string name{path.substr(before.size())};
        return name == "core" || name == "ultra" || name == "sd3" ? name : std::string{};
    }
};

class StabilityLab final : public LabPicturesOnly {
  public:
    using LabPicturesOnly::LabPicturesOnly;
    std::string base_path() const override { return {}; }
    Route route(const net::ServerRequest& request) const override {
        return request.method == "GET" && request.path() == "/v1/user/balance" ? Route::models
                                                                               : Route::unknown;
    }
    LabAnswer models(const std::vector<std::string>&, std::int64_t) const override {
        return lab_json(200, {{"credits", 1000.0}});
    }
    LabAnswer unknown(const net::ServerRequest&) const override {
        return stability_problem(404, "not_found", "The requested endpoint does not exist.");
    }
    LabAnswer error(const LabError& error) const override {
        struct Row {
            int status;
            const char *name, *words;
        };
        static constexpr Row rows[] = {
            {400, "bad_request", "some-field: is invalid"},
            {401, "unauthorized", "missing or invalid authorization"},
            {402, "payment_required", "You lack sufficient credits to make this request."},
            {403, "content_moderation",
             "Your request was flagged by our content moderation system, as a result your request "
             "was denied and you were not charged."},
            {404, "not_found", "The requested model was not found."},
            {413, "payload_too_large", "Your request was larger than 10MiB."},
            {422, "unprocessable_entity", "The request was well-formed, but rejected."},
            {429, "rate_limit_exceeded",
             "You have exceeded the rate limit of 150 requests within a 10 second period, and have "
             "been timed out for 60 seconds."},
            {503, "service_unavailable", "The service is overloaded."},
        };
        const int status = status_of(error);
        Row row{status, status >= 500 ? "internal_error" : "bad_request",
                status >= 500 ? "An unexpected server error has occurred."
                              : "The request was rejected."};
        for (const Row& known : rows)
            if (known.status == status)
                row = known;
        if (error.what == LabError::What::region_blocked)
            row = {403, "forbidden", "This service is not available in your region."};
        LabAnswer answer =
            stability_problem(status, error.code.empty() ? row.name : error.code,
                              error.message.empty() ? std::string{row.words} : error.message);
        lab_retry_after(answer, error);
        return answer;
    }
    static int status_of(const LabError& error) {
        switch (error.what) {
        case LabError::What::quota_exhausted:
            return 402;
        case LabError::What::context_exceeded:
            return 413;
        case LabError::What::moderation:
            return 403;
        default:
            return error.status;
        }
    }
    net::Headers common_headers(const std::string& id, const LabQuota&, Duration) const override {
        return {{"x-request-id", id}};
    }
};

} // namespace

const LabDialect& stability_lab() {
    static const StabilityImages images;
    static const StabilityLab lab{images};
    return lab;
}

} // namespace brownout::live
