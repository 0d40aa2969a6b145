// What clients of the local endpoint may send: every body is a request or a complaint that can be
// written, and what was read goes out in every chat dialect as JSON.
#include "fuzz/fuzz.h"
#include "wire/callers/caller.h"
#include "wire/callers/media_callers.h"
#include "wire/dialect.h"

#include <string>

using namespace brownout;

namespace {

void check(const wire::CallerRequest& request) {
    fuzz::require(request.dropped.size() <= 200, "a bounded number of notes");
    for (const auto to : {chain::Dialect::openai, chain::Dialect::anthropic, chain::Dialect::gemini,
                          chain::Dialect::nexaapi}) {
        wire::Endpoint at;
        at.dialect = to;
        at.base_url = "https://api.example.com/v1";
        at.model = "gpt-image-1";
        const wire::Encoded out = wire::dialect(to)->encode(request.request, at);
        if (out.impossible.empty())
            fuzz::require(chain::Json::accept(out.body), "JSON");
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const wire::Caller* const callers[] = {
        &wire::openai_chat_caller(), &wire::openai_images_caller(), &wire::anthropic_caller()};
    const auto which = input.byte();
    if (which >= 200) { // an address of a job
        const std::string method{input.text()}, path{input.text()}, target{input.rest()};
        for (const auto* caller : {&wire::fal_caller(), &wire::replicate_caller()}) {
            const auto route = caller->route(method, path, target);
            wire::MediaJob job;
            job.id = route.id;
            job.model = route.model;
            job.asked.image.emplace();
            fuzz::require(chain::Json::accept(caller->answer(route.step, job).body), "JSON");
            (void)caller->hold(target);
        }
        return 0;
    }
    const wire::Caller& caller = *callers[which % 3];
    const auto read = caller.read(input.rest());
    if (read) {
        check(*read);
        return 0;
    }
    fuzz::require(read.error().status == 400 && !read.error().message.empty(), "a complaint");
    fuzz::require(chain::Json::accept(caller.error(read.error(), "r-1")), "an error in JSON");
    return 0;
}
