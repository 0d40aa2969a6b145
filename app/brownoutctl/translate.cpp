// translate: the NexaAPI request that a FAL or Replicate request becomes, or why there is none.
#include "wire/translate.h"
#include "app/brownoutctl/context.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <iostream>
#include <iterator>

namespace brownout::ctl {
namespace {

struct TranslateArguments {
    std::string from, url, body_file;
};

constexpr std::size_t longest_body = 32u << 20;

Result<std::string> body_of(const std::string& file) {
    if (file.empty())
        return std::string{};
    if (file != "-")
        return chain::read_file(file, longest_body);
    std::string text(longest_body + 1, '\0');
    std::cin.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(std::cin.gcount()));
    if (text.size() > longest_body)
        return brownout::fail(
            Error{Error::Kind::bad_input, "--body", "is larger than 32 MiB", "Send less"});
    return text;
}

int none(const Context& context, const std::string& why) {
    if (context.json)
        context.out_json({{"request", nullptr}, {"why", why}});
    std::fprintf(stderr, "error: no translation: %s\n", why.c_str());
    return exit_no_answer;
}

int translate(const Context& context, const TranslateArguments& options) {
    const auto body = body_of(options.body_file);
    if (!body)
        return context.fail(body.error());
    const auto from = options.from == "fal" ? chain::Dialect::fal : chain::Dialect::replicate;
    const wire::Translation t = wire::translate_to_nexaapi(from, options.url, *body);
    if (!t.problem.empty())
        return context.fail({Error::Kind::bad_input, options.from, t.problem, ""});
    if (!t.why_not.empty())
        return none(context, t.why_not);
    const chain::Json out = chain::Json::parse(t.request.body, nullptr, false);
    for (const std::string& note : t.dropped)
        context.say("dropped: " + note);
    if (context.json) {
        context.out_json(
            {{"request", {{"method", t.request.method}, {"url", t.request.url}, {"body", out}}},
             {"dropped", t.dropped}});
    } else {
        context.out(t.request.method + " " + t.request.url + "\n\n" + chain::pretty_json(out));
    }
    return exit_done;
}

} // namespace

void add_translate(CLI::App& app, Context& context, int& code) {
    auto* command = app.add_subcommand(
        "translate", "The NexaAPI request that a FAL or Replicate request becomes");
    auto options = std::make_shared<TranslateArguments>();
    command->add_option("--from", options->from, "fal or replicate")
        ->required()
        ->check(CLI::IsMember({"fal", "replicate"}));
    command->add_option("--url", options->url, "The request's address")->required();
    command->add_option("--body", options->body_file, "The request's JSON, or - for stdin");
    context.add_common(*command);
    command->callback([&context, &code, options] { code = translate(context, *options); });
}

} // namespace brownout::ctl
