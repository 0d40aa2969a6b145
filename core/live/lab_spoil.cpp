#include "live/lab_spoil.h"

#include "live/lab_words.h"

#include <algorithm>

namespace brownout::live {

namespace {

// As proxies in front of a provider answer while it is away.
constexpr std::string_view html_page =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><title>Service maintenance</title></head>\n"
    "<body><h1>We will be right back</h1>\n<p>The service is being updated. Please try again in a "
    "few minutes.</p></body></html>\n";
constexpr std::size_t garbage_bytes = 700;

bool is_type(std::string_view name) {
    return name.size() == 12 && (name[0] == 'C' || name[0] == 'c') && name.ends_with("ype");
}

std::string garbage(Rng rng) {
    std::string out;
    while (out.size() < garbage_bytes)
        out += static_cast<char>(rng.below(256));
    return out;
}

// False: it has no such field.
bool drop(LabJson& json, const std::string& pointer) {
    LabJson* parent = &json;
    std::size_t at = 1; // behind the slash
    for (;;) {
        const std::size_t end = std::min(pointer.find('/', at), pointer.size());
        std::string name = pointer.substr(at, end - at);
        for (const auto& [code, plain] : {std::pair{"~1", "/"}, std::pair{"~0", "~"}})
            for (auto i = name.find(code); i != name.npos; i = name.find(code, i + 1))
                name.replace(i, 2, plain);
        const bool last = end == pointer.size();
        if (parent->is_array()) {
            if (name.empty() || name.size() > 4 ||
                name.find_first_not_of("0123456789") != name.npos ||
                std::stoul(name) >= parent->size())
                return false;
            const std::size_t index = std::stoul(name);
            if (last) {
                parent->erase(index);
                return true;
            }
            parent = &(*parent)[index];
        } else {
            const auto found = parent->is_object() ? parent->find(name) : parent->end();
            if (!parent->is_object() || found == parent->end())
                return false;
            if (last) {
                parent->erase(found);
                return true;
            }
            parent = &*found;
        }
        at = end + 1;
    }
}

std::string without(const std::string& body, const std::vector<std::string>& pointers) {
    LabJson json = LabJson::parse(body, nullptr, false);
    if (json.is_discarded())
        return body;
    bool any = false;
    for (const std::string& pointer : pointers)
        any = drop(json, pointer) || any;
    return any ? lab_text(json) : body;
}

} // namespace

LabAnswer spoiled(LabAnswer answer, const Spoiling& spoiling, Rng rng) {
    if (spoiling.instead == Spoiling::Instead::garbage)
        answer.body = garbage(rng);
    if (spoiling.instead == Spoiling::Instead::html) {
        answer.body = html_page;
        std::erase_if(answer.headers, [](const auto& header) { return is_type(header.first); });
        answer.headers.emplace_back("Content-Type", "text/html; charset=utf-8");
    }
    if (!spoiling.dropped.empty())
        answer.body = without(answer.body, spoiling.dropped);
    if (spoiling.keep)
        answer.body.resize(
            static_cast<std::size_t>(static_cast<double>(answer.body.size()) * *spoiling.keep));
    if (spoiling.wrong_type)
        answer.headers = mislabelled(std::move(answer.headers));
    return answer;
}

std::string without_fields(const std::string& events, const std::vector<std::string>& pointers) {
    constexpr std::string_view data = "data:";
    std::string out;
    for (std::size_t at = 0; at < events.size();) {
        const std::size_t end = std::min(events.find('\n', at), events.size());
        std::string line = events.substr(at, end - at);
        const bool carriage = line.ends_with('\r');
        if (carriage)
            line.pop_back();
        if (line.starts_with(data)) {
            const std::size_t from = data.size() + (line.starts_with("data: ") ? 1 : 0);
            line = line.substr(0, from) + without(line.substr(from), pointers);
        }
        out += line;
        out += carriage ? "\r" : "";
        out += end < events.size() ? "\n" : "";
        at = end + 1;
    }
    return out;
}

net::Headers mislabelled(net::Headers headers) {
    for (auto& [name, value] : headers)
        if (is_type(name))
            value = "text/plain; charset=utf-8";
    return headers;
}

std::string with_accents(std::string text) {
    for (auto at = text.find('e'); at != text.npos; at = text.find('e', at + 1))
        text.replace(at, 1, "\u00e9");
    return text;
}

std::size_t inside_a_character(std::string_view bytes) {
    const auto found = std::find_if(bytes.begin(), bytes.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0) == 0xc0;
    });
    return found == bytes.end() ? bytes.npos : static_cast<std::size_t>(found - bytes.begin()) + 1;
}

} // namespace brownout::live
