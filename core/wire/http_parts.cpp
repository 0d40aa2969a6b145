#include "wire/http_parts.h"

#include "wire/words.h"

namespace brownout::wire {

std::string escaped_path(std::string_view path) {
    std::string out;
    for (;;) {
        const auto slash = path.find('/');
        out += percent_encoded(path.substr(0, slash));
        if (slash == path.npos)
            return out;
        out += '/';
        path.remove_prefix(slash + 1);
    }
}

std::string base_with(std::string_view base_url, std::string_view version) {
    while (base_url.ends_with('/'))
        base_url.remove_suffix(1);
    std::string out{base_url};
    if (!base_url.ends_with(version))
        out += version;
    return out;
}

std::string origin_of(std::string_view url) {
    const std::string start = lower(url.substr(0, 8));
    const std::size_t host = start.starts_with("https://")  ? 8
                             : start.starts_with("http://") ? 7
                                                            : 0;
    if (host == 0)
        return {};
    std::string_view rest = url.substr(host);
    rest = rest.substr(0, rest.find_first_of("/?#\\"));
    // Who writes a user into an address wants it to look like another host.
    if (rest.empty() || rest.find('@') != rest.npos)
        return {};
    return lower(url.substr(0, host)) + lower(rest);
}

bool same_origin(std::string_view a, std::string_view b) {
    const std::string origin = origin_of(a);
    return !origin.empty() && origin == origin_of(b);
}

HttpRequest http_request(const Endpoint& endpoint, std::string method, std::string url,
                         const char* type, KeyHeader key, const char* accept) {
    HttpRequest http;
    http.method = std::move(method);
    http.url = with_query(std::move(url), endpoint.query);
    if (endpoint.key && !endpoint.key->empty())
        set_header(http.headers, key.name,
                   header_value(key.prefix + std::string{endpoint.key->reveal()}));
    if (type)
        set_header(http.headers, "Content-Type", type);
    set_header(http.headers, "Accept", accept);
    set_headers(http.headers, endpoint.headers);
    return http;
}

std::optional<ImageSize> picture_size(const ImageRequest& image, Encoded& notes) {
    if (!image.width || !image.height)
        return std::nullopt;
    const ImageSize size{*image.width, *image.height};
    if (drawable(size))
        return size;
    drop(notes, "size", "no picture is " + size.text());
    return std::nullopt;
}

std::optional<double> media_seconds(const MediaRequest& media, Encoded& notes) {
    if (!media.duration_s)
        return std::nullopt;
    if (*media.duration_s >= 1 && *media.duration_s <= longest_media_s)
        return media.duration_s;
    drop(notes, "duration", "takes from 1 to 3600 seconds");
    return std::nullopt;
}

} // namespace brownout::wire
