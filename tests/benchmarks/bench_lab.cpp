// Whether a rehearsal keeps its timing: 2,000 requests a second with 20 active fault rules, and how
// late scheduled latencies are at 500 requests a second. Traffic, driver, servers and faults share
// one thread and one core, as in `brownoutctl rehearse`. Run by hand; say what else the machine
// did.
#include "live/rehearsal.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sys/resource.h>

using namespace brownout;

namespace {

constexpr double scheduled_ms = 100;

chain::Document one_provider() {
    const auto read = chain::read_document_text(R"({"format":"brownout.chain/1","name":"bench",
        "providers":[{"id":"p","dialect":"openai","base_url":"lab:","key":"none",
                      "model":{"first_token_ms":0,"token_ms":0}}],
        "chains":[{"id":"default","targets":[{"provider":"p","model":"m"}]}],
        "policy":{"breaker":{"consecutive_failures":null,"failure_ratio":null}}})",
                                                "bench");
    return *read.value;
}

// The latency, and 19 rules beside it that are asked for every request and hit few.
faults::Scenario scenario(double requests_per_s, double duration_s) {
    chain::Json json = {
        {"format", "brownout.scenario/1"},
        {"duration_s", duration_s},
        {"traffic",
         {{"requests_per_s", requests_per_s},
          {"arrivals", "poisson"},
          {"stream", false},
          {"input_tokens", 100},
          {"output_tokens", 20}}},
        {"faults",
         chain::Json::array({{{"target", "p"}, {"kind", "latency"}, {"ms", scheduled_ms}}})}};
    for (int i = 0; i < 19; ++i)
        json["faults"].push_back({{"target", "p"},
                                  {"kind", "http_error"},
                                  {"status", 500 + i},
                                  {"when", {{"probability", 0.0005}}}});
    return *faults::read_scenario(json, "bench").value;
}

double cpu_s() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double at(const std::vector<double>& sorted, double q) {
    return sorted.empty() ? -1 : sorted[static_cast<std::size_t>(q * double(sorted.size() - 1))];
}

// How much longer than scheduled the good attempts took, in ms, by the log.
std::vector<double> errors_in(const std::string& log) {
    std::vector<double> errors;
    std::ifstream file(log);
    for (std::string line; std::getline(file, line);) {
        const auto event = chain::Json::parse(line);
        if (event["event"] == "attempt_finished" && event["class"] == "success")
            errors.push_back(event["ms"].get<double>() - scheduled_ms);
    }
    std::sort(errors.begin(), errors.end());
    return errors;
}

void run(double requests_per_s, double duration_s, bool log) {
    const auto path =
        log ? (std::filesystem::temp_directory_path() / "brownout-bench-lab.jsonl").string() : "";
    std::filesystem::remove(path);
    live::RehearseOptions options;
    options.log_path = path;
    const double before = cpu_s();
    const auto report =
        live::rehearse(one_provider(), scenario(requests_per_s, duration_s), {}, options);
    if (!report) {
        std::fprintf(stderr, "%s\n", report.error().text().c_str());
        return;
    }
    const double elapsed = (*report)["elapsed_s"].get<double>();
    const chain::Json& latency = (*report)["latency_ms"];
    std::printf(
        "%5.0f requests/s asked, %6.0f started and ended in %.2f s; from the intended start "
        "p50 %.1f p99 %.1f max %.1f ms (%.0f scheduled); %.0f %% of a core\n",
        requests_per_s, (*report)["requests"].get<double>(), elapsed, latency["p50"].get<double>(),
        latency["p99"].get<double>(), latency["max"].get<double>(), scheduled_ms,
        (cpu_s() - before) / elapsed * 100);
    if (!log)
        return;
    const auto errors = errors_in(path);
    std::printf(
        "      %zu good attempts: later than scheduled by p50 %.2f, p99 %.2f, max %.2f ms\n",
        errors.size(), at(errors, 0.5), at(errors, 0.99), at(errors, 1));
    std::filesystem::remove(path);
}

} // namespace

int main() {
    double load[3] = {};
    getloadavg(load, 3);
    std::printf("load of the machine before: %.1f %.1f\n", load[0], load[1]);
    run(500, 10, true);
    run(500, 10, true);
    run(2000, 10, false);
    run(2000, 10, true);
    return 0;
}
