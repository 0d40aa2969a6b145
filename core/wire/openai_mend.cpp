#include "wire/openai_mend.h"

#include "wire/error_body.h"
#include "wire/request_parts.h"

#include <algorithm>
#include <array>

namespace brownout::wire {

std::string refused_parameter(std::string_view body) {
    const ErrorBody error = parse_error_body(body);
    if (!error.param.empty())
        return error.param.substr(0, error.param.find_first_of(".["));
    // "Unsupported parameter: 'max_tokens' is not supported with this model."
    const auto open = error.message.find('\'');
    const auto close = open == error.message.npos ? open : error.message.find('\'', open + 1);
    return close == error.message.npos ? "" : error.message.substr(open + 1, close - open - 1);
}

std::optional<HttpRequest> without_refused_parameter(const HttpRequest& request,
                                                     std::string_view parameter) {
    // What shapes an answer and may go. The rest (messages, tools, response_format) is its meaning.
    static constexpr std::array<std::string_view, 9> optional = {
        "temperature", "top_p", "top_k",      "stop",          "seed",
        "random_seed", "n",     "max_tokens", "stream_options"};
    const std::string name{parameter.substr(0, parameter.find_first_of(".["))};
    auto body = json_of(request.body);
    if (!body || !body->is_object() || !body->contains(name))
        return std::nullopt;
    if (name == "max_tokens" && !body->contains("max_completion_tokens"))
        (*body)["max_completion_tokens"] = (*body)[name];
    else if (name == "max_completion_tokens" && !body->contains("max_tokens"))
        (*body)["max_tokens"] = (*body)[name]; // a gateway of before the new name
    else if (std::find(optional.begin(), optional.end(), name) == optional.end())
        return std::nullopt;
    body->erase(name);
    HttpRequest out = request;
    out.body = body_text(*body);
    return out;
}

} // namespace brownout::wire
