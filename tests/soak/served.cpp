#include "soak/served.h"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace brownout::soak {

namespace {

void read_log(const std::string& path, LogAudit& audit) {
    const int file = ::open(path.c_str(), O_RDONLY); // waits until somebody writes
    std::string rest;
    char bytes[65536];
    for (ssize_t n = 0; (n = ::read(file, bytes, sizeof bytes)) > 0;) {
        std::string_view text{bytes, static_cast<std::size_t>(n)};
        for (auto at = text.find('\n'); at != text.npos; at = text.find('\n')) {
            rest.append(text.substr(0, at));
            audit.line(rest);
            rest.clear();
            text.remove_prefix(at + 1);
        }
        rest.append(text);
    }
    if (!rest.empty())
        audit.line(rest + "(cut off)");
    ::close(file);
}

[[noreturn]] void give_up(const std::string& why) {
    std::fprintf(stderr, "soak: %s\n", why.c_str());
    std::exit(2);
}

} // namespace

Served::Served(const std::string& ctl, const std::filesystem::path& folder,
               const std::string& chain, const std::string& token, LogAudit& audit) {
    const std::string chain_file = folder / "soak.chain.json", log = folder / "events";
    std::ofstream(chain_file) << chain;
    if (::mkfifo(log.c_str(), 0600) != 0)
        give_up("no pipe for the event log");
    int out[2];
    if (::pipe(out) != 0)
        give_up("no pipe");
    reader_ = std::thread(read_log, log, std::ref(audit));
    child_ = ::fork();
    if (child_ == 0) {
        ::dup2(out[1], STDOUT_FILENO);
        ::close(out[0]);
        ::close(out[1]);
        ::setenv("BROWNOUT_TOKEN", token.c_str(), 1);
        ::setenv("BROWNOUT_LEDGER", (folder / "ledger").c_str(), 1);
        ::execl(ctl.c_str(), ctl.c_str(), "serve", chain_file.c_str(), "--port", "0", "--log",
                log.c_str(), "--quiet", nullptr);
        ::_exit(127);
    }
    ::close(out[1]);
    std::string said;
    char c = 0;
    while (::read(out[0], &c, 1) == 1 && c != '\n')
        said += c;
    ::close(out[0]);
    const auto colon = said.rfind(':');
    if (!said.starts_with("listening") || colon == said.npos)
        give_up("brownoutctl serve did not start");
    port_ = static_cast<unsigned short>(std::atoi(said.c_str() + colon + 1));
}

Served::~Served() {
    if (child_ > 0) {
        ::kill(child_, SIGKILL);
        ::waitpid(child_, nullptr, 0);
    }
    if (reader_.joinable())
        reader_.join();
}

double Served::resident_mb() const {
    std::ifstream file("/proc/" + std::to_string(child_) + "/status");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("VmRSS:"))
            return std::atof(line.c_str() + 6) / 1024;
    return 0;
}

double Served::cpu_s() const {
    std::ifstream file("/proc/" + std::to_string(child_) + "/stat");
    std::string text;
    std::getline(file, text);
    text.erase(0, text.rfind(')') + 1); // the name may have blanks
    long user = 0, system = 0;
    char state = 0;
    if (std::sscanf(text.c_str(), " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld", &state,
                    &user, &system) != 3)
        return 0;
    return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

int Served::end(double& seconds) {
    using Clock = std::chrono::steady_clock;
    const auto began = Clock::now();
    ::kill(child_, SIGTERM);
    int status = 0;
    while (::waitpid(child_, &status, WNOHANG) == 0) {
        if (Clock::now() - began > std::chrono::seconds{15})
            return -1;
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    seconds = std::chrono::duration<double>(Clock::now() - began).count();
    child_ = -1;
    reader_.join();
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

} // namespace brownout::soak
