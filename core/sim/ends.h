// How an attempt ends at a modelled provider: what the readers of core/wire make of the same bytes.
// The classifier itself is asked; only which words a provider uses is a table here. That it agrees
// with the lab's bytes, dialect by dialect, is tested in tests/live.
#pragma once

#include "chain/document.h"
#include "faults/reply_plan.h"
#include "wire/billing.h"
#include "wire/classify.h"
#include "wire/message.h"

namespace brownout::sim {

enum class Loss {
    dns,
    refused,
    tls,
    before_reply, // reset or closed before the headers were there
    unreadable,   // a reply, and no sense in it
    cut,          // it ended before it said that it had ended
    error_event,  // "overloaded", inside a 200
};
// `content_seen`: a stream had brought content; its failure can then be hidden from nobody.
engine::Outcome lost(chain::Dialect dialect, Loss loss, bool content_seen);

// An error status in the dialect's own words.
engine::Outcome refused_with_status(chain::Dialect dialect, int status);
// Of a fault that makes a reply an error (ReplyPlan::ended_by, with its rate limit's verdict).
engine::Outcome refused_by_fault(chain::Dialect dialect, const faults::Fault& fault,
                                 const std::optional<faults::RateLimits::Verdict>& limited);

// Does every reply say what is left of the limits? (Replicate's says less than can be kept to.)
bool tells_quota(chain::Dialect dialect);

// Bytes on the wire, about, as the lab sends them, headers and framing included. Of a stream: what
// comes before its first token's event, an event, and what comes after the last one; of a reply in
// one piece: all but its tokens, and a token. Where events name the model, its name counts.
struct WireSize {
    double head = 0, event = 0, tail = 0, whole = 0, token = 0;
};
WireSize wire_size(chain::Dialect dialect, std::size_t model_name_bytes);

// Pictures. Is a request for one taken on as a job, to be looked at? Does the reply hold an address
// of the picture, and not its bytes? As many tokens as its usage says; the
// quality and size that it names. About how many bytes it has.
bool makes_jobs(chain::Dialect dialect);
bool fetches_picture(chain::Dialect dialect, const std::string& model);
std::optional<wire::Usage> picture_usage(chain::Dialect dialect, const std::string& model);
wire::PictureTerms made_terms(chain::Dialect dialect, const std::string& model);
double picture_bytes(chain::Dialect dialect);
bool drops_the_picture(chain::Dialect dialect, const std::vector<std::string>& dropped);

// Do these pointers, taken out of a reply, leave no answer in it?
bool drops_the_answer(chain::Dialect dialect, const std::vector<std::string>& dropped);
bool drops_the_usage(chain::Dialect dialect, const std::vector<std::string>& dropped);

} // namespace brownout::sim
