#include "record/report_words.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace brownout::record {

using chain::Json;

namespace {

// Characters, not bytes: names of scenarios and targets are the user's.
std::size_t width(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }));
}

} // namespace

const Json& field(const Json& object, const char* key) {
    static const Json nothing;
    if (!object.is_object())
        return nothing;
    const auto found = object.find(key);
    return found == object.end() ? nothing : *found;
}

std::string word(const Json& object, const char* key) {
    const Json& value = field(object, key);
    return value.is_string() ? value.get<std::string>() : std::string{};
}

std::string number_text(const Json& value, const char* format) {
    if (!value.is_number())
        return "-";
    char text[64];
    std::snprintf(text, sizeof text, format, value.get<double>());
    return text;
}

std::string short_number(const Json& value) {
    return number_text(value, "%.6g");
}

std::string money_text(const Json& value) {
    if (!value.is_number())
        return "unknown";
    return number_text(value, std::fabs(value.get<double>()) >= 1 ? "%.2f" : "%.6f");
}

std::string expectation_text(const Json& e) {
    std::string text = word(e, "metric");
    if (field(e, "quantile").is_number()) {
        const double percent = field(e, "quantile").get<double>() * 100;
        char quantile[32];
        std::snprintf(quantile, sizeof quantile, " p%g", percent);
        text += quantile;
    }
    if (const auto target = word(e, "target"); !target.empty())
        text += " " + target;
    if (field(e, "at_least").is_number())
        text += " at least " + short_number(field(e, "at_least"));
    if (field(e, "at_most").is_number())
        text += " at most " + short_number(field(e, "at_most"));
    return text;
}

std::string observed_text(const Json& e) {
    return field(e, "observed").is_number() ? short_number(field(e, "observed")) : "never observed";
}

std::string text_table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (i >= widths.size())
                widths.push_back(0);
            widths[i] = std::max(widths[i], width(row[i]));
        }
    std::string out;
    for (const auto& row : rows) {
        std::string line = "  ";
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string pad(widths[i] - width(row[i]), ' ');
            line += i == 0 ? row[i] + pad : "  " + pad + row[i];
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + "\n";
    }
    return out;
}

std::string xml_escaped(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        // U+FFFE and U+FFFF are no characters of XML, and neither are most control characters.
        if (text.substr(i, 3) == "\xEF\xBF\xBE" || text.substr(i, 3) == "\xEF\xBF\xBF") {
            out += ' ';
            i += 2;
            continue;
        }
        switch (const char c = text[i]) {
        case '&':
            out += "&amp;";
            break;
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '"':
            out += "&quot;";
            break;
        default:
            out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
        }
    }
    return out;
}

} // namespace brownout::record
