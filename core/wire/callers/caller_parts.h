// What the callers' readers share: members of a request, each with its complaint. Private to
// wire/callers. Pure.
#pragma once

#include "chain/json.h"
#include "wire/callers/caller.h"
#include "wire/json_lenient.h"

namespace brownout::wire {

CallerError bad_request(std::string param, std::string message);

// Reads the members of one request object. The first complaint is kept; later reads go on.
class Members {
  public:
    explicit Members(const WireJson& object) : object_(object) {}

    const WireJson* get(const char* name); // null: absent or null
    std::string text(const char* name);
    bool flag(const char* name);
    std::optional<double> number(const char* name, double least, double most);
    std::optional<std::int64_t> whole(const char* name, std::int64_t least, std::int64_t most);
    std::vector<std::string> texts(const char* name); // a list of texts, or one alone
    template <class Read>
    void each(const char* name, Read read) { // of a list that may be absent
        const WireJson* all = get(name);
        if (all && !all->is_array())
            return complain(name, std::string{name} + " is to be a list");
        for (std::size_t i = 0; all && i < all->size(); ++i)
            read((*all)[i]);
    }
    // Without an answer to it in any dialect of ours: said, not swallowed.
    void refuse(const char* name, const char* why);
    void complain(const std::string& param, const std::string& message);

    const std::optional<CallerError>& problem() const { return problem_; }
    // Members that nobody has asked for, as a JSON object; empty: none.
    std::string rest() const;
    std::vector<std::string> rest_names() const; // 64 at most, each on one line

  private:
    const WireJson& object_;
    std::vector<std::string> known_;
    std::optional<CallerError> problem_;
};

// The body as an object, or why it is none.
tl::expected<WireJson, CallerError> request_object(std::string_view body);

std::string json_text(const WireJson& json); // bytes that are no UTF-8 are repaired

// An object's members but these, as one JSON object; empty: there are none.
std::string more_than(const WireJson& object, std::initializer_list<const char*> known);

// How an answer ended, as its caller is to see it. What ended without a word, or in an error, and
// was to be kept all the same is cut short.
enum class Ending { stop, length, filtered, calls };
Ending ending_of(Finish finish, bool calls);

// "https://..." or "data:image/png;base64,..."; nothing: it is neither.
std::optional<Picture> picture_at(std::string_view url);

std::string server_event(const char* type, const chain::Json& data); // type null: data alone

} // namespace brownout::wire
