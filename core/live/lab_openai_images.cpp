// OpenAI's image generations as its servers write them (its published specification), and
// NexaAPI's, which have that form with Stable Diffusion's parameters.
#include "live/lab_images.h"

#include "wire/image_size.h"
#include "wire/json_lenient.h"
#include "wire/picture.h"
#include "wire/request_parts.h"

namespace brownout::live {

namespace {

using wire::WireJson;

tl::unexpected<LabAnswer> bad_image_request(const std::string& message, const char* param,
                                            const char* code) {
    const LabJson value = code ? LabJson(code) : LabJson(nullptr);
    return tl::unexpected<LabAnswer>(lab_json(400, {{"error",
                                                     {{"message", message},
                                                      {"type", "invalid_request_error"},
                                                      {"param", param},
                                                      {"code", value}}}}));
}

class ImageGenerations final : public LabImages {
  public:
    enum class Of { openai, azure, nexaapi };
    explicit ImageGenerations(Of of) : openai_(of != Of::nexaapi), azure_(of == Of::azure) {}

    Route route(const net::ServerRequest& request) const override {
        const auto path = path_of(request).path;
        if (request.method != "POST")
            return {};
        const bool media = path == "/v1/videos/generations" || path == "/v1/audio/transcriptions";
        if (path == "/v1/images/generations" || (!openai_ && media))
            return {Step::create, {}};
        return {};
    }

    tl::expected<LabPicture, LabAnswer> read(const net::ServerRequest& request) const override {
        const auto body = wire::parse_lenient(request.body);
        if (!body || !body->is_object())
            return bad_image_request("We could not parse the JSON body of your request.", "body",
                                     nullptr);
        LabPicture out;
        out.model = std::string{wire::text_of(*body, "model")};
        if (const auto path = path_of(request); !path.deployment.empty())
            out.model = path.deployment;
        out.prompt = std::string{wire::text_of(*body, "prompt")};
        out.video = request.path().find("/videos/") != std::string_view::npos;
        out.transcription = request.path().find("/audio/") != std::string_view::npos;
        if (out.model.empty())
            return bad_image_request("Missing required parameter: 'model'.", "model",
                                     "missing_required_parameter");
        if (out.prompt.empty() && !out.transcription)
            return bad_image_request("Missing required parameter: 'prompt'.", "prompt",
                                     "missing_required_parameter");
        out.count = wire::count_of(*body, "n").value_or(1);
        if (out.count < 1 || out.count > 10)
            return bad_image_request("Invalid 'n': integer above maximum value.", "n",
                                     "integer_above_max_value");
        if (openai_)
            return read_openai(*body, out);
        out.width = wire::count_of(*body, "width").value_or(1024);
        out.height = wire::count_of(*body, "height").value_or(1024);
        out.seed = wire::count_of(*body, "seed");
        return out;
    }

    LabAnswer answer(Step, const LabJob& job) const override {
        if (job.asked.transcription)
            return lab_json(200, {{"text", "The quick brown fox."}});
        LabJson data = LabJson::array();
        if (job.asked.video)
            data.push_back({{"url", job.base + "/pictures/" + job.id + ".mp4"}});
        else if (job.asked.inlined)
            for (const std::string& bytes : job.pictures)
                data.push_back({{"b64_json", wire::base64(bytes)}});
        else
            for (const std::string& url : job.urls)
                data.push_back({{"url", url}});
        LabJson body = {{"created", job.unix_s}, {"data", data}};
        if (openai_ && job.asked.model.starts_with("gpt-image")) {
            body["size"] = std::to_string(job.asked.width) + "x" + std::to_string(job.asked.height);
            body["quality"] = "medium";
            body["output_format"] = "png";
            body["background"] = "opaque";
            const std::int64_t text = 12, image = 1056 * job.asked.count;
            body["usage"] = {
                {"input_tokens", text},
                {"output_tokens", image},
                {"total_tokens", text + image},
                {"input_tokens_details", {{"text_tokens", text}, {"image_tokens", 0}}}};
        }
        return lab_json(200, body);
    }

  private:
    OpenAiPath path_of(const net::ServerRequest& request) const {
        return azure_ ? azure_path(request) : OpenAiPath{std::string{request.path()}, {}};
    }
    // What its models refuse is refused here, so that nothing is sent that they would not take.
    static tl::expected<LabPicture, LabAnswer> read_openai(const WireJson& body, LabPicture out) {
        const bool gpt = out.model.starts_with("gpt-image");
        for (const char* name : {"width", "height", "steps", "guidance_scale", "seed",
                                 "negative_prompt", "num_images"})
            if (wire::member(body, name))
                return bad_image_request("Unknown parameter: '" + std::string{name} + "'.", name,
                                         "unknown_parameter");
        if (gpt && wire::member(body, "response_format"))
            return bad_image_request("Unknown parameter: 'response_format'.", "response_format",
                                     "unknown_parameter");
        if (out.model.starts_with("dall-e-3") && out.count != 1)
            return bad_image_request("You must provide n=1 for this model.", "n", "invalid_value");
        out.inlined = gpt || wire::text_of(body, "response_format") == "b64_json";
        const std::string size{wire::text_of(body, "size")};
        if (size.empty() || size == "auto")
            return out;
        const auto parsed = wire::parse_size(size);
        if (!parsed || !knows(out.model, size))
            return bad_image_request("Invalid value: '" + size + "'.", "size", "invalid_value");
        out.width = parsed->width;
        out.height = parsed->height;
        return out;
    }
    static bool knows(std::string_view model, std::string_view size) {
        if (model.starts_with("dall-e-3"))
            return size == "1024x1024" || size == "1792x1024" || size == "1024x1792";
        if (model.starts_with("gpt-image-2") || !model.starts_with("gpt-image"))
            return true;
        return size == "1024x1024" || size == "1024x1536" || size == "1536x1024";
    }
    bool openai_, azure_;
};

// NexaAPI: pictures as above, errors and everything else as the OpenAI dialect has them.
class NexaApiLab final : public LabDialect {
  public:
    NexaApiLab(const LabDialect& openai, const LabImages& images)
        : openai_(openai), images_(images) {}
    const LabImages* images() const override { return &images_; }
    Route route(const net::ServerRequest& r) const override { return openai_.route(r); }
    tl::expected<LabRequest, LabAnswer> read(const net::ServerRequest& r) const override {
        return openai_.read(r);
    }
    LabAnswer models(const std::vector<std::string>& names, std::int64_t at) const override {
        return openai_.models(names, at);
    }
    LabAnswer unknown(const net::ServerRequest& r) const override { return openai_.unknown(r); }
    LabAnswer error(const LabError& e) const override { return openai_.error(e); }
    LabAnswer whole(const LabReplyFacts& f, const std::string& text) const override {
        return openai_.whole(f, text);
    }
    net::Headers stream_headers() const override { return openai_.stream_headers(); }
    std::string begin(const LabReplyFacts& f) const override { return openai_.begin(f); }
    std::string token(const LabReplyFacts& f, const std::string& text) const override {
        return openai_.token(f, text);
    }
    std::string malformed(const LabReplyFacts& f) const override { return openai_.malformed(f); }
    std::string end(const LabReplyFacts& f) const override { return openai_.end(f); }
    net::Headers common_headers(const std::string& id, const LabQuota& quota,
                                Duration processing) const override {
        return openai_.common_headers(id, quota, processing);
    }

  private:
    const LabDialect& openai_;
    const LabImages& images_;
};

} // namespace

const LabImages& openai_lab_images(bool azure) {
    static const ImageGenerations openais{ImageGenerations::Of::openai};
    static const ImageGenerations azures{ImageGenerations::Of::azure};
    return azure ? azures : openais;
}

const LabDialect& nexaapi_lab() {
    static const ImageGenerations images{ImageGenerations::Of::nexaapi};
    static const NexaApiLab lab{openai_lab(), images};
    return lab;
}

} // namespace brownout::live
