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

std::int64_t lab_content_tokens(const nlohmann::json& content) {
    if (content.is_string())
        return wire::estimate_tokens(content.get_ref<const std::string&>());
    std::int64_t tokens = 0;
    if (content.is_array())
        for (const auto& part : content)
            tokens += wire::estimate_tokens(wire::text_of(part, "text"));
    return tokens;
}

void lab_fill(std::string& message, const LabError& error) {
    if (!error.message.empty())
        return;
    replace(message, "{model}", error.model);
    replace(message, "{tokens}", std::to_string(error.input_tokens));
    replace(message, "{limit}", std::to_string(error.tokens_per_min));
}

void lab_retry_after(LabAnswer& answer, const LabError& error) {
    if (error.retry_after)
        answer.headers.emplace_back("retry-after", std::to_string(static_cast<std::int64_t>(
                                                       std::ceil(to_seconds(*error.retry_after)))));
}

} // namespace brownout::live
