#include "app/common/user_files.h"

#include <cstdlib>

namespace brownout::app {
namespace {

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

std::string file_at(const char* named_by, const char* folder_by, const char* below_home,
                    const char* name) {
    if (const std::string file = variable(named_by); !file.empty())
        return file;
    std::string folder = variable(folder_by);
    if (!folder.starts_with('/')) {
        folder = variable("HOME");
        if (folder.empty())
            return {};
        folder += below_home;
    }
    return folder + "/brownout/" + name;
}

} // namespace

std::string ledger_path() {
    return file_at("BROWNOUT_LEDGER", "XDG_STATE_HOME", "/.local/state", "ledger.sqlite3");
}

std::string prices_path() {
    return file_at("BROWNOUT_PRICES", "XDG_DATA_HOME", "/.local/share", "prices.json");
}

} // namespace brownout::app
