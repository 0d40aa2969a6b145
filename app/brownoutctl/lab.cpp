// lab [CHAIN]: only the providers, for other people's tests, with a control address to switch
// faults on and off: the simulated ones, and the lab in front of the real ones, which are called
// with the key that a client sends.
#include "app/brownoutctl/cancel_watch.h"
#include "app/brownoutctl/stack.h"
#include "chain/presets.h"
#include "faults/outages.h"
#include "faults/place.h"
#include "live/endpoint/fault_switches.h"
#include "live/endpoint/guard.h"
#include "live/simulation.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstdlib>

namespace brownout::ctl {
namespace {

struct LabArguments {
    std::string chain_file, scenario_file;
    unsigned short port = 0;
};

std::vector<const chain::Chain*> chains_of(const chain::Document& document) {
    std::vector<const chain::Chain*> all;
    for (const chain::Chain& chain : document.chains)
        all.push_back(&chain);
    return all;
}

// The control address of the lab.
class FaultControl final : public live::FaultSwitches {
  public:
    FaultControl(LiveStack& stack, const chain::Document& document, std::string token)
        : lab_(stack.lab),
          document_(document),
          rules_{"127.0.0.1", std::move(token)},
          server_(stack.loop, [this](net::ExchangePtr exchange) { handle(*exchange); }) {}

    std::optional<std::string> listen(unsigned short port) {
        return server_.listen(rules_.host, port);
    }
    unsigned short port() const { return server_.port(); }

  private:
    static void reply(net::Exchange& exchange, int status, const chain::Json& body) {
        exchange.reply(status, {{"Content-Type", "application/json"}}, chain::pretty_json(body));
    }

    void handle(net::Exchange& exchange) {
        const net::ServerRequest& request = exchange.request();
        if (request.path() != "/faults")
            return reply(exchange, 404, {{"error", "only /faults is here"}});
        if (const auto refused = live::refusal(request, rules_, true))
            return reply(exchange, refused->status, {{"error", refused->message}});
        const live::FaultAnswer answer = live::switch_faults(*this, request);
        reply(exchange, answer.status, answer.body);
    }

    chain::Json faults_json() const override { return live::active_faults_json(lab_); }

    Result<std::uint32_t> add_fault(const chain::Json& json) override {
        const auto rule = live::read_fault(json);
        if (!rule)
            return fail(rule.error());
        // Places such as @primary are bound to the chain, and targets checked.
        const auto bound = faults::bind_rule(*rule, document_, "", "body");
        if (!bound.ok())
            return fail(faults::as_error(bound.problems.front()));
        const auto allowed = live::check_faults({*bound.value}, document_, chains_of(document_));
        if (!allowed)
            return fail(allowed.error());
        return lab_.inject(*bound.value);
    }

    void remove_fault(std::optional<std::uint32_t> id) override {
        if (id)
            lab_.remove(*id);
        else
            lab_.remove_all();
    }

    live::Lab& lab_;
    const chain::Document& document_;
    const live::GuardRules rules_;
    net::HttpServer server_;
};

std::optional<Context::Loaded> load(const Context& context, const std::string& path) {
    if (!path.empty())
        return context.load_chain(path);
    auto json = chain::parse_json(chain::demo_chain_text(), "demo chain");
    auto read = chain::read_document(*json, "demo chain");
    return Context::Loaded{std::move(*read.value), std::move(*json), {}};
}

// A line per provider, or one JSON document; then the token, unless the caller chose it.
void print_addresses(const Context& context, const live::Lab& lab, const chain::Document& document,
                     unsigned short control_port, const std::string& token) {
    const std::string faults = "http://127.0.0.1:" + std::to_string(control_port) + "/faults";
    chain::Json providers = chain::Json::array();
    for (const chain::Provider& provider : document.providers) {
        const auto url = lab.base_url(provider.id);
        if (!url)
            continue; // its dialect cannot be simulated; that was said
        const std::string dialect{chain::dialect_names[static_cast<int>(provider.dialect)]};
        providers.push_back({{"id", provider.id},
                             {"dialect", dialect},
                             {"base_url", *url},
                             {"simulated", provider.simulated()}});
        if (!context.json)
            context.out(provider.id + " " + dialect + " " + *url + "\n");
        if (!provider.simulated())
            context.say("provider " + provider.id + " is real: what is asked there goes on to " +
                        provider.base_url + " with the caller's key, and is billed");
    }
    if (context.json) {
        context.out_json({{"providers", providers}, {"faults", faults}});
    } else {
        context.out("faults " + faults + "\n");
    }
    // Without it /faults is of no use, so --quiet does not hide it.
    if (!token.empty()) {
        std::fprintf(stderr, "control token (Authorization: Bearer): %s\n", token.c_str());
    }
}

int lab(Context& context, const LabArguments& options) {
    auto loaded = load(context, options.chain_file);
    if (!loaded)
        return exit_bad_input;
    chain::Document& document = loaded->document;
    std::optional<faults::Scenario> scenario;
    if (!options.scenario_file.empty()) {
        auto read = faults::read_scenario_file(options.scenario_file);
        if (context.print(read.problems) || !read.ok())
            return exit_bad_input;
        auto bound = faults::bind(*read.value, document, options.scenario_file);
        if (context.print(bound.problems) || !bound.ok())
            return exit_bad_input;
        scenario = std::move(*bound.value);
        document = live::with_models(document, *scenario);
        if (const auto allowed =
                live::check_faults(scenario->faults, document, chains_of(document));
            !allowed)
            return context.fail(allowed.error());
    }
    if (const auto outages = faults::outage_rules(document, options.chain_file);
        context.print(outages.problems) || !outages.ok())
        return exit_bad_input;

    constexpr std::size_t last_port = 65535;
    if (options.port + document.providers.size() > last_port) {
        return context.fail({Error::Kind::bad_input, "--port",
                             "there are not enough ports after " + std::to_string(options.port),
                             "Choose a lower one, or 0 for free ones"});
    }
    LiveStack stack(context.seed);
    std::vector<std::string> skipped;
    const auto refused = live::serve_simulated(stack.lab, document, skipped, options.port, true);
    for (const std::string& text : skipped)
        std::fprintf(stderr, "%s\n", text.c_str()); // its line is missing: also with --quiet
    if (const auto& why = refused) {
        return context.fail({Error::Kind::environment, "lab", *why, "Choose another --port"});
    }
    const char* const given = std::getenv("BROWNOUT_TOKEN");
    const bool token_made_here = !given || !*given;
    const std::string token = token_made_here ? live::new_token() : given;
    FaultControl control(stack, document, token);
    const auto control_port =
        static_cast<unsigned short>(options.port ? options.port + document.providers.size() : 0);
    if (auto why = control.listen(control_port)) {
        return context.fail({Error::Kind::environment, "lab", *why, "Choose another --port"});
    }
    print_addresses(context, stack.lab, document, control.port(), token_made_here ? token : "");
    stack.lab.play(live::rules_of(scenario.value_or(faults::Scenario{}), document));

    const CancelWatch watch(stack.loop, *context.cancelled, [&] { stack.loop.stop(); });
    stack.loop.run();
    return exit_done; // it runs until it is told to stop
}

} // namespace

void add_lab(CLI::App& app, Context& context, int& code) {
    auto* command = app.add_subcommand("lab", "Run only the simulated providers");
    auto options = std::make_shared<LabArguments>();
    command->add_option("CHAIN", options->chain_file, "Chain file; default: the demo chain");
    command->add_option("--port", options->port,
                        "Port of the first provider; the others follow, then the fault control");
    command->add_option("--scenario", options->scenario_file, "Play this scenario's faults");
    context.add_common(*command);
    command->callback([&context, &code, options] { code = lab(context, *options); });
}

} // namespace brownout::ctl
