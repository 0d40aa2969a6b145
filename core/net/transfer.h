// One request of the HttpClient: libcurl's callbacks fill it, the client empties it towards the
// handler once libcurl is off the stack. Private to core/net; thread: the loop's.
#pragma once

#include "net/curl_handles.h"

#include <array>
#include <functional>

namespace brownout::net {

struct Transfer {
    Transfer(HttpClient::TransferId number, Request what, Handler& whom)
        : id(number), request(std::move(what)), handler(&whom) {}
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    // More than this is not taken from libcurl before the handler has had it.
    static constexpr std::size_t buffer_limit = 64u << 10;

    const HttpClient::TransferId id;
    const Request request;
    Handler* handler;
    Easy easy;
    bool in_multi = false, dirty = false;
    bool paused = false;    // by the handler's owner
    bool held_back = false; // libcurl was told to keep its bytes: the buffer is full
    std::string buffer;
    std::function<void(Transfer&)> mark_dirty;

    // Why the request cannot be sent; null when the handle is ready for the multi.
    const char* prepare();
    void refuse(const char* why); // ends it before it began
    void note_end(CURLcode code); // the handle must still be there
    bool has_news() const;
    // Calls the handler once. True when that was its last call. The Transfer may be gone then.
    bool tell_next();

  private:
    static int on_prereq(void* self, char*, char*, int, int);
    static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self);
    static std::size_t on_write(char* data, std::size_t, std::size_t size, void* self);
    bool take_header(std::string_view line);

    Slist list_;
    std::array<char, CURL_ERROR_SIZE> words_{};
    int sends_ = 0;
    bool told_connected_ = false, head_done_ = false, told_head_ = false, too_large_ = false;
    int status_ = 0;
    Headers headers_;
    std::size_t header_bytes_ = 0, body_bytes_ = 0;
    std::optional<End> end_;
    std::string detail_;
};

} // namespace brownout::net
