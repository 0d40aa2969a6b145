// What `send --video` and `send --transcribe` ask for, and how their answers are told.
#pragma once

#include "app/brownoutctl/context.h"
#include "wire/message.h"

namespace brownout::ctl {

struct MediaOptions {
    bool video = false;
    std::string transcribe, input_url, aspect_ratio, language; // addresses; empty: none
    double duration_s = 0;                                     // 0: the model's own
    bool wanted() const { return video || !transcribe.empty(); }
};
void add_media_options(CLI::App& command, MediaOptions& options);

// Not 0: the exit code, the reason is on stderr. `picture`: --image was given, too.
int check(const Context& context, const MediaOptions& options, const std::string& prompt,
          bool picture, bool stream);
wire::MediaRequest media_request(const MediaOptions& options, const std::string& prompt);

} // namespace brownout::ctl
