#include "chain/json.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace brownout::chain {
namespace {

class Descriptor {
  public:
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (fd_ >= 0)
            ::close(fd_);
    }
    int get() const { return fd_; }
    bool close() { // some file systems tell of a full disk only here
        const int fd = fd_;
        fd_ = -1;
        return ::close(fd) == 0;
    }

  private:
    int fd_;
};

tl::unexpected<Error> system_error(const std::string& path, int code, bool writing) {
    const std::string folder = std::filesystem::path(path).parent_path().string();
    switch (code) {
    case ENOENT:
        return writing ? bad_input(path, "the folder does not exist",
                                   "create it first" + (folder.empty() ? "" : ": " + folder))
                       : bad_input(path, "no such file");
    case ENOTDIR:
        return bad_input(path, "a part of the path is not a folder");
    case EISDIR:
        return bad_input(path, "is a folder", "name a file");
    case ENOSPC:
    case EDQUOT:
        return environment_error(path, "the disk is full; the file is as it was before",
                                 "free some space and save again");
    case EACCES:
    case EPERM:
        return environment_error(path, writing ? "no permission to write here"
                                               : "no permission to read it");
    case EROFS:
        return environment_error(path, "the file system is read-only");
    default:
        return environment_error(path, std::string(writing ? "cannot write: " : "cannot read: ") +
                                           std::strerror(code));
    }
}

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t n = ::write(fd, text.data(), text.size());
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

mode_t default_mode() {
    const mode_t mask = ::umask(0);
    ::umask(mask);
    return 0666 & ~mask;
}

// A FIFO or a device has no old text to keep, and who listens to it listens to this very one.
Result<void> write_into(const std::string& path, std::string_view text) {
    Descriptor file(::open(path.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC));
    if (file.get() < 0)
        return system_error(path, errno, true);
    errno = 0;
    if (!write_all(file.get(), text) || !file.close())
        return environment_error(path, std::string("cannot write: ") +
                                           std::strerror(errno ? errno : EIO));
    return {};
}

} // namespace

Result<void> write_file_atomically(const std::string& path, std::string_view text) {
    struct stat named {};
    if (::stat(path.c_str(), &named) == 0 && !S_ISREG(named.st_mode) && !S_ISDIR(named.st_mode))
        return write_into(path, text);
    std::error_code ignored;
    // Through a symbolic link, so that the link stays one.
    const auto resolved = std::filesystem::weakly_canonical(path, ignored);
    const std::string target = ignored || resolved.empty() ? path : resolved.string();
    struct stat before {};
    const bool existed = ::stat(target.c_str(), &before) == 0;
    if (existed && S_ISDIR(before.st_mode))
        return system_error(path, EISDIR, true);

    std::string temporary = target + ".XXXXXX";
    Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
    if (file.get() < 0)
        return system_error(path, errno, true);
    const auto give_up = [&](int code) {
        ::unlink(temporary.c_str());
        return system_error(path, code, true);
    };
    if (!write_all(file.get(), text))
        return give_up(errno ? errno : ENOSPC);
    if (::fchmod(file.get(), existed ? before.st_mode & 07777 : default_mode()) != 0)
        return give_up(errno);
    if (::fsync(file.get()) != 0 || !file.close())
        return give_up(errno);
    if (::rename(temporary.c_str(), target.c_str()) != 0)
        return give_up(errno);

    // The name itself is safe only when its folder is. Not every file system can; the text is safe.
    const auto folder = std::filesystem::path(target).parent_path();
    Descriptor directory(
        ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.get() >= 0)
        ::fsync(directory.get());
    return {};
}

Result<std::string> read_file(const std::string& path, std::size_t limit) {
    Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0)
        return system_error(path, errno, false);
    std::string out;
    char buffer[65536];
    while (true) {
        const ssize_t n = ::read(file.get(), buffer, sizeof buffer);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return system_error(path, errno, false);
        if (n == 0)
            return out;
        if (out.size() + static_cast<std::size_t>(n) > limit)
            return bad_input(path, "larger than " + std::to_string(limit >> 20) + " MiB");
        out.append(buffer, static_cast<std::size_t>(n));
    }
}

} // namespace brownout::chain
