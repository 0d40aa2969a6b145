#include "faults/trace.h"

#include "chain/reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

namespace brownout::faults {
namespace {

constexpr double longest_trace_s = 366 * 86400.0;
constexpr std::int64_t most_traced_tokens = 10'000'000;
constexpr std::size_t longest_line = 4096, most_columns = 64;

enum Column : std::size_t { time_column, input_column, output_column, columns };
using Places = std::array<std::size_t, columns>;

constexpr std::string_view time_names[] = {"timestamp", "time", "arrival", "arrivedat", "ts"};
constexpr std::string_view input_names[] = {"contexttokens", "inputtokens", "prompttokens",
                                            "requesttokens", "numprefilltokens"};
constexpr std::string_view output_names[] = {"generatedtokens", "outputtokens", "completiontokens",
                                             "responsetokens", "numdecodetokens"};

std::string_view trimmed(std::string_view text) {
    const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
    while (!text.empty() && is_blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back()))
        text.remove_suffix(1);
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
        text = text.substr(1, text.size() - 2);
    return text;
}

std::vector<std::string_view> fields_of(std::string_view line) {
    std::vector<std::string_view> fields;
    while (fields.size() < most_columns) {
        const auto comma = line.find(',');
        fields.push_back(trimmed(line.substr(0, comma)));
        if (comma == line.npos)
            break;
        line.remove_prefix(comma + 1);
    }
    return fields;
}

// Letters and digits in lower case: "Context_Tokens" is "contexttokens".
std::string plain(std::string_view name) {
    std::string out;
    for (const char c : name) {
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            out += c;
        else if (c >= 'A' && c <= 'Z')
            out += static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

template <class T>
std::optional<T> number(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
    if (text.size() < at + count)
        return std::nullopt;
    const std::string_view part = text.substr(at, count);
    if (part.find_first_not_of("0123456789") != part.npos)
        return std::nullopt;
    return number<int>(part);
}

// Seconds east of Greenwich: "", "Z", "+02:00", "-0500".
std::optional<double> offset_s(std::string_view text) {
    if (text.empty() || text == "Z" || text == "z")
        return 0;
    const double sign = text.front() == '-' ? -1 : 1;
    if (text.front() != '+' && text.front() != '-')
        return std::nullopt;
    const std::size_t minutes_at = text.size() == 6 && text[3] == ':' ? 4 : 3;
    const auto hours = digits(text, 1, 2), minutes = digits(text, minutes_at, 2);
    if (!hours || !minutes || text.size() != minutes_at + 2)
        return std::nullopt;
    return sign * (*hours * 3600.0 + *minutes * 60.0);
}

// Seconds since 1970, to the digits that are written.
std::optional<double> date_s(std::string_view text) {
    const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2),
               hour = digits(text, 11, 2), minute = digits(text, 14, 2),
               second = digits(text, 17, 2);
    if (!year || !month || !day || !hour || !minute || !second || text[4] != '-' ||
        text[7] != '-' || (text[10] != ' ' && text[10] != 'T') || text[13] != ':' ||
        text[16] != ':')
        return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{*year},
                                           std::chrono::month{static_cast<unsigned>(*month)},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60)
        return std::nullopt;
    std::string_view rest = text.substr(19);
    double fraction = 0;
    if (!rest.empty() && rest.front() == '.') {
        const auto end = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
        const auto read = number<double>("0" + std::string{rest.substr(0, end)});
        if (!read || end == 1)
            return std::nullopt;
        fraction = *read;
        rest.remove_prefix(end);
    }
    const auto offset = offset_s(rest);
    if (!offset)
        return std::nullopt;
    const auto day_count = std::chrono::sys_days{date}.time_since_epoch().count();
    return static_cast<double>(day_count) * 86400 + *hour * 3600 + *minute * 60 + *second +
           fraction - *offset;
}

std::optional<double> time_s(std::string_view text) {
    if (const auto seconds = number<double>(text); seconds && std::isfinite(*seconds))
        return seconds;
    return date_s(text);
}

// Where a header line has the three columns; nothing: it is no header.
std::optional<Places> header(const std::vector<std::string_view>& fields) {
    Places places{};
    const std::span<const std::string_view> names[] = {time_names, input_names, output_names};
    for (std::size_t c = 0; c < columns; ++c) {
        const auto found = std::find_if(fields.begin(), fields.end(), [&](std::string_view field) {
            const std::string name = plain(field);
            return std::find(names[c].begin(), names[c].end(), name) != names[c].end();
        });
        if (found == fields.end())
            return std::nullopt;
        places[c] = static_cast<std::size_t>(found - fields.begin());
    }
    return places;
}

class Reader {
  public:
    explicit Reader(std::string path) : path_(std::move(path)) {}

    Result<Trace> read(std::string_view text) {
        Trace trace;
        trace.path = path_;
        if (text.starts_with("\xef\xbb\xbf")) // what spreadsheets put first
            text.remove_prefix(3);
        while (!text.empty()) {
            const auto end = std::min(text.find('\n'), text.size());
            ++line_;
            if (auto taken = take(text.substr(0, end), trace.rows); !taken)
                return fail(taken.error());
            text.remove_prefix(std::min(end + 1, text.size()));
        }
        if (trace.rows.empty())
            return bad_input(path_, "the trace has no requests",
                             "Give lines of time, input tokens, output tokens");
        return trace;
    }

  private:
    Result<void> wrong(const std::string& what, const std::string& remedy) const {
        return bad_input(path_ + ":" + std::to_string(line_), what, remedy);
    }

    Result<void> take(std::string_view line, std::vector<TraceRow>& rows) {
        if (line.size() > longest_line)
            return wrong("the line is longer than 4096 characters", "Is it a CSV file?");
        if (trimmed(line).empty())
            return {};
        const auto fields = fields_of(line);
        if (!std::exchange(begun_, true)) {
            if (const auto found = header(fields)) {
                places_ = *found;
                return {};
            }
        }
        if (fields.size() <= *std::max_element(places_.begin(), places_.end()))
            return wrong("has " + std::to_string(fields.size()) + " columns",
                         "Expected time, input tokens, output tokens");
        if (rows.size() == most_trace_rows)
            return wrong("the trace has more than 1000000 requests", "Cut it into pieces");
        return add(fields, rows);
    }

    Result<void> add(const std::vector<std::string_view>& fields, std::vector<TraceRow>& rows) {
        const auto at = time_s(fields[places_[time_column]]);
        if (!at)
            return wrong(quoted(fields[places_[time_column]]) + " is no time",
                         "Expected seconds, or a date such as 2023-11-16 18:15:46.680. A header "
                         "names the columns: timestamp, input_tokens, output_tokens");
        if (rows.empty())
            zero_ = *at;
        TraceRow row{*at - zero_, 0, 0};
        if (!rows.empty() && row.at_s < rows.back().at_s)
            return wrong("its time is before that of the line above", "Sort the lines by time");
        if (row.at_s > longest_trace_s)
            return wrong("is more than 366 days after the first", "Cut the trace into pieces");
        for (const Column column : {input_column, output_column}) {
            const std::string_view text = fields[places_[column]];
            const auto tokens = number<std::int64_t>(text);
            if (!tokens || *tokens < 0 || *tokens > most_traced_tokens)
                return wrong(quoted(text) + " is no number of tokens",
                             "Expected a whole number from 0 to 10000000");
            (column == input_column ? row.input_tokens : row.output_tokens) = *tokens;
        }
        rows.push_back(row);
        return {};
    }

    static std::string quoted(std::string_view text) {
        return chain::shown(chain::Json(std::string{text.substr(0, 40)}));
    }

    std::string path_;
    Places places_{0, 1, 2};
    std::size_t line_ = 0;
    bool begun_ = false;
    double zero_ = 0;
};

} // namespace

Result<Trace> read_trace(std::string_view text, const std::string& path) {
    return Reader(path).read(text);
}

Result<Trace> read_trace_file(const std::string& path) {
    const auto text = chain::read_file(path, most_trace_bytes);
    if (!text)
        return fail(text.error());
    return read_trace(*text, path);
}

} // namespace brownout::faults
