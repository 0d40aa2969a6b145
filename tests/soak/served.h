// `brownoutctl serve` as a child process, with its event log in a pipe that is read as it is
// written.
#pragma once

#include "soak/log_audit.h"

#include <filesystem>
#include <string>
#include <sys/types.h>
#include <thread>

namespace brownout::soak {

class Served {
  public:
    // Works below `folder`. Exits the program with a message when serve does not come up.
    Served(const std::string& ctl, const std::filesystem::path& folder, const std::string& chain,
           const std::string& token, LogAudit& audit);
    ~Served(); // kills it where it still runs

    unsigned short port() const { return port_; }
    double resident_mb() const;
    double cpu_s() const; // that it has used so far
    // SIGTERM: its exit code, and how long it took; -1: it did not end within 15 s.
    int end(double& seconds);

  private:
    pid_t child_ = -1;
    unsigned short port_ = 0;
    std::thread reader_; // ends with the log
};

} // namespace brownout::soak
