// The pictures and jobs of one simulated provider. What a job has come to follows from the time
// since it was made; pictures are made anew whenever they are asked for, so a job is a few bytes.
// At most 256 jobs are remembered. Pure: time is an argument. Private to the lab.
#pragma once

#include "live/lab_faults.h"
#include "live/lab_images.h"

#include <deque>
#include <map>

namespace brownout::live {

class LabPictures {
  public:
    // A create that is served. `takes`: until the picture is made; `base`: our own address.
    struct Made {
        LabAnswer answer;
        Duration after{};   // the answer comes so long after the request
        bool hangs = false; // no answer at all
    };
    Made create(const LabImages& images, const LabDialect& dialect, const LabPicture& asked,
                const ReplyPlan& plan, const std::string& id, const std::string& base,
                Duration takes, Instant now, std::int64_t unix_s);

    // A look at a job, its result, or its cancelling.
    LabAnswer job(const LabImages& images, LabImages::Step step, const std::string& id,
                  Instant now);
    std::size_t jobs() const { return jobs_.size(); }
    // "/pictures/ID-0.png"; nothing when this is no picture's path.
    std::optional<LabAnswer> picture(std::string_view path) const;

  private:
    struct Kept {
        LabJob job;
        Instant made{};
        Duration takes{};
        bool fails = false, never = false, expired = false, corrupt = false;
        std::optional<Instant> canceled;
    };
    static LabJob seen(const Kept& kept, Instant now);

    std::map<std::string, Kept, std::less<>> jobs_;
    std::deque<std::string> order_; // oldest first
};

} // namespace brownout::live
