#include "wire/translate.h"

#include "wire/http_parts.h"
#include "wire/image_size.h"
#include "wire/json_lenient.h"
#include "wire/nexaapi.h"
#include "wire/words.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace brownout::wire {

namespace {

using From = chain::Dialect;

std::optional<MediaRequest::Kind> media_of(chain::NexaModel::Makes makes) {
    using Makes = chain::NexaModel::Makes;
    switch (makes) {
    case Makes::video:
        return MediaRequest::Kind::video;
    case Makes::transcription:
        return MediaRequest::Kind::transcription;
    case Makes::picture:
        break;
    }
    return {};
}

std::string_view path_of(std::string_view url) {
    if (const auto scheme = url.find("://"); scheme != url.npos) {
        url.remove_prefix(scheme + 3);
        const auto slash = url.find('/');
        url = slash == url.npos ? std::string_view{} : url.substr(slash + 1);
    }
    url = url.substr(0, url.find_first_of("?#"));
    while (url.starts_with('/'))
        url.remove_prefix(1);
    while (url.ends_with('/'))
        url.remove_suffix(1);
    return url;
}

// One parameter of a FAL or Replicate input.
class Parameters {
  public:
    explicit Parameters(Asked& asked) : asked_(asked) {}

    void picture(const std::string& name, const WireJson& value) {
        ImageRequest& image = *asked_.request.image;
        if (name == "prompt")
            text(name, value, image.prompt);
        else if (name == "negative_prompt")
            text(name, value, image.negative_prompt);
        else if (name == "output_format")
            text(name, value, image.format);
        else if (name == "image_size")
            size(value);
        else if (name == "aspect_ratio")
            ratio(value);
        else if (name == "width")
            side(name, value, image.width);
        else if (name == "height")
            side(name, value, image.height);
        else if (name == "num_inference_steps")
            whole(name, value, image.steps);
        else if (name == "num_images" || name == "num_outputs")
            whole(name, value, image.count);
        else if (name == "seed")
            whole(name, value, image.seed);
        else if (name == "guidance_scale" || name == "guidance")
            number(name, value, image.guidance);
        else
            drop(name, "has no counterpart");
    }

    void media(const std::string& name, const WireJson& value) {
        MediaRequest& media = *asked_.request.media;
        if (name == "prompt")
            text(name, value, media.prompt);
        else if (name == "audio_url" || name == "audio" || name == "image_url" ||
                 name == "start_image")
            text(name, value, media.input_url);
        else if (name == "aspect_ratio")
            text(name, value, media.aspect_ratio);
        else if (name == "language")
            text(name, value, media.language);
        else if (name == "duration")
            duration(name, value, media.duration_s);
        else
            drop(name, "has no counterpart");
    }

    // Width and height go together.
    void finish() {
        if (!asked_.request.image)
            return;
        ImageRequest& image = *asked_.request.image;
        if (image.width.has_value() == image.height.has_value())
            return;
        drop(image.width ? "width" : "height", "stands alone");
        image.width.reset();
        image.height.reset();
    }

  private:
    void drop(const std::string& name, const char* why) {
        constexpr std::size_t most = 64; // notes; a hostile body has a million names
        if (asked_.dropped.size() < most)
            asked_.dropped.push_back(one_line(name, max_code_bytes) + ": " + why);
    }
    void text(const std::string& name, const WireJson& value, std::string& out) {
        if (value.is_string())
            out = value.get<std::string>();
        else
            drop(name, "is no text");
    }
    static std::optional<double> number_of(const WireJson& value) {
        double n = NAN;
        if (value.is_number())
            n = value.get<double>();
        else if (value.is_string()) { // FAL's Kling writes "5", its Veo "8s"
            const auto& text = value.get_ref<const std::string&>();
            const auto end = text.data() + text.size();
            const auto read = std::from_chars(text.data(), end, n);
            const std::string_view rest(read.ptr, static_cast<std::size_t>(end - read.ptr));
            if (read.ec != std::errc{} || (!rest.empty() && rest != "s"))
                n = NAN;
        }
        return std::isfinite(n) ? std::optional{n} : std::nullopt;
    }
    void duration(const std::string& name, const WireJson& value, std::optional<double>& out) {
        number(name, value, out);
        if (!out || (*out >= 1 && *out <= longest_media_s))
            return;
        out.reset();
        drop(name, "takes from 1 to 3600 seconds");
    }
    void side(const std::string& name, const WireJson& value, std::optional<std::int64_t>& out) {
        whole(name, value, out);
        if (!out || drawable({*out, *out}))
            return;
        out.reset();
        drop(name, "is no side of a picture");
    }
    void number(const std::string& name, const WireJson& value, std::optional<double>& out) {
        if (const auto n = number_of(value))
            out = n;
        else
            drop(name, "is no number");
    }
    void whole(const std::string& name, const WireJson& value, std::optional<std::int64_t>& out) {
        const bool fits = !value.is_number_unsigned() || value.get<std::uint64_t>() <= INT64_MAX;
        if (value.is_number_integer() && fits)
            out = value.get<std::int64_t>();
        else if (const auto n = number_of(value);
                 value.is_number() && n && *n == std::floor(*n) && std::abs(*n) < 9e15)
            out = static_cast<std::int64_t>(*n);
        else
            drop(name, "is no whole number");
    }
    void put(std::optional<ImageSize> size, const std::string& name) {
        if (!size)
            return drop(name, "names no size that is known");
        if (!drawable(*size))
            return drop(name, "is no size of a picture");
        asked_.request.image->width = size->width;
        asked_.request.image->height = size->height;
    }
    void size(const WireJson& value) {
        if (value.is_string())
            return put(fal_size(value.get_ref<const std::string&>()), "image_size");
        const WireJson* width = value.is_object() ? member(value, "width") : nullptr;
        const WireJson* height = value.is_object() ? member(value, "height") : nullptr;
        if (!width || !height || !width->is_number_integer() || !height->is_number_integer())
            return drop("image_size", "is neither a name nor {width, height}");
        // Beyond what an integer holds it is beyond every picture, too.
        const auto side_of = [](const WireJson& n) {
            return static_cast<std::int64_t>(std::clamp(n.get<double>(), -1.0, 1e9));
        };
        put(ImageSize{side_of(*width), side_of(*height)}, "image_size");
    }
    void ratio(const WireJson& value) {
        put(value.is_string() ? size_of_ratio(value.get_ref<const std::string&>()) : std::nullopt,
            "aspect_ratio");
    }
    Asked& asked_;
};

Asked unreadable(std::string why) {
    Asked asked;
    asked.problem = std::move(why);
    return asked;
}

std::string fal_model(std::string_view path) {
    if (const auto at = path.find("fal-ai/"); at != path.npos)
        path.remove_prefix(at);
    if (const auto job = path.find("/requests/"); job != path.npos)
        return {}; // a look at a job
    return std::string{path};
}

std::string replicate_model(std::string_view path, const WireJson& body) {
    const auto models = path.find("models/");
    if (models != path.npos && path.ends_with("/predictions")) {
        path.remove_prefix(models + 7);
        path.remove_suffix(std::string_view{"/predictions"}.size());
        return std::string{path};
    }
    if (path.ends_with("predictions"))
        for (const char* key : {"version", "model"})
            if (const auto named = text_of(body, key); !named.empty())
                return std::string{named};
    return path.find("predictions") == path.npos ? std::string{path} : std::string{};
}

} // namespace

std::span<const ModelMapping> nexaapi_mappings() {
    static const std::vector<ModelMapping> mappings = [] {
        std::vector<ModelMapping> out;
        for (const chain::NexaModel& row : chain::nexaapi_models())
            out.push_back({row.from, row.model, row.nexaapi, media_of(row.makes)});
        return out;
    }();
    return mappings;
}

const ModelMapping* nexaapi_mapping(From from, std::string_view model) {
    const chain::NexaModel* found = chain::nexaapi_model(from, model);
    return found ? &nexaapi_mappings()[std::size_t(found - chain::nexaapi_models().data())]
                 : nullptr;
}

Asked read_request(From from, std::string_view url, std::string_view body) {
    const bool blank = body.find_first_not_of(" \t\r\n") == body.npos;
    const auto json = blank ? std::optional<WireJson>{WireJson::object()} : parse_lenient(body);
    if (!json || !json->is_object())
        return unreadable("the body is no JSON object");
    Asked asked;
    const std::string_view path = path_of(url);
    asked.model = from == From::fal ? fal_model(path) : replicate_model(path, *json);
    if (asked.model.empty())
        return unreadable("the address names no model: " + one_line(url, max_message_bytes));
    const WireJson* input = &*json;
    if (from == From::replicate) {
        input = member(*json, "input");
        if (!blank && (!input || !input->is_object()))
            return unreadable("a Replicate request has its parameters in an object `input`");
    }
    const ModelMapping* mapping = nexaapi_mapping(from, asked.model);
    if (mapping && mapping->media)
        asked.request.media.emplace().kind = *mapping->media;
    else
        asked.request.image.emplace();
    Parameters parameters(asked);
    if (input)
        for (const auto& [name, value] : input->items())
            asked.request.media ? parameters.media(name, value) : parameters.picture(name, value);
    parameters.finish();
    return asked;
}

Translation translate_to_nexaapi(From from, std::string_view url, std::string_view body,
                                 const std::string& nexaapi_base_url) {
    Translation out;
    Asked asked = read_request(from, url, body);
    out.problem = asked.problem;
    if (!out.problem.empty())
        return out;
    const ModelMapping* mapping = nexaapi_mapping(from, asked.model);
    if (!mapping) {
        out.why_not = "NexaAPI has no counterpart of " + one_line(asked.model, max_message_bytes);
        return out;
    }
    Endpoint endpoint;
    endpoint.dialect = From::nexaapi;
    endpoint.base_url = nexaapi_base_url;
    endpoint.model = mapping->nexaapi;
    Encoded encoded = NexaApiDialect{}.encode(asked.request, endpoint);
    out.dropped = std::move(asked.dropped);
    out.dropped.insert(out.dropped.end(), encoded.dropped.begin(), encoded.dropped.end());
    out.request = std::move(encoded);
    return out;
}

} // namespace brownout::wire
