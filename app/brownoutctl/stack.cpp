#include "app/brownoutctl/stack.h"

#include "app/common/user_files.h"
#include "live/simulation.h"

#include <boost/asio/post.hpp>

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
    if (auto opened = s.open_book(document, context); !opened)
        return fail(opened.error());
    s.spender_.stack = &s;
    s.spender_.document = document;
    s.driver = std::make_unique<live::Driver>(
        s.loop, s.http, s.clock, document, std::move(keys),
        [&s](const std::string& provider) { return s.lab.dial_url(provider); }, context.seed,
        s.events.get(), &s.spender_);
    if (s.book) {
        if (auto begun = s.book->begin(*s.driver, document); !begun) {
            if (s.must_book_)
                return fail(begun.error());
            context.say("warning: " + begun.error().text());
        }
    }
    return stack;
}

// A cap that cannot be kept is no cap: then nothing is sent. Without one, only the figures of later
// runs are at stake.
Result<void> LiveStack::open_book(const chain::Document& document, const Context& context) {
    if (document.simulated())
        return {};
    must_book_ = live::has_lasting_caps(document);
    const std::string path = app::ledger_path();
    auto opened = path.empty() ? environment_error("spend ledger", "there is no place for it",
                                                   "Set HOME, XDG_STATE_HOME or BROWNOUT_LEDGER")
                               : live::SpendBook::open(path, clock, [this] {
                                     boost::asio::post(loop, [this] {
                                         if (driver)
                                             book->catch_up(*driver);
                                     });
                                 });
    if (opened)
        book = std::move(*opened);
    else if (must_book_)
        return fail(opened.error());
    else
        context.say("warning: " + opened.error().text());
    return {};
}

void LiveStack::Spender::on_attempt_finished(const record::RequestRecord&,
                                             const record::AttemptRecord& a) {
    if (stack->book)
        stack->book->spent(document, a);
}

void LiveStack::Spender::on_check(const record::AttemptRecord& a) {
    if (stack->book)
        stack->book->spent(document, a);
}

int LiveStack::finish(const Context& context, int code) {
    if (log && !log->good())
        code = context.fail(log->problem());
    if (!book)
        return code;
    if (const auto written = book->close(); !written) {
        if (must_book_)
            return context.fail(written.error());
        context.say("warning: " + written.error().text());
    }
    return code;
}

} // namespace brownout::ctl
