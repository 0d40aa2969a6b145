// What `--log-content` adds to the events of a request: its prompt and its answer, as far as they
// are text. What looks like a key in them is masked; pictures are counted. Pure. Thread: any.
#pragma once

#include "chain/json.h"
#include "wire/message.h"

namespace brownout::live {

// {"messages":[{"role","text","pictures","tool_calls"}]}, or {"prompt","pictures"} of a picture.
chain::Json prompt_content(const wire::ChatRequest& request);
// {"text","reasoning","tool_calls","pictures"}; what there is none of is left out.
chain::Json answer_content(const wire::Reply& reply);

} // namespace brownout::live
