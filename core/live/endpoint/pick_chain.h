// Which chain a request's `model` means, and how a call that failed is told. Pure. Thread: any.
#pragma once

#include "chain/document.h"
#include "record/records.h"
#include "wire/callers/caller.h"

namespace brownout::live {

struct PickedChain {
    const chain::Chain* chain = nullptr;
    std::string prefer; // a target's name that is asked first; empty: the chain's own order
};
// By a chain's id, then by its task, then the first chain with an enabled target of that model
// ("gpt-5-mini" or "openai/gpt-5-mini"); empty and "auto" are the default chain, and so is anything
// else unless the document says that it is an error. The document has a chain.
tl::expected<PickedChain, wire::CallerError> pick_chain(const chain::Document& document,
                                                        const std::string& model);

// Every name that pick_chain takes: "auto", chains, tasks, models; each once.
std::vector<std::string> model_names(const chain::Document& document);

// Why a request has no answer, for its caller. `soonest`: until a target of its chain may be asked
// again, where that is known.
wire::CallerError error_of(const record::RequestRecord& request, std::optional<Duration> soonest);

} // namespace brownout::live
