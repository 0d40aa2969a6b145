#include "chain/dotenv.h"

#include <algorithm>

namespace brownout::chain {
namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(blanks);
    if (first == text.npos)
        return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool is_name(std::string_view text) {
    const auto letter = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
    };
    return !text.empty() && letter(text[0]) && std::all_of(text.begin(), text.end(), [&](char c) {
        return letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-';
    });
}

// What may follow a closing quote.
bool only_comment(std::string_view rest) {
    rest = trimmed(rest);
    return rest.empty() || rest[0] == '#';
}

struct Value {
    std::string text;
    bool good = true;
};

Value double_quoted(std::string_view text) {
    Value out;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '"') {
            out.good = only_comment(text.substr(i + 1));
            return out;
        }
        if (text[i] == '\\' && i + 1 < text.size()) {
            ++i;
            out.text += text[i] == 'n' ? '\n' : text[i];
        } else {
            out.text += text[i];
        }
    }
    return {{}, false};
}

Value value_in(std::string_view text) {
    text = trimmed(text);
    if (text.starts_with('"'))
        return double_quoted(text);
    if (text.starts_with('\'')) {
        const auto end = text.find('\'', 1);
        if (end == text.npos || !only_comment(text.substr(end + 1)))
            return {{}, false};
        return {std::string(text.substr(1, end - 1)), true};
    }
    // A `#` after a blank begins a comment; inside a value it is part of it.
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] == '#' && (i == 0 || text[i - 1] == ' ' || text[i - 1] == '\t'))
            return {std::string(trimmed(text.substr(0, i))), true};
    return {std::string(text), true};
}

} // namespace

Checked<std::vector<DotenvEntry>> read_dotenv(std::string_view text, const std::string& file) {
    constexpr std::size_t most = 10'000;
    ProblemList problems(file);
    std::vector<DotenvEntry> entries;
    for (int line = 1; !text.empty(); ++line) {
        const auto end = text.find('\n');
        std::string_view row = trimmed(text.substr(0, end));
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
        if (row.starts_with("\xEF\xBB\xBF"))
            row.remove_prefix(3);
        if (row.empty() || row[0] == '#')
            continue;
        if (row.starts_with("export ") || row.starts_with("export\t"))
            row = trimmed(row.substr(7));
        const auto equals = row.find('=');
        const std::string_view name = trimmed(row.substr(0, equals));
        Value value = equals == row.npos ? Value{{}, false} : value_in(row.substr(equals + 1));
        if (!is_name(name) || !value.good || entries.size() == most) {
            problems.error("line " + std::to_string(line), "not a NAME=VALUE line",
                           "write NAME=VALUE, NAME='VALUE' or # a comment");
            continue;
        }
        const auto same = std::find_if(entries.begin(), entries.end(),
                                       [&](const DotenvEntry& e) { return e.name == name; });
        DotenvEntry entry{std::string(name), Secret(value.text), line};
        std::fill(value.text.begin(), value.text.end(), '\0');
        if (same != entries.end())
            *same = std::move(entry);
        else
            entries.push_back(std::move(entry));
    }
    Checked<std::vector<DotenvEntry>> out;
    if (!problems.has_errors())
        out.value = std::move(entries);
    out.problems = problems.take();
    return out;
}

std::vector<KnownKey> known_keys(const std::vector<DotenvEntry>& entries) {
    std::vector<KnownKey> out;
    for (const ProviderPreset& preset : provider_presets())
        for (const DotenvEntry& entry : entries)
            if (!preset.key_env.empty() && entry.name == preset.key_env && !entry.value.empty())
                out.push_back({&preset, &entry});
    return out;
}

Json chain_of_keys(const std::vector<DotenvEntry>& entries, const std::string& name,
                   KeyRef::Source source) {
    Json providers = Json::array(), targets = Json::array();
    for (const KnownKey& key : known_keys(entries)) {
        const ProviderPreset& preset = *key.preset;
        const KeyRef ref{source, source == KeyRef::Source::env ? preset.key_env : preset.id};
        providers.push_back({{"id", preset.id},
                             {"dialect", dialect_names[static_cast<int>(preset.dialect)]},
                             {"base_url", preset.base_url},
                             {"key", ref.text()}});
        if (!preset.usual_model.empty())
            targets.push_back({{"provider", preset.id}, {"model", preset.usual_model}});
    }
    return {{"format", chain_format},
            {"name", name},
            {"providers", providers},
            {"chains", Json::array({{{"id", "default"}, {"targets", targets}}})}};
}

} // namespace brownout::chain
