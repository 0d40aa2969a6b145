#include "app/brownoutctl/media.h"

#include <CLI/CLI.hpp>

namespace brownout::ctl {
namespace {

bool is_address(const std::string& text) {
    return text.starts_with("https://") || text.starts_with("http://");
}

} // namespace

void add_media_options(CLI::App& command, MediaOptions& options) {
    command.add_flag("--video", options.video, "Ask for a video; its address goes to stdout");
    command.add_option("--transcribe", options.transcribe,
                       "Ask for the text of the recording at this address");
    command.add_option("--input-url", options.input_url,
                       "With --video: the picture that it begins with");
    command.add_option("--aspect-ratio", options.aspect_ratio, "With --video: 16:9, 1:1 ...");
    command.add_option("--duration", options.duration_s, "With --video: seconds")
        ->check(CLI::Range(1.0, 600.0));
    command.add_option("--language", options.language, "With --transcribe: of the recording");
}

int check(const Context& context, const MediaOptions& options, const std::string& prompt,
          bool picture, bool stream) {
    const auto refuse = [&](const char* option, const char* what, const char* remedy) {
        return context.fail({Error::Kind::bad_input, option, what, remedy});
    };
    if (prompt.empty() && options.transcribe.empty())
        return refuse("--prompt", "there is nothing to ask", "Say it with --prompt TEXT, or -");
    const bool of_video =
        !options.input_url.empty() || !options.aspect_ratio.empty() || options.duration_s > 0;
    if (of_video && !options.video)
        return refuse("--video", "an option for videos without --video",
                      "Add --video, or leave the others out");
    if (!options.language.empty() && options.transcribe.empty())
        return refuse("--language", "is for --transcribe", "Add --transcribe URL");
    if (!options.wanted())
        return exit_done;
    if (picture || (options.video && !options.transcribe.empty()))
        return refuse("--video", "one request asks for one thing",
                      "Choose --image, --video or --transcribe");
    if (stream)
        return refuse("--stream", "a media job does not stream", "Leave --stream out");
    for (const std::string* url : {&options.transcribe, &options.input_url})
        if (!url->empty() && !is_address(*url))
            return refuse(url == &options.transcribe ? "--transcribe" : "--input-url",
                          "is no address that a provider could fetch",
                          "Write an http or https address");
    return exit_done;
}

wire::MediaRequest media_request(const MediaOptions& options, const std::string& prompt) {
    wire::MediaRequest media;
    if (options.video) {
        media.kind = wire::MediaRequest::Kind::video;
        media.prompt = prompt;
        media.input_url = options.input_url;
        media.aspect_ratio = options.aspect_ratio;
        if (options.duration_s > 0)
            media.duration_s = options.duration_s;
    } else {
        media.kind = wire::MediaRequest::Kind::transcription;
        media.input_url = options.transcribe;
        media.language = options.language;
    }
    return media;
}

} // namespace brownout::ctl
