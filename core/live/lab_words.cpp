#include "live/lab_words.h"

#include "wire/dialect.h"
#include "wire/json_lenient.h"
#include "wire/usage.h"

#include <cmath>

namespace brownout::live {

namespace {

void replace(std::string& text, std::string_view what, const std::string& with) {
    if (const auto at = text.find(what); at != std::string::npos)
        text.replace(at, what.size(), with);
}

} // namespace

std::string lab_text(const LabJson& json) {
    return json.dump(-1, ' ', false, LabJson::error_handler_t::replace);
}

LabAnswer lab_json(int status, const LabJson& json) {
    return {status, {{"Content-Type", "application/json"}}, lab_text(json)};
}

OpenAiPath azure_path(const net::ServerRequest& request) {
    std::string_view path = request.path();
    const auto skip = [&path](std::string_view what) {
        const bool there = path.starts_with(what);
        if (there)
            path.remove_prefix(what.size());
        return there;
    };
    // What follows the v1 route may be a whole path again: a real provider's, without its base URL.
    const bool v1 = skip("/openai/v1") || skip("/v1");
    const bool own = skip("/openai/");
    const bool named = own ? skip("deployments/") : skip("/deployments/");
    if (!own && !named)
        return {v1 ? "/v1" + std::string{path} : std::string{}, {}};
    if (request.target.find("api-version=") == request.target.npos)
        return {};
    if (!named)
        return {"/v1/" + std::string{path}, {}};
    const auto slash = path.find('/');
    if (slash == path.npos || slash == 0)
        return {};
    return {"/v1" + std::string{path.substr(slash)}, std::string{path.substr(0, slash)}};
}

std::int64_t lab_content_tokens(const nlohmann::json& content) {
    if (content.is_string())
        return wire::estimate_tokens(content.get_ref<const std::string&>());
    std::int64_t tokens = 0;
    if (content.is_array())
        for (const auto& part : content)
            tokens += wire::estimate_tokens(wire::text_of(part, "text"));
    return tokens;
}

std::string go_duration(Duration d) {
    const double seconds = to_seconds(d);
    char out[48];
    if (seconds < 1)
        std::snprintf(out, sizeof out, "%.0fms", std::ceil(seconds * 1e3));
    else if (seconds < 60)
        std::snprintf(out, sizeof out, "%.4gs", seconds);
    else
        std::snprintf(out, sizeof out, "%dm%ds", static_cast<int>(seconds) / 60,
                      static_cast<int>(seconds) % 60);
    return out;
}

void lab_fill(std::string& message, const LabError& error) {
    if (!error.message.empty())
        return;
    replace(message, "{model}", error.model);
    replace(message, "{tokens}", std::to_string(error.input_tokens));
    replace(message, "{limit}", std::to_string(error.tokens_per_min));
    replace(message, "{wait}",
            error.retry_after ? " Please try again in " + go_duration(*error.retry_after) + "."
                              : "");
}

void lab_retry_after(LabAnswer& answer, const LabError& error) {
    if (error.retry_after)
        answer.headers.emplace_back("retry-after", std::to_string(static_cast<std::int64_t>(
                                                       std::ceil(to_seconds(*error.retry_after)))));
}

} // namespace brownout::live
