#include "app/brownoutctl/pictures.h"

#include "app/brownoutctl/output_file.h"
#include "wire/image_size.h"
#include "wire/picture.h"

#include <CLI/CLI.hpp>

#include <unistd.h>

namespace brownout::ctl {
namespace {

bool to_stdout(const PictureOptions& options) {
    return options.output.empty() || options.output == "-";
}

// "cat.png", "cat-2.png": the first picture has the name that was given.
std::string path_of(const std::string& output, std::size_t which) {
    if (which == 0)
        return output;
    const auto slash = output.rfind('/');
    auto dot = output.rfind('.');
    if (dot == output.npos || (slash != output.npos && dot <= slash + 1) || dot == 0)
        dot = output.size();
    return output.substr(0, dot) + "-" + std::to_string(which + 1) + output.substr(dot);
}

} // namespace

void add_picture_options(CLI::App& command, PictureOptions& options) {
    command.add_flag("--image", options.wanted, "Ask for a picture");
    command.add_option(
        "-o,--output", options.output,
        "With --image: the picture's file; default: stdout (with --json: in it as base64)");
    command.add_option("--size", options.size, "With --image: WIDTHxHEIGHT in pixels");
    command.add_option("--steps", options.steps, "With --image: inference steps")
        ->check(CLI::Range(1, 1000));
    command.add_option("--guidance", options.guidance, "With --image: guidance scale")
        ->check(CLI::Range(0.0, 100.0));
    command.add_option("--count", options.count, "With --image: how many pictures")
        ->check(CLI::Range(1, 10));
    command.add_option("--picture-seed", options.seed, "With --image: the model's own seed")
        ->check(CLI::NonNegativeNumber);
    command.add_option("--negative-prompt", options.negative_prompt,
                       "With --image: what it should not show");
    command.add_option("--quality", options.quality, "With --image: low, medium, high ...");
    command.add_option("--format", options.format, "With --image: png, jpeg or webp")
        ->check(CLI::IsMember({"png", "jpeg", "webp"}));
}

int check(const Context& context, const PictureOptions& options, bool stream) {
    const auto refuse = [&](const char* option, const char* what, const char* remedy) {
        return context.fail({Error::Kind::bad_input, option, what, remedy});
    };
    if (!options.wanted) {
        const bool others = !options.output.empty() || !options.size.empty() || options.steps ||
                            options.count || options.seed || options.guidance ||
                            !options.negative_prompt.empty() || !options.quality.empty() ||
                            !options.format.empty();
        return others ? refuse("--image", "an option for pictures without --image",
                               "Add --image, or leave the others out")
                      : exit_done;
    }
    if (stream)
        return refuse("--stream", "a picture does not stream", "Leave --stream out");
    if (!options.size.empty() && !wire::parse_size(options.size))
        return refuse("--size", "is no size in pixels", "Write it as 1024x768");
    if (!to_stdout(options)) { // before it is paid for
        for (std::size_t i = 0; i < std::max<std::size_t>(1, options.count); ++i)
            if (const auto can = try_writing(path_of(options.output, i)); !can)
                return context.fail(can.error());
        return exit_done;
    }
    if (context.json) // carries them
        return exit_done;
    if (options.count > 1)
        return refuse("--count", "several pictures do not fit on stdout", "Name a file with -o");
    if (::isatty(STDOUT_FILENO))
        return refuse("--image", "a picture would fill the terminal", "Name a file with -o");
    return exit_done;
}

wire::ImageRequest image_request(const PictureOptions& options, const std::string& prompt) {
    wire::ImageRequest image;
    image.prompt = prompt;
    image.negative_prompt = options.negative_prompt;
    if (const auto size = wire::parse_size(options.size)) {
        image.width = size->width;
        image.height = size->height;
    }
    if (options.steps > 0)
        image.steps = options.steps;
    if (options.count > 0)
        image.count = options.count;
    image.seed = options.seed;
    image.guidance = options.guidance;
    image.quality = options.quality;
    image.format = options.format;
    return image;
}

Result<chain::Json> save(const Context& context, const PictureOptions& options,
                         const std::vector<wire::Picture>& pictures) {
    chain::Json told = chain::Json::array();
    for (std::size_t i = 0; i < pictures.size(); ++i) {
        const wire::Picture& picture = pictures[i];
        chain::Json one = {{"mime", picture.mime}, {"bytes", picture.bytes.size()}};
        if (!to_stdout(options)) {
            const std::string path = path_of(options.output, i);
            if (auto written = chain::write_file_atomically(path, picture.bytes); !written)
                return fail(written.error());
            one["file"] = path;
            context.say("saved " + path + " (" + picture.mime + ", " +
                        std::to_string(picture.bytes.size()) + " bytes)");
        } else if (context.json) {
            one["base64"] = wire::base64(picture.bytes);
        } else if (i == 0) {
            context.out(picture.bytes);
        }
        told.push_back(std::move(one));
    }
    return told;
}

} // namespace brownout::ctl
