// Replicate: a prediction is created, held for a while where the caller wants that, and looked at.
// Source: Replicate's documents and its JavaScript client 1.4.
#include "base/calendar.h"
#include "wire/callers/media_callers.h"
#include "wire/replicate.h"
#include "wire/request_parts.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>

namespace brownout::wire {

namespace {

using chain::Json;

class Replicate final : public MediaCaller {
  public:
    chain::Dialect dialect() const override { return chain::Dialect::replicate; }

    Route route(std::string_view method, std::string_view path, std::string_view) const override {
        constexpr std::string_view one = "/replicate/v1/predictions/",
                                   models = "/replicate/v1/models/", after = "/predictions";
        if (method == "POST" && path == "/replicate/v1/predictions")
            return {Step::submit, {}, {}};
        if (method == "POST" && path.starts_with(models) && path.ends_with(after) &&
            path.size() > models.size() + after.size())
            return {Step::submit,
                    {},
                    std::string{
                        path.substr(models.size(), path.size() - models.size() - after.size())}};
        if (!path.starts_with(one))
            return {};
        const std::string_view rest = path.substr(one.size());
        const auto slash = rest.find('/');
        const std::string id{rest.substr(0, slash)};
        if (method == "GET" && slash == rest.npos)
            return {Step::status, id, {}};
        if (method == "POST" && slash != rest.npos && rest.substr(slash) == "/cancel")
            return {Step::cancel, id, {}};
        return {};
    }

    MediaAnswer answer(Step step, const MediaJob& job) const override {
        constexpr const char* names[] = {"starting", "processing", "succeeded", "failed",
                                         "canceled"};
        const std::string self = job.base + "/replicate/v1/predictions/" + job.id;
        Json body{{"id", job.id},
                  {"model", job.model},
                  {"version", "hidden"},
                  {"input", {{"prompt", prompt(job)}}},
                  {"logs", ""},
                  {"output", nullptr},
                  {"data_removed", false},
                  {"error", nullptr},
                  {"status", names[static_cast<int>(job.state)]},
                  {"created_at", rfc3339(job.created_unix_s)}};
        if (job.state == MediaJob::State::succeeded)
            body["output"] = output(job);
        if (job.state == MediaJob::State::failed)
            body["error"] = job.error.message;
        if (job.state >= MediaJob::State::succeeded)
            body["completed_at"] = rfc3339(job.ended_unix_s);
        body["urls"] = {{"cancel", self + "/cancel"}, {"get", self}, {"web", self}};
        return {step == Step::submit ? 201 : 200,
                {{"Content-Type", "application/json"}},
                body_text(body)};
    }

    MediaAnswer error(const CallerError& error) const override {
        const int status = error.status == 400 ? 422 : error.status;
        const std::string detail =
            error.param.empty() ? error.message : "- " + error.param + ": " + error.message + "\n";
        return {status,
                {{"Content-Type", "application/problem+json"}},
                body_text(
                    {{"title", replicate_title(status)}, {"detail", detail}, {"status", status}})};
    }

    // "wait" or "wait=30".
    Duration hold(std::string_view prefer) const override {
        const auto at = prefer.find("wait");
        if (at == prefer.npos)
            return {};
        int seconds = 60;
        if (const auto equals = prefer.find('=', at); equals != prefer.npos)
            seconds = std::atoi(std::string{prefer.substr(equals + 1, 8)}.c_str());
        return std::chrono::seconds{std::clamp(seconds, 1, 60)};
    }

  private:
    static std::string prompt(const MediaJob& job) {
        return job.asked.image   ? job.asked.image->prompt
               : job.asked.media ? job.asked.media->prompt
                                 : std::string{};
    }
    static Json output(const MediaJob& job) {
        if (job.asked.media && job.asked.media->kind == MediaRequest::Kind::transcription)
            return {{"transcription", job.reply.text}};
        if (job.asked.media)
            return job.reply.media_url;
        Json urls = Json::array();
        for (const Picture& picture : job.reply.pictures)
            urls.push_back(picture.url);
        return urls;
    }
};

} // namespace

const MediaCaller& replicate_caller() {
    static const Replicate caller;
    return caller;
}

} // namespace brownout::wire
