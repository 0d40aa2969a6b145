// Files that a command is to write: looked at before anything costs money, time or keys.
#pragma once

#include "base/result.h"

#include <string>

namespace brownout::ctl {

// Whether a file could be written where it is to be. Nothing stays behind, and what is there
// already stays as it is. Errors: bad_input for a path that is a folder or has none, environment
// for one that the system refuses.
Result<void> try_writing(const std::string& path);

} // namespace brownout::ctl
