// What the lab's dialects share in writing JSON, errors and times. Private to the lab. Pure.
#pragma once

#include "live/lab_dialect.h"

#include <nlohmann/json.hpp>

namespace brownout::live {

using LabJson = nlohmann::ordered_json; // members in the provider's order

std::string lab_text(const LabJson& json);
LabAnswer lab_json(int status, const LabJson& json);
std::string_view lab_path(const net::ServerRequest& request); // without the query

// Tokens of a message's content or parts: a string, or a list of which those with text count.
std::int64_t lab_content_tokens(const nlohmann::json& content);

std::string rfc3339(std::int64_t unix_s); // "2026-08-20T12:00:00Z"

// "{model}", "{tokens}" and "{limit}" in an error's words.
void lab_fill(std::string& message, const LabError& error);
// The header in whole seconds, rounded up.
void lab_retry_after(LabAnswer& answer, const LabError& error);

} // namespace brownout::live
