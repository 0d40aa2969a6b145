// What the playground says of a request: its figures, what was left out of it, and, when it failed,
// why and what to do next. Pure.
#pragma once

#include "live/snapshot.h"

#include <QStringList>

namespace brownout::ui {

QString providerName(const std::string& target); // "Birch" of "birch/claude-haiku-4-5"

// "first token 0.65 s · 2.42 s · 312 tokens in, 180 out · 0.00082 USD · of it 0.00001 USD wasted".
// Nothing while it runs.
QString figuresText(const live::PromptView& prompt);
// "4,312 tokens in, 180 out"; with "about" where a provider sent no usage. Empty: no tokens.
QString tokensText(qint64 input, qint64 output, bool estimated);
// Why the answer ends before its end: "stopped at the limit of tokens". Empty: it does not.
QString finishText(wire::Finish finish);

// "Birch: seed: Anthropic takes none": once for each target, in the order of the attempts.
QStringList leftOut(const record::RequestRecord& request);

struct Failure {
    QString title, attempts; // attempts: a numbered line each
    QString advice;          // what to do next; may be empty
    bool onChains = false;   // and it is done on the Chains page
    QString provider;        // there, of this one; may be empty
};
// Nothing for a request that runs, succeeded or was stopped.
std::optional<Failure> failureOf(const live::PromptView& prompt);
// Every attempt as a numbered line: "1. Aster: 503 overloaded (0.04 s)".
QString failureLines(const record::RequestRecord& request);

} // namespace brownout::ui
