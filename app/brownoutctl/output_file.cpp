#include "app/brownoutctl/output_file.h"

#include <cerrno>
#include <filesystem>
#include <system_error>

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

namespace brownout::ctl {

Result<void> try_writing(const std::string& path) {
    const auto refused = [&](int code) -> Result<void> {
        if (code == ENOENT || code == ENOTDIR || code == EISDIR)
            return bad_input(path, "cannot be written: " + std::generic_category().message(code),
                             "Name a file in a folder that exists");
        return environment_error(path,
                                 "cannot be written: " + std::generic_category().message(code),
                                 "Name a file in a directory that you can write to");
    };
    struct stat named {};
    if (::stat(path.c_str(), &named) == 0 && !S_ISREG(named.st_mode) && !S_ISDIR(named.st_mode)) {
        if (S_ISSOCK(named.st_mode)) // written to as it is, and nothing opens a socket by name
            return refused(ENXIO);
        return ::access(path.c_str(), W_OK) == 0 ? Result<void>{} : refused(errno);
    }
    std::error_code ignored;
    const auto resolved = std::filesystem::weakly_canonical(path, ignored);
    std::string beside = ignored || resolved.empty() ? path : resolved.string();
    if (std::filesystem::is_directory(beside, ignored))
        return refused(EISDIR);
    beside += ".XXXXXX";
    const int file = ::mkstemp(beside.data());
    if (file < 0)
        return refused(errno);
    ::close(file);
    ::unlink(beside.c_str());
    return {};
}

} // namespace brownout::ctl
