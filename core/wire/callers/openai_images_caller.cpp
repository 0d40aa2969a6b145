// OpenAI's picture generation as a client writes and reads it, with Stable Diffusion's parameters
// as NexaAPI and others take them beside.
#include "wire/callers/caller_parts.h"
#include "wire/callers/openai_words.h"
#include "wire/image_size.h"
#include "wire/picture.h"
#include "wire/request_parts.h"

namespace brownout::wire {

namespace {

using chain::Json;

tl::expected<CallerRequest, CallerError> read_pictures(const WireJson& json) {
    Members in(json);
    CallerRequest out;
    ImageRequest& image = out.request.image.emplace();
    out.model = in.text("model");
    image.prompt = in.text("prompt");
    if (image.prompt.empty())
        in.complain("prompt", "prompt is missing");
    image.negative_prompt = in.text("negative_prompt");
    if (const std::string size = in.text("size"); !size.empty() && size != "auto") {
        const auto read = parse_size(size);
        if (!read || !drawable(*read))
            in.complain("size", "size is WIDTHxHEIGHT in pixels, or auto");
        else
            std::tie(image.width, image.height) = std::pair{read->width, read->height};
    }
    const auto width = in.whole("width", 1, max_image_side);
    const auto height = in.whole("height", 1, max_image_side);
    if (width && height)
        std::tie(image.width, image.height) = std::pair{width, height};
    else if (width || height)
        in.complain(width ? "height" : "width", "width and height go together");
    image.count = in.whole("n", 1, 10);
    image.steps = in.whole("steps", 1, 1000);
    image.seed = in.whole("seed", 0, 9'007'199'254'740'991);
    image.guidance = in.number("guidance_scale", 0, 100);
    image.quality = in.text("quality");
    image.format = in.text("output_format");
    const std::string form = in.text("response_format");
    if (!form.empty() && form != "url" && form != "b64_json")
        in.complain("response_format", "response_format is url or b64_json");
    out.picture_urls = form == "url";
    if (in.flag("stream"))
        in.complain("stream", "pictures are not streamed");
    if (in.problem())
        return tl::unexpected(*in.problem());
    for (const std::string& name : in.rest_names())
        out.dropped.push_back(name + ": has no counterpart");
    return out;
}

class OpenAiImages final : public Caller {
  public:
    tl::expected<CallerRequest, CallerError> read(std::string_view body) const override {
        const auto json = request_object(body);
        if (!json)
            return tl::unexpected(json.error());
        return read_pictures(*json);
    }
    std::string whole(const AnswerFacts& facts, const Reply& reply) const override {
        Json out{{"created", facts.unix_s}, {"data", Json::array()}};
        for (const Picture& picture : reply.pictures) {
            const PictureText text = picture_text(picture);
            // An address of a provider lives for hours; who does not ask for it gets the bytes.
            if ((facts.picture_urls || text.data.empty()) && !picture.url.empty())
                out["data"].push_back({{"url", picture.url}});
            else if (facts.picture_urls)
                out["data"].push_back({{"url", picture_url(picture)}});
            else
                out["data"].push_back({{"b64_json", text.data}});
        }
        if (reply.usage)
            out["usage"] = {{"input_tokens", reply.usage->input},
                            {"output_tokens", reply.usage->output},
                            {"total_tokens", reply.usage->input + reply.usage->output}};
        return body_text(out);
    }
    std::string error(const CallerError& error, const std::string&) const override {
        return body_text(openai_error(error));
    }
    std::unique_ptr<CallerStream> stream() const override { return nullptr; }
};

} // namespace

const Caller& openai_images_caller() {
    static const OpenAiImages caller;
    return caller;
}

} // namespace brownout::wire
