// Errors as values. An Error says where, what is wrong and what to do; a Result<T> is a T or one.
#pragma once

#include <string>
#include <tl/expected.hpp>

namespace brownout {

struct Error {
    enum class Kind {
        bad_input,   // the user's file, argument or key: exit code 2
        environment, // port taken, no keychain, disk full: exit code 4
        cancelled,
    };
    Kind kind = Kind::bad_input;
    std::string place;   // file name, JSON pointer, option; may be empty
    std::string message; // what is wrong; never holds a key
    std::string remedy;  // what would be right; may be empty

    // "place: message. remedy"
    std::string text() const {
        std::string out = place.empty() ? "" : place + ": ";
        out += message;
        if (!remedy.empty())
            out += ". " + remedy;
        return out;
    }
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(Error error) {
    return tl::unexpected<Error>(std::move(error));
}
inline tl::unexpected<Error> bad_input(std::string place, std::string message,
                                       std::string remedy = {}) {
    return fail({Error::Kind::bad_input, std::move(place), std::move(message), std::move(remedy)});
}
inline tl::unexpected<Error> environment_error(std::string place, std::string message,
                                               std::string remedy = {}) {
    return fail(
        {Error::Kind::environment, std::move(place), std::move(message), std::move(remedy)});
}

} // namespace brownout
