// What `send --image` asks for and where its pictures go.
#pragma once

#include "app/brownoutctl/context.h"
#include "wire/message.h"

namespace brownout::ctl {

struct PictureOptions {
    bool wanted = false;
    std::string output, size, negative_prompt, quality, format; // output: empty or "-": stdout
    std::int64_t steps = 0, count = 0;                          // 0: the model's own
    std::optional<std::int64_t> seed;
    std::optional<double> guidance;
};
void add_picture_options(CLI::App& command, PictureOptions& options);

// Not 0: the exit code, the reason is on stderr. Looks whether the files can be written, too.
int check(const Context& context, const PictureOptions& options, bool stream);
wire::ImageRequest image_request(const PictureOptions& options, const std::string& prompt);

// Saves them as `output`, `output-2` ... (before the extension), or writes the one to stdout. Gives
// what --json tells of them, the bytes as base64 where no file has them; an error when a file
// cannot be written.
Result<chain::Json> save(const Context& context, const PictureOptions& options,
                         const std::vector<wire::Picture>& pictures);

} // namespace brownout::ctl
