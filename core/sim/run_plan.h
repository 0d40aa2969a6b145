// What all runs of one simulation share: the document with every provider simulated, its targets by
// index, prices ready for use. Immutable while runs go on; any number of threads may read it.
#pragma once

#include "base/result.h"
#include "engine/outcome.h"
#include "faults/scenario.h"
#include "sim/provider_draws.h"
#include "wire/billing.h"

namespace brownout::sim {

struct RunPlan {
    struct Provider {
        chain::Dialect dialect = chain::Dialect::openai;
        ProviderModelTable model;     // of seed 0
        engine::Outcome fails, sheds; // by the model: an error now and then; a queue that is full
    };
    struct Target {
        std::size_t provider = 0;
        bool chats = true; // makes pictures only: nobody asks it for a text
        std::optional<chain::Price> price;
        bool plain = false; // both rates are known and there are no tiers: pico-dollars a token
        std::int64_t pico_per_input = 0, pico_per_output = 0;
        bool price_known = false;
    };
    struct Chain {
        std::string task; // for records: the chain's, or its id
        std::optional<engine::TargetId> first_choice;
        bool hedges = false;
        std::uint32_t commit_tokens =
            1; // text is the caller's from so many on; 0: when it is whole
    };

    chain::Document document;
    faults::Scenario scenario;             // bound to it
    std::vector<faults::Rule> rules;       // the scenario's, then the models' own outages
    bool streams = true, pictures = false; // what is asked for
    bool prices_change = false, connections_break = false;
    chain::Compiled names;
    std::vector<Money> picture_prices; // of a picture that nobody says more about, by picture_row
    std::vector<Provider> providers;   // by ProviderId
    std::vector<Target> targets;       // by TargetId
    std::vector<Chain> chains;         // by ChainId
    std::vector<engine::ChainId> chain_of_task; // of the mix; one where there is none
    std::string chain_id;                       // whose targets the report lists
    std::vector<std::string> notes;
};

// `scenario` is bound to the document. The error: an impossible model, or a run that would never
// end, with the figure that is too large and what would fit.
Result<RunPlan> plan_run(const chain::Document& document, const faults::Scenario& scenario);

// How many events a run will have, about; infinite where nothing bounds it.
double expected_requests(const faults::Scenario& scenario);

} // namespace brownout::sim
