#include "net/http_client.h"

#include "net/curl_handles.h"
#include "net/transfer.h"

#include "base/check.h"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <mutex>
#include <unordered_map>

#include <unistd.h>

namespace brownout::net {

namespace asio = boost::asio;

namespace {

constexpr std::size_t max_pooled_handles = 256;

void init_curl() {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

constexpr std::chrono::seconds release_limit{1}; // for the end of a reply that is known to be whole

// Takes the rest of a released transfer.
class Discard : public Handler {
    void on_connected() override {}
    void on_head(int, const Headers&) override {}
    void on_bytes(std::string_view) override {}
    void on_end(End, bool, const std::string&) override {}
};

// A socket that libcurl wants watched. It belongs to libcurl, which says when it is closed.
struct Watch {
    Watch(asio::io_context& loop, curl_socket_t socket) : fd(socket), descriptor(loop) {
        descriptor.assign(socket);
    }
    curl_socket_t fd;
    asio::posix::stream_descriptor descriptor;
    int wanted = 0;                   // CURL_POLL_IN | CURL_POLL_OUT
    bool waiting[2] = {false, false}; // for reading, for writing
    bool removed = false;             // libcurl has no use for it any more
};

} // namespace

// Nothing calls a handler while libcurl is on the stack: its callbacks only fill Transfers and note
// them as dirty; `deliver` runs when libcurl has returned. So handlers may start and cancel freely.
struct HttpClient::Impl {
    explicit Impl(asio::io_context& io) : loop(io), timer(io), release_timer(io) {
        init_curl();
        multi = curl_multi_init();
        BROWNOUT_CHECK(multi, "libcurl cannot start without memory");
        curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &Impl::on_socket);
        curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
        curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &Impl::on_timer);
        curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
        // The default, four times the running transfers, closes connections that a burst reuses.
        curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 256L);
    }

    ~Impl() {
        *alive = false;
        for (auto& [id, transfer] : transfers)
            if (transfer->in_multi)
                curl_multi_remove_handle(multi, transfer->easy.get());
        transfers.clear();
        pool.clear();
        curl_multi_cleanup(multi); // closes what it kept open: `on_close`
        timer.cancel();
        release_timer.cancel();
    }

    asio::io_context& loop;
    asio::steady_timer timer;
    CURLM* multi = nullptr;
    using Watches = std::unordered_map<curl_socket_t, std::shared_ptr<Watch>>;
    Watches connections;          // open ones, in use or not; empty: not watched yet
    Watches others;               // as long as libcurl wants them watched
    std::uint64_t timer_turn = 0; // a timer that fires with an older turn was replaced
    std::unordered_map<TransferId, std::unique_ptr<Transfer>> transfers;
    std::vector<Easy> pool;
    std::vector<TransferId> dirty;
    TransferId next_id = 1;
    bool delivery_posted = false;
    Discard discard;
    asio::steady_timer release_timer;
    std::deque<std::pair<std::chrono::steady_clock::time_point, TransferId>> released;
    std::shared_ptr<bool> alive = std::make_shared<bool>(true);

    static int on_socket(CURL*, curl_socket_t fd, int what, void* self, void*) {
        static_cast<Impl*>(self)->watch_socket(fd, what);
        return 0;
    }

    static int on_open(void* self, curl_socket_t fd, curlsocktype) {
        forget(static_cast<Impl*>(self)->connections, fd);
        static_cast<Impl*>(self)->connections[fd] = {};
        return CURL_SOCKOPT_OK;
    }

    static int on_close(void* self, curl_socket_t fd) {
        forget(static_cast<Impl*>(self)->connections, fd);
        return ::close(fd);
    }

    // libcurl gives a connection back to its pool after each reply. It stays registered with the
    // loop until it is closed, which saves four system calls a request; other sockets (the
    // resolver's), whose end nobody tells, do not.
    void watch_socket(curl_socket_t fd, int what) {
        const auto opened = connections.find(fd);
        if (what == CURL_POLL_REMOVE) {
            if (opened == connections.end())
                return forget(others, fd);
            if (Watch* watch = opened->second.get()) {
                watch->wanted = 0;
                if (watch->waiting[0] || watch->waiting[1])
                    watch->descriptor.cancel(); // an idle connection keeps no loop from its end
            }
            return;
        }
        auto& watch = opened == connections.end() ? others[fd] : opened->second;
        if (!watch)
            watch = std::make_shared<Watch>(loop, fd);
        watch->wanted = what;
        arm(watch);
    }

    static void forget(Watches& in, curl_socket_t fd) {
        const auto found = in.find(fd);
        if (found == in.end())
            return;
        if (Watch* watch = found->second.get()) {
            watch->removed = true;
            watch->descriptor.release();
        }
        in.erase(found);
    }

    void arm(const std::shared_ptr<Watch>& watch) {
        using Wait = asio::posix::stream_descriptor::wait_type;
        arm(watch, CURL_POLL_IN, 0, Wait::wait_read, CURL_CSELECT_IN);
        arm(watch, CURL_POLL_OUT, 1, Wait::wait_write, CURL_CSELECT_OUT);
    }

    void arm(const std::shared_ptr<Watch>& watch, int want, int slot,
             asio::posix::stream_descriptor::wait_type kind, int ready) {
        if (!(watch->wanted & want) || watch->waiting[slot])
            return;
        watch->waiting[slot] = true;
        watch->descriptor.async_wait(
            kind, [this, watch, want, slot, ready, lives = alive](boost::system::error_code error) {
                watch->waiting[slot] = false;
                if (!*lives || watch->removed || !(watch->wanted & want))
                    return;
                if (error == asio::error::operation_aborted) // wanted again meanwhile
                    return arm(watch);
                if (!drive(watch->fd, error ? CURL_CSELECT_ERR : ready))
                    return;
                if (!watch->removed)
                    arm(watch);
            });
    }

    static int on_timer(CURLM*, long ms, void* self) {
        static_cast<Impl*>(self)->set_timer(ms);
        return 0;
    }

    void set_timer(long ms) {
        const auto turn = ++timer_turn;
        if (ms < 0) {
            timer.cancel();
            return;
        }
        const auto due = [this, turn, lives = alive](boost::system::error_code error = {}) {
            if (!error && *lives && turn == timer_turn)
                drive(CURL_SOCKET_TIMEOUT, 0);
        };
        // "At once" is what it asks for with each new transfer; a timer would cost two system
        // calls.
        if (ms == 0) {
            timer.cancel();
            return asio::post(loop, due);
        }
        timer.expires_after(std::chrono::milliseconds{ms});
        timer.async_wait(due);
    }

    // False when a handler destroyed the client meanwhile.
    bool drive(curl_socket_t fd, int events) {
        int running = 0;
        curl_multi_socket_action(multi, fd, events, &running);
        collect_ended();
        return deliver();
    }

    void collect_ended() {
        int left = 0;
        while (CURLMsg* message = curl_multi_info_read(multi, &left)) {
            if (message->msg != CURLMSG_DONE)
                continue;
            char* owner = nullptr;
            CURL* easy = message->easy_handle;
            const CURLcode code = message->data.result; // gone after the handle is removed
            curl_easy_getinfo(easy, CURLINFO_PRIVATE, &owner);
            auto* transfer = static_cast<Transfer*>(static_cast<void*>(owner));
            transfer->note_end(code);
            leave_multi(*transfer);
            note_dirty(*transfer);
        }
    }

    void leave_multi(Transfer& transfer) {
        curl_multi_remove_handle(multi, transfer.easy.get());
        transfer.in_multi = false;
        if (pool.size() < max_pooled_handles) {
            curl_easy_reset(transfer.easy.get());
            pool.push_back(std::move(transfer.easy));
        }
        transfer.easy.reset();
    }

    void note_dirty(Transfer& transfer) {
        if (transfer.dirty)
            return;
        transfer.dirty = true;
        dirty.push_back(transfer.id);
    }

    void post_delivery() {
        if (std::exchange(delivery_posted, true))
            return;
        asio::post(loop, [this, lives = alive] {
            if (!*lives)
                return;
            delivery_posted = false;
            deliver();
        });
    }

    Transfer* find(TransferId id) const {
        const auto found = transfers.find(id);
        return found == transfers.end() ? nullptr : found->second.get();
    }

    // False when a handler destroyed the client.
    bool deliver() {
        const auto lives = alive;
        // What handlers cause waits for the next turn of the loop, so that none can starve it.
        for (const TransferId id : std::exchange(dirty, {})) {
            Transfer* transfer = find(id);
            if (!transfer)
                continue;
            transfer->dirty = false;
            while (transfer && transfer->has_news()) {
                const bool last = transfer->tell_next();
                if (!*lives)
                    return false;
                if (last)
                    transfers.erase(id);
                if (last && !released.empty() && transfers.empty()) {
                    released.clear(); // nothing to wait for: the loop may run dry
                    release_timer.cancel();
                }
                transfer = find(id);
            }
            if (transfer)
                unpause(*transfer);
        }
        if (!dirty.empty())
            post_delivery();
        return true;
    }

    // libcurl holds bytes back because our buffer was full: take them now.
    void unpause(Transfer& transfer) {
        if (!transfer.held_back || transfer.paused || !transfer.buffer.empty() ||
            !transfer.in_multi)
            return;
        transfer.held_back = false;
        const CURLcode code = curl_easy_pause(transfer.easy.get(), CURLPAUSE_CONT);
        if (code != CURLE_OK) {
            transfer.note_end(code);
            leave_multi(transfer);
        }
        if (transfer.has_news())
            note_dirty(transfer);
    }

    TransferId start(Request request, Handler& handler) {
        const TransferId id = next_id++;
        auto transfer = std::make_unique<Transfer>(id, std::move(request), handler);
        transfer->mark_dirty = [this](Transfer& t) { note_dirty(t); };
        if (pool.empty()) {
            transfer->easy.reset(curl_easy_init());
            BROWNOUT_CHECK(transfer->easy, "libcurl cannot start without memory");
        } else {
            transfer->easy = std::move(pool.back());
            pool.pop_back();
        }
        CURL* easy = transfer->easy.get();
        curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, &Impl::on_open);
        curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, this);
        curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &Impl::on_close);
        curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
        if (const char* why = transfer->prepare()) {
            transfer->refuse(why);
        } else if (const CURLMcode code = curl_multi_add_handle(multi, transfer->easy.get())) {
            transfer->refuse(curl_multi_strerror(code));
        } else {
            transfer->in_multi = true;
        }
        if (transfer->has_news()) {
            note_dirty(*transfer);
            post_delivery();
        }
        transfers.emplace(id, std::move(transfer));
        return id;
    }

    void release(TransferId id) {
        Transfer* transfer = find(id);
        if (!transfer)
            return;
        transfer->handler = &discard;
        transfer->paused = false;
        note_dirty(*transfer);
        post_delivery();
        released.emplace_back(std::chrono::steady_clock::now() + release_limit, id);
        if (released.size() == 1)
            arm_release();
    }

    // One timer for all: they are released in the order in which their time ends.
    void arm_release() {
        release_timer.expires_at(released.front().first);
        release_timer.async_wait([this, lives = alive](boost::system::error_code error) {
            if (error || !*lives)
                return;
            const auto now = std::chrono::steady_clock::now();
            while (!released.empty() &&
                   (released.front().first <= now || !find(released.front().second))) {
                cancel(released.front().second);
                released.pop_front();
            }
            if (!released.empty())
                arm_release();
        });
    }

    void cancel(TransferId id) {
        const auto found = transfers.find(id);
        if (found == transfers.end())
            return;
        // Out of the map first: removing a handle calls back for its socket.
        const auto transfer = std::move(found->second);
        transfers.erase(found);
        if (transfer->in_multi)
            leave_multi(*transfer);
    }
};

HttpClient::HttpClient(asio::io_context& loop) : impl_(std::make_unique<Impl>(loop)) {}
HttpClient::~HttpClient() = default;

HttpClient::TransferId HttpClient::start(Request request, Handler& handler) {
    return impl_->start(std::move(request), handler);
}

void HttpClient::cancel(TransferId id) {
    impl_->cancel(id);
}

void HttpClient::release(TransferId id) {
    impl_->release(id);
}

void HttpClient::pause(TransferId id) {
    if (Transfer* transfer = impl_->find(id))
        transfer->paused = true;
}

void HttpClient::resume(TransferId id) {
    Transfer* transfer = impl_->find(id);
    if (!transfer || !std::exchange(transfer->paused, false))
        return;
    impl_->note_dirty(*transfer);
    impl_->post_delivery();
}

std::size_t HttpClient::running() const {
    return impl_->transfers.size();
}

} // namespace brownout::net
