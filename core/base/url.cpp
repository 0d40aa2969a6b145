#include "base/url.h"

#include <algorithm>

namespace brownout {

std::string authority_of(std::string_view url) {
    if (const auto scheme = url.find("://"); scheme != url.npos)
        url.remove_prefix(scheme + 3);
    url = url.substr(0, url.find_first_of("/?#"));
    if (const auto at = url.rfind('@'); at != url.npos)
        url.remove_prefix(at + 1);
    std::string out(url);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

std::string host_of(std::string_view url) {
    std::string out = authority_of(url);
    const auto bracket = out.starts_with('[') ? out.find(']') : std::string::npos;
    if (bracket != std::string::npos)
        out.resize(bracket + 1);
    else
        out.resize(std::min(out.size(), out.find(':')));
    return out;
}

std::string told_address(std::string_view url) {
    url = url.substr(0, url.find_first_of("?#"));
    const auto scheme = url.find("://");
    const auto begins = scheme == url.npos ? 0 : scheme + 3;
    const std::string_view rest = url.substr(begins);
    const auto at = rest.substr(0, rest.find('/')).rfind('@');
    return std::string(url.substr(0, begins)) +
           std::string(at == rest.npos ? rest : rest.substr(at + 1));
}

std::string percent_decoded(std::string_view text) {
    const auto digit = [](char c) {
        return c >= '0' && c <= '9'   ? c - '0'
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
               : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                      : -1;
    };
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool coded = text[i] == '%' && text.size() - i > 2 && digit(text[i + 1]) >= 0 &&
                           digit(text[i + 2]) >= 0;
        out += coded ? static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2])) : text[i];
        i += coded ? 2 : 0;
    }
    return out;
}

} // namespace brownout
