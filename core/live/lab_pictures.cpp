#include "live/lab_pictures.h"

#include "live/lab_png.h"

#include <algorithm>

namespace brownout::live {

namespace {

constexpr std::size_t most_jobs = 256;
constexpr std::string_view prefix = "/pictures/";

std::string bytes_of(const LabPicture& asked, std::int64_t which, bool corrupt) {
    // Each of several pictures is another one; the first is that of the seed itself.
    const std::optional<std::int64_t> seed =
        which == 0 ? asked.seed : std::optional{asked.seed.value_or(0) + which};
    std::string bytes = lab_png(asked.prompt, seed, asked.width, asked.height);
    if (corrupt) // its head is gone: no program can tell what it was
        std::fill_n(bytes.begin(), std::min<std::size_t>(bytes.size(), 16), '\0');
    return bytes;
}

} // namespace

LabJob LabPictures::seen(const Kept& kept, Instant now) {
    using State = LabJob::State;
    LabJob job = kept.job;
    const Duration age = now - kept.made;
    if (kept.canceled)
        job.state = State::canceled;
    else if (age < kept.takes / 4)
        job.state = State::queued;
    else if (age < kept.takes || kept.never)
        job.state = State::running;
    else
        job.state = kept.fails ? State::failed : State::succeeded;
    return job;
}

LabPictures::Made LabPictures::create(const LabImages& images, const LabDialect& dialect,
                                      const LabPicture& asked, const ReplyPlan& plan,
                                      const std::string& id, const std::string& base,
                                      Duration takes, Instant now, std::int64_t unix_s) {
    Kept kept;
    kept.job = {id, base, unix_s, asked, LabJob::State::succeeded, {}, {}};
    kept.made = now;
    kept.takes = takes;
    kept.fails = plan.job_fails;
    kept.never = plan.job_never_ready;
    kept.expired = plan.url_expired;
    kept.corrupt = plan.picture_corrupt;
    for (std::int64_t i = 0; i < asked.count; ++i) {
        kept.job.urls.push_back(base + std::string{prefix} + id + "-" + std::to_string(i) + ".png");
        if (asked.inlined)
            kept.job.pictures.push_back(bytes_of(asked, i, kept.corrupt));
    }
    Made made;
    if (asked.job) {
        made.after = std::min(takes, asked.hold);
        made.answer = images.answer(LabImages::Step::create, seen(kept, now + made.after));
    } else {
        made.after = takes;
        made.hangs = kept.never;
        made.answer = kept.fails ? dialect.error({500, "", "", asked.model, std::nullopt})
                                 : images.answer(LabImages::Step::create, kept.job);
    }
    kept.job.pictures.clear();
    jobs_[id] = std::move(kept);
    order_.push_back(id);
    if (order_.size() > most_jobs) {
        jobs_.erase(order_.front());
        order_.pop_front();
    }
    return made;
}

LabAnswer LabPictures::job(const LabImages& images, LabImages::Step step, const std::string& id,
                           Instant now) {
    const auto found = jobs_.find(id);
    if (found == jobs_.end())
        return images.answer(step, LabJob{});
    Kept& kept = found->second;
    const LabJob before = seen(kept, now);
    if (step != LabImages::Step::cancel)
        return images.answer(step, before);
    if (before.state < LabJob::State::succeeded)
        kept.canceled = now;
    // Replicate answers with what it has become, FAL with whether it was still to be had.
    LabJob after = seen(kept, now);
    return images.answer(step, after);
}

std::optional<LabAnswer> LabPictures::picture(std::string_view path) const {
    if (!path.starts_with(prefix))
        return std::nullopt;
    path.remove_prefix(prefix.size());
    const auto dash = path.find('-');
    const auto found = jobs_.find(path.substr(0, dash));
    const LabAnswer missing{404, {{"Content-Type", "text/plain"}}, "no such picture"};
    if (dash == path.npos || found == jobs_.end() || !path.ends_with(".png"))
        return missing;
    const Kept& kept = found->second;
    const std::string number{path.substr(dash + 1, path.size() - dash - 5)};
    if (number.empty() || number.size() > 2 ||
        number.find_first_not_of("0123456789") != std::string::npos ||
        std::stoi(number) >= kept.job.asked.count)
        return missing;
    if (kept.expired) // as object stores say it
        return LabAnswer{403,
                         {{"Content-Type", "application/xml"}},
                         "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>AccessDenied"
                         "</Code><Message>Request has expired</Message></Error>"};
    return LabAnswer{200,
                     {{"Content-Type", "image/png"}},
                     bytes_of(kept.job.asked, std::stoi(number), kept.corrupt)};
}

} // namespace brownout::live
