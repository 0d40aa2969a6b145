#include "live/worker.h"

#include "live/worker_impl.h"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace brownout::live {

namespace {

constexpr auto slow_tick = std::chrono::milliseconds{250};   // countdowns, fading rates
constexpr auto flush_every = std::chrono::milliseconds{250}; // the event log
constexpr auto longest_goodbye = std::chrono::seconds{2}; // for cancelled calls to be accounted for

} // namespace

Worker::Impl::Impl(WorkerOptions o) : options(std::move(o)) {
    auto first = std::make_shared<Snapshot>();
    first->wall = clock.wall();
    first->fault_windows = std::make_shared<const std::vector<record::FaultRecord>>();
    first->breaker_lanes = std::make_shared<const std::vector<record::BreakerRecord>>();
    first->alerts = std::make_shared<const std::vector<record::AlertRecord>>();
    first->requests = std::make_shared<const std::vector<record::RequestPtr>>();
    snapshot = std::move(first);
    if (!options.log_path.empty()) {
        auto opened = record::LogFile::open(options.log_path);
        if (opened)
            log = std::move(*opened);
        else
            notice("no event log: " + opened.error().text());
    }
    events = std::make_unique<record::EventWriter>(
        clock.wall(), [this](const record::EventText& event) { tell(event); });
    events->set_content(options.log_content);
    endpoint_host.worker = this;
    http = std::make_unique<net::HttpClient>(loop);
    alarms = std::make_unique<Alarms>(loop, *http, clock,
                                      Alarms::Owner{[this] { return wanted_events(); },
                                                    [this](const std::string& text) {
                                                        notice(text);
                                                        touch();
                                                    },
                                                    [this] { touch(); }});
    lab = std::make_unique<Lab>(loop, clock, options.seed);
    lab->on_fault = [this](const record::FaultRecord& f) { fault_changed(f); };
    thread = std::thread([this] { run(); });
}

Worker::Impl::~Impl() {
    {
        const std::lock_guard lock(mailbox_mutex);
        closed = true;
    }
    boost::asio::post(loop, [this] { begin_shutdown(); });
    thread.join();
}

void Worker::Impl::run() {
    loop.run();
}

// Calls are cancelled and accounted for; then everything that hangs on the loop goes, so that run()
// ends by itself and curl is destroyed after its last transfer.
void Worker::Impl::begin_shutdown() {
    leaving = true;
    leave_by = clock.now() + longest_goodbye;
    stop_traffic();
    paused_traffic.reset();
    if (batch)
        batch->stop();
    if (rehearsal)
        rehearsal->stop();
    if (current)
        current->driver->cancel_all();
    if (before_scenario)
        before_scenario->driver->cancel_all();
    for (const auto& slot : retired)
        slot->driver->cancel_all();
    alarms->drain();
    tear_down();
}

void Worker::Impl::tear_down() {
    const auto busy = [](const std::unique_ptr<Slot>& s) {
        return s->driver->calls_in_flight() > 0;
    };
    const bool waits = (current && busy(current)) || (before_scenario && busy(before_scenario)) ||
                       std::any_of(retired.begin(), retired.end(), busy) || alarms->busy();
    if (waits && clock.now() < leave_by) {
        timer.expires_after(std::chrono::milliseconds{1});
        timer.async_wait([this](const boost::system::error_code&) { tear_down(); });
        return;
    }
    timer.cancel();
    // Drivers before those that their calls report to.
    current.reset();
    before_scenario.reset();
    retired.clear();
    endpoint.reset();
    closing_endpoints.clear();
    rehearsal.reset();
    traffic.reset();
    ended_traffic.clear();
    prompts.clear();
    batch.reset();
    lab->on_fault = {};
    lab.reset();
    alarms->give_up();
    alarms.reset();
    http.reset();
    if (log)
        log->flush();
    book.reset();
    work.reset();
}

bool Worker::Impl::post(Command command) {
    const std::lock_guard lock(mailbox_mutex);
    if (closed || mailbox.size() >= mailbox_limit)
        return false;
    mailbox.push_back(std::move(command));
    if (!std::exchange(drain_posted, true))
        boost::asio::post(loop, [this] { drain(); });
    return true;
}

void Worker::Impl::drain() {
    std::deque<Command> commands;
    {
        const std::lock_guard lock(mailbox_mutex);
        commands.swap(mailbox);
        drain_posted = false;
        if (closed)
            return;
    }
    for (Command& command : commands)
        std::visit([this](auto& c) { on(c); }, command);
    touch();
}

void Worker::Impl::touch() {
    dirty = true;
    if (!std::exchange(picture_due, true)) // several times a request
        arm(std::max(clock.now(), published + options.snapshot_every));
}

void Worker::Impl::arm(Instant at) {
    if (armed_for <= at || leaving)
        return;
    armed_for = at;
    timer.expires_after(std::max(Duration::zero(), at - clock.now()));
    timer.async_wait([this](const boost::system::error_code& error) {
        if (!error)
            tick();
    });
}

void Worker::Impl::tick() {
    if (leaving) // it was on its way already when the timer was cancelled
        return;
    armed_for = never;
    picture_due = false;
    if (!lab) // the timer was due just as everything went: too late to be cancelled
        return;
    const Instant now = clock.now();
    std::erase_if(retired, [](const auto& slot) { return slot->driver->calls_in_flight() == 0; });
    std::erase_if(ended_traffic, [](const auto& t) { return t->running == 0; });
    if (std::erase_if(closing_endpoints, [](const auto& e) { return e->quiet(); }) > 0)
        dirty = true;
    watch_files();
    events_wanted_changed(); // whoever listened may have left
    if (std::exchange(dirty, false) || moving(now))
        publish();
    if (moving(now) || !retired.empty() || !closing_endpoints.empty())
        arm(now + slow_tick);
}

bool Worker::Impl::moving(Instant now) const {
    if (rehearsal || traffic || (batch && batch->busy()) || figures.fading(now))
        return true;
    if (!current)
        return false;
    for (std::size_t i = 0; i < current->driver->names().targets.size(); ++i) {
        const engine::TargetStatus status = current->driver->status(i);
        if (status.breaker == engine::BreakerState::open || status.cooldown_until > now ||
            status.disabled_until > now)
            return true;
    }
    return false;
}

// The newest few; words that are said again count once, as the newest.
void Worker::Impl::notice(std::string text) {
    std::erase_if(notices, [&](const Notice& n) { return n.text == text; });
    if (notices.size() == Snapshot::most_notices)
        notices.erase(notices.begin());
    notices.push_back({++last_notice, std::move(text)});
    dirty = true;
}

void Worker::Impl::open_book(const chain::Document& document) {
    if (book || options.ledger_path.empty() || document.simulated())
        return;
    auto opened = SpendBook::open(options.ledger_path, clock,
                                  [this] { boost::asio::post(loop, [this] { catch_up(); }); });
    if (opened)
        book = std::move(*opened);
    else
        notice(opened.error().text() + ". Caps of the hour and day count from now");
}

void Worker::Impl::catch_up() {
    Slot* const live = before_scenario ? before_scenario.get() : current.get();
    if (book && live) {
        book->catch_up(*live->driver);
        touch();
    }
}

void Worker::Impl::tell(const record::EventText& event) {
    if (log) {
        const Instant now = clock.now();
        log->write(event.text, now);
        arm(after(now, flush_every)); // whoever kills us loses no line older than that
    }
    if (endpoint)
        endpoint->tell(event);
}

void Worker::Impl::watch_files() {
    if (log && !log->good() && !std::exchange(log_told, true))
        notice(log->problem().text());
    if (!book)
        return;
    const std::string trouble = book->trouble();
    if (trouble != book_told && !trouble.empty())
        notice(trouble + ". Caps of the hour and day hold in this window only until it can");
    book_told = trouble;
}

void Worker::Impl::Slot::on_request_started(const record::RequestRecord&) {
    worker->figures.started(worker->clock.now());
    worker->touch();
}

void Worker::Impl::Slot::on_attempt_finished(const record::RequestRecord& r,
                                             const record::AttemptRecord& a) {
    worker->figures.attempt(a, worker->clock.now());
    worker->metrics.attempt(r, a);
    worker->outage.attempt(a);
    if (serves())
        worker->alarms->attempt(r, a);
    book(a);
    worker->touch();
}

void Worker::Impl::Slot::on_check(const record::AttemptRecord& a) {
    worker->figures.check(a, worker->clock.now());
    worker->metrics.check(a);
    if (serves())
        worker->alarms->check(a);
    book(a);
    if (worker->current.get() == this && worker->rehearsal)
        worker->rehearsal->on_check(a);
    worker->touch();
}

// Live traffic is this driver's: it neither finishes its last calls only, nor plays a scenario.
bool Worker::Impl::Slot::serves() const {
    return (worker->before_scenario ? worker->before_scenario : worker->current).get() == this;
}

// Also of the last calls of a driver whose place another has taken. What a scenario does is a
// rehearsal, and nobody outside is told.
void Worker::Impl::Slot::on_failover(const Failover& f) {
    if (!rehearses)
        worker->alarms->failover(f);
}

void Worker::Impl::Slot::on_spent_elsewhere(const std::string& provider, Money cost, Instant at) {
    if (serves())
        worker->alarms->spent(provider, cost, at);
}

void Worker::Impl::Slot::on_notice(const std::string& text) {
    worker->notice(text);
    worker->touch();
}

void Worker::Impl::Slot::book(const record::AttemptRecord& a) {
    if (worker->book)
        worker->book->spent(document, a);
    // A driver whose place another has taken, or that plays a scenario: what it really pays counts
    // for the caps of the one that serves.
    Slot* const serves =
        worker->before_scenario ? worker->before_scenario.get() : worker->current.get();
    const chain::Provider* provider = document.provider(a.provider);
    if (serves && serves != this && provider && !provider->simulated() &&
        serves->document.name == document.name)
        serves->driver->add_spend(a.provider, a.outcome.cost, a.ended);
}

void Worker::Impl::Slot::on_request_finished(const record::RequestPtr& r) {
    worker->figures.request(r, worker->clock.now());
    worker->metrics.request(*r);
    if (serves())
        worker->alarms->request(*r);
    worker->outage.request(*r);
    worker->touch();
}

void Worker::Impl::Slot::on_breaker(const record::BreakerRecord& b) {
    if (serves())
        worker->alarms->breaker(b);
    if (worker->current.get() != this)
        return; // a driver that only finishes its last calls decides nothing any more
    worker->figures.breaker(b);
    if (worker->rehearsal)
        worker->rehearsal->on_breaker(b);
    worker->touch();
}

void Worker::Impl::Traffic::on_finish(record::RequestPtr, const wire::Reply&) {
    --running;
    generator->request_finished();
}

void Worker::Impl::Prompt::on_attempt(const record::RequestRecord& r) {
    view.record = r;
    worker->touch();
}

void Worker::Impl::Prompt::on_delta(const wire::Delta& delta) {
    view.text += delta.text;
    view.reasoning += delta.reasoning;
    worker->touch();
}

void Worker::Impl::Prompt::on_restart(const std::string& target) {
    view.text.clear();
    view.reasoning.clear();
    view.restarted_on = target;
    worker->touch();
}

void Worker::Impl::Prompt::on_continue(const record::RequestRecord& r) {
    view.record = r;
    worker->touch();
}

void Worker::Impl::Prompt::on_finish(record::RequestPtr r, const wire::Reply& reply) {
    view.finished = true;
    view.record = *r;
    view.text = reply.text;
    view.reasoning = reply.reasoning;
    view.finish = reply.finish;
    if (!reply.pictures.empty())
        view.pictures = std::make_shared<const std::vector<wire::Picture>>(reply.pictures);
    driver = nullptr;
    worker->touch();
}

PromptView Worker::Impl::Prompt::shown() const {
    PromptView out = view;
    if (wire) {
        out.wire = wire->view();
        out.wire_left_out = wire->left_out();
    }
    return out;
}

Worker::Worker(WorkerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Worker::~Worker() = default;

bool Worker::post(Command command) {
    return impl_->post(std::move(command));
}

SnapshotPtr Worker::snapshot() const {
    const std::lock_guard lock(impl_->snapshot_mutex);
    return impl_->snapshot;
}

} // namespace brownout::live
