// What an error body says, whatever its form: an object with `error`, a one-element array, a flat
// object, `detail`, a bare string, HTML or text.
#pragma once

#include "wire/json_lenient.h"

#include <string>
#include <vector>

namespace brownout::wire {

struct ErrorBody {
    enum class Form { empty, json, html, text };
    Form form = Form::empty;
    // Codes and types as the provider wrote them, the most telling first: Anthropic's
    // details.error_code, Google's reason, code, type, status.
    std::vector<std::string> words;
    std::string error_type; // OpenRouter's metadata.error_type, also fal's
    std::string message;    // unmasked and unbounded: for matching; see one_line
    std::string param;
    std::optional<int> http_status; // an integer code from 100 to 599
    std::string request_id;
    std::string retry_delay;  // Google's RetryInfo, Zhipu's next_flush_time
    std::string quota_id;     // Google's QuotaFailure; of several a daily one
    std::string limit_source; // OpenRouter
    bool flagged = false;     // OpenRouter's moderation metadata
};

bool is_daily_quota(std::string_view quota_id); // "GenerateRequestsPerDayPerProjectPerModel"

ErrorBody parse_error_body(std::string_view body);

} // namespace brownout::wire
