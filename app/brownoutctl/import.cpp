// import FILE: a chain from what another tool left behind. `.env` files: a provider for every key
// that is known by its name.
#include "app/brownoutctl/context.h"
#include "app/brownoutctl/output_file.h"
#include "chain/dotenv.h"

#include <CLI/CLI.hpp>

#include <filesystem>

namespace brownout::ctl {
namespace {

struct ImportArguments {
    std::string file, from = "dotenv", output;
    bool store = false;
};

// The values go into the keychain under the ids of their providers.
bool store_keys(Context& context, const std::vector<chain::DotenvEntry>& entries, int& code) {
    std::string why;
    chain::Keychain* keychain = context.keychain(&why);
    if (!keychain) {
        code = context.fail({Error::Kind::environment, "keychain", why,
                             "Leave --store-keys out: the chain then names the variables"});
        return false;
    }
    for (const auto& [preset, entry] : chain::known_keys(entries)) {
        if (const auto stored = keychain->write(preset->id, entry->value); !stored) {
            code = context.fail(stored.error());
            return false;
        }
        context.say("stored " + entry->name + " as keychain:" + preset->id);
    }
    return true;
}

// Before any key is stored.
Result<void> check_output(const std::string& path) {
    if (path.empty())
        return {};
    std::error_code error; // a place that cannot be looked at is no file: writing there says why
    const auto type = std::filesystem::symlink_status(path, error).type();
    if (type != std::filesystem::file_type::not_found && type != std::filesystem::file_type::none)
        return bad_input(path, "there is a file already", "Name another one, or remove it first");
    return try_writing(path);
}

// What the chain is called: as the folder of the file.
std::string name_for(const std::string& file) {
    std::error_code error;
    const auto whole = std::filesystem::absolute(file, error);
    return error ? std::string{} : whole.parent_path().filename().string();
}

int import_dotenv(Context& context, const ImportArguments& o) {
    if (const auto can = check_output(o.output); !can)
        return context.fail(can.error());
    const auto text = chain::read_file(o.file, 1u << 20);
    if (!text)
        return context.fail(text.error());
    const auto read = chain::read_dotenv(*text, o.file);
    if (context.print(read.problems) || !read.ok())
        return exit_bad_input;
    const auto source = o.store ? chain::KeyRef::Source::keychain : chain::KeyRef::Source::env;
    const chain::Json made = chain::chain_of_keys(*read.value, name_for(o.file), source);
    if (made["chains"][0]["targets"].empty())
        return context.fail({Error::Kind::bad_input, o.file,
                             "no key of a chat provider is among its names",
                             "Known names end in _API_KEY, such as OPENAI_API_KEY"});
    int code = exit_done;
    if (o.store && !store_keys(context, *read.value, code))
        return code;
    if (o.output.empty()) {
        context.out(chain::pretty_json(made));
    } else {
        if (const auto written = chain::write_file_atomically(o.output, chain::pretty_json(made));
            !written)
            return context.fail(written.error());
        if (context.json)
            context.out_json({{"file", o.output}, {"providers", made["providers"].size()}});
        context.say("wrote " + o.output + ", " + std::to_string(made["providers"].size()) +
                    " providers; look at its order and models, then: brownoutctl check " +
                    o.output);
    }
    return exit_done;
}

} // namespace

void add_import(CLI::App& app, Context& context, int& code) {
    auto* command = app.add_subcommand("import", "A chain from another tool's files");
    auto options = std::make_shared<ImportArguments>();
    command->add_option("FILE", options->file, "The file, such as .env")->required();
    command->add_option("--from", options->from, "What it is")
        ->capture_default_str()
        ->check(CLI::IsMember({"dotenv"}));
    command->add_option("-o,--output", options->output, "Write the chain there instead of stdout");
    command->add_flag("--store-keys", options->store,
                      "Put the values into the system keychain; without it the chain names the "
                      "environment variables");
    context.add_common(*command);
    command->callback([&context, &code, options] { code = import_dotenv(context, *options); });
}

} // namespace brownout::ctl
