// What the lab's dialects share in writing JSON, errors and times. Private to the lab. Pure.
#pragma once

#include "live/lab_dialect.h"

#include <nlohmann/json.hpp>

namespace brownout::live {

using LabJson = nlohmann::ordered_json; // members in the provider's order

std::string lab_text(const LabJson& json);
LabAnswer lab_json(int status, const LabJson& json);

// A request's path as OpenAI has it, "/v1/chat/completions", from one of Azure's: its v1 route, or
// "/openai/deployments/NAME/chat/completions" with an api-version. Empty: it is none of them.
struct OpenAiPath {
    std::string path, deployment; // deployment: empty where the path names none
};
OpenAiPath azure_path(const net::ServerRequest& request);

// Tokens of a message's content or parts: a string, or a list of which those with text count.
std::int64_t lab_content_tokens(const nlohmann::json& content);

// Go's notation, as reset headers and sentences use it: "12ms", "1.5s", "6m0s".
std::string go_duration(Duration d);

// "{model}", "{tokens}", "{limit}" and "{wait}" in an error's words.
void lab_fill(std::string& message, const LabError& error);
// The header in whole seconds, rounded up.
void lab_retry_after(LabAnswer& answer, const LabError& error);

} // namespace brownout::live
