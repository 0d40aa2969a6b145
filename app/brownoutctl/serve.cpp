// serve CHAIN: the local endpoint. The chain file is watched: a valid change serves new requests,
// an invalid one is told and the chain that runs stays.
#include "app/brownoutctl/context.h"
#include "app/common/user_files.h"
#include "live/simulation.h"
#include "live/worker.h"
#include "record/event_log.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <set>
#include <thread>

namespace brownout::ctl {
namespace {

using namespace std::chrono_literals;
constexpr auto signal_look = 20ms;
constexpr auto file_every = 250ms;
constexpr auto longest_drain = 10s;

struct ServeArguments {
    std::string chain_file, scenario_file, host = "127.0.0.1";
    unsigned short port = default_port;
    static constexpr unsigned short default_port = 8484;
};

// What tells one version of a file from the next without reading it.
struct FileMark {
    std::filesystem::file_time_type time;
    std::uintmax_t size = 0;
    bool operator==(const FileMark&) const = default;
    static FileMark of(const std::string& path) {
        std::error_code ignored;
        return {std::filesystem::last_write_time(path, ignored),
                std::filesystem::file_size(path, ignored)};
    }
};

class Server {
  public:
    Server(Context& context, const ServeArguments& options)
        : context_(context), options_(options) {}

    int run() {
        mark_ = FileMark::of(options_.chain_file);
        if (!options_.scenario_file.empty()) {
            auto read = faults::read_scenario_file(options_.scenario_file);
            if (context_.print(read.problems) || !read.ok())
                return exit_bad_input;
            scenario_ = std::move(*read.value);
        }
        auto load = loaded();
        if (!load)
            return exit_bad_input;
        live::EndpointOptions endpoint{options_.host, options_.port, {}};
        if (const char* given = std::getenv("BROWNOUT_TOKEN"); given && *given)
            endpoint.token = given;
        const bool token_made = endpoint.token.empty();

        live::WorkerOptions worker;
        worker.seed = context_.seed;
        // A server without its log is not what was asked for. Who reads a pipe sees it close, so
        // that is opened once.
        if (std::error_code unknown;
            !context_.log.empty() && !std::filesystem::is_fifo(context_.log, unknown))
            if (const auto log = record::LogFile::open(context_.log); !log)
                return context_.fail(log.error());
        worker.log_path = context_.log;
        worker.log_content = context_.log_content;
        context_.tell_content();
        worker.ledger_path = app::ledger_path();
        worker.snapshot_every = 50ms; // nobody watches a chart
        worker_ = std::make_unique<live::Worker>(worker);
        const std::vector<faults::Rule> rules = rules_;
        post(std::move(*load));
        if (!rules.empty())
            post(live::PlayFaults{rules});
        post(live::ServeEndpoint{std::move(endpoint)});
        return serve(token_made);
    }

  private:
    template <class C>
    void post(C command) {
        while (!worker_->post(command))
            std::this_thread::sleep_for(signal_look);
    }

    // The document as it is served, and its rules; nothing: it was told why not.
    std::optional<live::LoadDocument> loaded() {
        auto read = context_.load_chain(options_.chain_file);
        if (!read)
            return std::nullopt;
        live::LoadDocument load;
        load.document = std::move(read->document);
        load.chain_sha256 = std::move(read->sha256);
        load.revision = ++revision_;
        if (scenario_) {
            auto bound = faults::bind(*scenario_, load.document, options_.scenario_file);
            if (context_.print(bound.problems) || !bound.ok())
                return std::nullopt;
            load.document = live::with_models(load.document, *bound.value);
            std::vector<const chain::Chain*> chains;
            for (const chain::Chain& chain : load.document.chains)
                chains.push_back(&chain);
            const auto allowed = live::check_faults(bound.value->faults, load.document, chains);
            if (!allowed) {
                context_.fail(allowed.error());
                return std::nullopt;
            }
            rules_ = std::move(bound.value->faults);
        }
        load.keys = context_.resolve_keys(load.document);
        return load;
    }

    int serve(bool token_made) {
        bool told = false;
        auto next_look = std::chrono::steady_clock::now() + file_every;
        for (;;) {
            const live::SnapshotPtr now = worker_->snapshot();
            tell(now->notices);
            tell(*now->alerts);
            if (!now->endpoint.error.empty())
                return context_.fail({Error::Kind::environment, "serve", now->endpoint.error,
                                      "Choose another --port (0 takes a free one) or --host"});
            if (now->endpoint.listening && !std::exchange(told, true))
                announce(now->endpoint, token_made);
            if (*context_.cancelled)
                return drain();
            if (std::chrono::steady_clock::now() >= next_look) {
                next_look = std::chrono::steady_clock::now() + file_every;
                look_at_file();
            }
            std::this_thread::sleep_for(signal_look);
        }
    }

    void announce(const live::EndpointView& endpoint, bool token_made) const {
        if (context_.json)
            context_.out_json({{"listening", endpoint.url}});
        else
            context_.out("listening on " + endpoint.url + "\n");
        // Without it control routes, and every route away from loopback, are of no use: so --quiet
        // does not hide it.
        if (token_made)
            std::fprintf(stderr, "token (Authorization: Bearer): %s\n", endpoint.token.c_str());
        if (!live::is_loopback(options_.host))
            context_.say("warning: other computers can reach this endpoint; it asks them for the "
                         "token, and the connection is not encrypted");
    }

    void look_at_file() {
        const FileMark mark = FileMark::of(options_.chain_file);
        if (mark == mark_)
            return;
        mark_ = mark;
        if (auto load = loaded()) {
            post(std::move(*load));
            context_.say("loaded " + options_.chain_file + " again");
        } else {
            context_.say("the chain that was loaded before goes on serving");
        }
    }

    void tell(const std::vector<live::Notice>& notices) {
        for (const live::Notice& notice : notices)
            if (notice.id > last_notice_) {
                last_notice_ = notice.id;
                context_.say(notice.text);
            }
    }

    // Each raising and each clearing once.
    void tell(const std::vector<record::AlertRecord>& alerts) {
        std::set<std::uint64_t> raised;
        for (const record::AlertRecord& alert : alerts) {
            const bool is_new = alert.id > last_alert_;
            last_alert_ = std::max(last_alert_, alert.id);
            if (is_new)
                context_.say("alert: " + alert.text);
            if (!alert.cleared)
                raised.insert(alert.id);
            else if (is_new || raised_.contains(alert.id))
                context_.say("alert over: " + alert.text);
        }
        raised_ = std::move(raised);
    }

    // Requests that run are answered; what takes too long is cancelled when the worker goes.
    int drain() {
        post(live::StopEndpoint{});
        // What is left then is cancelled, and told so, in the time that remains.
        const auto give_up = std::chrono::steady_clock::now() + longest_drain - 2s;
        for (bool stopped = false; std::chrono::steady_clock::now() < give_up;) {
            const live::SnapshotPtr now = worker_->snapshot();
            stopped = stopped || !now->endpoint.listening;
            if (stopped && !now->endpoint.draining)
                break;
            std::this_thread::sleep_for(signal_look);
        }
        worker_.reset();
        return exit_done;
    }

    Context& context_;
    const ServeArguments& options_;
    std::optional<faults::Scenario> scenario_;
    std::vector<faults::Rule> rules_;
    FileMark mark_;
    std::uint64_t revision_ = 0, last_notice_ = 0, last_alert_ = 0;
    std::set<std::uint64_t> raised_; // alerts, as they were looked at last
    std::unique_ptr<live::Worker> worker_;
};

} // namespace

void add_serve(CLI::App& app, Context& context, int& code) {
    auto* command = app.add_subcommand(
        "serve", "The local endpoint: clients change their base URL and are served by the chain");
    auto options = std::make_shared<ServeArguments>();
    command->add_option("CHAIN", options->chain_file, "Chain file; watched for changes")
        ->required();
    command->add_option("--port", options->port, "Port; 0 picks a free one")->capture_default_str();
    command
        ->add_option("--host", options->host,
                     "Address to listen on; away from loopback every request needs the token "
                     "(environment BROWNOUT_TOKEN; without one it is made and printed)")
        ->capture_default_str();
    command->add_option("--scenario", options->scenario_file,
                        "Play the faults of this scenario, from the start on");
    context.add_log(*command);
    context.add_common(*command);
    command->callback([&context, &code, options] { code = Server(context, *options).run(); });
}

} // namespace brownout::ctl
