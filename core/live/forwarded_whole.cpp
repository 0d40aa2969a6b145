// A reply of a real provider that is no stream: what the faults make of it once it is whole.
#include "live/forwarded_reply.h"
#include "live/lab_spoil.h"
#include "wire/usage.h"

#include <algorithm>

namespace brownout::live {

Duration ForwardedReply::delay_of_whole(std::int64_t tokens) const {
    const ReplyPlan& plan = s_.plan;
    Duration delay =
        plan.more_before_first + from_ms(plan.more_per_token_ms * static_cast<double>(tokens));
    for (const auto& stall : plan.stalls)
        if (stall.after_tokens <= tokens)
            delay = stall.pause >= longest_fault_wait ? longest_fault_wait : delay + stall.pause;
    return std::min(delay, longest_fault_wait);
}

void ForwardedReply::whole_came() {
    if (s_.reader && status_ == 200 && (shaped() || s_.plan.spoiling.any())) {
        tokens_of(body_);
        constexpr std::int64_t no_date = 0; // its waits are not looked at
        const auto read = s_.reader->end(wire::TransportEnd::complete, true, no_date);
        total_ =
            read.reply.usage ? read.reply.usage->output : wire::estimate_tokens(read.reply.text);
        text_at_ = read.reply.text.empty() ? body_.npos : body_.find(read.reply.text.substr(0, 8));
        text_bytes_ = read.reply.text.size();
    }
    if (status_ != 200)
        return send_whole();
    const Duration delay = delay_of_whole(total_);
    if (delay >= longest_fault_wait)
        return; // until the peer gives up
    const auto now = std::chrono::steady_clock::now();
    if (s_.plan.keep_alives) {
        alive_until_ = now + std::min(*s_.plan.keep_alives, longest_fault_wait);
        headers_ = s_.plan.spoiling.wrong_type ? mislabelled(std::move(headers_)) : headers_;
        out_.head(status_, headers_, announced_in_vain);
        return keep_alive();
    }
    if (delay > Duration::zero())
        return wait_until(now + delay, &ForwardedReply::send_whole);
    send_whole();
}

// Inside the text, or just behind it; as much of the text as tokens are to come.
std::size_t ForwardedReply::cut_place(std::int64_t tokens) const {
    if (tokens > total_ || body_.empty())
        return body_.npos;
    const double share =
        total_ > 0 ? static_cast<double>(tokens) / static_cast<double>(total_) : 0.0;
    const std::size_t from = text_at_ == body_.npos ? 0 : text_at_;
    const std::size_t length = text_at_ == body_.npos ? body_.size() : text_bytes_;
    return std::min(from + static_cast<std::size_t>(share * static_cast<double>(length)),
                    body_.size() - 1);
}

void ForwardedReply::send_whole() {
    const ReplyPlan& plan = s_.plan;
    LabAnswer whole{status_, headers_, {}};
    const std::size_t cut =
        status_ == 200 && plan.cut_after ? cut_place(*plan.cut_after) : body_.npos;
    whole.body = std::move(body_);
    if (cut != whole.body.npos) {
        // A body that is shorter than its Content-Length.
        std::string out = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(whole.body.size());
        for (const auto& [name, value] : whole.headers)
            out += "\r\n" + name + ": " + value;
        exchange_->write_raw(out + "\r\n\r\n" + whole.body.substr(0, cut));
        plan.cut_how == faults::CutHow::rst ? exchange_->reset() : exchange_->close();
        return end();
    }
    if (status_ != 200)
        return answer(std::move(whole));
    if (plan.error_after && *plan.error_after <= total_)
        whole.body =
            s_.dialect->error({503, "", "", s_.model, std::nullopt, LabError::What::overloaded})
                .body;
    if (plan.bad_event_at)
        whole.body.resize(whole.body.size() -
                          std::min(whole.body.size(), whole.body.size() / 4 + 1));
    Spoiling spoiling = plan.spoiling;
    if (!plan.tell_usage)
        spoiling.dropped.insert(spoiling.dropped.end(), {"/usage", "/usageMetadata"});
    if (spoiling.any())
        whole = spoiled(std::move(whole), spoiling, s_.draws);
    if (!plan.split_characters && !out_.raw() && !out_.begun())
        return answer(std::move(whole));
    out_.head(status_, whole.headers, whole.body.size() + announced_in_vain);
    Event all;
    all.bytes = std::move(whole.body);
    all.came = std::chrono::steady_clock::now() - lag_;
    queue_.push_back(std::move(all));
    s_.plan.spoiling.keep.reset(); // done
    came_ = true;
    pump();
}

} // namespace brownout::live
