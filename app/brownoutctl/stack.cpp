#include "app/brownoutctl/stack.h"

#include "app/common/user_files.h"
#include "live/simulation.h"

#include <boost/asio/post.hpp>

namespace brownout::ctl {
Result<std::unique_ptr<LiveStack>>
LiveStack::make(const chain::Document& document, chain::ResolvedKeys keys, const Context& context) {
    auto stack = std::make_unique<LiveStack>(context.seed);
    LiveStack& s = *stack;
    std::vector<std::string> skipped;
    const auto why = live::serve_simulated(s.lab, document, skipped);
    for (const std::string& text : skipped)
        context.say(text);
    if (why)
        return environment_error("lab", *why);
    if (!context.log.empty()) {
        auto log = record::LogFile::open(context.log);
        if (!log)
            return fail(log.error());
        s.log = std::move(*log);
        s.events = std::make_unique<record::EventWriter>(
            s.clock.wall(), [&s](const record::EventText& event) {
                s.log->write(event.text, s.clock.now());
                s.log->flush(); // nobody else does, and lines are few
            });
    }
    if (s.events)
        s.events->set_content(context.log_content);
    context.tell_content();
    if (auto opened = s.open_book(document, context); !opened)
        return fail(opened.error());
    s.document_ = document;
    s.watcher_.book = s.book.get();
    s.watcher_.document = &s.document_;
    s.watcher_.context = &context;
    s.driver = std::make_unique<live::Driver>(
        s.loop, s.http, s.clock, document, keys,
        [&s](const std::string& provider) { return s.lab.dial_url(provider); }, context.seed,
        s.events.get(), &s.watcher_);
    s.alarms = std::make_unique<live::Alarms>(
        s.loop, s.http, s.clock,
        live::Alarms::Owner{[&s] { return s.events.get(); },
                            [&context](const std::string& text) { context.say(text); }, [] {}});
    s.alarms->load(document, keys, *s.driver);
    s.watcher_.alarms = s.alarms.get();
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

// Nobody waits long for a receiver: it is told now, or not at all.
void LiveStack::call_webhooks() {
    constexpr auto longest_goodbye = std::chrono::seconds{2};
    loop.restart();
    const Instant leave_by = after(clock.now(), longest_goodbye);
    for (alarms->drain(); alarms->busy() && clock.now() < leave_by;)
        loop.run_one_for(std::chrono::milliseconds{50});
    alarms->give_up();
    watcher_.alarms = nullptr;
}

int LiveStack::finish(const Context& context, int code) {
    call_webhooks();
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
