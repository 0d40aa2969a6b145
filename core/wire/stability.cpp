#include "wire/stability.h"

#include "base/hash.h"
#include "wire/http_parts.h"
#include "wire/picture.h"
#include "wire/whole_reply.h"
#include "wire/words.h"

namespace brownout::wire {

namespace {

std::string service_of(const std::string& model) {
    if (model.starts_with("sd3"))
        return "sd3";
    return model.find("ultra") != model.npos ? "ultra" : "core";
}

// The boundary must not occur in any part: the parts' own bytes decide it.
std::string boundary_for(const std::vector<std::pair<std::string, std::string>>& parts) {
    std::uint64_t h = fnv1a({});
    for (const auto& [name, value] : parts)
        h = fnv1a(value, h);
    for (;;) {
        std::string boundary = "brownout-" + std::to_string(h);
        bool occurs = false;
        for (const auto& [name, value] : parts)
            occurs = occurs || value.find(boundary) != value.npos;
        if (!occurs)
            return boundary;
        ++h;
    }
}

std::string form(const std::vector<std::pair<std::string, std::string>>& parts,
                 const std::string& boundary) {
    std::string body;
    for (const auto& [name, value] : parts)
        body += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name +
                "\"\r\n\r\n" + value + "\r\n";
    return body + "--" + boundary + "--\r\n";
}

std::string number(double value) {
    return body_text(chain::Json(value));
}

class StabilityReader final : public WholeReader {
  public:
    using WholeReader::WholeReader;

  protected:
    End answered(const std::string& body) override {
        Reply reply;
        reply.model = origin().endpoint.model;
        if (!picture_mime(body).empty()) { // some gateways send the picture itself
            reply.pictures.push_back({{}, body, {}});
            return with_pictures(std::move(reply));
        }
        const auto json = parse_lenient(body);
        if (!json || !json->is_object())
            return unreadable();
        if (text_of(*json, "finish_reason") == "CONTENT_FILTERED")
            return failure(engine::OutcomeClass::reroute, engine::Cause::moderation,
                           "the picture was withheld by the content filter");
        const auto text = text_of(*json, "image");
        if (text.empty())
            return member(*json, "errors") ? failed(body) : unreadable();
        auto bytes = decode_base64(text);
        reply.pictures.push_back({{}, std::move(bytes).value_or(std::string{}), {}});
        return with_pictures(std::move(reply));
    }
};

} // namespace

Encoded StabilityDialect::encode(const ChatRequest& request, const Endpoint& endpoint) const {
    Encoded out;
    if (!request.image) {
        out.impossible = request.media ? "Stability AI makes pictures only"
                                       : "Stability AI makes pictures; this is a chat";
        return out;
    }
    static constexpr std::string_view ratios[] = {"1:1", "16:9", "21:9", "2:3", "3:2",
                                                  "4:5", "5:4",  "9:16", "9:21"};
    const ImageRequest& image = *request.image;
    const std::string& model = endpoint.model;
    const std::string service = service_of(model);
    std::vector<std::pair<std::string, std::string>> parts = {{"prompt", image.prompt}};
    if (!image.negative_prompt.empty())
        parts.emplace_back("negative_prompt", image.negative_prompt);
    if (const auto size = picture_size(image, out)) {
        const Nearest near = nearest_ratio(*size, ratios);
        parts.emplace_back("aspect_ratio", std::string{near.name});
        if (!near.exact)
            out.dropped.push_back("size " + size->text() + ": " + model +
                                  " takes aspect ratios; sent " + std::string{near.name});
    }
    if (image.seed)
        parts.emplace_back("seed", std::to_string(*image.seed));
    if (service == "sd3") {
        parts.emplace_back("model", model);
        if (image.guidance)
            parts.emplace_back("cfg_scale", number(*image.guidance));
    } else if (image.guidance) {
        out.dropped.push_back("guidance: " + model + " takes none");
    }
    parts.emplace_back("output_format", image.format.empty() ? "png" : image.format);
    if (image.steps)
        out.dropped.push_back("steps: " + model + " takes none");
    if (image.count && *image.count != 1)
        out.dropped.push_back("count: " + model + " makes one picture a request");
    if (!image.quality.empty())
        out.dropped.push_back("quality: " + model + " takes none");

    const std::string boundary = boundary_for(parts);
    const std::string type = "multipart/form-data; boundary=" + boundary;
    static_cast<HttpRequest&>(out) =
        http_request(endpoint, "POST",
                     base_with(endpoint.base_url, "/v2beta") + "/stable-image/generate/" + service,
                     type.c_str());
    out.body = form(parts, boundary);
    return out;
}

std::unique_ptr<ReplyReader> StabilityDialect::reader(bool, const Endpoint& endpoint) const {
    return std::make_unique<StabilityReader>(std::make_shared<const Origin>(endpoint));
}

HttpRequest StabilityDialect::key_test(const Endpoint& endpoint) const {
    std::string base = base_with(endpoint.base_url);
    for (const char* version : {"/v2beta", "/v1"})
        if (base.ends_with(version))
            base.resize(base.size() - std::string_view{version}.size());
    return http_request(endpoint, "GET", base + "/v1/user/balance", nullptr);
}

} // namespace brownout::wire
