#include "wire/openai_mend.h"

#include "wire/error_body.h"

#include <algorithm>
#include <array>

namespace brownout::wire {

std::string refused_parameter(std::string_view body) {
    const ErrorBody error = parse_error_body(body);
    std::string name = error.param;
    if (name.empty()) {
        // "Unsupported parameter: 'max_tokens' is not supported with this model."
        const auto open = error.message.find('\'');
        const auto close = open == error.message.npos ? open : error.message.find('\'', open + 1);
        if (close != error.message.npos)
            name = error.message.substr(open + 1, close - open - 1);
    }
    return name.substr(0, name.find_first_of(".["));
}

namespace {
constexpr std::string_view old_limit = "max_tokens", new_limit = "max_completion_tokens";
constexpr std::size_t most_refused = 16;
// What shapes an answer and may go. The rest (messages, tools, response_format) is its meaning.
constexpr std::array<std::string_view, 8> optional = {
    "temperature", "top_p", "top_k", "stop", "seed", "random_seed", "n", "stream_options"};
} // namespace

std::optional<std::string> take_out(chain::Json& body, const std::string& name) {
    if (!body.is_object() || !body.contains(name))
        return std::nullopt;
    std::string renamed;
    if (name == old_limit)
        renamed = new_limit;
    else if (name == new_limit) // a gateway of before the new name
        renamed = old_limit;
    else if (std::find(optional.begin(), optional.end(), name) == optional.end())
        return std::nullopt;
    if (!renamed.empty() && body.contains(renamed))
        renamed.clear(); // both were there: one is enough
    if (!renamed.empty())
        body[renamed] = body[name];
    body.erase(name);
    return renamed;
}

void remember_refused(std::vector<std::string>& known, const std::vector<std::string>& found) {
    for (const std::string& name : found) {
        const std::string_view other = name == old_limit   ? new_limit
                                       : name == new_limit ? old_limit
                                                           : std::string_view{};
        std::erase_if(known, [&](const std::string& k) { return k == name || k == other; });
        if (known.size() < most_refused)
            known.push_back(name);
    }
}

} // namespace brownout::wire
