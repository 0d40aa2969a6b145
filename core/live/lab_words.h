// What the lab's dialects share in writing JSON, errors and times. Private to the lab. Pure.
#pragma once

#include "live/lab_dialect.h"

#include <nlohmann/json.hpp>

namespace brownout::live {

using LabJson = nlohmann::ordered_json; // members in the provider's order

std::string lab_text(const LabJson& json);
LabAnswer lab_json(int status, const LabJson& json);

// Tokens of a message's content or parts: a string, or a list of which those with text count.
std::int64_t lab_content_tokens(const nlohmann::json& content);

// "{model}", "{tokens}" and "{limit}" in an error's words.
void lab_fill(std::string& message, const LabError& error);
// The header in whole seconds, rounded up.
void lab_retry_after(LabAnswer& answer, const LabError& error);

} // namespace brownout::live
