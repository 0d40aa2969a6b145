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

std::string_view lab_path(const net::ServerRequest& request) {
    const std::string_view target = request.target;
    return target.substr(0, target.find('?'));
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

std::string rfc3339(std::int64_t unix_s) {
    using namespace std::chrono;
    const sys_seconds at{seconds{unix_s}};
    const auto day = floor<days>(at);
    const year_month_day date{day};
    const hh_mm_ss time{at - day};
    char out[64];
    std::snprintf(out, sizeof out, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()));
    return out;
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
