// The pictures and jobs of a simulated provider: which request is about them, how long they take,
// and what the faults make of them.
#include "live/simulated_provider.h"
#include "sim/random_use.h"

#include <algorithm>

namespace brownout::live {

bool SimulatedProvider::serve_pictures(const net::ExchangePtr& exchange) {
    const LabImages* images = dialect_.images();
    if (!images)
        return false;
    const net::ServerRequest& http = exchange->request();
    if (http.method == "GET") {
        // Pictures lie on hosts of their own at real providers: no fault of the service hits them.
        if (const auto picture = pictures_.picture(http.path())) {
            exchange->reply(picture->status, picture->headers, picture->body);
            return true;
        }
    }
    const LabImages::Route route = images->route(http);
    if (route.step == LabImages::Step::none)
        return false;
    if (route.step == LabImages::Step::create)
        create_picture(exchange, *images);
    else
        look_at_job(exchange, *images, route);
    return true;
}

void SimulatedProvider::look_at_job(net::ExchangePtr exchange, const LabImages& images,
                                    const LabImages::Route& route) {
    faults::RequestFacts facts;
    facts.provider = id_;
    facts.image = facts.follow_up = true;
    LabReply::Setup setup;
    setup.dialect = &dialect_;
    setup.plan = compose(decide_(facts), LabRequest{}, 0, limits_, clock_.now());
    if (setup.plan.fate == ReplyPlan::Fate::serve) {
        setup.plan.fate = ReplyPlan::Fate::raw_error;
        setup.plan.raw = pictures_.job(images, route.step, route.job, clock_.now());
    }
    const Rng rng = Rng::stream(seed_, requests_++);
    setup.common_headers =
        dialect_.common_headers(hex_id(rng), quota(0), std::chrono::milliseconds{1});
    run(std::move(exchange), std::move(setup));
}

void SimulatedProvider::create_picture(net::ExchangePtr exchange, const LabImages& images) {
    const net::ServerRequest& http = exchange->request();
    auto asked = images.read(http);
    const std::string task{http.header("X-Brownout-Task")};
    faults::RequestFacts facts;
    facts.provider = id_;
    facts.task = task;
    facts.image = true;
    facts.draw = told_draw(http);
    LabRequest request; // for what faults say of it
    if (asked) {
        facts.model = request.model = asked->model;
        remember(asked->model);
    }
    const sim::ProviderDraws draws = model_.draw(next_draw(http));
    const std::string id = hex_id(draws.id());
    const Duration takes = from_ms(draws.first_token_ms);

    LabReply::Setup setup;
    setup.dialect = &dialect_;
    setup.request = request;
    setup.plan = compose(decide_(facts), request, 0, limits_, clock_.now());
    if (setup.plan.fate == ReplyPlan::Fate::serve && !asked) {
        setup.plan.fate = ReplyPlan::Fate::raw_error;
        setup.plan.raw = asked.error();
    } else if (setup.plan.fate == ReplyPlan::Fate::serve && draws.fails) {
        setup.plan.fate = ReplyPlan::Fate::error;
        setup.plan.error = {500, "", "", request.model, std::nullopt};
    } else if (setup.plan.fate == ReplyPlan::Fate::serve) {
        const std::int64_t unix_s = clock_.unix_s();
        auto made = pictures_.create(images, dialect_, *asked, setup.plan, id, origin(), takes,
                                     clock_.now() + setup.plan.silence, unix_s);
        setup.timing.first_token = made.after;
        setup.ready = std::move(made.answer);
        if (made.hangs)
            setup.plan.fate = ReplyPlan::Fate::hang;
    }
    setup.common_headers = dialect_.common_headers(id, quota(0), takes);
    run(std::move(exchange), std::move(setup));
}

} // namespace brownout::live
