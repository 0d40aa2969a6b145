#include "chain/problem.h"

namespace brownout::chain {

std::string Problem::text() const {
    // A pointer begins with a slash or is empty; "line 3, column 7" is no pointer.
    std::string out = file;
    if (!pointer.empty() && pointer.front() == '/')
        out += "#" + pointer;
    else if (!pointer.empty())
        out += (file.empty() ? "" : ": ") + pointer;
    out += out.empty() ? "" : ": ";
    out += severity == Severity::error ? "error: " : "warning: ";
    out += message;
    if (!remedy.empty())
        out += ". " + remedy;
    return out;
}

} // namespace brownout::chain
