// Google's pictures as its servers write them: Gemini's image models by generateContent, Imagen by
// predict (formats from the published reference).
#include "live/lab_images.h"

#include "wire/gemini_images.h"
#include "wire/image_size.h"
#include "wire/json_lenient.h"
#include "wire/picture.h"
#include "wire/usage.h"

#include <algorithm>
#include <array>

namespace brownout::live {

namespace {

using wire::WireJson;

constexpr std::int64_t tokens_of_a_picture = 1290; // as the price list counts them

tl::unexpected<LabAnswer> bad_instance(const std::string& message) {
    return tl::unexpected<LabAnswer>(lab_json(
        400, {{"error", {{"code", 400}, {"message", message}, {"status", "INVALID_ARGUMENT"}}}}));
}

// What is no name of this object is refused, as its servers do.
std::optional<std::string> unknown_name(const WireJson& object,
                                        std::span<const std::string_view> known) {
    for (const auto& [name, value] : object.items())
        if (std::find(known.begin(), known.end(), name) == known.end())
            return "Invalid JSON payload received. Unknown name \"" + name +
                   "\": Cannot find field.";
    return std::nullopt;
}

bool read_shape(const WireJson& where, LabPicture& out) {
    const auto ratio = wire::text_of(where, "aspectRatio");
    if (ratio.empty())
        return true;
    const auto size = wire::size_of_ratio(ratio);
    if (!size)
        return false;
    out.width = size->width;
    out.height = size->height;
    return true;
}

class GeminiImages final : public LabImages {
  public:
    Route route(const net::ServerRequest& request) const override {
        const GeminiCall call = gemini_call(request.path());
        const bool made =
            call.method == "predict" ||
            (call.method == "generateContent" && call.model.find("-image") != std::string::npos);
        return {request.method == "POST" && made ? Step::create : Step::none, {}};
    }

    tl::expected<LabPicture, LabAnswer> read(const net::ServerRequest& request) const override {
        const GeminiCall call = gemini_call(request.path());
        const auto body = wire::parse_lenient(request.body);
        if (!body || !body->is_object())
            return bad_instance("Invalid JSON payload received.");
        LabPicture out;
        out.model = call.model;
        out.inlined = true;
        return call.method == "predict" ? read_predict(*body, std::move(out))
                                        : read_generate(*body, std::move(out));
    }

    LabAnswer answer(Step, const LabJob& job) const override {
        LabJson pictures = LabJson::array();
        if (wire::is_imagen(job.asked.model)) {
            for (const std::string& bytes : job.pictures)
                pictures.push_back(
                    {{"mimeType", "image/png"}, {"bytesBase64Encoded", wire::base64(bytes)}});
            return lab_json(200, {{"predictions", pictures}});
        }
        for (const std::string& bytes : job.pictures)
            pictures.push_back(
                {{"inlineData", {{"mimeType", "image/png"}, {"data", wire::base64(bytes)}}}});
        const std::int64_t prompt = wire::estimate_tokens(job.asked.prompt);
        return lab_json(
            200, {{"candidates",
                   LabJson::array({LabJson{{"content", {{"parts", pictures}, {"role", "model"}}},
                                           {"finishReason", "STOP"},
                                           {"index", 0}}})},
                  {"usageMetadata",
                   {{"promptTokenCount", prompt},
                    {"candidatesTokenCount", tokens_of_a_picture},
                    {"totalTokenCount", prompt + tokens_of_a_picture}}},
                  {"modelVersion", job.asked.model},
                  {"responseId", job.id}});
    }

  private:
    static tl::expected<LabPicture, LabAnswer> read_predict(const WireJson& body, LabPicture out) {
        static constexpr std::array<std::string_view, 8> known = {
            "sampleCount",      "aspectRatio",     "guidanceScale", "includeRaiReason",
            "personGeneration", "sampleImageSize", "language",      "outputOptions"};
        if (!wire::is_imagen(out.model))
            return bad_instance("Model does not support the requested method: predict.");
        const WireJson* instances = wire::member(body, "instances");
        if (!instances || !instances->is_array() || instances->size() != 1)
            return bad_instance("Request must have exactly one instance.");
        out.prompt = std::string{wire::text_of(instances->front(), "prompt")};
        if (out.prompt.empty())
            return bad_instance("Text prompt is required.");
        const WireJson* parameters = wire::member(body, "parameters");
        if (!parameters)
            return out;
        if (const auto refused = unknown_name(*parameters, known))
            return bad_instance(*refused);
        out.count = wire::count_of(*parameters, "sampleCount").value_or(1);
        if (out.count < 1 || out.count > 4)
            return bad_instance("sampleCount must be between 1 and 4.");
        if (!read_shape(*parameters, out))
            return bad_instance("Aspect ratio is not supported.");
        return out;
    }

    static tl::expected<LabPicture, LabAnswer> read_generate(const WireJson& body, LabPicture out) {
        static constexpr std::array<std::string_view, 10> known = {"responseModalities",
                                                                   "imageConfig",
                                                                   "seed",
                                                                   "temperature",
                                                                   "topP",
                                                                   "topK",
                                                                   "stopSequences",
                                                                   "maxOutputTokens",
                                                                   "candidateCount",
                                                                   "thinkingConfig"};
        const WireJson* contents = wire::member(body, "contents");
        if (!contents || !contents->is_array() || contents->empty())
            return bad_instance("* GenerateContentRequest.contents: contents is not specified\n");
        for (const WireJson& content : *contents)
            if (const WireJson* parts = wire::member(content, "parts"); parts && parts->is_array())
                for (const WireJson& part : *parts)
                    out.prompt += wire::text_of(part, "text");
        if (out.prompt.empty())
            return bad_instance("* GenerateContentRequest.contents: parts must not be empty\n");
        const WireJson* config = wire::member(body, "generationConfig");
        if (!config)
            return out;
        if (const auto refused = unknown_name(*config, known))
            return bad_instance(*refused);
        out.seed = wire::count_of(*config, "seed");
        if (wire::count_of(*config, "candidateCount").value_or(1) != 1)
            return bad_instance("Multiple candidates is not enabled for this model");
        if (const WireJson* shape = wire::member(*config, "imageConfig");
            shape && !read_shape(*shape, out))
            return bad_instance("Aspect ratio is not supported.");
        return out;
    }
};

} // namespace

GeminiCall gemini_call(std::string_view path) {
    for (const std::string_view prefix : {"/v1beta/models/", "/v1/models/"}) {
        const auto colon = path.rfind(':');
        if (path.starts_with(prefix) && colon != path.npos && colon > prefix.size())
            return {std::string{path.substr(prefix.size(), colon - prefix.size())},
                    std::string{path.substr(colon + 1)}};
    }
    return {};
}

const LabImages& gemini_lab_images() {
    static const GeminiImages images;
    return images;
}

} // namespace brownout::live
