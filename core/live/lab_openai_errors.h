// How servers of the openai dialect write their errors: OpenAI's own form and words, and those of
// the vendors that differ. Private to the lab. Pure.
#pragma once

#include "live/lab_words.h"

#include "wire/json_lenient.h"
#include "wire/vendor.h"

namespace brownout::live {

LabAnswer openai_error(wire::Vendor vendor, const LabError& error);

// Of a request that cannot be taken as it is.
LabAnswer openai_refusal(wire::Vendor vendor, int status, const std::string& message,
                         const LabJson& param = nullptr, const LabJson& code = nullptr);

// The refusal of a parameter that this model of OpenAI's does not take; nullopt: none was sent, or
// the vendor is one that leaves such parameters out by itself.
std::optional<LabAnswer> openai_refused_parameter(wire::Vendor vendor, const std::string& model,
                                                  const wire::WireJson& body);

} // namespace brownout::live
