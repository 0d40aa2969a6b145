#include "app/brownoutctl/stack.h"

#include "live/simulation.h"

#include <cstdio>

namespace brownout::ctl {
namespace {

// A provider that the lab cannot play is left out, but keeps its port: those after it stay where
// the order of the document puts them.
std::optional<std::string> serve(live::Lab& lab, const chain::Document& document,
                                 unsigned short first_port, bool quiet) {
    unsigned short port = first_port;
    for (const chain::Provider& provider : document.providers) {
        if (!provider.simulated())
            continue;
        if (const auto skipped = live::cannot_simulate(provider)) {
            if (!quiet)
                std::fprintf(stderr, "%s\n", skipped->c_str());
        } else if (auto why = lab.serve(provider.id, provider.dialect,
                                        provider.model.value_or(chain::ProviderModel{}), port)) {
            return why;
        }
        if (first_port != 0)
            ++port;
    }
    return std::nullopt;
}

} // namespace

std::optional<std::string> serve_simulated(live::Lab& lab, const chain::Document& document,
                                           unsigned short first_port) {
    return serve(lab, document, first_port, false);
}

Result<std::unique_ptr<LiveStack>>
LiveStack::make(const chain::Document& document, chain::ResolvedKeys keys, const Context& context) {
    auto stack = std::make_unique<LiveStack>(context.seed);
    LiveStack& s = *stack;
    if (auto why = serve(s.lab, document, 0, context.quiet)) {
        return environment_error("lab", *why);
    }
    if (!context.log.empty()) {
        auto log = record::LogFile::open(context.log);
        if (!log)
            return fail(log.error());
        s.log = std::move(*log);
        s.events = std::make_unique<record::EventWriter>(
            s.clock.wall(), [&s](const chain::Json& event) { s.log->write(event, s.clock.now()); });
    }
    s.driver = std::make_unique<live::Driver>(
        s.loop, s.http, s.clock, document, std::move(keys),
        [&s](const std::string& provider) { return s.lab.base_url(provider); }, context.seed,
        s.events.get(), nullptr);
    return stack;
}

} // namespace brownout::ctl
