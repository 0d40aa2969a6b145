#include "wire/error_body.h"

#include "wire/words.h"

#include <algorithm>

namespace brownout::wire {

namespace {

constexpr std::size_t max_words = 12;

void add_word(ErrorBody& out, std::string word) {
    if (!word.empty() && out.words.size() < max_words &&
        std::find(out.words.begin(), out.words.end(), word) == out.words.end())
        out.words.push_back(std::move(word));
}

void read_code(const WireJson& object, ErrorBody& out) {
    const WireJson* code = member(object, "code");
    if (!code)
        code = member(object, "status_code");
    if (!code)
        return;
    if (code->is_number()) {
        const auto number = code->get<double>();
        if (number >= 100 && number <= 599)
            out.http_status = static_cast<int>(number);
    }
    if (!code->is_structured())
        add_word(out, code->is_string() ? code->get<std::string>() : code->dump());
}

// Google's google.rpc.Status details. They come for each limit that was hit, in no order.
void read_google_details(const WireJson& details, ErrorBody& out) {
    for (const auto& detail : details) {
        add_word(out, word_of(detail, "reason"));
        if (const auto delay = text_of(detail, "retryDelay"); !delay.empty())
            out.retry_delay = delay;
        if (const WireJson* violations = member(detail, "violations");
            violations && violations->is_array())
            for (const auto& violation : *violations)
                if (const auto id = text_of(violation, "quotaId");
                    !id.empty() && !is_daily_quota(out.quota_id)) // the longest one holds
                    out.quota_id = id;
    }
}

void read_metadata(const WireJson& metadata, ErrorBody& out) {
    if (out.error_type.empty())
        out.error_type = word_of(metadata, "error_type");
    add_word(out, word_of(metadata, "provider_code"));
    out.limit_source = word_of(metadata, "limit_source");
    const WireJson* reasons = member(metadata, "reasons");
    out.flagged = member(metadata, "flagged_input") != nullptr || (reasons && !reasons->empty());
}

std::string joined_details(const WireJson& list, ErrorBody& out) {
    std::string text;
    for (const auto& item : list) {
        add_word(out, word_of(item, "type"));
        const std::string part =
            item.is_string() ? item.get<std::string>() : std::string{text_of(item, "msg")};
        if (part.empty() || text.size() > 1000)
            continue;
        if (!text.empty())
            text += "; ";
        text += part;
    }
    return text;
}

void read_message(const WireJson& object, ErrorBody& out) {
    for (const char* key : {"message", "detail", "error_msg", "msg", "errors", "title"}) {
        const WireJson* value = member(object, key);
        if (!value || !out.message.empty())
            continue;
        if (value->is_string())
            out.message = value->get<std::string>();
        else if (value->is_array())
            out.message = joined_details(*value, out);
        else if (value->is_object())
            read_message(*value, out); // Mistral: {"message":{"detail":[...]}}
    }
}

void read_error_object(const WireJson& error, ErrorBody& out) {
    if (const WireJson* details = member(error, "details")) {
        if (details->is_object())
            add_word(out, word_of(*details, "error_code"));
        else if (details->is_array())
            read_google_details(*details, out);
    }
    if (const WireJson* inner = member(error, "innererror"))
        add_word(out, word_of(*inner, "code"));
    read_code(error, out);
    if (const WireJson* metadata = member(error, "metadata"))
        read_metadata(*metadata, out);
    add_word(out, word_of(error, "type"));
    if (member(error, "errors")) // Stability AI: {"id","name":"bad_request","errors":["..."]}
        add_word(out, word_of(error, "name"));
    if (const WireJson* status = member(error, "status"); status && status->is_string())
        add_word(out, status->get<std::string>());
    if (const auto type = word_of(error, "error_type"); !type.empty() && out.error_type.empty())
        out.error_type = type;
    if (const auto at = word_of(error, "next_flush_time"); !at.empty())
        out.retry_delay = at;
    if (const auto source = word_of(error, "limit_source"); !source.empty())
        out.limit_source = source;
    out.param = word_of(error, "param");
    read_message(error, out);
}

void read_json(const WireJson& json, ErrorBody& out) {
    if (json.is_string()) {
        out.message = json.get<std::string>();
        return;
    }
    if (json.is_array()) { // Gemini's OpenAI route: [{"error":{...}}]
        if (!json.empty() && json.front().is_object())
            read_json(json.front(), out);
        return;
    }
    if (!json.is_object())
        return;
    for (const char* key : {"request_id", "requestId"})
        if (out.request_id.empty())
            out.request_id = word_of(json, key);
    const WireJson* error = member(json, "error");
    if (error && error->is_object()) {
        read_error_object(*error, out);
        read_code(json, out);
        read_message(json, out);
    } else if (error && error->is_array() && !error->empty() && error->front().is_object()) {
        read_error_object(error->front(), out);
    } else if (error && error->is_string()) {
        out.message = error->get<std::string>(); // Together, xAI, Ollama
        read_error_object(json, out);
    } else {
        read_error_object(json, out);
    }
}

std::string html_title(std::string_view body) {
    const std::string text = lower(body.substr(0, 8192));
    const auto open = text.find("<title>");
    if (open == text.npos)
        return {};
    const auto close = text.find("</title>", open);
    return std::string{body.substr(open + 7, close == text.npos ? 200 : close - open - 7)};
}

} // namespace

bool is_daily_quota(std::string_view quota_id) {
    return lower(quota_id).find("perday") != std::string::npos;
}

ErrorBody parse_error_body(std::string_view body) {
    ErrorBody out;
    if (body.starts_with("\xEF\xBB\xBF"))
        body.remove_prefix(3);
    const auto first = body.find_first_not_of(" \t\r\n");
    if (first == body.npos)
        return out;
    body.remove_prefix(first);
    if (body.starts_with("data:")) { // an error framed as an event outside of a stream
        body.remove_prefix(5);
        body = body.substr(0, body.find('\n'));
    }
    if (const auto json = parse_lenient(body)) {
        out.form = ErrorBody::Form::json;
        read_json(*json, out);
        return out;
    }
    out.form = body.starts_with('<') ? ErrorBody::Form::html : ErrorBody::Form::text;
    out.message =
        out.form == ErrorBody::Form::html ? html_title(body) : std::string{body.substr(0, 4096)};
    return out;
}

} // namespace brownout::wire
