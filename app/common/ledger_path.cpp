#include "app/common/ledger_path.h"

#include <cstdlib>

namespace brownout::app {

std::string ledger_path() {
    const auto variable = [](const char* name) {
        const char* value = std::getenv(name);
        return std::string{value ? value : ""};
    };
    if (const std::string named = variable("BROWNOUT_LEDGER"); !named.empty())
        return named;
    std::string folder = variable("XDG_STATE_HOME");
    if (!folder.starts_with('/')) {
        folder = variable("HOME");
        if (folder.empty())
            return {};
        folder += "/.local/state";
    }
    return folder + "/brownout/ledger.sqlite3";
}

} // namespace brownout::app
