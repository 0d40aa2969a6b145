#include "wire/sse.h"

#include <algorithm>

namespace brownout::wire {

namespace {
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::size_t max_stray_bytes = 16u << 10;
} // namespace

bool SseParser::feed(std::string_view bytes, const std::function<bool(const SseEvent&)>& out) {
    while (!bytes.empty()) {
        if (skip_lf_) { // the LF of a CRLF whose CR ended the last line
            skip_lf_ = false;
            if (bytes.front() == '\n') {
                bytes.remove_prefix(1);
                continue;
            }
        }
        // A plain loop: find_first_of takes twice as long here.
        std::size_t end = 0;
        while (end < bytes.size() && bytes[end] != '\n' && bytes[end] != '\r')
            ++end;
        if (end == bytes.size()) {
            if (line_.size() + data_.size() + bytes.size() > max_event_bytes)
                return false;
            line_.append(bytes);
            return true;
        }
        if (line_.size() + data_.size() + end > max_event_bytes)
            return false;
        skip_lf_ = bytes[end] == '\r';
        bool go_on = true;
        if (line_.empty()) { // the usual case: the line lies whole in these bytes
            go_on = line(bytes.substr(0, end), out);
        } else {
            line_.append(bytes.substr(0, end));
            const std::string whole = std::move(line_);
            line_.clear();
            go_on = line(whole, out);
        }
        if (!go_on)
            return true;
        bytes.remove_prefix(end + 1);
    }
    return true;
}

void SseParser::finish(const std::function<bool(const SseEvent&)>& out) {
    if (!line_.empty()) {
        const std::string last = std::move(line_);
        line_.clear();
        if (!line(last, out))
            return;
    }
    dispatch(out);
}

bool SseParser::line(std::string_view text, const std::function<bool(const SseEvent&)>& out) {
    if (first_line_) {
        first_line_ = false;
        if (text.starts_with(byte_order_mark))
            text.remove_prefix(byte_order_mark.size());
    }
    if (text.empty())
        return dispatch(out);
    if (text.front() == ':')
        return true;
    const std::size_t colon = text.find(':');
    const std::string_view field = text.substr(0, colon);
    std::string_view value =
        colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
    if (value.starts_with(' '))
        value.remove_prefix(1);
    if (field == "data") {
        if (has_data_)
            data_ += '\n';
        data_.append(value);
        has_data_ = true;
    } else if (field == "event") {
        type_ = value;
    } else if (field != "id" && field != "retry" && stray_.size() + text.size() < max_stray_bytes) {
        stray_.append(text) += '\n';
    }
    return true;
}

bool SseParser::dispatch(const std::function<bool(const SseEvent&)>& out) {
    const bool go_on = !has_data_ || out({type_, data_});
    data_.clear();
    type_.clear();
    has_data_ = false;
    return go_on;
}

} // namespace brownout::wire
