// FAL's and Replicate's answers as their servers write them, for clients of the local endpoint.
// Requests are read by wire/translate.h. Pure. Thread: any.
#pragma once

#include "chain/document.h"
#include "wire/callers/caller.h"

namespace brownout::wire {

// A picture, video or transcription in the making, as its caller sees it.
struct MediaJob {
    enum class State { queued, running, succeeded, failed, cancelled };
    std::string id, model; // the model as it was asked for
    std::string base;      // "http://127.0.0.1:8484": where its caller found us
    std::int64_t created_unix_s = 0, ended_unix_s = 0;
    State state = State::queued;
    ChatRequest asked;
    Reply reply;       // when succeeded; every picture has an address
    CallerError error; // when failed
};

struct MediaAnswer {
    int status = 200;
    Headers headers;
    std::string body;
};

class MediaCaller {
  public:
    virtual ~MediaCaller() = default;
    virtual chain::Dialect dialect() const = 0;
    enum class Step { none, run, submit, status, result, cancel };
    struct Route {
        Step step = Step::none;
        std::string id;    // of a job that is looked at
        std::string model; // of a new one, or empty: the body names it
    };
    // `path` without a query; `target_url`: FAL's clients name the address that they mean when they
    // go through a proxy.
    virtual Route route(std::string_view method, std::string_view path,
                        std::string_view target_url) const = 0;
    virtual MediaAnswer answer(Step step, const MediaJob& job) const = 0;
    virtual MediaAnswer error(const CallerError& error) const = 0;
    // How long a submission waits for its end before it is answered. `prefer`: the header.
    virtual Duration hold(std::string_view prefer) const = 0;
};

const MediaCaller& fal_caller();       // under /fal/
const MediaCaller& replicate_caller(); // under /replicate/v1/

} // namespace brownout::wire
