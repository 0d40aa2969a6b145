// Reads an event log while it is written, and keeps the books of requests: each is started once,
// finished once, with as many attempts as it says, and ends as its caller saw it.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace brownout::soak {

// How a request ended for the one who asked.
enum class Seen { whole, left, failed };

class LogAudit {
  public:
    // A line of the log, without its end. Thread: the log's reader.
    void line(std::string_view text);
    // Thread: the callers'.
    void seen(const std::string& id, Seen how);

    struct Books {
        std::uint64_t lines = 0, started = 0, finished = 0, attempts = 0, failovers = 0;
        std::uint64_t success = 0, cancelled = 0, failed = 0, broken_streams = 0, faults = 0;
        // Has to be empty at the end: "r-abc: finished twice".
        std::vector<std::string> wrong;
    };
    // With what is still open; at the end, after the log's last line.
    Books close();
    Books now() const;

  private:
    struct Open {
        int attempts_started = 0, attempts_finished = 0;
    };
    void wrong(std::string what);
    void compare(const std::string& id, const std::string& result, Seen how);
    void started(const std::string& id);
    void finished(const std::string& id, std::string_view text);

    mutable std::mutex mutex_;
    Books books_;
    std::unordered_set<std::string> ids_; // ever: an identity is not given twice
    std::unordered_map<std::string, Open> open_;
    std::unordered_map<std::string, std::string> told_; // by the log, not yet seen by the caller
    std::unordered_map<std::string, Seen> seen_;        // by the caller, not yet told by the log
};

} // namespace brownout::soak
