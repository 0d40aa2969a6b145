// FAL: "/fal/{app}" answers with the result, "/fal/queue/{app}" with a place in the queue. Its
// clients speak to a proxy as "/fal" with the address that they mean in x-fal-target-url. Source:
// FAL's documents and its JavaScript client 1.10.
#include "wire/callers/media_callers.h"
#include "wire/request_parts.h"

namespace brownout::wire {

namespace {

using chain::Json;
using Step = MediaCaller::Step;

MediaAnswer json(int status, const Json& body) {
    return {status, {{"Content-Type", "application/json"}}, body_text(body)};
}

class Fal final : public MediaCaller {
  public:
    chain::Dialect dialect() const override { return chain::Dialect::fal; }

    Route route(std::string_view method, std::string_view path,
                std::string_view target_url) const override {
        constexpr std::string_view prefix = "/fal/", queue = "queue/";
        bool queued = false;
        std::string_view rest;
        if (path.starts_with(prefix) && path.size() > prefix.size()) {
            rest = path.substr(prefix.size());
            queued = rest.starts_with(queue);
            if (queued)
                rest.remove_prefix(queue.size());
        } else if (const auto scheme = target_url.find("://"); scheme != target_url.npos) {
            rest = target_url.substr(scheme + 3);
            queued = rest.starts_with("queue.");
            const auto slash = rest.find('/');
            rest = slash == rest.npos ? std::string_view{} : rest.substr(slash + 1);
            rest = rest.substr(0, rest.find('?'));
        }
        const auto at = rest.find("/requests/");
        if (at == rest.npos) {
            // A chain or a task is named by one word.
            if (method != "POST" || rest.empty() || rest == "queue" || rest.ends_with('/'))
                return {};
            return {queued ? Step::submit : Step::run, {}, std::string{rest}};
        }
        std::string_view id = rest.substr(at + std::string_view{"/requests/"}.size()), what;
        if (const auto slash = id.find('/'); slash != id.npos) {
            what = id.substr(slash + 1);
            id = id.substr(0, slash);
        }
        const Step step = method == "GET" && what == "status"   ? Step::status
                          : method == "GET" && what.empty()     ? Step::result
                          : method == "PUT" && what == "cancel" ? Step::cancel
                                                                : Step::none;
        return {step, std::string{id}, {}};
    }

    MediaAnswer answer(Step step, const MediaJob& job) const override {
        const bool over = job.state >= MediaJob::State::succeeded;
        if (step == Step::cancel)
            return over && job.state != MediaJob::State::cancelled
                       ? json(400, {{"status", "ALREADY_COMPLETED"}})
                       : json(202, {{"status", "CANCELLATION_REQUESTED"}});
        if (step == Step::submit || step == Step::status)
            return json(step == Step::status && !over ? 202 : 200, status(job));
        if (!over)
            return json(400, {{"detail", "Request is still in progress"}});
        if (job.state == MediaJob::State::cancelled)
            return json(400, {{"detail", "Request was cancelled"}});
        if (job.state == MediaJob::State::failed)
            return error(job.error);
        MediaAnswer done = json(200, result(job));
        done.headers.emplace_back("x-fal-request-id", job.id);
        return done;
    }

    MediaAnswer error(const CallerError& error) const override {
        if (error.status == 422 || error.status == 400)
            return json(422, {{"detail", Json::array({{{"loc", Json::array({"body", error.param})},
                                                       {"msg", error.message},
                                                       {"type", error.code}}})}});
        return json(error.status, {{"detail", error.message}, {"error_type", error.code}});
    }

    Duration hold(std::string_view) const override { return {}; }

  private:
    // Addresses of a job name the owner and the alias only.
    static std::string self(const MediaJob& job) {
        const auto first = job.model.find('/');
        return job.base + "/fal/queue/" + job.model.substr(0, job.model.find('/', first + 1)) +
               "/requests/" + job.id;
    }
    static Json status(const MediaJob& job) {
        const char* word = job.state == MediaJob::State::queued    ? "IN_QUEUE"
                           : job.state == MediaJob::State::running ? "IN_PROGRESS"
                                                                   : "COMPLETED"; // failures, too
        const std::string at = self(job);
        Json body{{"status", word},
                  {"request_id", job.id},
                  {"response_url", at},
                  {"status_url", at + "/status"},
                  {"cancel_url", at + "/cancel"}};
        if (job.state == MediaJob::State::queued)
            body["queue_position"] = 0;
        return body;
    }
    static Json result(const MediaJob& job) {
        if (job.asked.media && job.asked.media->kind == MediaRequest::Kind::transcription)
            return {{"text", job.reply.text}, {"chunks", Json::array()}};
        if (job.asked.media)
            return {{"video", {{"url", job.reply.media_url}}}};
        Json images = Json::array(), flags = Json::array();
        for (const Picture& picture : job.reply.pictures) {
            Json image{{"url", picture.url},
                       {"content_type", picture.mime.empty() ? "image/png" : picture.mime}};
            if (job.asked.image->width) {
                image["width"] = *job.asked.image->width;
                image["height"] = *job.asked.image->height;
            }
            images.push_back(std::move(image));
            flags.push_back(false);
        }
        return {{"images", images},
                {"timings", Json::object()},
                {"seed", job.asked.image->seed.value_or(0)},
                {"has_nsfw_concepts", flags},
                {"prompt", job.asked.image->prompt}};
    }
};

} // namespace

const MediaCaller& fal_caller() {
    static const Fal caller;
    return caller;
}

} // namespace brownout::wire
