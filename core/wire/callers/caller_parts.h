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

// "https://..." or "data:image/png;base64,..."; nothing: it is neither.
std::optional<Picture> picture_at(std::string_view url);

std::string server_event(const char* type, const chain::Json& data); // type null: data alone

} // namespace brownout::wire
