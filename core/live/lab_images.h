// The server side of a dialect's pictures, for the lab: what its servers take, and what they answer
// at each step of a job. Private to the lab. Pure: no clock, no socket.
#pragma once

#include "live/lab_dialect.h"
#include "live/lab_words.h"

namespace brownout::live {

struct LabPicture { // a request for pictures
    std::string model, prompt;
    std::optional<std::int64_t> seed;
    std::int64_t width = 1024, height = 1024, count = 1;
    bool inlined = false;                      // the bytes are in the reply, else an address
    bool raw = false;                          // and are the reply (Stability AI's Accept: image/*)
    bool job = false;                          // answered before it is made
    Duration hold{};                           // but not before so long, unless it is made by then
    bool video = false, transcription = false; // neither: a picture
};

struct LabJob {
    enum class State { queued, running, succeeded, failed, canceled };
    std::string id, base; // base: "http://127.0.0.1:4711"
    std::int64_t unix_s = 0;
    LabPicture asked;
    State state = State::succeeded;
    std::vector<std::string> urls;     // of the pictures
    std::vector<std::string> pictures; // their bytes, where they are inlined
};

class LabImages {
  public:
    virtual ~LabImages() = default;
    enum class Step { none, create, look, result, cancel };
    struct Route {
        Step step = Step::none;
        std::string job;
    };
    virtual Route route(const net::ServerRequest& request) const = 0;
    // Of a create: the request, or the answer that refuses it.
    virtual tl::expected<LabPicture, LabAnswer> read(const net::ServerRequest& request) const = 0;
    virtual LabAnswer answer(Step step, const LabJob& job) const = 0;
};

// A dialect that makes pictures and nothing else: its chat side answers that there is no such path.
class LabPicturesOnly : public LabDialect {
  public:
    explicit LabPicturesOnly(const LabImages& images) : images_(images) {}
    const LabImages* images() const override { return &images_; }
    Route route(const net::ServerRequest&) const override { return Route::unknown; }
    tl::expected<LabRequest, LabAnswer> read(const net::ServerRequest& request) const override {
        return tl::unexpected<LabAnswer>(unknown(request));
    }
    LabAnswer models(const std::vector<std::string>&, std::int64_t) const override { return {}; }
    LabAnswer whole(const LabReplyFacts&, const std::string&) const override { return {}; }
    net::Headers stream_headers() const override { return {}; }
    std::string begin(const LabReplyFacts&) const override { return {}; }
    std::string token(const LabReplyFacts&, const std::string&) const override { return {}; }
    std::string malformed(const LabReplyFacts&) const override { return {}; }
    std::string end(const LabReplyFacts&) const override { return {}; }

  private:
    const LabImages& images_;
};

// For the dialects that have chats beside them.
const LabImages& openai_lab_images(bool azure = false);
const LabImages& gemini_lab_images();

// "/v1beta/models/NAME:METHOD": name and method; empty where the path is another.
struct GeminiCall {
    std::string model, method;
};
GeminiCall gemini_call(std::string_view path);

} // namespace brownout::live
