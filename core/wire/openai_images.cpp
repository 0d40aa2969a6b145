#include "wire/openai_images.h"

#include "wire/http_parts.h"
#include "wire/picture.h"
#include "wire/request_parts.h"
#include "wire/vendor.h"

namespace brownout::wire {

namespace {

using Sizes = std::span<const std::string_view>;

struct Family {
    enum Kind { gpt_image, gpt_image_any_size, dall_e_3, dall_e_2, other } kind = other;
    Sizes sizes;
};

Family family_of(std::string_view model) {
    static constexpr std::string_view gpt[] = {"1024x1024", "1024x1536", "1536x1024"};
    static constexpr std::string_view three[] = {"1024x1024", "1792x1024", "1024x1792"};
    static constexpr std::string_view two[] = {"256x256", "512x512", "1024x1024"};
    if (const auto slash = model.rfind('/'); slash != model.npos) // a gateway's "openai/dall-e-3"
        model.remove_prefix(slash + 1);
    if (model.starts_with("gpt-image-2"))
        return {Family::gpt_image_any_size, {}};
    if (model.starts_with("gpt-image"))
        return {Family::gpt_image, gpt};
    if (model.starts_with("dall-e-3"))
        return {Family::dall_e_3, three};
    if (model.starts_with("dall-e-2"))
        return {Family::dall_e_2, two};
    return {};
}

std::string quality_for(Family::Kind kind, const std::string& quality) {
    if (kind == Family::dall_e_3) {
        if (quality == "high")
            return "hd";
        return quality == "hd" ? quality : "standard";
    }
    if (quality == "hd")
        return "high";
    return quality == "standard" ? "medium" : quality;
}

void put_size(chain::Json& body, const ImageRequest& image, const Family& family,
              const std::string& model, Encoded& out) {
    const auto size = picture_size(image, out);
    if (!size)
        return;
    std::string text = size->text();
    if (!family.sizes.empty()) {
        const Nearest near = nearest_size(*size, family.sizes);
        if (!near.exact)
            out.dropped.push_back("size " + text + ": " + model + " has other sizes; sent " +
                                  std::string{near.name});
        text = near.name;
    }
    body["size"] = text;
}

// Together's images take Stable Diffusion's parameters.
void put_together(chain::Json& body, const ImageRequest& image, Encoded& out) {
    if (const auto size = picture_size(image, out)) {
        body["width"] = size->width;
        body["height"] = size->height;
    }
    if (image.steps)
        body["steps"] = *image.steps;
    if (image.seed)
        body["seed"] = *image.seed;
    if (image.guidance)
        body["guidance_scale"] = *image.guidance;
    if (!image.negative_prompt.empty())
        body["negative_prompt"] = image.negative_prompt;
}

void drop_diffusion(const ImageRequest& image, const std::string& model, Encoded& out) {
    const auto drop = [&](bool there, const char* name) {
        if (there)
            out.dropped.push_back(std::string{name} + ": " + model + " takes none");
    };
    drop(image.steps.has_value(), "steps");
    drop(image.guidance.has_value(), "guidance");
    drop(image.seed.has_value(), "seed");
    drop(!image.negative_prompt.empty(), "negative_prompt");
}

class ImagesReader final : public WholeReader {
  public:
    ImagesReader(OriginPtr origin, Wanted wanted)
        : WholeReader(std::move(origin)), wanted_(wanted) {}

  protected:
    End answered(const std::string& body) override {
        const auto json = parse_lenient(body);
        if (!json || !json->is_object())
            return unreadable();
        const WireJson* data = member(*json, "data");
        if (!data && member(*json, "error"))
            return failed(body);
        Reply reply;
        reply.model = origin().endpoint.model;
        reply.text = wanted_ == Wanted::transcription ? std::string{text_of(*json, "text")} : "";
        reply.media_url = std::string{text_of(*json, "url")};
        reply.picture_quality = std::string{text_of(*json, "quality")};
        reply.picture_size = std::string{text_of(*json, "size")};
        bool readable = true;
        if (data && data->is_array())
            for (const WireJson& item : *data)
                readable = add(item, reply) && readable;
        if (!readable) {
            End end = failure(engine::OutcomeClass::failover, engine::Cause::malformed,
                              "the picture is no base64");
            end.reply = std::move(reply);
            return end;
        }
        if (const WireJson* usage = member(*json, "usage"))
            read_usage(*usage, reply);
        if (wanted_ == Wanted::video)
            reply.pictures.clear();
        return with_results(wanted_, std::move(reply));
    }

  private:
    bool add(const WireJson& item, Reply& reply) const {
        if (!item.is_object() || reply.pictures.size() >= max_pictures)
            return true;
        Picture picture;
        picture.url = std::string{text_of(item, "url")};
        if (reply.media_url.empty())
            reply.media_url = picture.url;
        bool good = true;
        if (const auto text = text_of(item, "b64_json"); !text.empty()) {
            auto bytes = decode_base64(text);
            good = bytes.has_value();
            picture.bytes = std::move(bytes).value_or(std::string{});
        }
        reply.pictures.push_back(std::move(picture));
        return good;
    }
    static void read_usage(const WireJson& usage, Reply& reply) {
        const auto input = count_of(usage, "input_tokens");
        const auto output = count_of(usage, "output_tokens");
        if (!input && !output)
            return;
        reply.usage.emplace();
        reply.usage->input = input.value_or(0);
        reply.usage->output = output.value_or(0);
    }
    Wanted wanted_;
};

} // namespace

Encoded openai_image_request(const ImageRequest& image, const Endpoint& endpoint,
                             HttpRequest base) {
    Encoded out;
    static_cast<HttpRequest&>(out) = std::move(base);
    const std::string& model = endpoint.model;
    const Family family = family_of(model);
    const bool together = vendor_of(endpoint.base_url) == Vendor::together;
    chain::Json body = {{"model", model}, {"prompt", image.prompt}};
    if (image.count) {
        if (family.kind == Family::dall_e_3 && *image.count != 1)
            out.dropped.push_back("count: " + model + " makes one picture a request");
        else
            body["n"] = *image.count;
    }
    if (together) {
        put_together(body, image, out);
    } else {
        put_size(body, image, family, model, out);
        drop_diffusion(image, model, out);
    }
    const bool gpt = family.kind == Family::gpt_image || family.kind == Family::gpt_image_any_size;
    if (!image.quality.empty()) {
        if (gpt || family.kind == Family::dall_e_3)
            body["quality"] = quality_for(family.kind, image.quality);
        else
            out.dropped.push_back("quality: " + model + " takes none");
    }
    if (!image.format.empty()) {
        if (gpt)
            body["output_format"] = image.format;
        else
            out.dropped.push_back("format: " + model + " makes PNG");
    }
    if (family.kind == Family::dall_e_3 || family.kind == Family::dall_e_2)
        body["response_format"] = "b64_json"; // an address would live for an hour
    out.body = body_text(body);
    return out;
}

PictureTerms openai_picture_terms(const ImageRequest& image, std::string_view model) {
    const Family family = family_of(model);
    const bool dall_e = family.kind == Family::dall_e_3 || family.kind == Family::dall_e_2;
    PictureTerms out;
    if (image.width && image.height && drawable({*image.width, *image.height})) {
        const ImageSize size{*image.width, *image.height};
        out.size =
            family.sizes.empty() ? size.text() : std::string{nearest_size(size, family.sizes).name};
    } else if (dall_e) {
        out.size = "1024x1024";
    }
    const bool gpt = family.kind == Family::gpt_image || family.kind == Family::gpt_image_any_size;
    if (family.kind == Family::dall_e_3 || (gpt && !image.quality.empty()))
        out.quality = quality_for(family.kind, image.quality);
    if (out.quality == "auto")
        out.quality.clear();
    return out;
}

std::unique_ptr<ReplyReader> openai_image_reader(const Endpoint& endpoint, Wanted wanted) {
    return std::make_unique<ImagesReader>(std::make_shared<const Origin>(endpoint), wanted);
}

} // namespace brownout::wire
