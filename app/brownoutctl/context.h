// What every command of brownoutctl shares: options, where output goes, exit codes.
#pragma once

#include "chain/document.h"
#include "chain/keys.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace brownout::ctl {

enum Exit : int {
    exit_done = 0,
    exit_failed = 1,      // an expectation failed, or evidence does not hold
    exit_bad_input = 2,   // usage, or a document
    exit_no_answer = 3,   // every target failed, rejected, refused, or partial
    exit_environment = 4, // port taken, no keychain, disk full
    exit_cancelled = 130,
};

struct Context {
    std::uint64_t seed = 1;
    std::string report, junit, log;
    bool json = false, quiet = false, log_content = false;
    const std::atomic<bool>* cancelled = nullptr;

    // Adds --seed, --report ... as far as a command has a use for them.
    void add_common(CLI::App& command);
    void add_report_files(CLI::App& command); // --report --junit
    void add_run_files(CLI::App& command);    // and --log
    void tell_content() const; // that prompts and answers are logged; whatever --quiet says
    void add_log(CLI::App& command,
                 const char* words = "Write events to this file, one JSON object a line");

    // Results go to stdout, everything else to stderr. Nothing on stderr with --quiet but errors.
    void out(const std::string& text) const;
    void out_json(const chain::Json& value) const; // exactly one document
    int finish(int code) const; // `code`, or exit_environment when stdout took not everything
    void say(const std::string& text) const;
    // Prints the error and gives its exit code.
    int fail(const Error& error) const;
    // Prints problems; true when one of them is an error.
    bool print(const std::vector<chain::Problem>& problems) const;

    // Reads a chain, prints what is wrong with it; nothing: exit with exit_bad_input.
    struct Loaded {
        chain::Document document;
        chain::Json json;
        std::string sha256;
    };
    std::optional<Loaded> load_chain(const std::string& path) const;
    // The keys that the document names; a missing one is told on stderr, without its value.
    chain::ResolvedKeys resolve_keys(const chain::Document& document);
    // The keychain is opened only when a key asks for it; null with the reason where there is none.
    chain::Keychain* keychain(std::string* why = nullptr);

  private:
    // One line on stderr where the evidence does not prove this chain; `verify` says all of it.
    void warn_of_evidence(const chain::Json& document, const std::string& path) const;

    mutable bool out_failed_ = false;
    std::unique_ptr<chain::Keychain> keychain_;
    std::string no_keychain_;
    bool tried_ = false;
};

// Each command adds itself; the callback returns its exit code through `code`.
void add_check(CLI::App& app, Context& context, int& code);
void add_send(CLI::App& app, Context& context, int& code);
void add_rehearse(CLI::App& app, Context& context, int& code);
void add_simulate(CLI::App& app, Context& context, int& code);
void add_suggest(CLI::App& app, Context& context, int& code);
void add_calibrate(CLI::App& app, Context& context, int& code);
void add_lab(CLI::App& app, Context& context, int& code);
void add_serve(CLI::App& app, Context& context, int& code);
void add_batch(CLI::App& app, Context& context, int& code);
void add_compare(CLI::App& app, Context& context, int& code);
void add_export(CLI::App& app, Context& context, int& code);
void add_verify(CLI::App& app, Context& context, int& code);
void add_keys(CLI::App& app, Context& context, int& code);
void add_translate(CLI::App& app, Context& context, int& code);
void add_import(CLI::App& app, Context& context, int& code);
void add_prices(CLI::App& app, Context& context, int& code);

} // namespace brownout::ctl
