#include "wire/replicate.h"

#include "wire/http_parts.h"
#include "wire/picture.h"
#include "wire/whole_reply.h"
#include "wire/words.h"

namespace brownout::wire {

using engine::Cause;
using engine::OutcomeClass;

namespace {

// Held so long, a quick model's picture is in the first reply; a slow one's reply still comes
// within the time to the first token, and its job is looked at from then on.
constexpr const char* hold = "wait=5";

std::string api(const Endpoint& endpoint, const std::string& path) {
    return base_with(endpoint.base_url, "/v1") + path;
}

// Flux and Imagen take a shape, Stable Diffusion takes pixels.
bool takes_ratios(std::string_view model) {
    for (const char* owner : {"black-forest-labs/", "google/", "ideogram-ai/",
                              "stability-ai/"
                              "stable-diffusion-3"})
        if (model.starts_with(owner))
            return true;
    return false;
}

bool takes_pixels_too(std::string_view model) {
    return model.find("flux-1.1-pro") != model.npos || model.ends_with("/flux-pro");
}

void size_input(chain::Json& input, ImageSize size, const std::string& model, Encoded& out) {
    static constexpr std::string_view ratios[] = {"1:1", "16:9", "9:16", "4:3",  "3:4", "3:2",
                                                  "2:3", "4:5",  "5:4",  "21:9", "9:21"};
    if (!takes_ratios(model)) {
        input["width"] = size.width;
        input["height"] = size.height;
        return;
    }
    const Nearest near = nearest_ratio(size, ratios);
    if (!near.exact && takes_pixels_too(model)) {
        input["aspect_ratio"] = "custom";
        input["width"] = size.width;
        input["height"] = size.height;
        return;
    }
    input["aspect_ratio"] = std::string{near.name};
    if (!near.exact)
        out.dropped.push_back("size " + size.text() + ": " + model + " takes aspect ratios; sent " +
                              std::string{near.name});
}

void image_input(chain::Json& input, const ImageRequest& image, const std::string& model,
                 Encoded& out) {
    const bool flux = model.find("flux") != model.npos;
    input["prompt"] = image.prompt;
    if (const auto size = picture_size(image, out))
        size_input(input, *size, model, out);
    if (image.steps)
        input["num_inference_steps"] = *image.steps;
    if (image.guidance)
        input[flux ? "guidance" : "guidance_scale"] = *image.guidance;
    if (image.count)
        input["num_outputs"] = *image.count;
    if (image.seed)
        input["seed"] = *image.seed;
    if (!image.negative_prompt.empty()) {
        if (flux)
            out.dropped.push_back("negative_prompt: " + model + " takes none");
        else
            input["negative_prompt"] = image.negative_prompt;
    }
    if (!image.format.empty())
        input["output_format"] = image.format;
    if (!image.quality.empty())
        out.dropped.push_back("quality: " + model + " takes none");
}

void media_input(chain::Json& input, const MediaRequest& media, Encoded& out) {
    if (media.kind == MediaRequest::Kind::transcription) {
        input["audio"] = media.input_url;
        if (!media.language.empty())
            input["language"] = media.language;
        return;
    }
    input["prompt"] = media.prompt;
    if (!media.input_url.empty())
        input["start_image"] = media.input_url;
    if (!media.aspect_ratio.empty())
        input["aspect_ratio"] = media.aspect_ratio;
    if (const auto seconds = media_seconds(media, out))
        input["duration"] = static_cast<std::int64_t>(*seconds);
}

// A prediction, as the create and every look answer it.
class Prediction final : public JobReader {
  public:
    Prediction(OriginPtr origin, Wanted wanted, Job job)
        : JobReader(std::move(origin), std::move(job)), wanted_(wanted) {}

  protected:
    End answered(const std::string& body) override {
        const auto json = parse_lenient(body);
        const std::string status{json ? text_of(*json, "status") : std::string_view{}};
        Reply reply;
        reply.request_id = json ? std::string{text_of(*json, "id")} : std::string{};
        reply.model = origin().endpoint.model;
        if (reply.request_id.empty() || reply.request_id.size() > 200 || status.empty())
            return unreadable();
        if (status == "starting" || status == "processing")
            return goes_on(reply.request_id);
        ended();
        End end;
        if (status == "succeeded") {
            read_output(member(*json, "output"), reply);
            end = with_results(wanted_, std::move(reply));
            if (!end.next && end.reply.request_id.empty())
                end.reply.request_id = std::string{text_of(*json, "id")};
            return end;
        }
        if (status == "failed")
            end = why_failed(word_of(*json, "error"));
        else if (status == "canceled" || status == "aborted") // aborted: its time was over
            end =
                failure(OutcomeClass::failover, Cause::http_status, "the prediction was " + status);
        else
            return unreadable();
        end.reply = std::move(reply);
        return end;
    }

    std::unique_ptr<ReplyReader> again(Job job) const override {
        return std::make_unique<Prediction>(origin_ptr(), wanted_, std::move(job));
    }

  private:
    End goes_on(const std::string& id) const {
        if (!job().id.empty())
            return look_again();
        const Endpoint& endpoint = origin().endpoint;
        // Its `urls` say the same; built here, the key cannot be led elsewhere.
        const std::string url = api(endpoint, "/predictions/" + percent_encoded(id));
        Job job;
        job.id = id;
        job.look = http_request(endpoint, "GET", url, nullptr);
        job.cancel = http_request(endpoint, "POST", url + "/cancel", nullptr);
        return first_look(job, std::make_unique<Prediction>(origin_ptr(), wanted_, job));
    }

    // A URL, a list of them, or a text in pieces; a transcription may be text inside an object.
    void read_output(const WireJson* output, Reply& reply) const {
        if (!output)
            return;
        if (output->is_object() && wanted_ == Wanted::transcription) {
            for (const char* key : {"transcription", "text"})
                if (reply.text.empty())
                    reply.text = std::string{text_of(*output, key)};
            return;
        }
        if (output->is_string())
            piece(*output, reply);
        else if (output->is_array())
            for (const WireJson& value : *output)
                piece(value, reply);
    }
    void piece(const WireJson& value, Reply& reply) const {
        if (!value.is_string())
            return;
        const auto& text = value.get_ref<const std::string&>();
        if (wanted_ == Wanted::transcription)
            reply.text += text;
        else if (wanted_ == Wanted::video)
            reply.media_url = text;
        else if (reply.pictures.size() < max_pictures)
            reply.pictures.push_back({{}, {}, text});
    }

    End why_failed(const std::string& error) const {
        const std::string words = lower(std::string_view{error}.substr(0, 4096));
        const auto says = [&](std::string_view part) { return words.find(part) != words.npos; };
        if (says("nsfw") || says("sensitive content"))
            return failure(OutcomeClass::reroute, Cause::moderation, error);
        if (says("out of memory") || says("interrupted"))
            return failure(OutcomeClass::failover, Cause::overloaded, error);
        if (says("validation") || says("invalid input") || says("input should"))
            return failure(OutcomeClass::reject, Cause::bad_request, error);
        End end = failed(body_text({{"error", error}}));
        if (end.outcome.cls == OutcomeClass::failover)
            end.outcome.cause = Cause::http_status;
        return end;
    }

    Wanted wanted_;
};

bool is_version(std::string_view model) {
    return model.size() == 64 && model.find_first_not_of("0123456789abcdef") == model.npos;
}

} // namespace

Encoded ReplicateDialect::encode(const ChatRequest& request, const Endpoint& endpoint) const {
    Encoded out;
    if (!request.image && !request.media) {
        out.impossible = "Replicate is asked for pictures and media here; this is a chat";
        return out;
    }
    chain::Json body = chain::Json::object();
    chain::Json& input = body["input"] = chain::Json::object();
    if (request.image)
        image_input(input, *request.image, endpoint.model, out);
    else
        media_input(input, *request.media, out);
    std::string path = "/models/" + escaped_path(endpoint.model) + "/predictions";
    const auto colon = endpoint.model.find(':');
    if (is_version(endpoint.model) || colon != endpoint.model.npos) {
        path = "/predictions";
        body["version"] =
            colon == endpoint.model.npos ? endpoint.model : endpoint.model.substr(colon + 1);
    }
    static_cast<HttpRequest&>(out) =
        http_request(endpoint, "POST", api(endpoint, path), "application/json");
    set_header(out.headers, "Prefer", hold);
    out.body = body_text(body);
    return out;
}

std::unique_ptr<ReplyReader> ReplicateDialect::reader(bool, const Endpoint& endpoint) const {
    return std::make_unique<Prediction>(std::make_shared<const Origin>(endpoint), Wanted::picture,
                                        Job{});
}

std::unique_ptr<ReplyReader> ReplicateDialect::reader_for(const ChatRequest& request,
                                                          const Endpoint& endpoint) const {
    return std::make_unique<Prediction>(std::make_shared<const Origin>(endpoint), wanted(request),
                                        Job{});
}

HttpRequest ReplicateDialect::key_test(const Endpoint& endpoint) const {
    return http_request(endpoint, "GET", api(endpoint, "/account"), nullptr);
}

const char* replicate_title(int status) {
    switch (status) {
    case 401:
        return "Unauthenticated";
    case 402:
        return "Insufficient credit";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 422:
        return "Input validation failed";
    case 429:
        return "Too Many Requests";
    default:
        return status >= 500 ? "Internal server error" : "Bad request";
    }
}

} // namespace brownout::wire
