#include "net/transfer.h"

#include <charconv>

namespace brownout::net {

const char* Transfer::prepare() {
    CURL* handle = easy.get();
    if (const char* why = configure(handle, request, list_))
        return why;
    curl_easy_setopt(handle, CURLOPT_PRIVATE, static_cast<void*>(this));
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, words_.data());
    curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, &Transfer::on_prereq);
    curl_easy_setopt(handle, CURLOPT_PREREQDATA, static_cast<void*>(this));
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, static_cast<void*>(this));
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &Transfer::on_write);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, static_cast<void*>(this));
    return nullptr;
}

void Transfer::refuse(const char* why) {
    end_ = End::bad_http;
    detail_ = why;
}

// Called when the connection stands and the request is about to be sent. A second call means that
// a reused connection died before the first byte of the reply and libcurl would send again: what is
// sent twice may be paid twice, so that is the caller's decision.
int Transfer::on_prereq(void* self, char*, char*, int, int) {
    auto& t = *static_cast<Transfer*>(self);
    if (++t.sends_ > 1)
        return CURL_PREREQFUNC_ABORT;
    t.mark_dirty(t);
    return CURL_PREREQFUNC_OK;
}

std::size_t Transfer::on_header(char* data, std::size_t, std::size_t size, void* self) {
    auto& t = *static_cast<Transfer*>(self);
    return t.take_header({data, size}) ? size : 0;
}

bool Transfer::take_header(std::string_view line) {
    header_bytes_ += line.size();
    if (header_bytes_ > request.max_header_bytes) {
        too_large_ = true;
        return false;
    }
    if (head_done_) // a trailer
        return true;
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n'))
        line.remove_suffix(1);
    if (line.starts_with("HTTP/")) {
        const auto space = line.find(' ');
        if (space != std::string_view::npos)
            std::from_chars(line.data() + space + 1, line.data() + line.size(), status_);
        headers_.clear();
    } else if (line.empty()) {
        head_done_ = status_ >= 200; // 1xx: the real head is still to come
        if (head_done_)
            mark_dirty(*this);
    } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
        auto value = line.substr(colon + 1);
        while (!value.empty() && (value.front() == ' ' || value.front() == '\t'))
            value.remove_prefix(1);
        while (!value.empty() && (value.back() == ' ' || value.back() == '\t'))
            value.remove_suffix(1);
        headers_.emplace_back(line.substr(0, colon), value);
    }
    return true;
}

std::size_t Transfer::on_write(char* data, std::size_t, std::size_t size, void* self) {
    auto& t = *static_cast<Transfer*>(self);
    if (!t.buffer.empty() && t.buffer.size() + size > buffer_limit) {
        t.held_back = true;
        t.mark_dirty(t);
        return CURL_WRITEFUNC_PAUSE;
    }
    t.body_bytes_ += size;
    if (t.body_bytes_ > t.request.max_reply_bytes) {
        t.too_large_ = true;
        return 0;
    }
    t.buffer.append(data, size);
    t.mark_dirty(t);
    return size;
}

void Transfer::note_end(CURLcode code) {
    long os_errno = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_OS_ERRNO, &os_errno);
    const std::string_view words{words_.data()};
    end_ = classify_end({code, os_errno, sends_, head_done_, too_large_, words});
    if (*end_ == End::complete)
        return;
    if (*end_ == End::too_large)
        detail_ = "the reply is larger than allowed";
    else if (*end_ == End::resend_refused)
        detail_ = "the reused connection died before a reply came";
    else
        detail_ = without_secrets(words, request, curl_easy_strerror(code));
}

bool Transfer::has_news() const {
    if (sends_ > 0 && !told_connected_)
        return true;
    if (head_done_ && !told_head_)
        return true;
    return !paused && (!buffer.empty() || end_.has_value());
}

bool Transfer::tell_next() {
    if (sends_ > 0 && !told_connected_) {
        told_connected_ = true;
        handler->on_connected();
        return false;
    }
    if (head_done_ && !told_head_) {
        told_head_ = true;
        const int status = status_;
        const Headers headers = std::move(headers_); // the handler may cancel: nothing of ours
        handler->on_head(status, headers);
        return false;
    }
    if (!buffer.empty()) {
        const std::string bytes = std::exchange(buffer, {});
        handler->on_bytes(bytes);
        return false;
    }
    const End end = *end_;
    const bool request_sent = sends_ > 0;
    const std::string detail = std::move(detail_);
    handler->on_end(end, request_sent, detail);
    return true;
}

} // namespace brownout::net
