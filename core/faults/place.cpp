#include "faults/place.h"

#include <charconv>

namespace brownout::faults {

std::optional<std::size_t> place_of(std::string_view target) {
    if (target == "@last")
        return last_place;
    if (target == "@primary")
        return 1;
    if (target.size() < 2 || target.size() > 4 || target.front() != '@' ||
        target.find_first_not_of("0123456789", 1) != target.npos)
        return std::nullopt;
    std::size_t at = 0;
    std::from_chars(target.data() + 1, target.data() + target.size(), at);
    return at > 0 ? std::optional(at) : std::nullopt;
}

void check_place(const std::string& target, const std::string& pointer,
                 chain::ProblemList& problems) {
    if (target.starts_with('@') && !place_of(target))
        problems.error(pointer, chain::shown(chain::Json(target)) + " is no place in a chain",
                       "Use @primary, @2, @3 ... or @last");
}

Error as_error(const chain::Problem& problem) {
    Error out{Error::Kind::bad_input, problem.file, problem.message, problem.remedy};
    if (!problem.pointer.empty())
        out.place += "#" + problem.pointer;
    return out;
}

} // namespace brownout::faults
