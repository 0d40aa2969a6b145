#include "soak/callers.h"

namespace brownout::soak {

namespace {

constexpr int token_every_us = 25'000;
constexpr std::uint64_t every_so_many_leaves = 13;

std::string chat(const std::string& prompt, bool stream) {
    return R"({"model":"auto","messages":[{"role":"user","content":")" + prompt + R"("}])" +
           (stream ? R"(,"stream":true})" : "}");
}

} // namespace

AskingCaller::AskingCaller(Crowd& crowd, std::size_t number, bool streams)
    : crowd_(crowd), streams_(streams), caller_(crowd.loop_, crowd.port_), timer_(crowd.loop_) {
    timer_.expires_after(std::chrono::milliseconds{5 * number}); // not all in the same instant
}

void AskingCaller::next() {
    timer_.async_wait([this](const boost::system::error_code&) {
        if (crowd_.stopping_)
            --crowd_.tally_.running;
        else
            ask();
    });
}

void AskingCaller::ask() {
    const std::uint64_t number = ++crowd_.sequence_;
    const auto tokens = static_cast<std::int64_t>(30 + number % 20);
    id_ = (streams_ ? "s" : "w") + std::to_string(number);
    expected_ = bench::answer_of(id_, tokens);
    text_.clear();
    pieces_ = end_marks_ = 0;
    error_ = false;
    const bool leaves = streams_ && number % every_so_many_leaves == 0;
    leaves_after_ = leaves ? static_cast<std::size_t>(2 + number % 8) : 0;
    const std::string prompt = "id=" + id_ + " tokens=" + std::to_string(tokens) +
                               " every_us=" + std::to_string(token_every_us);
    caller_.post(
        "/v1/chat/completions", chat(prompt, streams_),
        [this](std::string_view line) { on_line(line); },
        [this](const bench::HttpCaller::Answer& answer) { on_done(answer); });
}

void AskingCaller::on_line(std::string_view line) {
    end_marks_ += line.starts_with("data: [DONE]");
    error_ = error_ || line.find("\"error\":") != line.npos;
    const std::string piece = bench::content_of(line);
    if (piece.empty())
        return;
    text_ += piece;
    ++crowd_.tally_.tokens;
    if (leaves_after_ > 0 && ++pieces_ >= leaves_after_)
        leave();
}

void AskingCaller::leave() {
    crowd_.audit_.seen(caller_.answer().header("X-Brownout-Request-Id"), Seen::left);
    crowd_.left_.push_back({id_, bench::now_ns()});
    caller_.leave();
    ++crowd_.tally_.left;
    timer_.expires_after(std::chrono::milliseconds{1});
    next();
}

void AskingCaller::on_done(const bench::HttpCaller::Answer& answer) {
    judge(answer);
    const auto now = std::chrono::steady_clock::now();
    timer_.expires_at(now);
    if (!streams_ && crowd_.rate_ > 0) {
        crowd_.next_whole_ =
            std::max(now - std::chrono::milliseconds{100}, crowd_.next_whole_) +
            std::chrono::nanoseconds{static_cast<std::int64_t>(1e9 / crowd_.rate_)};
        timer_.expires_at(crowd_.next_whole_);
    }
    next();
}

void AskingCaller::judge(const bench::HttpCaller::Answer& answer) {
    Tally& tally = crowd_.tally_;
    if (!answer.complete || answer.status == 0) {
        ++tally.lost;
        return;
    }
    const std::string request = answer.header("X-Brownout-Request-Id");
    if (answer.status != 200 || error_) {
        if (++tally.failed == 1)
            tally.first_failed = id_ + ": " + std::to_string(answer.status) + " " + answer.body;
        return crowd_.audit_.seen(request, Seen::failed);
    }
    if (!streams_)
        text_ = bench::content_of(answer.body);
    ++(streams_ ? tally.streams : tally.answers);
    if (text_ != expected_ || end_marks_ != (streams_ ? 1u : 0u)) {
        if (++tally.wrong == 1)
            tally.first_wrong = request + ": \"" + text_ + "\", not \"" + expected_ + "\"";
    }
    crowd_.audit_.seen(request, Seen::whole);
}

Crowd::Crowd(boost::asio::io_context& loop, unsigned short port, LogAudit& audit,
             std::vector<bench::Leavers*> leavers, std::size_t streams, std::size_t whole)
    : loop_(loop), port_(port), audit_(audit), leavers_(std::move(leavers)) {
    for (std::size_t i = 0; i < streams + whole; ++i)
        callers_.push_back(std::make_unique<AskingCaller>(*this, i, i < streams));
}

void Crowd::start() {
    tally_.running = callers_.size();
    for (const auto& caller : callers_)
        caller->next();
}

std::vector<double> Crowd::cancel_ms() {
    const std::int64_t now = bench::now_ns();
    while (!left_.empty() && now - left_.front().at_ns > 2'000'000'000) {
        // Of two providers the later: the first may have failed before. One that ended before its
        // caller left had nothing more to be told.
        bench::Leavers::End end;
        for (bench::Leavers* leavers : leavers_)
            if (const auto one = leavers->take(left_.front().id); one.at_ns > end.at_ns)
                end = one;
        const double ms = static_cast<double>(end.at_ns - left_.front().at_ns) / 1e6;
        if (ms > 0 && end.whole)
            ++tally_.served_on;
        else if (ms > 0)
            cancel_ms_.push_back(ms);
        left_.pop_front();
    }
    return cancel_ms_;
}

} // namespace brownout::soak
