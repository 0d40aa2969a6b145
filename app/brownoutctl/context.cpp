#include "app/brownoutctl/context.h"

#include "app/common/keychain_store.h"
#include "app/common/user_files.h"
#include "chain/evidence.h"
#include "chain/prices.h"

#include <CLI/CLI.hpp>

#include <cstdio>

namespace brownout::ctl {

void Context::add_common(CLI::App& command) {
    // JSON keeps whole numbers exactly up to 2^53 - 1, and a report repeats the seed.
    command.add_option("--seed", seed, "Every draw follows from it")
        ->capture_default_str()
        ->check(CLI::Range(std::uint64_t{0}, (std::uint64_t{1} << 53) - 1));
    command.add_flag("--json", json, "Print exactly one JSON document on stdout");
    command.add_flag("--quiet", quiet, "No progress and no attempts on stderr");
}

void Context::add_report_files(CLI::App& command) {
    command.add_option("--report", report,
                       "Write the report (brownout.report/1) to this file; of several scenarios "
                       "all of them (brownout.reports/1)");
    command.add_option("--junit", junit,
                       "Write the expectations as JUnit XML to this file; of several scenarios a "
                       "test case for each");
}

void Context::add_run_files(CLI::App& command) {
    add_report_files(command);
    add_log(command, "Write events to this file, one JSON object a line; of several scenarios "
                     "one file each, with the scenario's file name in its own");
}

void Context::add_log(CLI::App& command, const char* words) {
    CLI::Option* const file = command.add_option("--log", log, words);
    command
        .add_flag("--log-content", log_content,
                  "Write prompts and answers to it, too; what looks like a key in them is masked")
        ->needs(file);
}

void Context::tell_content() const {
    if (log_content)
        std::fprintf(stderr, "brownout: prompts and answers are written to %s (--log-content)\n",
                     log.c_str());
}

void Context::out(const std::string& text) const {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout)) {
        out_failed_ = true;
    }
}

int Context::finish(int code) const {
    if (!out_failed_)
        return code;
    std::fprintf(stderr, "error: stdout: the result could not be written; is the disk full?\n");
    return exit_environment;
}

void Context::out_json(const chain::Json& value) const {
    out(chain::pretty_json(value));
}

void Context::say(const std::string& text) const {
    if (quiet)
        return;
    std::fprintf(stderr, "%s\n", text.c_str());
}

int Context::fail(const Error& error) const {
    std::fprintf(stderr, "error: %s\n", error.text().c_str());
    switch (error.kind) {
    case Error::Kind::environment:
        return exit_environment;
    case Error::Kind::cancelled:
        return exit_cancelled;
    case Error::Kind::bad_input:
        break;
    }
    return exit_bad_input;
}

bool Context::print(const std::vector<chain::Problem>& problems) const {
    bool errors = false;
    for (const chain::Problem& problem : problems) {
        const bool is_error = problem.severity == chain::Problem::Severity::error;
        errors = errors || is_error;
        if (is_error || !quiet)
            std::fprintf(stderr, "%s\n", problem.text().c_str());
    }
    return errors;
}

void Context::warn_of_evidence(const chain::Json& document, const std::string& path) const {
    if (!document.is_object() || !document.contains("evidence"))
        return;
    const auto state = chain::check_evidence(document, path).state;
    const bool stale = state == chain::EvidenceState::stale;
    if (!stale && state != chain::EvidenceState::broken)
        return;
    print({{chain::Problem::Severity::warning, path, "/evidence",
            stale ? "the evidence is stale: the chain was edited after it was tested"
                  : "the evidence is broken: a figure or a hash in it was edited",
            "Test the chain again and export it"}});
}

std::optional<Context::Loaded> Context::load_chain(const std::string& path) const {
    const auto text = chain::read_file(path);
    if (!text) {
        fail(text.error());
        return std::nullopt;
    }
    auto parsed = chain::parse_json(*text, path);
    if (!parsed) {
        fail(parsed.error());
        return std::nullopt;
    }
    auto read = chain::read_document(*parsed, path);
    if (print(read.problems) || !read.ok())
        return std::nullopt;
    const auto prices = chain::load_prices(app::prices_path());
    print(prices.problems);
    chain::fill_prices(*read.value, *prices.value);
    Loaded loaded{std::move(*read.value), std::move(*parsed), {}};
    loaded.sha256 = chain::chain_sha256(loaded.json);
    warn_of_evidence(loaded.json, path);
    return loaded;
}

chain::Keychain* Context::keychain(std::string* why) {
    if (!tried_) {
        tried_ = true;
        keychain_ = app::open_keychain(&no_keychain_);
    }
    if (why)
        *why = no_keychain_;
    return keychain_.get();
}

chain::ResolvedKeys Context::resolve_keys(const chain::Document& document) {
    bool asks_keychain = false;
    for (const chain::Provider& provider : document.providers) {
        for (const chain::KeyRef& ref : provider.keys) {
            asks_keychain = asks_keychain || ref.source == chain::KeyRef::Source::keychain;
        }
    }
    const chain::KeyStore store(asks_keychain ? keychain() : nullptr);
    std::vector<chain::Problem> missing;
    auto keys = store.resolve(document, &missing);
    print(missing);
    return keys;
}

} // namespace brownout::ctl
