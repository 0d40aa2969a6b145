#include "live/batch_files.h"

#include "wire/callers/caller.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

namespace brownout::live {

namespace {

using chain::Json;

std::string place(const std::string& path, std::size_t line) {
    return path + ":" + std::to_string(line);
}

std::string text_member(const Json& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

bool blank(const std::string& line) {
    return line.find_first_not_of(" \t\r") == std::string::npos;
}

// A line with its number; false at the end.
Result<bool> get_line(std::istream& file, const std::string& path, std::size_t& number,
                      std::string& line) {
    while (std::getline(file, line)) {
        ++number;
        if (line.size() > longest_batch_line)
            return bad_input(place(path, number), "the line is longer than 32 MiB");
        if (!blank(line))
            return true;
    }
    if (file.bad())
        return environment_error(path, "cannot be read");
    return false;
}

Result<BatchRequest> request_of(const std::string& line, const std::string& path,
                                std::size_t number) {
    const auto json = chain::parse_json(line, place(path, number));
    if (!json)
        return fail(json.error());
    const auto refuse = [&](const char* what, const char* remedy) {
        return bad_input(place(path, number), what, remedy);
    };
    if (!json->is_object())
        return refuse("a line is an object", R"(Write {"custom_id":...,"body":{...}})");
    BatchRequest out;
    out.line = number;
    out.custom_id = text_member(*json, "custom_id");
    if (out.custom_id.empty())
        return refuse("custom_id is missing", "Give each line an id of its own");
    const std::string method = text_member(*json, "method");
    if (!method.empty() && method != "POST")
        return refuse("method is POST", "Leave it out");
    out.url = text_member(*json, "url");
    if (out.url.empty())
        out.url = "/v1/chat/completions";
    if (out.url != "/v1/chat/completions" && out.url != "/v1/images/generations" &&
        out.url != "/v1/messages")
        return refuse("url is not served",
                      "Use /v1/chat/completions, /v1/messages or /v1/images/generations");
    const auto body = json->find("body");
    if (body == json->end() || !body->is_object())
        return refuse("body is to be an object", "Write the request there");
    if (body->contains("stream") && body->at("stream") == true)
        return refuse("a batch does not stream", "Leave out stream");
    out.body = body->dump();
    return out;
}

// Of a line of answers; nothing: it succeeded.
std::optional<BatchFailure> failure_in(const Json& json, std::size_t line, const std::string& id) {
    const auto error = json.find("error");
    if (error != json.end() && error->is_null())
        return std::nullopt;
    BatchFailure failure{line, id, 0, "", ""};
    if (error != json.end() && error->is_object()) {
        failure.code = text_member(*error, "code");
        failure.message = text_member(*error, "message");
    }
    const auto response = json.find("response");
    if (response != json.end() && response->is_object())
        if (const auto status = response->find("status_code");
            status != response->end() && status->is_number_integer())
            failure.status = status->get<int>();
    return failure;
}

// Of a line of answers; 0 where it tells none.
Money cost_in(const Json& json) {
    const Json* at = &json;
    for (const char* key : {"response", "body", "usage", "cost_usd"}) {
        const auto found = at->is_object() ? at->find(key) : at->end();
        if (found == at->end())
            return {};
        at = &*found;
    }
    const double usd = at->is_number() ? at->get<double>() : 0;
    return usd > 0 && usd < 1e9 ? Money::from_usd(usd) : Money{};
}

} // namespace

Result<BatchInput> BatchInput::open(const std::string& path, const std::atomic<bool>* cancel) {
    BatchInput input;
    input.path_ = path;
    input.file_ = std::make_unique<std::ifstream>(path, std::ios::binary);
    if (!*input.file_)
        return bad_input(path, "cannot be read", "Name a file with a request on each line");
    std::string line;
    std::size_t number = 0;
    while (!cancel || !*cancel) {
        const auto more = get_line(*input.file_, path, number, line);
        if (!more)
            return fail(more.error());
        if (!*more)
            break;
        const auto request = request_of(line, path, number);
        if (!request)
            return fail(request.error());
        if (!input.ids_.emplace(request->custom_id, number).second)
            return bad_input(place(path, number),
                             "custom_id \"" + request->custom_id + "\" came before",
                             "Give each line an id of its own");
        ++input.requests_;
    }
    input.file_->clear();
    input.file_->seekg(0);
    return input;
}

std::size_t BatchInput::line_of(const std::string& custom_id) const {
    const auto found = ids_.find(custom_id);
    return found == ids_.end() ? 0 : found->second;
}

Result<std::optional<BatchRequest>> BatchInput::next() {
    std::string line;
    const auto more = get_line(*file_, path_, line_, line);
    if (!more)
        return fail(more.error());
    if (!*more)
        return std::optional<BatchRequest>{};
    auto request = request_of(line, path_, line_);
    if (!request)
        return fail(request.error());
    return std::optional{std::move(*request)};
}

BatchOutput::BatchOutput(BatchOutput&& other) noexcept {
    *this = std::move(other);
}

BatchOutput& BatchOutput::operator=(BatchOutput&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(fd_, other.fd_);
    std::swap(size_, other.size_);
    std::swap(done_, other.done_);
    std::swap(failures_, other.failures_);
    std::swap(failed_, other.failed_);
    std::swap(mended_, other.mended_);
    std::swap(ordered_, other.ordered_);
    std::swap(last_line_, other.last_line_);
    std::swap(spent_, other.spent_);
    return *this;
}

BatchOutput::~BatchOutput() {
    close();
}

void BatchOutput::close() {
    if (fd_ >= 0)
        ::close(std::exchange(fd_, -1));
}

std::optional<Error> BatchOutput::hold() {
    close();
    fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    const auto refuse = [this](const std::string& why, const char* remedy) {
        return Error{Error::Kind::environment, path_, why, remedy};
    };
    if (fd_ < 0)
        return refuse(std::string{"cannot be written: "} + std::strerror(errno),
                      "Name a file in a folder that you may write to");
    if (::flock(fd_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return refuse("another batch is writing this file", "Wait for it, or name another file");
    return std::nullopt;
}

void BatchOutput::note_failure(BatchFailure failure) {
    ++failures_;
    if (failed_.size() < most_batch_failures)
        failed_.push_back(std::move(failure));
}

Result<BatchOutput> BatchOutput::open(const std::string& path, const BatchInput& input,
                                      bool again) {
    BatchOutput out;
    out.path_ = path;
    std::error_code ignored;
    if (std::filesystem::equivalent(path, input.path(), ignored))
        return bad_input(path, "is the file of requests itself",
                         "Name another file for the answers");
    if (const auto why = out.hold())
        return fail(*why);
    std::string kept; // with `again`: the lines that stay
    std::size_t whole = 0, number = 0;
    bool dropped = false;
    std::ifstream file(path, std::ios::binary);
    std::string line;
    while (std::getline(file, line)) {
        ++number;
        if (file.eof()) { // without its line break: the piece that a killed process left
            out.mended_ = true;
            break;
        }
        const auto json = Json::parse(line, nullptr, false);
        const std::string id = json.is_object() ? text_member(json, "custom_id") : "";
        if (id.empty() || !input.has(id))
            return bad_input(place(path, number), "is no answer to a request of this batch",
                             "Name another file for the answers");
        if (out.done_.contains(id))
            return bad_input(place(path, number), "\"" + id + "\" is answered twice",
                             "Take one of the two lines away");
        auto failure = failure_in(json, input.line_of(id), id);
        whole += line.size() + 1;
        if (failure && again) {
            dropped = true;
            continue;
        }
        out.done_.insert(id);
        out.note_line(input.line_of(id));
        out.spent_ += cost_in(json);
        if (failure)
            out.note_failure(std::move(*failure));
        if (again)
            kept += line + "\n";
    }
    if (dropped) {
        if (auto written = chain::write_file_atomically(path, kept); !written)
            return fail(written.error());
        if (const auto why = out.hold()) // it is another file now
            return fail(*why);
    }
    const auto size = static_cast<off_t>(dropped ? kept.size() : whole);
    if (::ftruncate(out.fd_, size) != 0 || ::lseek(out.fd_, size, SEEK_SET) != size)
        return environment_error(path, std::string{"cannot be written: "} + std::strerror(errno));
    out.size_ = size;
    return out;
}

Error BatchOutput::take_back(int why) {
    const bool full = why == ENOSPC || why == EDQUOT;
    Error error{Error::Kind::environment, path_,
                full ? "there is no room for more answers: " + std::string{std::strerror(why)}
                     : "cannot be written: " + std::string{std::strerror(why)},
                full           ? "Make room there"
                : why == EFBIG ? "Raise the limit of file sizes (ulimit -f)"
                               : "See that its disk is there and can be written"};
    error.remedy += ", then start the batch again: it goes on where it stopped";
    const auto size = static_cast<off_t>(size_);
    if (::ftruncate(fd_, size) != 0 || ::lseek(fd_, size, SEEK_SET) != size)
        error.message += "; its last line may be a piece of one, which the next start takes away";
    return error;
}

Result<void> BatchOutput::write(const BatchAnswer& answer) {
    Json line;
    line["id"] = "batch_req_" + answer.request_id;
    line["custom_id"] = answer.custom_id;
    line["response"] = nullptr;
    if (answer.status != 0) {
        Json body = Json::parse(answer.body, nullptr, false);
        line["response"] = {{"status_code", answer.status},
                            {"request_id", answer.request_id},
                            {"body", body.is_discarded() ? Json(answer.body) : std::move(body)}};
    }
    line["error"] = nullptr;
    if (!answer.error_code.empty())
        line["error"] = {{"code", answer.error_code}, {"message", answer.error_message}};
    const std::string text = line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    for (std::size_t at = 0; at < text.size();) {
        const auto n = ::write(fd_, text.data() + at, text.size() - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fail(take_back(n < 0 ? errno : ENOSPC));
        at += static_cast<std::size_t>(n);
    }
    size_ += static_cast<std::int64_t>(text.size());
    done_.insert(answer.custom_id);
    note_line(answer.line);
    if (!answer.error_code.empty())
        note_failure({answer.line, answer.custom_id, answer.status, answer.error_code,
                      answer.error_message});
    return {};
}

Result<void> BatchOutput::put_in_order(const BatchInput& input) {
    if (ordered_)
        return {};
    std::vector<std::pair<std::size_t, std::string>> lines;
    std::ifstream file(path_, std::ios::binary);
    for (std::string line; std::getline(file, line);) {
        const auto json = Json::parse(line, nullptr, false);
        lines.emplace_back(input.line_of(json.is_object() ? text_member(json, "custom_id") : ""),
                           std::move(line));
    }
    if (lines.size() != done_.size())
        return environment_error(path_, "was changed by another program");
    std::sort(lines.begin(), lines.end());
    std::string text;
    for (const auto& [number, line] : lines)
        text += line + "\n";
    if (auto written = chain::write_file_atomically(path_, text); !written)
        return written;
    ordered_ = true;
    if (const auto why = hold()) // it is another file now
        return fail(*why);
    return {};
}

} // namespace brownout::live
