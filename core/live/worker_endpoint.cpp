// The local endpoint of the worker: switching it, and what it asks of us.
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
    return worker->metrics.text(breakers);
}

chain::Json Worker::Impl::Host::faults_json() const {
    chain::Json all = chain::Json::array();
    for (const Lab::ActiveFault& fault : worker->lab->active())
        all.push_back({{"id", fault.id},
                       {"target", fault.target},
                       {"kind", std::string{faults::info(fault.kind).name}},
                       {"manual", fault.manual}});
    return all;
}

Result<std::uint32_t> Worker::Impl::Host::add_fault(const chain::Json& fault) {
    const auto rule = faults::read_rule(fault, "body");
    if (!rule.ok())
        return bad_input("body",
                         rule.problems.empty() ? "not a fault" : rule.problems.front().text());
    auto added = worker->inject(*rule.value);
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
