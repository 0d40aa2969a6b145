// Requests of every dialect: where they go, with which headers, and that a key goes nowhere else.
// Pure.
#pragma once

#include "wire/dialect.h"
#include "wire/image_size.h"
#include "wire/request_parts.h"

namespace brownout::wire {

// Each segment escaped, the slashes between them kept: "fal-ai/flux/dev".
std::string escaped_path(std::string_view path);

// `base_url` without slashes at its end, and with `version` ("/v1") unless it ends with that.
std::string base_with(std::string_view base_url, std::string_view version = {});

// "https://host:port" in lower case; empty when it is no http or https address.
std::string origin_of(std::string_view url);
bool same_origin(std::string_view a, std::string_view b); // and both are http or https

// `url` with the endpoint's query. Headers: `accept`, Content-Type where there is a `type`, the key
// as `key.name` with `key.prefix`, then the endpoint's own, which win. No line break of a value
// reaches a header.
inline constexpr const char* json_type = "application/json";
inline constexpr const char* events_type = "text/event-stream";
struct KeyHeader {
    const char* name = "Authorization";
    const char* prefix = "Bearer ";
};
HttpRequest http_request(const Endpoint& endpoint, std::string method, std::string url,
                         const char* type, KeyHeader key = {}, const char* accept = json_type);

// What a request asks for, where it can be made; else nothing and a note. The numbers come from
// other people's requests, too.
std::optional<ImageSize> picture_size(const ImageRequest& image, Encoded& notes);
inline constexpr double longest_media_s = 3600;
std::optional<double> media_seconds(const MediaRequest& media, Encoded& notes); // 1 to longest

} // namespace brownout::wire
