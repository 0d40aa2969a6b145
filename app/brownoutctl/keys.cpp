// keys: names and values in the system keychain. A value is read from stdin only and never printed.
#include "app/brownoutctl/context.h"

#include "app/common/keychain_store.h"
#include "chain/presets.h"
#include "live/key_test.h"

#include <CLI/CLI.hpp>

#include <functional>
#include <iostream>
#include <termios.h>
#include <unistd.h>

namespace brownout::ctl {
namespace {

// No echo while a key is typed; a pipe needs nothing.
class QuietTerminal {
  public:
    QuietTerminal() {
        if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &before_) != 0)
            return;
        termios silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        changed_ = tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
    }
    ~QuietTerminal() {
        if (changed_)
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    }

  private:
    termios before_{};
    bool changed_ = false;
};

Result<Secret> read_key_from_stdin() {
    constexpr std::size_t limit = 16u << 10;
    const QuietTerminal quiet;
    std::string value;
    std::getline(std::cin, value);
    while (!value.empty() && (value.back() == '\r' || value.back() == ' '))
        value.pop_back();
    if (value.empty()) {
        return bad_input("stdin", "no key was given",
                         "Pipe the key in: printf %s \"$KEY\" | "
                         "brownoutctl keys set NAME");
    }
    if (value.size() > limit)
        return bad_input("stdin", "a key longer than 16 KiB is no key");
    Secret secret(value);
    std::fill(value.begin(), value.end(), '\0');
    return secret;
}

Result<void> valid_name(const std::string& name) {
    const bool good = !name.empty() && name.size() <= 128 &&
                      name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                             "0123456789-_.") == std::string::npos;
    if (good)
        return {};
    // What was given may be a key typed in the wrong place: it is not repeated.
    return bad_input("NAME", "a key name has 1 to 128 letters, digits, '-', '_' or '.'",
                     "Name the key (`keys set openai`) and give its value on stdin");
}

int with_keychain(Context& context, const std::function<Result<void>(chain::Keychain&)>& use) {
    std::string why;
    chain::Keychain* keychain = context.keychain(&why);
    if (!keychain)
        return context.fail({Error::Kind::environment, "keychain", why, ""});
    if (auto done = use(*keychain); !done)
        return context.fail(done.error());
    return exit_done;
}

int list_keys(Context& context) {
    return with_keychain(context, [&](chain::Keychain& keychain) -> Result<void> {
        const auto names = keychain.names();
        if (!names)
            return fail(names.error());
        if (context.json) {
            context.out_json({{"keys", *names}});
        } else if (names->empty()) {
            context.say("no keys stored; add one with: brownoutctl keys set NAME");
        }
        if (!context.json) {
            for (const std::string& name : *names)
                context.out("keychain:" + name + "\n");
        }
        return {};
    });
}

int set(Context& context, const std::string& name) {
    if (auto valid = valid_name(name); !valid)
        return context.fail(valid.error());
    const auto value = read_key_from_stdin();
    if (!value)
        return context.fail(value.error());
    const int code = with_keychain(
        context, [&](chain::Keychain& keychain) { return keychain.write(name, *value); });
    if (code == exit_done)
        context.say("stored as keychain:" + name);
    if (code == exit_done && context.json)
        context.out_json({{"stored", "keychain:" + name}});
    return code;
}

int remove(Context& context, const std::string& name) {
    if (auto valid = valid_name(name); !valid)
        return context.fail(valid.error());
    const int code =
        with_keychain(context, [&](chain::Keychain& keychain) { return keychain.remove(name); });
    if (code == exit_done)
        context.say("removed keychain:" + name);
    if (code == exit_done && context.json)
        context.out_json({{"removed", "keychain:" + name}});
    return code;
}

// The provider as the chain file has it, or a known one with its usual environment variable.
Result<chain::Provider> find_provider(Context& context, const std::string& id,
                                      const std::string& chain_file) {
    if (!chain_file.empty()) {
        const auto loaded = context.load_chain(chain_file);
        if (!loaded)
            return bad_input(chain_file, "the chain file cannot be read");
        if (const auto* provider = loaded->document.provider(id))
            return *provider;
        return bad_input(chain_file, "it has no provider \"" + id + "\"");
    }
    const auto* preset = chain::find_preset(id);
    if (!preset) {
        return bad_input("PROVIDER", "\"" + id + "\" is no known provider",
                         "Name a chain file that has it: --chain FILE");
    }
    chain::Provider provider = chain::provider_of(*preset);
    provider.keys = {{chain::KeyRef::Source::keychain, id}};
    if (!preset->key_env.empty()) {
        provider.keys.push_back({chain::KeyRef::Source::env, preset->key_env});
    }
    return provider;
}

int test(Context& context, const std::string& id, const std::string& chain_file) {
    const auto provider = find_provider(context, id, chain_file);
    if (!provider)
        return context.fail(provider.error());
    if (provider->simulated()) {
        return context.fail({Error::Kind::bad_input, id, "a simulated provider needs no key", ""});
    }
    bool any = provider->keys.empty(), valid = false;
    chain::Json results = chain::Json::array();
    const auto report = [&](const std::string& ref, const live::KeyTest& outcome) {
        valid = valid || outcome.valid;
        results.push_back({{"key", ref}, {"valid", outcome.valid}, {"text", outcome.text}});
        if (!context.json)
            context.out(id + " with " + ref + ": " + outcome.text + "\n");
    };
    if (provider->keys.empty())
        report("no key", live::test_key(*provider, Secret{}));
    for (const chain::KeyRef& ref : provider->keys) {
        const bool in_keychain = ref.source == chain::KeyRef::Source::keychain;
        const chain::KeyStore store(in_keychain ? context.keychain() : nullptr);
        const auto key = store.find(ref);
        if (!key) {
            context.say(key.error().text());
            continue;
        }
        any = true;
        report(ref.text(), live::test_key(*provider, *key));
    }
    if (context.json)
        context.out_json({{"provider", id}, {"results", results}});
    if (!any) {
        return context.fail({Error::Kind::environment, id, "no key was found",
                             "Store one: brownoutctl keys set " + id});
    }
    return valid ? exit_done : exit_failed;
}

} // namespace

void add_keys(CLI::App& app, Context& context, int& code) {
    auto* keys = app.add_subcommand("keys", "Keys in the system keychain");
    keys->require_subcommand(1);
    auto name = std::make_shared<std::string>();
    auto chain_file = std::make_shared<std::string>();

    auto* list_command = keys->add_subcommand("list", "Names of the stored keys, never values");
    context.add_common(*list_command);
    list_command->callback([&] { code = list_keys(context); });

    auto* set_command = keys->add_subcommand("set", "Store a key that is read from stdin");
    set_command->add_option("NAME", *name)->required();
    context.add_common(*set_command);
    set_command->callback([&context, &code, name] { code = set(context, *name); });

    auto* remove_command = keys->add_subcommand("remove", "Remove a key");
    remove_command->add_option("NAME", *name)->required();
    context.add_common(*remove_command);
    remove_command->callback([&context, &code, name] { code = remove(context, *name); });

    auto* test_command = keys->add_subcommand("test", "Make the cheapest real call with a key");
    test_command->add_option("PROVIDER", *name)->required();
    test_command->add_option("--chain", *chain_file, "Take the provider from this chain file");
    context.add_common(*test_command);
    test_command->callback(
        [&context, &code, name, chain_file] { code = test(context, *name, *chain_file); });
}

} // namespace brownout::ctl
