// The engine's tests are tables: events in, actions out, one line per event.
//
//   t=0    start        | start#1 A
//   t=0.2  #1 503       | A->B, start#2 B failover
//   t=0.9  #2 ok        | forward#2, finish success by #2
//
// t is in seconds. `wake` is the wake-up that the engine has asked for; its time is checked. A
// wake-up that falls between two lines must lead to nothing. The world is a line of settings
// (config.h), by default three targets A, B, C with the defaults of the chain format, except that
// the backoff is 0.5 s without jitter.
#pragma once

#include "unit/engine/config.h"
#include "unit/engine/outcome_words.h"

#include <cstdio>
#include <map>
#include <sstream>

namespace brownout::engine::script {

inline std::string seconds(Instant t) {
    if (t == never)
        return "never";
    char text[32];
    std::snprintf(text, sizeof text, "%.10g", to_seconds(t));
    return text;
}

// Actions as text. Wake-ups are left out: `wake` lines check them.
class Printer {
  public:
    explicit Printer(const Config& config) : config_(config) {}

    std::string text(const Actions& actions) const {
        std::string all;
        for (const Action& action : actions) {
            const std::string one = std::visit([this](const auto& a) { return print(a); }, action);
            if (one.empty())
                continue;
            if (!all.empty())
                all += ", ";
            all += one;
        }
        return all;
    }

  private:
    std::string target(TargetId id) const { return config_.target_name(id); }
    static std::string number(int n) { return std::string("#").append(std::to_string(n)); }
    static std::string usd(Money m) { return std::to_string(m.pico_usd / 1'000'000) + "u"; }
    // The first call goes without a name.
    static std::string who(std::uint64_t tag) {
        if (tag == 1)
            return "";
        return std::string("c").append(std::to_string(tag)).append(" ");
    }

    std::string print(const StartAttempt& a) const {
        std::string s = who(a.tag) + "start" + number(a.attempt) + " " + target(a.target);
        if (a.mode != AttemptMode::fresh)
            s += std::string(" ") + name(a.mode);
        if (config_.keys() > 1)
            s += " key" + std::to_string(a.key);
        return a.probe ? s + " probe" : s;
    }
    std::string print(const StartCheck& a) const {
        const std::string s = "check " + target(a.target);
        return config_.keys() > 1 ? s + " key" + std::to_string(a.key) : s;
    }
    std::string print(const CancelAttempt& a) const {
        return who(a.tag) + "cancel" + number(a.attempt) + " " + name(a.cause);
    }
    std::string print(const WakeAt&) const { return ""; }
    std::string print(const Forward& a) const { return who(a.tag) + "forward" + number(a.attempt); }
    std::string print(const Finish& a) const {
        std::string s = who(a.tag) + "finish " + name(a.result);
        if (a.served_by != 0)
            s += " by " + number(a.served_by);
        if (a.result != CallResult::success) {
            if (a.explained_by != 0)
                s += " because " + number(a.explained_by);
            s += std::string(" ") + name(a.why.cause);
            if (a.why.cause == Cause::budget)
                s += std::string(" ") + name(a.cap);
        }
        if (a.cost != Money{})
            s += " cost " + usd(a.cost) + " wasted " + usd(a.wasted);
        return s;
    }
    std::string print(const FailedOver& a) const {
        return who(a.tag) + target(a.from) + "->" + target(a.to);
    }
    std::string print(const StreamBroken& a) const {
        return who(a.tag) + "broken" + number(a.attempt);
    }
    std::string print(const BreakerChanged& a) const {
        std::string s =
            target(a.target) + " " + name(a.from) + "->" + name(a.to) + " " + name(a.why);
        return a.to == BreakerState::open ? s + " until " + seconds(a.open_until) : s;
    }
    std::string print(const CoolingDown& a) const {
        return target(a.target) + " cools until " + seconds(a.until);
    }
    std::string print(const ProviderDisabled& a) const {
        return "provider " + std::to_string(a.provider.value) + " disabled until " +
               seconds(a.until);
    }
    const Config& config_;
};

// Drives one engine, remembering the calls' ids and wake-ups, as a driver does.
class World {
  public:
    explicit World(const std::string& settings, std::uint64_t seed = 1)
        : config_(settings), engine_(config_.setup(), seed), printer_(config_) {}
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    Engine& engine() { return engine_; }
    const Config& config() const { return config_; }

    // What the engine does about `event` at `now`; wake-ups that are due before come first.
    std::string play(Instant now, const std::string& event) {
        std::istringstream words(event);
        std::string word;
        words >> word;
        std::uint64_t tag = 1;
        if (word.size() > 1 && word[0] == 'c' &&
            std::isdigit(static_cast<unsigned char>(word[1]))) {
            tag = std::stoull(word.substr(1));
            words >> word;
        }
        const std::string early = wake_before(now, word == "wake" ? tag : 0);
        if (!early.empty())
            return early;
        if (word == "wake") {
            const Instant armed = wakes_.contains(tag) ? wakes_[tag] : never;
            if (armed != now)
                return "(the wake-up is at t=" + seconds(armed) + ")";
            wakes_.erase(tag);
            return step(Woke{calls_[tag]}, now);
        }
        if (word == "elsewhere") { // another engine: elsewhere A key=0 begun=1 tokens=5 running=-1
            UsedElsewhere used;
            words >> word;
            used.provider = engine_.setup().targets[config_.target(word).value].provider;
            while (words >> word) {
                const int n = std::stoi(word.substr(word.find('=') + 1));
                if (word.starts_with("key="))
                    used.key = static_cast<KeyIndex>(n);
                else if (word.starts_with("begun="))
                    used.requests = static_cast<std::uint32_t>(n);
                else if (word.starts_with("tokens="))
                    used.tokens = static_cast<std::uint32_t>(n);
                else if (word.starts_with("running="))
                    used.running = n;
                else
                    throw std::runtime_error("no such use: " + word);
            }
            return step(used, now);
        }
        if (word == "spent") { // by someone else: spent A 30 at=-1800
            std::string target, at;
            double micro = 0;
            words >> target >> micro >> at;
            const ProviderId provider =
                engine_.setup().targets[config_.target(target).value].provider;
            engine_.add_spend(provider, micro_usd(micro),
                              Instant{std::chrono::seconds(std::stoi(at.substr(3)))}, now);
            return "";
        }
        return step(parse(word, words, tag), now);
    }

    std::string step(const Event& event, Instant now) {
        actions_.clear();
        engine_.step(event, now, actions_);
        for (const Action& action : actions_)
            note(action);
        return printer_.text(actions_);
    }
    const Actions& actions() const { return actions_; }
    Instant wake_of(std::uint64_t tag) const {
        const auto found = wakes_.find(tag);
        return found == wakes_.end() ? never : found->second;
    }

  private:
    void note(const Action& action) {
        if (const auto* start = std::get_if<StartAttempt>(&action))
            calls_[start->tag] = start->call;
        if (const auto* wake = std::get_if<WakeAt>(&action)) {
            calls_[wake->tag] = wake->call;
            wakes_[wake->tag] = wake->at;
        }
        if (const auto* finish = std::get_if<Finish>(&action))
            wakes_.erase(finish->tag);
    }

    std::string wake_before(Instant now, std::uint64_t but) {
        for (;;) {
            auto next = wakes_.end();
            for (auto it = wakes_.begin(); it != wakes_.end(); ++it)
                if ((it->second < now || (it->second == now && it->first != but && but == 0)) &&
                    (next == wakes_.end() || it->second < next->second))
                    next = it;
            if (next == wakes_.end())
                return "";
            const auto [tag, at] = *next;
            wakes_.erase(next);
            const std::string done = step(Woke{calls_[tag]}, at);
            if (!done.empty())
                return "(the wake-up at t=" + seconds(at) + " did: " + done + ")";
        }
    }

    Event parse(const std::string& word, std::istringstream& words, std::uint64_t tag) {
        if (word == "start")
            return start(words, tag);
        if (word == "leave")
            return CallCancelled{calls_[tag]};
        if (word == "probe") {
            std::string target;
            words >> target;
            return ProbeNow{config_.target(target)};
        }
        if (word == "check") { // its time has come
            std::string target;
            words >> target;
            CheckDue due{config_.target(target), 10, {}, {}};
            while (words >> target) {
                if (target.starts_with("shares=")) // the request that went out with this key
                    due.shares = static_cast<KeyIndex>(std::stoi(target.substr(7)));
                else if (target.starts_with("cost="))
                    due.cost = micro_usd(std::stod(target.substr(5)));
                else
                    throw std::runtime_error("no such check: " + target);
            }
            return due;
        }
        if (word == "checked")
            return checked(words);
        if (word == "quota")
            return quota(words);
        if (word == "hold") {
            std::string target, how;
            words >> target >> how;
            return HoldBreaker{config_.target(target), how == "open"     ? BreakerHold::open
                                                       : how == "closed" ? BreakerHold::closed
                                                                         : BreakerHold::none};
        }
        if (word.empty() || word[0] != '#')
            throw std::runtime_error("no such event: " + word);
        return attempt_event(static_cast<AttemptNumber>(std::stoi(word.substr(1))), words, tag);
    }

    // quota A key=1 requests=0/60 tokens=100/2.5: so many left until that time
    Event quota(std::istringstream& words) {
        QuotaTold told;
        std::string word;
        words >> word;
        told.target = config_.target(word);
        const auto left = [](const std::string& text, std::optional<std::int64_t>& n,
                             Instant& reset) {
            const auto parts = split(text, '/');
            n = std::stoll(parts.at(0));
            reset = Instant{from_seconds(std::stod(parts.at(1)))};
        };
        while (words >> word) {
            if (word.starts_with("key="))
                told.key = static_cast<KeyIndex>(std::stoi(word.substr(4)));
            else if (word.starts_with("requests="))
                left(word.substr(9), told.requests_left, told.requests_reset);
            else if (word.starts_with("by=#")) { // the first call's attempt
                told.call = calls_[1];
                told.attempt = static_cast<AttemptNumber>(std::stoi(word.substr(4)));
            } else if (word.starts_with("tokens="))
                left(word.substr(7), told.tokens_left, told.tokens_reset);
            else
                throw std::runtime_error("no such quota: " + word);
        }
        return told;
    }

    Event checked(std::istringstream& words) {
        std::string target, word;
        words >> target >> word;
        HealthChecked event{config_.target(target), outcome_of(word).value()};
        while (words >> word)
            detail(word, event.outcome);
        return event;
    }

    Event start(std::istringstream& words, std::uint64_t tag) {
        CallStarted call = config_.call();
        call.tag = tag;
        call.max_output_tokens = 0;
        for (std::string word; words >> word;) {
            if (word == "stream")
                call.stream = true;
            else if (word == "image")
                call.idempotent = false;
            else if (word == "tools")
                call.needs.bits |= Capabilities::tools;
            else if (word.starts_with("in="))
                call.input_tokens = number(word.substr(3));
            else if (word == "out=?") // the caller does not say
                call.max_output_tokens.reset();
            else if (word.starts_with("out="))
                call.max_output_tokens = number(word.substr(4));
            else if (word.starts_with("prefer="))
                call.prefer = config_.target(word.substr(7));
            else
                throw std::runtime_error("no such kind of call: " + word);
        }
        return call;
    }
    static std::uint32_t number(const std::string& text) {
        return static_cast<std::uint32_t>(std::stoul(text));
    }

    Event attempt_event(AttemptNumber n, std::istringstream& words, std::uint64_t tag) {
        const CallId call = calls_[tag];
        std::string word;
        words >> word;
        if (word == "connected")
            return Connected{call, n};
        if (word == "thinks")
            return Delta{call, n, 1, false};
        if (word == "token")
            return Delta{call, n, 1, true};
        if (word.starts_with("token*"))
            return Delta{call, n, number(word.substr(6)), true};
        auto outcome = outcome_of(word);
        if (!outcome)
            throw std::runtime_error("no such outcome: " + word);
        while (words >> word)
            detail(word, *outcome);
        return AttemptFinished{call, n, *outcome};
    }

    static void detail(const std::string& word, Outcome& outcome) {
        if (word.starts_with("after="))
            outcome.retry_after = from_seconds(std::stod(word.substr(6)));
        else if (word == "retry=yes")
            outcome.should_retry = true;
        else if (word == "retry=no")
            outcome.should_retry = false;
        else if (word.starts_with("cost="))
            outcome.cost = micro_usd(std::stod(word.substr(5)));
        else if (word.starts_with("used=")) // tokens
            outcome.output_tokens = number(word.substr(5));
        else
            throw std::runtime_error("no such detail: " + word);
    }

    Config config_;
    Engine engine_;
    Printer printer_;
    Actions actions_;
    std::map<std::uint64_t, CallId> calls_;
    std::map<std::uint64_t, Instant> wakes_;
};

inline std::string trimmed(const std::string& text) {
    const auto first = text.find_first_not_of(" \t\r");
    if (first == std::string::npos)
        return "";
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// Plays a table. Empty: every line held. Otherwise the first line that did not, with what was done.
inline std::string play(const std::string& settings, const std::string& table) {
    try {
        World world(settings);
        std::istringstream lines(table);
        int played = 0;
        for (std::string line; std::getline(lines, line);) {
            line = trimmed(line);
            if (line.empty())
                continue;
            const auto bar = line.find('|');
            if (!line.starts_with("t=") || bar == std::string::npos)
                return "not a line: " + line;
            std::istringstream left(line.substr(2, bar - 2));
            double t = 0;
            left >> t;
            std::string event;
            std::getline(left, event);
            const std::string expected = trimmed(line.substr(bar + 1));
            const std::string done = world.play(Instant{from_seconds(t)}, trimmed(event));
            if (done != expected)
                return "\n  at:       " + line + "\n  expected: " + expected +
                       "\n  done:     " + done;
            ++played;
        }
        return played > 0 ? "" : "an empty table proves nothing";
    } catch (const std::exception& error) {
        return error.what();
    }
}

} // namespace brownout::engine::script
