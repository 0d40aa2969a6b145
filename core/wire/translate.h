// FAL's and Replicate's requests as NexaAPI's: models by a table, parameters by name; what has no
// counterpart is dropped with a note, and a model without a mapping is not translated at all. Pure.
// FAL's size names beyond the product's requirements are its documents'.
#pragma once

#include "chain/model_mapping.h"
#include "wire/message.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace brownout::wire {

// A row of chain/model_mapping.h, in the words of requests.
struct ModelMapping {
    chain::Dialect from = chain::Dialect::fal; // fal or replicate
    std::string_view model, nexaapi;
    std::optional<MediaRequest::Kind> media = std::nullopt; // nothing: a picture
};
std::span<const ModelMapping> nexaapi_mappings();
// Replicate's "owner/name:version" counts as "owner/name". Null: there is no mapping.
const ModelMapping* nexaapi_mapping(chain::Dialect from, std::string_view model);

// What a FAL or Replicate request asks for, in no provider's dialect.
struct Asked {
    std::string model; // as its provider names it
    ChatRequest request;
    std::vector<std::string> dropped; // "sync_mode: has no counterpart"
    std::string problem;              // not empty: it cannot be read; why
};
// `url` is "https://fal.run/fal-ai/flux/dev", the queue's, the local endpoint's or the app alone;
// "https://api.replicate.com/v1/models/{owner}/{name}/predictions" or ".../predictions", whose body
// names the `version`. `body`: JSON; empty is {}.
Asked read_request(chain::Dialect from, std::string_view url, std::string_view body);

struct Translation {
    HttpRequest request; // without a key
    std::vector<std::string> dropped;
    std::string problem; // not empty: the request cannot be read
    std::string why_not; // not empty: it can be read, but has no counterpart
};
Translation
translate_to_nexaapi(chain::Dialect from, std::string_view url, std::string_view body,
                     const std::string& nexaapi_base_url = "https://api.nexaapi.com/v1");

// Which model a NexaAPI target is asked for.
using chain::nexaapi_target_model;

} // namespace brownout::wire
