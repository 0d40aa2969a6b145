#include "tune/observed.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <set>
#include <system_error>
#include <unordered_map>

namespace brownout::tune {
namespace {

using chain::Json;

constexpr std::size_t most_open = 65'536;      // requests that have not ended
constexpr std::size_t longest_line = 1u << 20; // bytes; longer ones are not events
constexpr std::size_t most_unordered = 4096;   // attempts of a provider
constexpr std::size_t most_names = 64;         // chains, causes
constexpr std::uint64_t lines_per_look = 2000; // lines

const std::set<std::string_view> known_events{
    "request_started", "attempt_started",   "first_token",          "attempt_finished",
    "failover",        "hedge_started",     "stream_broken",        "answer_continued",
    "budget_refused",  "request_finished",  "breaker_changed",      "cooldown",
    "health_checked",  "provider_disabled", "health_check_skipped", "fault_started",
    "fault_ended",     "alert_raised",      "alert_cleared",        "hook_failed",
    "hook_recovered",  "quota_told"};

std::string text(const Json& event, const char* key) {
    const auto at = event.find(key);
    return at != event.end() && at->is_string() ? at->get<std::string>() : std::string{};
}
std::optional<double> number_at(const Json& event, const char* key) {
    const auto at = event.find(key);
    return at != event.end() && at->is_number() ? std::optional{at->get<double>()} : std::nullopt;
}

// "2026-11-20T21:43:00.123Z" in seconds since 1970; nothing for anything else.
std::optional<double> unix_time(const std::string& ts) {
    int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0, ms = 0, end = 0;
    if (std::sscanf(ts.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ%n", &y, &mo, &d, &h, &mi, &s, &ms,
                    &end) != 7 ||
        static_cast<std::size_t>(end) != ts.size())
        return std::nullopt;
    using namespace std::chrono;
    const year_month_day date{year{y}, std::chrono::month{static_cast<unsigned>(mo)},
                              day{static_cast<unsigned>(d)}};
    if (!date.ok())
        return std::nullopt;
    const auto days = sys_days{date}.time_since_epoch().count();
    return static_cast<double>(days) * 86'400 + h * 3600 + mi * 60 + s + ms / 1e3;
}

struct OpenAttempt {
    int number = 0;
    std::size_t provider = 0, target = 0, others = 0;
    double start_s = 0;
    std::optional<double> first_token_ms;
};
struct OpenRequest {
    double start_s = 0;
    bool stream = false, asked = false;
    std::int64_t input_tokens = 0, output_tokens = 0;
    std::vector<OpenAttempt> attempts;
};

// A provider's attempts end in another order than they began.
struct Sorter {
    struct Ended {
        double start_s = 0;
        bool failed = false, timed_out = false;
        int shed = 0; // the status, if it was one
    };
    std::multiset<double> running;
    std::multimap<double, Ended> ended;
};

class Reader {
  public:
    explicit Reader(Observed& out) : out_(out) {}
    bool take(const std::string& line); // false: not an event
    void finish();

  private:
    void request_started(const Json& e, double at);
    void attempt_started(const Json& e, double at);
    void first_token(const Json& e);
    void attempt_finished(const Json& e, double at);
    void request_finished(const Json& e, double at);
    void restart();
    void settle(std::size_t provider, bool all);
    void feed(ObservedProvider& p, const Sorter::Ended& ended);
    std::optional<std::size_t> provider_of(const std::string& target);
    std::optional<std::size_t> target_of(const std::string& name);
    OpenRequest* open(const Json& e);
    OpenAttempt* open_attempt(const Json& e);

    Observed& out_;
    std::unordered_map<std::string, OpenRequest> requests_;
    std::deque<std::string> order_; // of requests_, oldest first
    std::vector<Sorter> sorters_;
    double last_s_ = 0;
};

std::optional<std::size_t> Reader::provider_of(const std::string& target) {
    const std::string id = target.substr(0, target.find('/'));
    for (std::size_t i = 0; i < out_.providers.size(); ++i)
        if (out_.providers[i].id == id)
            return i;
    if (out_.providers.size() == most_providers || id.empty()) {
        out_.too_many_providers |= !id.empty();
        return std::nullopt;
    }
    ObservedProvider& p = out_.providers.emplace_back();
    p.id = id;
    for (auto& with : p.bursts)
        for (std::size_t i = 0; i < burst_lengths.size(); ++i)
            with[i] = Bursts(burst_lengths[i]);
    sorters_.emplace_back();
    return out_.providers.size() - 1;
}

std::optional<std::size_t> Reader::target_of(const std::string& name) {
    for (std::size_t i = 0; i < out_.targets.size(); ++i)
        if (out_.targets[i].name == name)
            return i;
    if (out_.targets.size() == most_log_targets)
        return std::nullopt;
    out_.targets.emplace_back().name = name;
    return out_.targets.size() - 1;
}

OpenRequest* Reader::open(const Json& e) {
    const auto at = requests_.find(text(e, "request"));
    return at == requests_.end() ? nullptr : &at->second;
}

OpenAttempt* Reader::open_attempt(const Json& e) {
    OpenRequest* request = open(e);
    const auto n = static_cast<int>(number_at(e, "attempt").value_or(0));
    if (request)
        for (OpenAttempt& a : request->attempts)
            if (a.number == n)
                return &a;
    return nullptr;
}

void Reader::request_started(const Json& e, double at) {
    const std::string id = text(e, "request");
    requests_[id] = {at, e.value("stream", Json(false)) == true, false, 0, 0, {}};
    order_.push_back(id);
    while (order_.size() > most_open) { // never finished: a killed run's
        requests_.erase(order_.front());
        order_.pop_front();
    }
    const std::string chain = text(e, "chain");
    if (out_.chains.size() < most_names || out_.chains.count(chain))
        ++out_.chains[chain];
}

void Reader::attempt_started(const Json& e, double at) {
    const std::string name = text(e, "target");
    const auto provider = provider_of(name), target = target_of(name);
    OpenRequest* request = open(e);
    if (!provider || !target || !request)
        return;
    ObservedProvider& p = out_.providers[*provider];
    if (out_.targets[*target].attempts++ == 0)
        ++p.models;
    if (!std::exchange(request->asked, true))
        ++out_.targets[*target].asked_first;
    const auto n = static_cast<int>(number_at(e, "attempt").value_or(0));
    request->attempts.push_back({n, *provider, *target, p.in_flight, at, {}});
    ++p.in_flight;
    sorters_[*provider].running.insert(at);
}

void Reader::first_token(const Json& e) {
    if (OpenAttempt* a = open_attempt(e))
        a->first_token_ms = number_at(e, "ms");
}

void count(std::vector<std::uint32_t>& at, std::size_t others) {
    others = std::min(others, most_in_flight);
    if (at.size() <= others)
        at.resize(others + 1);
    ++at[others];
}

void Reader::attempt_finished(const Json& e, double) {
    OpenAttempt* open_one = open_attempt(e);
    OpenRequest* request = open(e);
    if (!open_one || !request)
        return; // begun before the log did
    const OpenAttempt a = *open_one;
    request->attempts.erase(request->attempts.begin() + (open_one - request->attempts.data()));
    ObservedProvider& p = out_.providers[a.provider];
    p.in_flight -= p.in_flight > 0;
    Sorter& sorter = sorters_[a.provider];
    if (const auto at = sorter.running.find(a.start_s); at != sorter.running.end())
        sorter.running.erase(at);

    const std::string cls = text(e, "class"), cause = text(e, "outcome");
    const auto ms = number_at(e, "ms").value_or(0);
    const auto in = number_at(e, "input_tokens").value_or(0),
               made = number_at(e, "output_tokens").value_or(0);
    ++p.attempts;
    ++out_.attempts;
    if (cls == "success") {
        ++p.succeeded;
        request->input_tokens = static_cast<std::int64_t>(in);
        request->output_tokens = static_cast<std::int64_t>(made);
        const bool streamed = request->stream && a.first_token_ms && *a.first_token_ms < ms;
        if (ms > 0 && made < 1e9)
            p.answers.add({streamed ? std::max(1e-3, *a.first_token_ms) : 0, ms,
                           static_cast<std::int64_t>(made)});
        count(p.answered_at, a.others);
    } else if (cls == "cancelled") {
        ++p.cancelled;
        if (ms > 0 && !a.first_token_ms)
            p.given_up_ms.add(ms);
    } else if (cls == "reject" || cls == "reroute") {
        ++p.refused; // the request's fault, not the provider's
    } else {
        ++p.failed;
        if (p.by_class.size() < most_names)
            ++p.by_class[cls];
        if (p.by_cause.size() < most_names)
            ++p.by_cause[cause];
    }
    const auto status = static_cast<int>(number_at(e, "status").value_or(0));
    const bool failed =
        cls != "success" && cls != "cancelled" && cls != "reject" && cls != "reroute";
    if (failed && p.failed_status.size() < most_names)
        ++p.failed_status[status];
    if (cls == "success" || failed) {
        const bool timed_out = cause == "first_token_timeout" || cause == "attempt_timeout";
        int shed = 0;
        for (std::size_t i = 0; failed && i < shed_statuses.size(); ++i)
            if (status == shed_statuses[i]) {
                count(p.shed_at[i], a.others);
                shed = status;
            }
        if (timed_out) {
            ++p.timeouts;
            p.timeouts_ms += ms;
        }
        sorter.ended.emplace(a.start_s, Sorter::Ended{a.start_s, failed, timed_out, shed});
    }
    settle(a.provider, false);
    ObservedTarget& t = out_.targets[a.target];
    if (const auto cost = number_at(e, "cost_usd"); cls == "success" && cost) {
        t.in_in += in * in;
        t.in_out += in * made;
        t.out_out += made * made;
        t.in_cost += in * *cost;
        t.out_cost += made * *cost;
        ++t.priced;
    }
}

void Reader::settle(std::size_t provider, bool all) {
    Sorter& sorter = sorters_[provider];
    while (!sorter.ended.empty() &&
           (all || sorter.ended.size() > most_unordered || sorter.running.empty() ||
            sorter.ended.begin()->first <= *sorter.running.begin())) {
        feed(out_.providers[provider], sorter.ended.begin()->second);
        sorter.ended.erase(sorter.ended.begin());
    }
}

void Reader::feed(ObservedProvider& p, const Sorter::Ended& ended) {
    for (std::size_t i = 0; i <= shed_statuses.size(); ++i)
        if (i == shed_statuses.size() || ended.shed != shed_statuses[i])
            for (Bursts& bursts : p.bursts[i])
                bursts.add(ended.start_s, ended.failed, ended.timed_out);
}

void Reader::request_finished(const Json& e, double) {
    OpenRequest* request = open(e);
    if (!request)
        return;
    const std::string result = text(e, "result");
    ++out_.requests;
    out_.streams += request->stream;
    out_.succeeded += result == "success";
    out_.uncounted += result == "cancelled" || result == "rejected";
    if (result == "success")
        out_.latency_ms.add(number_at(e, "ms").value_or(0));
    if (const auto cost = number_at(e, "cost_usd"))
        out_.spend_usd += *cost;
    else
        ++out_.unpriced;
    if (out_.traffic.size() < most_replayed)
        out_.traffic.push_back({request->start_s, request->input_tokens, request->output_tokens});
    else
        ++out_.left_out;
    const std::string id = text(e, "request");
    requests_.erase(id);
    if (!order_.empty() && order_.front() == id)
        order_.pop_front();
    else if (order_.size() > most_open / 2 && order_.size() > 2 * requests_.size())
        std::erase_if(order_, [&](const std::string& one) { return !requests_.count(one); });
}

// A second run was appended to the file: what the first one left open never ends.
void Reader::restart() {
    ++out_.restarts;
    requests_.clear();
    order_.clear();
    for (std::size_t i = 0; i < sorters_.size(); ++i) {
        sorters_[i].running.clear();
        settle(i, true);
        out_.providers[i].in_flight = 0;
    }
}

bool Reader::take(const std::string& line) {
    const Json e = Json::parse(line, nullptr, false);
    if (!e.is_object())
        return false;
    const std::string event = text(e, "event");
    const auto at = unix_time(text(e, "ts"));
    if (!at || !known_events.count(event))
        return false;
    constexpr double new_run_s = Bursts::pause_s;
    if (event == "request_started" && last_s_ > 0 &&
        (*at < last_s_ - 60 || *at > last_s_ + new_run_s))
        restart();
    last_s_ = event == "request_started" ? *at : std::max(last_s_, *at);
    if (event == "request_started")
        request_started(e, *at);
    else if (event == "attempt_started")
        attempt_started(e, *at);
    else if (event == "first_token")
        first_token(e);
    else if (event == "attempt_finished")
        attempt_finished(e, *at);
    else if (event == "request_finished")
        request_finished(e, *at);
    else if (event == "fault_started")
        ++out_.faults;
    return true;
}

void Reader::finish() {
    for (std::size_t i = 0; i < sorters_.size(); ++i) {
        settle(i, true);
        for (auto& with : out_.providers[i].bursts)
            for (Bursts& bursts : with)
                bursts.finish();
    }
    std::stable_sort(out_.traffic.begin(), out_.traffic.end(),
                     [](const auto& a, const auto& b) { return a.at_s < b.at_s; });
}

// One line of at most `longest_line` bytes; the rest of a longer one is skipped. `whole`: it ended.
bool next_line(std::istream& in, std::string& line, bool& whole) {
    line.clear();
    whole = false;
    bool any = false;
    for (int c = in.get(); c != std::char_traits<char>::eof(); c = in.get()) {
        any = true;
        if (c == '\n') {
            whole = true;
            return true;
        }
        if (line.size() <= longest_line)
            line.push_back(static_cast<char>(c));
    }
    return any;
}

tl::unexpected<Error> foreign(const std::string& path, const Observed& out) {
    if (out.lines == 0)
        return bad_input(path, out.cut ? "there is not one whole line in it" : "the file is empty",
                         "Name an event log, as --log writes it");
    return bad_input(path + ": line " + std::to_string(out.first_unknown),
                     "this is no event: " + std::to_string(out.unknown_lines) + " of " +
                         std::to_string(out.lines) + " lines are none",
                     "Name an event log: JSON lines with `ts` and `event`, as --log writes it");
}

} // namespace

Result<Observed> read_log(const std::string& path, const CalibrateOptions& options) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored))
        return bad_input(path, "is a folder", "Name an event log, as --log writes it");
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        const int why = errno;
        const std::string said = "cannot be read: " + std::generic_category().message(why);
        if (why == ENOENT || why == ENOTDIR)
            return bad_input(path, said, "Name an event log, as --log writes it");
        return environment_error(path, said);
    }
    in.seekg(0, std::ios::end);
    const double size = std::max(1.0, static_cast<double>(in.tellg()));
    in.seekg(0);
    Observed out;
    Reader reader(out);
    std::string line;
    bool whole = false;
    while (next_line(in, line, whole)) {
        ++out.lines;
        if (out.lines % lines_per_look == 0) {
            if (options.cancel && options.cancel->load())
                return fail({Error::Kind::cancelled, path, "stopped", {}});
            if (options.progress)
                options.progress(static_cast<double>(in.tellg()) / size, "reading");
        }
        if (line.size() <= longest_line && reader.take(line)) {
            ++out.events;
        } else if (!whole) {
            out.cut = true; // what a killed program wrote last
            --out.lines;
        } else {
            ++out.unknown_lines;
            if (out.first_unknown == 0)
                out.first_unknown = out.lines;
        }
    }
    if (in.bad())
        return environment_error(path,
                                 "reading broke off: " + std::generic_category().message(errno));
    if (out.events == 0 || out.unknown_lines > out.lines / 2)
        return foreign(path, out);
    reader.finish();
    return out;
}

} // namespace brownout::tune
