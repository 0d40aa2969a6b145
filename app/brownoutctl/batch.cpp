// batch CHAIN IN.jsonl OUT.jsonl: many prompts in OpenAI's batch line format; goes on where it
// stopped.
#include "live/batch.h"
#include "app/brownoutctl/cancel_watch.h"
#include "app/brownoutctl/stack.h"
#include "base/calendar.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <unistd.h>

namespace brownout::ctl {
namespace {

struct BatchArguments {
    std::string chain_file, in, out;
    live::BatchOptions batch;
    double max_spend_usd = 0, patience_s = to_seconds(live::BatchOptions{}.patience);
    bool retry_failed = false;
};

// One line that is written over, on a terminal only.
class ProgressLine {
  public:
    ProgressLine(const Context& context, boost::asio::io_context& loop, const live::Batch& batch)
        : shown_(!context.quiet && ::isatty(STDERR_FILENO)), batch_(batch), timer_(loop) {
        if (shown_)
            show();
    }
    ~ProgressLine() {
        if (shown_)
            std::fprintf(stderr, "\r\033[K");
    }

  private:
    void show() {
        const live::BatchProgress p = batch_.progress();
        std::string rest;
        if (p.held_back > 0 && !p.held_chain.empty())
            rest = ", " + std::to_string(p.held_back) + " held back, asks again in " +
                   rough_time(p.asks_again_s);
        else if (p.seconds_left)
            rest = ", left: " + rough_time(*p.seconds_left);
        std::fprintf(stderr, "\r\033[K%zu of %zu, %zu failed, %zu running, %.4f USD%s", p.done,
                     p.requests, p.failed, p.running, p.spend.usd(), rest.c_str());
        std::fflush(stderr);
        timer_.expires_after(std::chrono::milliseconds{250});
        timer_.async_wait([this](const boost::system::error_code& error) {
            if (!error)
                show();
        });
    }
    bool shown_;
    const live::Batch& batch_;
    boost::asio::steady_timer timer_;
};

// Says that requests are held back and why, and that they are not any more; not every time where
// that changes all the while.
class OutageTeller {
  public:
    OutageTeller(const Context& context, const live::Clock& clock)
        : context_(context), clock_(clock) {}
    void look(const live::BatchProgress& p) {
        if (p.held_chain == chain_)
            return;
        const bool soon = said_at_ && clock_.now() - *said_at_ < std::chrono::seconds{10};
        if (!p.held_chain.empty() && !soon) {
            said_at_ = clock_.now();
            say("holding back requests of chain " + p.held_chain + ", at most for " +
                rough_time(p.patience_left_s) + ": " + p.held_why);
            said_ = p.held_chain;
        } else if (!said_.empty() && said_ == chain_) {
            say("requests of chain " + std::exchange(said_, "") + " are held back no longer");
        }
        chain_ = p.held_chain;
    }

  private:
    void say(const std::string& text) const {
        context_.say((::isatty(STDERR_FILENO) ? "\r\033[K" : "") + text); // over the progress
    }
    const Context& context_;
    const live::Clock& clock_;
    std::string chain_, said_; // that is waited for, and told; empty: none
    std::optional<Instant> said_at_;
};

void tell(const Context& context, const live::BatchProgress& p, bool whole) {
    if (context.json)
        return context.out_json(
            {{"requests", p.requests},
             {"done", p.done},
             {"failed", p.failed},
             {"complete", whole && p.done == p.requests},
             {"spend_usd", p.cost_unknown ? chain::Json{} : chain::Json(p.spend.usd())}});
    char text[160];
    std::snprintf(text, sizeof text, "%zu of %zu answered, %zu of them failed, %s%.6f USD\n",
                  p.done, p.requests, p.failed, p.cost_unknown ? "at least " : "", p.spend.usd());
    context.out(text);
}

struct Serving final : live::Serving {
    LiveStack& stack;
    const chain::Document& document;
    Serving(LiveStack& s, const chain::Document& d) : stack(s), document(d) {}
    live::Driver* serving_driver(const std::string&) override { return stack.driver.get(); }
    const chain::Document& served_document() const override { return document; }
};

int batch(Context& context, BatchArguments options) {
    const auto loaded = context.load_chain(options.chain_file);
    if (!loaded)
        return exit_bad_input;
    auto input = live::BatchInput::open(options.in);
    if (!input)
        return context.fail(input.error());
    auto output = live::BatchOutput::open(options.out, *input, options.retry_failed);
    if (!output)
        return context.fail(output.error());
    if (output->mended())
        context.say(options.out + ": a piece of a line was taken away; its request is asked again");
    if (output->answers() > 0)
        context.say("going on: " + std::to_string(output->answers()) + " of " +
                    std::to_string(input->requests()) + " are answered already");
    if (options.max_spend_usd > 0)
        options.batch.max_spend = Money::from_usd(options.max_spend_usd);
    options.batch.patience = from_seconds(options.patience_s);
    auto stack = LiveStack::make(loaded->document, context.resolve_keys(loaded->document), context);
    if (!stack)
        return context.fail(stack.error());
    LiveStack& s = **stack;
    Serving serving(s, loaded->document);
    live::Batch running(s.loop, s.clock, serving, std::move(*input), std::move(*output),
                        options.batch);
    Result<void> how;
    bool over = false, stopping = false;
    OutageTeller outages(context, s.clock);
    running.start(
        [&](Result<void> ended) {
            how = std::move(ended);
            over = true;
            s.loop.stop();
        },
        [&] { outages.look(running.progress()); });
    {
        const ProgressLine line(context, s.loop, running);
        const CancelWatch watch(s.loop, *context.cancelled, [&] {
            if (!std::exchange(stopping, true))
                running.stop();
        });
        s.loop.run();
    }
    const live::BatchProgress p = running.progress();
    tell(context, p, over && how.has_value());
    int code = p.failed > 0 ? exit_no_answer : exit_done;
    if (!how)
        code = running.limited() ? (context.fail(how.error()), exit_no_answer)
                                 : context.fail(how.error());
    else if (stopping && p.done < p.requests)
        code = exit_cancelled;
    return s.finish(context, code);
}

} // namespace

void add_batch(CLI::App& app, Context& context, int& code) {
    auto* command = app.add_subcommand(
        "batch", "Many requests from a file; run it again and it goes on where it stopped");
    auto options = std::make_shared<BatchArguments>();
    command->add_option("CHAIN", options->chain_file, "Chain file")->required();
    command
        ->add_option("IN", options->in,
                     "Requests, a JSON object on each line: custom_id, body, and url where it is "
                     "not /v1/chat/completions")
        ->required();
    command->add_option("OUT", options->out, "Answers, a line each; appended to")->required();
    command->add_option("--concurrency", options->batch.concurrency, "Requests at a time")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000));
    command
        ->add_option("--requests-per-min", options->batch.requests_per_min,
                     "Start no more than this")
        ->check(CLI::PositiveNumber);
    command
        ->add_option("--max-spend-usd", options->max_spend_usd,
                     "Start no request with which the batch could cost more, at worst")
        ->check(CLI::PositiveNumber);
    command
        ->add_option("--patience-s", options->patience_s,
                     "How long requests that nobody takes are held back in an outage, before they "
                     "fail; 0: not at all")
        ->capture_default_str()
        ->check(CLI::Range(0.0, 86400.0));
    command->add_flag("--ordered", options->batch.ordered,
                      "Write answers in the order of the requests");
    command->add_flag("--retry-failed", options->retry_failed,
                      "Ask failed requests of an earlier run again");
    context.add_log(*command);
    context.add_common(*command);
    command->callback([&context, &code, options] { code = batch(context, *options); });
}

} // namespace brownout::ctl
