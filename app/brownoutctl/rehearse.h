// What the two halves of `rehearse` share: one scenario, and several.
#pragma once

#include "app/brownoutctl/context.h"
#include "faults/scenario.h"

#include <string>
#include <vector>

namespace brownout::ctl {

struct RehearseArguments {
    std::string chain_file;
    std::vector<std::string> scenarios; // files and folders
    bool real = false, hooks = false;
    std::optional<double> max_spend_usd;
    std::optional<int> jobs;
    std::optional<double> within_s;
};

// Reads a scenario, makes it last at most `within_s`, binds it to the document. Prints what is
// wrong with it; nothing: exit with exit_bad_input.
std::optional<faults::Scenario> load_scenario(const Context& context, const std::string& path,
                                              const chain::Document& document,
                                              std::optional<double> within_s);
// Whether --report, --junit and these logs can be written; else the exit code, before anything
// costs money or time.
std::optional<int> check_files(const Context& context, const std::vector<std::string>& logs);
// --real needs a limit; it and the estimate are printed before the first call. Else the exit code.
std::optional<int> confirm_spend(const Context& context, const RehearseArguments& arguments,
                                 const std::vector<std::optional<Money>>& estimates);
// Writes --report and --junit. Each is tried, whatever becomes of the other; the code of the first
// that failed.
std::optional<int> write_files(const Context& context, const chain::Json& report,
                               const std::string& junit);

// More than one file, or a folder.
bool are_several(const std::vector<std::string>& scenarios);
int rehearse_several(Context& context, const RehearseArguments& arguments);

// The report of one run: on stdout, then into its files. The code where one could not be written.
std::optional<int> give_report(const Context& context, const chain::Json& report);
// What a report says to whoever asked for it.
int verdict(const Context& context, const chain::Json& report);

} // namespace brownout::ctl
