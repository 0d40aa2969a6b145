// How far a command is, on stderr, with the time that is left: a bar on a terminal, elsewhere a
// line at each tenth.
#pragma once

#include <chrono>
#include <cstdio>
#include <string>
#include <unistd.h>

namespace brownout::ctl {

class ProgressBar {
  public:
    explicit ProgressBar(bool wanted) : on_(wanted), terminal_(isatty(STDERR_FILENO)) {}
    // `share`: 0 to 1.
    void show(double share, const std::string& what) {
        if (!on_ || (!terminal_ && share * 100 < next_))
            return;
        if (terminal_) {
            constexpr int width = 30;
            const int filled = static_cast<int>(share * width);
            std::fprintf(stderr, "\r\033[K[%.*s%*s]", filled, "##############################",
                         width - filled, "");
        }
        std::fprintf(stderr, "%3.0f %%", share * 100);
        if (share > 0.01)
            std::fprintf(stderr, ", %.0f s left", elapsed_s() / share * (1 - share));
        if (!what.empty())
            std::fprintf(stderr, ", %s", what.c_str());
        if (!terminal_)
            std::fprintf(stderr, "\n");
        std::fflush(stderr);
        while (next_ <= share * 100)
            next_ = next_ < 10 ? 10 : next_ + 10;
    }
    void clear() {
        if (on_ && terminal_)
            std::fprintf(stderr, "\r\033[K");
    }
    double elapsed_s() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }

  private:
    bool on_, terminal_;
    double next_ = 1; // percent, of the next line
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

} // namespace brownout::ctl
