// A request as code that sends it straight to one provider, without Brownout: for a terminal, a
// script, a bug report. Made from what was sent, or by the same encoder that sends it, so the body
// is exact. The key is always a variable, never a value. Pure.
#pragma once

#include "chain/document.h"
#include "live/wire_log.h"

#include <QString>

namespace brownout::ui {

enum class SampleLanguage { curl, python, javascript };

// A request that can be written as code.
struct Sample {
    wire::HttpRequest http; // with "$OPENAI_API_KEY" where the key goes
    QString variable;       // "OPENAI_API_KEY"; empty: the provider needs no key
    QString provider;       // as people read it
    bool simulated = false;
    bool address = true; // false: where the simulated provider listens is not known ("PORT")
    bool streams = false, job = false;
};

// How `request` goes to a target of this provider. `labUrl`: where a simulated one listens; empty:
// unknown. Nothing when the provider's dialect cannot say it; `why` says why.
std::optional<Sample> sampleOf(const chain::Provider& provider, const std::string& model,
                               const wire::ChatRequest& request, const std::string& labUrl = {},
                               QString* why = nullptr);
// Of what was really sent; nothing when its body was too long to be kept.
std::optional<Sample> sampleOf(const live::Exchange& exchange, bool job);

// The first line is a comment that says where it goes; for a simulated provider also how to start
// one outside the window.
QString codeOf(SampleLanguage language, const Sample& sample);

// Of the provider's first key that an environment variable holds, or its first.
QString keyVariable(const chain::Provider& provider);

} // namespace brownout::ui
