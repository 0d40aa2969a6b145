// Chain documents: what reads without an error compiles, is described, and saves to the same
// document; what does not has a problem that says so.
#include "fuzz/fuzz.h"

#include "chain/document.h"
#include "chain/worst_case.h"

using namespace brownout;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const std::string text{input.rest()};
    const auto json = chain::parse_json(text, "fuzz.chain.json");
    if (!json)
        return 0;
    const auto read = chain::read_document(*json, "fuzz.chain.json");
    fuzz::require(read.ok() || !read.problems.empty(), "a refusal has a reason");
    const auto again = chain::parse_json(chain::pretty_json(*json), "again");
    fuzz::require(again && *again == *json, "what is saved reads as it was");
    fuzz::require(chain::canonical_sha256(*again) == chain::canonical_sha256(*json),
                  "and has the same hash");
    if (!read.ok())
        return 0;
    const chain::Compiled compiled = chain::compile(*read.value);
    fuzz::require(compiled.setup.chains.size() == read.value->chains.size(),
                  "every chain compiles");
    for (const chain::Chain& chain : read.value->chains) {
        for (const chain::Target& target : chain.targets)
            fuzz::require(!chain::describe(*read.value, chain, target).empty(), "a sentence");
        (void)chain::worst_case(*read.value, chain);
    }
    return 0;
}
