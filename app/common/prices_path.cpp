#include "app/common/prices_path.h"

#include <cstdlib>

namespace brownout::app {

std::string prices_path() {
    const auto variable = [](const char* name) {
        const char* value = std::getenv(name);
        return std::string{value ? value : ""};
    };
    if (const std::string named = variable("BROWNOUT_PRICES"); !named.empty())
        return named;
    std::string folder = variable("XDG_DATA_HOME");
    if (!folder.starts_with('/')) {
        folder = variable("HOME");
        if (folder.empty())
            return {};
        folder += "/.local/share";
    }
    return folder + "/brownout/prices.json";
}

} // namespace brownout::app
