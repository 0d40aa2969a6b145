#include "soak/log_audit.h"

namespace brownout::soak {

namespace {

constexpr std::size_t most_wrong = 20; // told in words; the rest only counts

// The text member `name` of a line that is one flat JSON object; empty: it has none.
std::string text_of(std::string_view line, std::string_view name) {
    const std::string key = "\"" + std::string{name} + "\":\"";
    const auto at = line.find(key);
    if (at == line.npos)
        return {};
    const auto from = at + key.size();
    return std::string{line.substr(from, line.find('"', from) - from)};
}

int number_of(std::string_view line, std::string_view name) {
    const std::string key = "\"" + std::string{name} + "\":";
    const auto at = line.find(key);
    return at == line.npos ? -1 : std::atoi(std::string{line.substr(at + key.size(), 12)}.c_str());
}

} // namespace

void LogAudit::wrong(std::string what) {
    if (books_.wrong.size() < most_wrong)
        books_.wrong.push_back(std::move(what));
}

void LogAudit::line(std::string_view text) {
    const std::lock_guard lock(mutex_);
    ++books_.lines;
    if (!text.starts_with("{\"ts\":") || !text.ends_with("}"))
        return wrong("not a line of the log: " + std::string{text.substr(0, 80)});
    const std::string event = text_of(text, "event"), id = text_of(text, "request");
    if (event == "request_started")
        return started(id);
    if (event == "request_finished")
        return finished(id, text);
    books_.failovers += event == "failover";
    books_.broken_streams += event == "stream_broken";
    books_.faults += event == "fault_started";
    if (event != "attempt_started" && event != "attempt_finished")
        return;
    const auto found = open_.find(id);
    if (found == open_.end())
        return wrong(id + ": " + event + " of a request that does not run");
    if (event == "attempt_started") {
        ++books_.attempts;
        ++found->second.attempts_started;
    } else {
        ++found->second.attempts_finished;
    }
}

void LogAudit::started(const std::string& id) {
    ++books_.started;
    if (id.empty() || !ids_.insert(id).second)
        return wrong(id + ": started twice");
    open_.emplace(id, Open{});
}

void LogAudit::finished(const std::string& id, std::string_view text) {
    ++books_.finished;
    const auto found = open_.find(id);
    if (found == open_.end())
        return wrong(id + ": finished without a start");
    const Open open = found->second;
    open_.erase(found);
    if (open.attempts_started != open.attempts_finished ||
        open.attempts_started != number_of(text, "attempts"))
        wrong(id + ": its attempts do not add up");
    const std::string result = text_of(text, "result");
    books_.success += result == "success";
    books_.cancelled += result == "cancelled";
    books_.failed += result != "success" && result != "cancelled";
    const auto caller = seen_.find(id);
    if (caller == seen_.end()) {
        told_.emplace(id, result);
        return;
    }
    compare(id, result, caller->second);
    seen_.erase(caller);
}

void LogAudit::seen(const std::string& id, Seen how) {
    const std::lock_guard lock(mutex_);
    const auto told = told_.find(id);
    if (told != told_.end()) {
        compare(id, told->second, how);
        told_.erase(told);
    } else if (!seen_.emplace(id, how).second) {
        wrong(id + ": two callers were given this identity");
    }
}

void LogAudit::compare(const std::string& id, const std::string& result, Seen how) {
    const bool fits = how == Seen::whole  ? result == "success"
                      : how == Seen::left ? result == "cancelled"
                                          : result != "success" && result != "cancelled";
    if (!fits)
        wrong(id + ": the log says " + result + ", its caller saw " +
              (how == Seen::whole  ? "a whole answer"
               : how == Seen::left ? "nobody: it left"
                                   : "an error"));
}

LogAudit::Books LogAudit::now() const {
    const std::lock_guard lock(mutex_);
    return books_;
}

LogAudit::Books LogAudit::close() {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, open] : open_)
        wrong(id + ": started, never finished");
    for (const auto& [id, result] : told_)
        wrong(id + ": finished as " + result + ", but no caller knows of it");
    for (const auto& [id, how] : seen_)
        wrong(id + ": a caller knows of it, the log does not");
    return books_;
}

} // namespace brownout::soak
