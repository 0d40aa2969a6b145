// A prompt as code that sends it straight to one provider, without Brownout: for a terminal, a
// script, a bug report. Made from the same encoder that sends it here, so the body is exact. The
// key is always a variable, never a value. Pure.
#pragma once

#include "chain/document.h"
#include "wire/message.h"

#include <QString>

namespace brownout::ui {

enum class SampleLanguage { curl, python, javascript };

// Empty when this build does not speak the provider's dialect. The first line is a comment that
// says where it goes; for a simulated provider also how to start one outside the window.
QString codeSample(SampleLanguage language, const chain::Provider& provider,
                   const std::string& model, const wire::ChatRequest& request);
// "OPENAI_API_KEY": the name that the chain gives it where that is an environment variable, else
// one made from the provider's id. Empty: the provider needs no key.
QString keyVariable(const chain::Provider& provider);

} // namespace brownout::ui
