// The local endpoint and the batch of the worker: switching them, and what they ask of us.
#include "live/simulation.h"
#include "live/worker_impl.h"

#include <algorithm>

namespace brownout::live {

void Worker::Impl::on(ServeEndpoint& c) {
    StopEndpoint first;
    on(first);
    endpoint_error.clear();
    endpoint = std::make_unique<Endpoint>(loop, clock, endpoint_host, c.options);
    if (const auto why = endpoint->listen()) {
        endpoint_error = *why;
        endpoint.reset();
    }
    events_wanted_changed();
}

void Worker::Impl::on(StopEndpoint&) {
    if (!endpoint)
        return;
    endpoint->stop_taking();
    closing_endpoints.push_back(std::move(endpoint));
    events_wanted_changed();
    touch();
}

void Worker::Impl::on(PlayFaults& c) {
    if (!current)
        return notice("no chain is loaded");
    if (rehearsal)
        return notice("a scenario is playing");
    if (const auto why = front_real(*lab, current->document, c.rules))
        return notice(*why);
    scheduled = c.rules;
    lab->play(std::move(c.rules));
}

void Worker::Impl::on(StartBatch& c) {
    if (batch && batch->busy())
        return notice("a batch is running");
    batch.reset();
    batch =
        std::make_unique<BatchJob>(loop, clock, endpoint_host, std::move(c), [this] { touch(); });
}

void Worker::Impl::on(ControlBatch& c) {
    if (!batch)
        return;
    using What = ControlBatch::What;
    if (c.what == What::stop)
        batch->stop();
    else
        c.what == What::pause ? batch->pause() : batch->resume();
}

// Making an event costs more than counting it: only where somebody listens.
record::EventWriter* Worker::Impl::wanted_events() {
    return log || (endpoint && endpoint->heard()) ? events.get() : nullptr;
}

void Worker::Impl::events_wanted_changed() {
    const auto tell = [this](const std::unique_ptr<Slot>& slot) {
        if (slot)
            slot->driver->set_events(wanted_events());
    };
    tell(current);
    tell(before_scenario);
    for (const auto& slot : retired)
        tell(slot);
}

EndpointView Worker::Impl::endpoint_view() const {
    EndpointView view;
    view.error = endpoint_error;
    for (const auto& closing : closing_endpoints) {
        view.draining = true;
        view.running += closing->running();
        view.streams += closing->streams();
    }
    if (!endpoint)
        return view;
    view.listening = true;
    view.url = endpoint->url();
    view.token = endpoint->token();
    view.running += endpoint->running();
    view.streams += endpoint->streams();
    view.requests = endpoint->requests();
    return view;
}

Driver* Worker::Impl::Host::serving_driver(const std::string& chain) {
    if (!worker->current)
        return nullptr;
    Driver& driver = worker->answering(chain);
    if (!chain.empty() && worker->rehearsal && &driver == worker->current->driver.get())
        worker->rehearsal->disturbed("a client asked the endpoint while the scenario ran");
    return &driver;
}

const chain::Document& Worker::Impl::Host::served_document() const {
    const auto& slot = worker->before_scenario ? worker->before_scenario : worker->current;
    return slot->document;
}

std::string Worker::Impl::Host::metrics_text() const {
    std::vector<record::Metrics::Breaker> breakers;
    if (worker->current) {
        const Driver& driver = *worker->current->driver;
        const auto& targets = driver.names().targets;
        for (std::size_t i = 0; i < targets.size(); ++i)
            breakers.push_back({targets[i].name, driver.status(i).breaker});
    }
    return worker->metrics.text(breakers, worker->alarms->gauges(), worker->alarms->hooks());
}

chain::Json Worker::Impl::Host::faults_json() const {
    return active_faults_json(*worker->lab);
}

Result<std::uint32_t> Worker::Impl::Host::add_fault(const chain::Json& fault) {
    const auto rule = read_fault(fault);
    if (!rule)
        return fail(rule.error());
    auto added = worker->inject(*rule);
    worker->touch();
    return added;
}

void Worker::Impl::Host::remove_fault(std::optional<std::uint32_t> id) {
    if (id) {
        RemoveFault one{*id};
        worker->on(one);
    } else {
        RevertAll all;
        worker->on(all);
    }
    worker->touch();
}

void Worker::Impl::Host::listener_came() {
    worker->events_wanted_changed();
}

} // namespace brownout::live
