// Which providers of a document are simulated, and making the lab serve them.
#pragma once

#include "live/lab.h"

namespace brownout::live {

// The document as a scenario plays it: every provider that the scenario gives a model is simulated.
chain::Document with_models(const chain::Document& document, const faults::Scenario& scenario);

// Why the lab cannot play this provider, one line for the user; nothing: it can. One that it cannot
// play is no reason to refuse the chain: its attempts fail and the others answer.
std::optional<std::string> cannot_simulate(const chain::Provider& provider);

// Starts or reshapes every simulated provider of the document and stops those that the document
// does not have any more. Empty: done; else why not. Those that it cannot play are left out and
// told in `skipped`. From `first_port` on, in the document's order, where it is not 0; one that is
// left out keeps its port, so that those after it stay where they are. `fronts`: stands in front of
// the real ones, too.
std::optional<std::string> serve_simulated(Lab& lab, const chain::Document& document,
                                           std::vector<std::string>& skipped,
                                           unsigned short first_port = 0, bool fronts = false);

// The chains that this traffic goes through.
std::vector<const chain::Chain*> chains_of(const faults::Traffic& traffic,
                                           const chain::Document& document);
// Providers of the enabled targets of `chains` that are not simulated, each once.
std::vector<std::string> real_providers(const chain::Document& document,
                                        const std::vector<const chain::Chain*>& chains);

// An error when a rule hits a real provider of these chains with a fault that only a simulated one
// can make.
Result<void> check_faults(const std::vector<faults::Rule>& rules, const chain::Document& document,
                          const std::vector<const chain::Chain*>& chains);
// What the lab plays for it: the scenario's faults, then the outages that the models of simulated
// providers bring about. `played`: as with_models() made it; where its outages cannot be read
// (may_rehearse() says so), only the faults.
std::vector<faults::Rule> rules_of(const faults::Scenario& scenario, const chain::Document& played);

// Puts the lab in front of the real providers that these rules hit. Empty: done; else why not.
std::optional<std::string> front_real(Lab& lab, const chain::Document& document,
                                      const std::vector<faults::Rule>& rules);

} // namespace brownout::live
