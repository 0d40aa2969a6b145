// The two files of a batch, in OpenAI's batch line format: requests in, answers out, a line each.
// What was answered before is known from the file of answers, so a batch goes on where it stopped,
// however it stopped. Thread: one at a time.
#pragma once

#include "base/result.h"
#include "chain/json.h"
#include "live/batch_view.h"

#include <atomic>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace brownout::live {

inline constexpr std::size_t longest_batch_line = 32u << 20; // bytes

struct BatchRequest {
    std::size_t line = 0; // from 1
    std::string custom_id, url, body;
};

// Reads requests one by one; memory does not grow with the file, but for the ids.
class BatchInput {
  public:
    // Looks at every line first. An error names the line: no JSON, no custom_id, an id that came
    // before, a method or url that is not served.
    // Cancelled: nothing, no error either way matters.
    static Result<BatchInput> open(const std::string& path,
                                   const std::atomic<bool>* cancel = nullptr);
    // Nothing at the end; blank lines are no requests.
    Result<std::optional<BatchRequest>> next();
    std::size_t requests() const { return requests_; }
    bool has(const std::string& custom_id) const { return ids_.contains(custom_id); }
    std::size_t line_of(const std::string& custom_id) const; // 0: no such request
    const std::string& path() const { return path_; }

  private:
    std::string path_;
    std::unique_ptr<std::ifstream> file_;
    std::size_t line_ = 0, requests_ = 0;
    std::unordered_map<std::string, std::size_t> ids_; // with their lines
};

struct BatchAnswer {
    std::size_t line = 0; // of its request
    std::string custom_id, request_id;
    int status = 0;   // of the answer; 0: there is none
    std::string body; // JSON
    std::string error_code, error_message;
};

// Appends whole lines, each with one write: whatever kills the process, the file ends with a whole
// line, or with a piece of one that the next start takes away.
class BatchOutput {
  public:
    // Errors: bad_input when the file holds what is no answer to `input`'s requests, or is that
    // file itself; environment when it cannot be written, or another batch writes it. `again`:
    // failed answers are dropped and asked again.
    static Result<BatchOutput> open(const std::string& path, const BatchInput& input, bool again);
    BatchOutput(BatchOutput&&) noexcept;
    BatchOutput& operator=(BatchOutput&&) noexcept;
    ~BatchOutput();

    // Error, environment: the line could not be written, and the piece of it that was is taken
    // back: the file ends with a whole line.
    Result<void> write(const BatchAnswer& answer);
    void close(); // for other batches; nothing more is written
    bool answered(const std::string& custom_id) const { return done_.contains(custom_id); }
    std::size_t answers() const { return done_.size(); }
    std::size_t failures() const { return failures_; } // of them
    bool mended() const { return mended_; }            // a piece of a line was taken away
    Money spent() const { return spent_; }             // as the answers of earlier runs tell
    // Writes the file anew, atomically, where its answers do not follow the order of the requests:
    // others were there before, or failed ones were asked again. Errors as of open().
    Result<void> put_in_order(const BatchInput& input);
    // The first most_batch_failures of them.
    const std::vector<BatchFailure>& failed() const { return failed_; }

  private:
    BatchOutput() = default;
    void note_line(std::size_t line) { // of the request that the next answer is to
        ordered_ = ordered_ && line >= last_line_;
        last_line_ = line;
    }
    std::optional<Error> hold(); // opens the file, for us alone
    Error take_back(int why);    // an errno
    void note_failure(BatchFailure failure);
    std::string path_;
    int fd_ = -1;
    std::int64_t size_ = 0; // of its whole lines, in bytes
    std::unordered_set<std::string> done_;
    std::size_t failures_ = 0;
    std::vector<BatchFailure> failed_;
    bool mended_ = false, ordered_ = true;
    std::size_t last_line_ = 0;
    Money spent_;
};

} // namespace brownout::live
