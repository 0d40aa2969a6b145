// send CHAIN: one request through the chain. The answer goes to stdout, the attempts to stderr.
#include "app/brownoutctl/cancel_watch.h"
#include "app/brownoutctl/media.h"
#include "app/brownoutctl/pictures.h"
#include "app/brownoutctl/stack.h"
#include "record/attempt_cost.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <iostream>
#include <iterator>
#include <set>

namespace brownout::ctl {
namespace {

struct SendArguments {
    std::string chain_file, chain, prompt, system;
    bool stream = false;
    std::int64_t max_tokens = 0;
    PictureOptions picture;
    MediaOptions media;
};

std::string seconds(Duration d) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f s", to_seconds(d));
    return text;
}

std::string cost_text(std::optional<Money> money) {
    if (!money)
        return "cost unknown";
    char text[32];
    std::snprintf(text, sizeof text, "%.6f USD", money->usd());
    return text;
}

class Printer : public live::CallObserver {
  public:
    Printer(const Context& context, bool stream, boost::asio::io_context& loop)
        : context_(context), stream_(stream), loop_(loop) {}

    void on_attempt(const record::RequestRecord& request) override {
        // They do not end in their order: the second of a hedge may answer first.
        for (const record::AttemptRecord& attempt : request.attempts) {
            if (!attempt.finished || told_.contains(attempt.number))
                continue;
            const bool good = attempt.outcome.cls == engine::OutcomeClass::success;
            // A streamed answer is on the last line of stdout now: its own line comes first.
            if (good && in_line_)
                continue;
            told_.insert(attempt.number);
            context_.say("attempt " + std::to_string(attempt.number) + " " + attempt.target + ": " +
                         (good ? "answered" : attempt.message) + ", " +
                         seconds(attempt.ended - attempt.started) + ", " +
                         cost_text(record::known_cost(attempt)));
            for (const std::string& note : attempt.notes)
                context_.say("  left out " + note);
        }
    }
    void on_delta(const wire::Delta& delta) override {
        if (!stream_ || context_.json || delta.text.empty())
            return;
        context_.out(delta.text);
        in_line_ = true;
    }
    void on_restart(const std::string& target) override {
        if (!stream_ || context_.json)
            return;
        std::fprintf(stderr, "--- restarted on %s ---\n", target.c_str());
        context_.out("\n");
    }
    void on_finish(record::RequestPtr record, const wire::Reply& reply) override {
        if (stream_ && !context_.json)
            context_.out("\n");
        in_line_ = false;
        on_attempt(*record);
        record_ = std::move(record);
        reply_ = reply;
        loop_.stop();
    }

    const record::RequestPtr& record() const { return record_; }
    const wire::Reply& reply() const { return reply_; }

  private:
    const Context& context_;
    bool stream_;
    boost::asio::io_context& loop_;
    std::set<engine::AttemptNumber> told_;
    bool in_line_ = false; // stdout ends within a line
    record::RequestPtr record_;
    wire::Reply reply_;
};

chain::Json sent_json(const record::RequestRecord& r, const wire::Reply& reply) {
    chain::Json attempts = chain::Json::array();
    const auto amount = [](std::optional<Money> money) {
        return money ? chain::Json(money->usd()) : chain::Json{};
    };
    const std::optional<Money> unknown;
    for (const record::AttemptRecord& a : r.attempts) {
        attempts.push_back({{"attempt", a.number},
                            {"target", a.target},
                            {"class", engine::name(a.outcome.cls)},
                            {"status", a.outcome.status},
                            {"code", a.code},
                            {"message", a.message},
                            {"ms", to_ms(a.ended - a.started)},
                            {"cost_usd", amount(record::known_cost(a))}});
        if (!a.notes.empty())
            attempts.back()["left_out"] = a.notes;
    }
    chain::Json out = {
        {"request", r.id},
        {"result", engine::name(r.result)},
        {"text", reply.text},
        {"served_by", r.served_by.empty() ? chain::Json{} : chain::Json(r.served_by)},
        {"ms", to_ms(r.ended - r.started)},
        {"first_token_ms",
         r.first_token ? chain::Json(to_ms(*r.first_token - r.started)) : chain::Json{}},
        {"cost_usd", amount(r.cost_unknown ? unknown : r.cost)},
        {"wasted_usd", amount(r.cost_unknown ? unknown : r.wasted)},
        {"attempts", attempts}};
    if (reply.usage) {
        out["usage"] = {{"input_tokens", reply.usage->input},
                        {"output_tokens", reply.usage->output},
                        {"estimated", reply.usage->estimated}};
    }
    for (const record::Seam& seam : r.seams)
        out["seams"].push_back({{"attempt", seam.attempt},
                                {"target", seam.target},
                                {"after_bytes", seam.after_bytes}});
    if (!r.error.empty())
        out["error"] = r.error;
    return out;
}

int finish(const Context& context, const SendArguments& options, const Printer& printer) {
    const record::RequestRecord& r = *printer.record();
    const bool complete = r.result == engine::CallResult::success;
    chain::Json pictures;
    if (complete && options.picture.wanted) {
        auto saved = save(context, options.picture, printer.reply().pictures);
        if (!saved)
            return context.fail(saved.error());
        pictures = std::move(*saved);
    }
    if (context.json) {
        chain::Json told = sent_json(r, printer.reply());
        if (!pictures.is_null())
            told["pictures"] = pictures;
        if (!printer.reply().media_url.empty())
            told["media_url"] = printer.reply().media_url;
        context.out_json(told);
    } else if (complete && options.media.video) {
        context.out(printer.reply().media_url + "\n");
    } else if (!options.stream && !printer.reply().text.empty()) {
        context.out(printer.reply().text + "\n");
    }
    for (const record::Seam& seam : r.seams)
        context.say(seam.target + " went on after " + std::to_string(seam.after_bytes) +
                    " bytes of the answer");
    if (complete) {
        context.say("served by " + r.served_by + " in " + seconds(r.ended - r.started) + ", " +
                    (r.cost_unknown ? "cost unknown" : cost_text(r.cost)));
        return exit_done;
    }
    if (r.result == engine::CallResult::cancelled)
        return exit_cancelled;
    std::fprintf(stderr, "error: no complete answer (%s): %s\n", engine::name(r.result),
                 r.error.c_str());
    return exit_no_answer;
}

// A job that was given up is told to stop before we go; each of these takes 5 s at most.
void wait_for_cancelled_jobs(LiveStack& stack) {
    stack.loop.restart();
    while (stack.driver->jobs_being_cancelled() > 0)
        stack.loop.run_one_for(std::chrono::milliseconds(50));
}

int send(Context& context, SendArguments options) {
    if (options.prompt == "-") {
        options.prompt.assign(std::istreambuf_iterator<char>(std::cin), {});
    }
    if (const int wrong = check(context, options.picture, options.stream))
        return wrong;
    if (const int wrong =
            check(context, options.media, options.prompt, options.picture.wanted, options.stream))
        return wrong;
    const auto loaded = context.load_chain(options.chain_file);
    if (!loaded)
        return exit_bad_input;
    if (!options.chain.empty()) {
        const auto& chains = loaded->document.chains;
        const bool known = std::any_of(chains.begin(), chains.end(), [&](const chain::Chain& c) {
            return c.id == options.chain || c.task == options.chain;
        });
        if (!known) {
            return context.fail({Error::Kind::bad_input, "--chain",
                                 "there is no chain with the id or task \"" + options.chain + "\"",
                                 "See the `chains` of " + options.chain_file});
        }
    }
    auto stack = LiveStack::make(loaded->document, context.resolve_keys(loaded->document), context);
    if (!stack)
        return context.fail(stack.error());

    wire::ChatRequest request;
    if (options.picture.wanted) {
        request.image = image_request(options.picture, options.prompt);
    } else if (options.media.wanted()) {
        request.media = media_request(options.media, options.prompt);
    } else {
        if (!options.system.empty())
            request.messages.push_back({wire::Role::system, options.system});
        request.messages.push_back({wire::Role::user, options.prompt});
    }
    request.stream = options.stream;
    if (options.max_tokens > 0)
        request.max_tokens = options.max_tokens;

    Printer printer(context, options.stream, (*stack)->loop);
    live::CallOptions call;
    call.chain = options.chain;
    call.accepts_restart = true;
    const auto handle = (*stack)->driver->start(std::move(request), call, printer);

    const CancelWatch watch((*stack)->loop, *context.cancelled,
                            [&] { (*stack)->driver->cancel(handle); });
    (*stack)->loop.run();
    wait_for_cancelled_jobs(**stack);
    return (*stack)->finish(context, finish(context, options, printer));
}

} // namespace

void add_send(CLI::App& app, Context& context, int& code) {
    auto* command = app.add_subcommand("send", "Send one request through the chain");
    auto options = std::make_shared<SendArguments>();
    command->add_option("CHAIN", options->chain_file, "Chain file")->required();
    command->add_option("--chain", options->chain,
                        "Chain id or task; default: the chain `default`");
    command->add_option("--prompt", options->prompt, "The prompt, or - for stdin");
    command->add_option("--system", options->system, "System prompt");
    command->add_flag("--stream", options->stream, "Print the answer as it comes");
    command->add_option("--max-tokens", options->max_tokens, "Longest answer, in tokens")
        ->check(CLI::PositiveNumber);
    context.add_log(*command);
    add_picture_options(*command, options->picture);
    add_media_options(*command, options->media);
    context.add_common(*command);
    command->callback([&context, &code, options] { code = send(context, *options); });
}

} // namespace brownout::ctl
