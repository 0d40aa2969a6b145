// `.env` files: NAME=VALUE lines as shells and dotenv libraries read them. Values are keys, so they
// are Secrets from the first moment and appear in no problem.
#pragma once

#include "base/secret.h"
#include "chain/document.h"
#include "chain/presets.h"

#include <string>
#include <vector>

namespace brownout::chain {

struct DotenvEntry {
    std::string name;
    Secret value;
    int line = 0;
};

// `export` before a name, quotes ('...' as it stands, "..." with \n, \" and \\), comments and blank
// lines as usual; the last of two equal names counts. A line that is none of these is a problem
// with its number, never with its text.
Checked<std::vector<DotenvEntry>> read_dotenv(std::string_view text, const std::string& file);

// The entries that are the usual variable of a known provider and have a value, in the order of the
// presets. They point into `entries`.
struct KnownKey {
    const ProviderPreset* preset;
    const DotenvEntry* entry;
};
std::vector<KnownKey> known_keys(const std::vector<DotenvEntry>& entries);

// The chain that these keys make possible: a provider for each preset whose usual variable is among
// them (`key` names where its value is to be found), and a target of its usual model for those that
// chat, in the order of the presets.
Json chain_of_keys(const std::vector<DotenvEntry>& entries, const std::string& name,
                   KeyRef::Source source);

} // namespace brownout::chain
