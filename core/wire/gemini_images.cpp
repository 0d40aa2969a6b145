#include "wire/gemini_images.h"

#include "wire/gemini_reader.h"
#include "wire/http_parts.h"
#include "wire/picture.h"
#include "wire/takes.h"
#include "wire/whole_reply.h"

namespace brownout::wire {

using engine::Cause;
using engine::OutcomeClass;

namespace {

// Into `where`, as far as a picture can have that size.
void put_shape(chain::Json& where, const ImageRequest& image,
               std::span<const std::string_view> ratios, const std::string& model, Encoded& out) {
    const auto size = picture_size(image, out);
    if (!size)
        return;
    const Nearest near = nearest_ratio(*size, ratios);
    if (!near.exact)
        drop(out, "size " + size->text(),
             model + " takes aspect ratios; sent " + std::string{near.name});
    where["aspectRatio"] = near.name;
}

void drop_others(const ImageRequest& image, const std::string& model, Encoded& out) {
    const std::string why = model + " takes none";
    if (image.steps)
        drop(out, "steps", why);
    if (!image.negative_prompt.empty())
        drop(out, "negative_prompt", why);
    if (!image.quality.empty())
        drop(out, "quality", why);
}

chain::Json imagen_body(const ImageRequest& image, const std::string& model, Encoded& out) {
    static constexpr std::string_view ratios[] = {"1:1", "16:9", "9:16", "4:3", "3:4"};
    constexpr std::int64_t most = 4;
    chain::Json parameters = chain::Json::object();
    if (image.count) {
        parameters["sampleCount"] = std::min(*image.count, most);
        if (*image.count > most)
            drop(out, "count", "at most " + std::to_string(most) + " a request, so many were sent");
    }
    put_shape(parameters, image, ratios, model, out);
    if (image.guidance)
        parameters["guidanceScale"] = *image.guidance;
    parameters["includeRaiReason"] = true; // or nobody knows why a picture is missing
    if (image.format == "png" || image.format == "jpeg")
        parameters["outputOptions"]["mimeType"] = "image/" + image.format;
    else if (!image.format.empty())
        drop(out, "format", model + " makes PNG and JPEG");
    if (image.seed) // only without its watermark, which cannot be left out here
        drop(out, "seed", model + " takes none");
    drop_others(image, model, out);
    return {{"instances", chain::Json::array({chain::Json{{"prompt", image.prompt}}})},
            {"parameters", std::move(parameters)}};
}

chain::Json generate_body(const ImageRequest& image, const std::string& model, Encoded& out) {
    static constexpr std::string_view ratios[] = {"1:1", "16:9", "9:16", "4:3", "3:4",
                                                  "3:2", "2:3",  "5:4",  "4:5", "21:9"};
    chain::Json config{{"responseModalities", chain::Json::array({"IMAGE"})}};
    if (image.seed)
        config["seed"] = *image.seed;
    chain::Json shape = chain::Json::object();
    put_shape(shape, image, ratios, model, out);
    if (!shape.empty())
        config["imageConfig"] = std::move(shape);
    if (image.count && *image.count != 1)
        drop(out, "count", model + " makes one picture a request");
    if (image.guidance)
        drop(out, "guidance", model + " takes none");
    if (!image.format.empty())
        drop(out, "format", model + " chooses its own");
    drop_others(image, model, out);
    chain::Json content{{"role", "user"},
                        {"parts", chain::Json::array({chain::Json{{"text", image.prompt}}})}};
    return {{"contents", chain::Json::array({std::move(content)})},
            {"generationConfig", std::move(config)}};
}

class GeminiImageReader final : public WholeReader {
  public:
    using WholeReader::WholeReader;

  protected:
    End answered(const std::string& body) override {
        const auto json = parse_lenient(body);
        if (!json || !json->is_object())
            return unreadable();
        if (member(*json, "error"))
            return failed(body);
        Reply reply;
        reply.model = origin().endpoint.model;
        reply.request_id = std::string{text_of(*json, "responseId")};
        if (const auto model = text_of(*json, "modelVersion"); !model.empty())
            reply.model = std::string{model};
        if (const WireJson* counts = member(*json, "usageMetadata"))
            reply.usage = gemini_usage(*counts);
        std::string why; // there is no picture
        Finish finish = Finish::none;
        if (const WireJson* feedback = member(*json, "promptFeedback"))
            why = word_of(*feedback, "blockReason");
        if (!why.empty())
            finish = Finish::content_filter;
        const WireJson* candidates = member(*json, "candidates");
        if (candidates && candidates->is_array() && !candidates->empty()) {
            candidate(candidates->front(), reply);
            if (const std::string word = word_of(candidates->front(), "finishReason");
                !word.empty())
                finish = gemini_finish(why = word);
        }
        if (const WireJson* predictions = member(*json, "predictions");
            predictions && predictions->is_array())
            for (const WireJson& each : *predictions)
                if (prediction(each, reply, why))
                    finish = Finish::content_filter;
        if (!broken_ && !reply.pictures.empty())
            return with_pictures(std::move(reply));
        End end = missing(finish, why);
        end.reply = std::move(reply);
        return end;
    }

  private:
    End missing(Finish finish, const std::string& why) const {
        if (broken_)
            return failure(OutcomeClass::failover, Cause::malformed, "the picture is no base64");
        if (finish == Finish::content_filter)
            return failure(OutcomeClass::reroute, Cause::moderation,
                           "the picture was withheld: " + why);
        if (finish == Finish::error) // it may go better
            return failure(OutcomeClass::retry, Cause::error_in_stream,
                           "the provider gave up on the picture: " + why);
        return failure(OutcomeClass::failover, Cause::malformed, "the answer has no picture");
    }
    void add(std::string_view text, Reply& reply) {
        if (text.empty() || reply.pictures.size() >= max_pictures)
            return;
        auto bytes = decode_base64(text);
        broken_ = broken_ || !bytes;
        reply.pictures.push_back({{}, std::move(bytes).value_or(std::string{}), {}});
    }
    void candidate(const WireJson& candidate, Reply& reply) {
        const WireJson* content = member(candidate, "content");
        const WireJson* parts = content ? member(*content, "parts") : nullptr;
        if (!parts || !parts->is_array())
            return;
        for (const WireJson& part : *parts) {
            const WireJson* thought = member(part, "thought"); // a sketch on the way
            if (thought && thought->is_boolean() && thought->get<bool>())
                continue;
            if (const WireJson* data = member(part, "inlineData"))
                add(text_of(*data, "data"), reply);
        }
    }
    // True: this one was withheld.
    bool prediction(const WireJson& prediction, Reply& reply, std::string& why) {
        add(text_of(prediction, "bytesBase64Encoded"), reply);
        const auto reason = text_of(prediction, "raiFilteredReason");
        if (!reason.empty())
            why = reason;
        return !reason.empty();
    }
    bool broken_ = false;
};

} // namespace

bool is_imagen(std::string_view model) {
    return bare_model(model).starts_with("imagen");
}

const char* gemini_image_method(std::string_view model) {
    return is_imagen(model) ? ":predict" : ":generateContent";
}

chain::Json gemini_image_body(const ImageRequest& image, const std::string& model, Encoded& out) {
    return is_imagen(model) ? imagen_body(image, model, out) : generate_body(image, model, out);
}

std::unique_ptr<ReplyReader> gemini_image_reader(const Endpoint& endpoint) {
    return std::make_unique<GeminiImageReader>(std::make_shared<const Origin>(endpoint));
}

} // namespace brownout::wire
