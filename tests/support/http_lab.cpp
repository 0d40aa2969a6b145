#include "support/http_lab.h"

#include <nlohmann/json.hpp>

namespace brownout::test {

StreamSeen read_stream(const std::string& body) {
    StreamSeen seen;
    std::size_t at = 0;
    for (auto end = body.find("\n\n"); end != std::string::npos; end = body.find("\n\n", at)) {
        const std::string event = body.substr(at, end - at);
        at = end + 2;
        if (!event.starts_with("data: "))
            continue;
        const std::string data = event.substr(6);
        seen.events.push_back(data);
        if (data == "[DONE]") {
            seen.done = true;
            continue;
        }
        const auto json = nlohmann::json::parse(data, nullptr, false);
        if (json.is_discarded()) {
            ++seen.malformed;
            continue;
        }
        if (json.contains("usage") && json["usage"].is_object()) {
            seen.prompt_tokens = json["usage"]["prompt_tokens"].get<std::int64_t>();
            seen.completion_tokens = json["usage"]["completion_tokens"].get<std::int64_t>();
        }
        for (const auto& choice : json.value("choices", nlohmann::json::array())) {
            const std::string text = choice["delta"].value("content", "");
            seen.text += text;
            seen.deltas += text.empty() ? 0 : 1;
            if (choice.contains("finish_reason") && choice["finish_reason"].is_string())
                seen.finish = choice["finish_reason"].get<std::string>();
        }
    }
    return seen;
}

} // namespace brownout::test
