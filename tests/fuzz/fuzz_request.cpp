// FAL's and Replicate's requests, as the lab and the translation read them: what can be read is
// within bounds, and every picture dialect writes it as JSON or as a form.
#include "fuzz/fuzz.h"
#include "wire/http_parts.h"
#include "wire/json_lenient.h"
#include "wire/translate.h"

#include <string>

using namespace brownout;

namespace {

void check(const wire::ChatRequest& request) {
    if (request.image) {
        fuzz::require(request.image->width.has_value() == request.image->height.has_value(),
                      "both sides or none");
        if (request.image->width)
            fuzz::require(wire::drawable({*request.image->width, *request.image->height}),
                          "sides of a picture");
    }
    if (request.media && request.media->duration_s)
        fuzz::require(*request.media->duration_s >= 1 &&
                          *request.media->duration_s <= wire::longest_media_s,
                      "a length of a video");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const auto from = input.byte() % 2 == 0 ? chain::Dialect::fal : chain::Dialect::replicate;
    const std::string url{input.text()};
    const std::string body{input.rest()};
    const wire::Asked asked = wire::read_request(from, url, body);
    fuzz::require(asked.dropped.size() <= 200, "a bounded number of notes");
    if (!asked.problem.empty())
        return 0;
    fuzz::require(asked.request.image.has_value() != asked.request.media.has_value(),
                  "a picture or a job");
    check(asked.request);
    for (const auto to : {chain::Dialect::fal, chain::Dialect::replicate, chain::Dialect::nexaapi,
                          chain::Dialect::openai, chain::Dialect::stability}) {
        wire::Endpoint at;
        at.dialect = to;
        at.base_url = "https://api.example.com/v1";
        at.model = asked.model;
        const wire::Encoded out = wire::dialect(to)->encode(asked.request, at);
        if (out.impossible.empty() && to != chain::Dialect::stability)
            fuzz::require(chain::Json::accept(out.body), "JSON");
    }
    const wire::Translation t = wire::translate_to_nexaapi(from, url, body);
    fuzz::require(t.problem.empty(), "what can be read can be read again");
    fuzz::require(t.why_not.empty() == !t.request.url.empty(), "a request or a reason");
    return 0;
}
