#include "support/row_world.h"

#include "faults/scenario.h"
#include "live/rehearsal.h"

#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace brownout::test {

namespace {

using chain::Json;

// Listens and never accepts, with a queue that is full: the system drops further connects, so that
// they are neither taken nor refused.
class DeafServer {
  public:
    DeafServer() : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
        address_.sin_family = AF_INET;
        address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address_;
        if (::bind(listener_, generic(), size) != 0 || ::listen(listener_, 0) != 0 ||
            ::getsockname(listener_, generic(), &size) != 0)
            std::abort();
        for (int& filler : fillers_) {
            filler = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
            (void)::connect(filler, generic(), sizeof address_);
        }
    }
    ~DeafServer() {
        for (const int filler : fillers_)
            ::close(filler);
        ::close(listener_);
    }
    DeafServer(const DeafServer&) = delete;
    DeafServer& operator=(const DeafServer&) = delete;
    std::string url() const {
        return "http://127.0.0.1:" + std::to_string(ntohs(address_.sin_port)) + "/v1";
    }

  private:
    sockaddr* generic() { return reinterpret_cast<sockaddr*>(&address_); }
    int listener_;
    int fillers_[4] = {-1, -1, -1, -1};
    sockaddr_in address_{};
};

double at_ms(const Json& event) { // within a day: no run lasts over midnight twice
    const std::string ts = event["ts"];
    return (std::stod(ts.substr(11, 2)) * 3600 + std::stod(ts.substr(14, 2)) * 60 +
            std::stod(ts.substr(17, 6))) *
           1e3;
}

double between_ms(const Json& from, const Json& to) {
    const double d = at_ms(to) - at_ms(from);
    return d < -43'200e3 ? d + 86'400e3 : d;
}

std::string provider_of(const Json& event) {
    const std::string target = event["target"];
    return target.substr(0, target.find('/'));
}

std::string write(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
    return path;
}

Json parse(const std::string& text) {
    return text.empty() ? Json::object() : Json::parse(text);
}

} // namespace

std::vector<const Json*> RowRun::of(std::size_t request, const std::string& event) const {
    std::string id;
    for (const Json& e : events)
        if (e["event"] == "request_started" && request-- == 0) {
            id = e["request"];
            break;
        }
    std::vector<const Json*> found;
    for (const Json& e : events)
        if (e["event"] == event && !id.empty() && e.value("request", "") == id)
            found.push_back(&e);
    return found;
}

std::string RowRun::story(std::size_t request) const {
    std::string text;
    for (const Json* e : of(request, "attempt_finished"))
        text += provider_of(*e) + ":" + (*e)["class"].get<std::string>() + " ";
    for (const Json* e : of(request, "request_finished"))
        text += "= " + (*e)["result"].get<std::string>();
    return text;
}

std::string RowRun::modes(std::size_t request) const {
    std::string text;
    for (const Json* e : of(request, "attempt_started"))
        text += (text.empty() ? "" : " ") + (*e)["mode"].get<std::string>();
    return text;
}

double RowRun::wait_ms(std::size_t request, int n) const {
    const Json *ended = nullptr, *started = nullptr;
    for (const Json* e : of(request, "attempt_finished"))
        if ((*e)["attempt"] == n)
            ended = e;
    for (const Json* e : of(request, "attempt_started"))
        if ((*e)["attempt"] == n + 1)
            started = e;
    return ended && started ? between_ms(*ended, *started) : -1;
}

double RowRun::hedged_after_ms(std::size_t request) const {
    const auto started = of(request, "attempt_started"), hedged = of(request, "hedge_started");
    return started.empty() || hedged.empty() ? -1 : between_ms(*started.front(), *hedged.front());
}

double RowRun::attempt_ms(std::size_t request, int n) const {
    for (const Json* e : of(request, "attempt_finished"))
        if ((*e)["attempt"] == n)
            return (*e)["ms"].get<double>();
    return -1;
}

double RowRun::request_ms(std::size_t request) const {
    const auto ended = of(request, "request_finished");
    return ended.empty() ? -1 : (*ended.front())["ms"].get<double>();
}

double RowRun::first_token_ms(std::size_t request) const {
    const auto ended = of(request, "request_finished");
    return ended.empty() || (*ended.front())["first_token_ms"].is_null()
               ? -1
               : (*ended.front())["first_token_ms"].get<double>();
}

std::size_t RowRun::count(const std::string& event) const {
    return static_cast<std::size_t>(std::count_if(
        events.begin(), events.end(), [&](const Json& e) { return e["event"] == event; }));
}

std::size_t RowRun::count(const std::string& event, const std::string& field,
                          const Json& value) const {
    return static_cast<std::size_t>(std::count_if(events.begin(), events.end(), [&](const Json& e) {
        return e["event"] == event && e.contains(field) && e[field] == value;
    }));
}

int RowRun::attempts(const std::string& provider) const {
    for (const Json& target : report["targets"])
        if (provider_of(target) == provider)
            return target["attempts"].get<int>();
    return -1;
}

int RowRun::served(const std::string& provider) const {
    for (const Json& target : report["targets"])
        if (provider_of(target) == provider)
            return target["served"].get<int>();
    return -1;
}

std::size_t RowRun::results(const std::string& result) const {
    return count("request_finished", "result", result);
}

std::string row_chain(const RowCase& c, bool after, const std::string& deaf_url) {
    Json providers = Json::array(), targets = Json::array();
    const char* names[] = {"aster", "birch", "cedar"};
    for (int i = 0; i < c.targets; ++i) {
        const bool deaf = c.first_is_deaf && i == 0;
        Json provider = {{"id", names[i]},
                         {"dialect", "openai"},
                         {"base_url", deaf ? deaf_url : std::string{"lab:"}},
                         {"key", "none"}};
        if (!deaf)
            provider["model"] = {{"first_token_ms", 5}, {"token_ms", 1}};
        providers.push_back(std::move(provider));
        targets.push_back(
            {{"provider", names[i]},
             {"model", "m"},
             {"price", {{"input_usd_per_mtok", 1.0}, {"output_usd_per_mtok", 10.0}}}});
    }
    Json policy = parse(c.policy);
    const std::string& value = after ? c.after : c.before;
    if (!value.empty())
        policy[Json::json_pointer("/" + c.row)] = Json::parse(value);
    Json chain = {{"format", "brownout.chain/1"},
                  {"name", c.row},
                  {"providers", providers},
                  {"chains", Json::array({{{"id", "default"}, {"targets", targets}}})}};
    // By index, which a merge patch of arrays cannot: {"providers/0/model": ...}.
    const Json patches = parse(c.chain_patch);
    for (const auto& [pointer, patch] : patches.items())
        chain[Json::json_pointer("/" + pointer)] = patch;
    chain["policy"] = std::move(policy);
    return chain.dump(1);
}

RowRun rehearse_row(const RowCase& c, bool after, const std::string& dir) {
    RowRun run;
    std::string name = c.row + (after ? ".after" : ".before");
    std::replace(name.begin(), name.end(), '/', '.');
    static std::atomic<int> runs{0};
    const std::string base = dir + "/" + std::to_string(++runs) + "." + name;
    const std::unique_ptr<DeafServer> deaf =
        c.first_is_deaf ? std::make_unique<DeafServer>() : nullptr;
    const auto document = chain::read_document_file(
        write(base + ".chain.json", row_chain(c, after, deaf ? deaf->url() : "")));
    for (const chain::Problem& p : document.problems)
        if (p.severity == chain::Problem::Severity::error)
            run.error += p.text() + "; ";

    const Json traffic = parse(c.traffic);
    const Json asked = {{"format", "brownout.scenario/1"},
                        {"name", c.row},
                        {"max_requests", traffic.value("requests", 1)},
                        {"traffic",
                         {{"requests_per_s", traffic.value("per_s", 10.0)},
                          {"arrivals", "uniform"},
                          {"input_tokens", 100},
                          {"output_tokens", traffic.value("output_tokens", 5)}}},
                        {"faults", traffic.value("faults", Json::array())}};
    const auto scenario = faults::read_scenario_file(write(base + ".scenario.json", asked.dump(1)));
    for (const chain::Problem& p : scenario.problems)
        if (p.severity == chain::Problem::Severity::error)
            run.error += p.text() + "; ";
    if (!run.error.empty())
        return run;

    live::RehearseOptions options;
    options.seed = 7;
    options.log_path = base + ".log";
    options.real = c.first_is_deaf; // nothing is ever answered there, nothing billed
    options.max_spend = Money::from_usd(1);
    const auto report = live::rehearse(*document.value, *scenario.value, {}, options);
    if (!report) {
        run.error = report.error().text();
        return run;
    }
    run.report = *report;
    std::ifstream log(options.log_path);
    for (std::string line; std::getline(log, line);)
        run.events.push_back(Json::parse(line));
    return run;
}

} // namespace brownout::test
