#include "ui/pages/playground/turn_text.h"

#include "ui/models/format.h"
#include "ui/models/words.h"
#include "ui/shell/session.h"
#include "ui/widgets/attempt_ribbon.h"

namespace brownout::ui {
namespace {

QString title(const record::RequestRecord& r) {
    switch (r.result) {
    case engine::CallResult::rejected:
        return tr("The request was rejected; another provider would not help");
    case engine::CallResult::refused:
        return tr("The request was refused before it was sent");
    case engine::CallResult::partial:
        return tr("The answer is not complete");
    default:
        return r.attempts.empty() ? tr("No attempt could be made") : tr("No provider answered");
    }
}

// What to do next, by the class of what went wrong last.
void advise(engine::Cause cause, const QString& name, Failure& out) {
    using engine::Cause;
    switch (cause) {
    case Cause::bad_key:
        out.advice = tr("Check the key of %1.").arg(name);
        out.onChains = true;
        return;
    case Cause::no_money:
        out.advice = tr("Add credit at %1, or put a provider behind it that has some.").arg(name);
        out.onChains = true;
        return;
    case Cause::blocked:
        out.advice = tr("%1 does not serve this account or region. Put another provider behind it.")
                         .arg(name);
        out.onChains = true;
        return;
    case Cause::model_missing:
        out.advice = tr("Correct the model of %1.").arg(name);
        out.onChains = true;
        return;
    case Cause::dns:
    case Cause::tls:
    case Cause::connect_refused:
        out.advice = tr("Check the address of %1, and this computer's network.").arg(name);
        out.onChains = true;
        return;
    case Cause::connect_timeout:
    case Cause::first_token_timeout:
    case Cause::stall_timeout:
    case Cause::attempt_timeout:
    case Cause::total_deadline:
        out.advice = tr("Send it again, or give the chain more time.");
        out.onChains = true;
        return;
    case Cause::rate_limited:
    case Cause::overloaded:
        out.advice = tr("Wait a moment and send it again. Another provider in the chain, or a "
                        "second key, could have answered now.");
        return;
    case Cause::http_status:
    case Cause::reset:
    case Cause::malformed:
    case Cause::truncated:
    case Cause::error_in_stream:
        out.advice = tr("Send it again. When it stays: the raw reply shows what came.");
        return;
    case Cause::context_exceeded:
        out.advice = tr("Start a new conversation, shorten the prompt, or add a target with a "
                        "larger context.");
        return;
    case Cause::moderation:
        out.advice = tr("Change the prompt: it was stopped for what it says.");
        return;
    case Cause::unsupported:
    case Cause::bad_request:
        out.advice =
            tr("Take back the setting that is named above, or add a target that takes it.");
        return;
    case Cause::budget:
        out.advice =
            tr("The chain's budget allows no more. Raise it, or wait until it is due again.");
        out.onChains = true;
        return;
    case Cause::unavailable:
        out.advice =
            tr("Every target is out for now, or none can do this. The Live page says which.");
        return;
    case Cause::none:
    case Cause::hedge_lost:
    case Cause::caller_left:
        return;
    }
}

} // namespace

QString providerName(const std::string& target) {
    return Session::displayName(QString::fromStdString(target.substr(0, target.find('/'))));
}

QString tokensText(qint64 input, qint64 output, bool estimated) {
    if (input <= 0 && output <= 0)
        return {};
    const QString text = tr("%1 tokens in, %2 out")
                             .arg(formatCount(static_cast<std::uint64_t>(input)),
                                  formatCount(static_cast<std::uint64_t>(output)));
    return estimated ? tr("about %1").arg(text) : text;
}

QString finishText(wire::Finish finish) {
    switch (finish) {
    case wire::Finish::length:
        return tr("stopped at the limit of tokens");
    case wire::Finish::content_filter:
        return tr("stopped by the content filter");
    case wire::Finish::tool_calls:
        return tr("asks for a tool");
    default:
        return {};
    }
}

QString figuresText(const live::PromptView& prompt) {
    const record::RequestRecord& r = prompt.record;
    if (!prompt.finished)
        return {};
    QStringList parts;
    if (r.first_token)
        parts << tr("first token %1").arg(secondsText(to_seconds(*r.first_token - r.started)));
    parts << secondsText(to_seconds(r.ended - r.started));
    qint64 input = 0, output = 0;
    bool estimated = false;
    for (const record::AttemptRecord& a : r.attempts) {
        input += a.outcome.input_tokens;
        output += a.outcome.output_tokens;
        estimated = estimated || a.outcome.cost_estimated;
    }
    const QString tokens = tokensText(input, output, estimated);
    if (!tokens.isEmpty())
        parts << tokens;
    parts << (r.cost_unknown ? tr("cost unknown") : usdText(r.cost));
    if (r.wasted > Money{} && r.wasted < r.cost)
        parts << tr("%1 of it on attempts that did not serve").arg(usdText(r.wasted));
    const QString why = finishText(prompt.finish);
    if (!why.isEmpty())
        parts << why;
    return parts.join(QStringLiteral(" · "));
}

QStringList leftOut(const record::RequestRecord& request) {
    QStringList out;
    for (const record::AttemptRecord& a : request.attempts)
        for (const std::string& note : a.notes) {
            const QString line =
                QStringLiteral("%1: %2").arg(providerName(a.target), QString::fromStdString(note));
            if (!out.contains(line))
                out << line;
        }
    return out;
}

std::optional<Failure> failureOf(const live::PromptView& prompt) {
    const record::RequestRecord& r = prompt.record;
    if (!prompt.finished || r.result == engine::CallResult::success ||
        r.result == engine::CallResult::cancelled)
        return std::nullopt;
    Failure out;
    out.title = title(r);
    out.attempts = failureLines(r);
    if (r.attempts.empty()) {
        const bool budget = r.error.find("budget") != std::string::npos;
        advise(budget ? engine::Cause::budget : engine::Cause::unavailable, {}, out);
        return out;
    }
    const record::AttemptRecord& last = r.attempts.back();
    advise(last.outcome.cause, providerName(last.target), out);
    if (out.onChains)
        out.provider = QString::fromStdString(last.provider);
    return out;
}

QString failureLines(const record::RequestRecord& request) {
    QStringList lines;
    for (const AttemptSegment& s : attemptSegments(request)) {
        if (s.kind == AttemptSegment::Kind::wait)
            continue;
        lines << QStringLiteral("%1. %2: %3 (%4)")
                     .arg(lines.size() + 1)
                     .arg(QString::fromStdString(s.target), QString::fromStdString(s.reason),
                          QString::fromStdString(s.took));
    }
    if (lines.isEmpty())
        return QString::fromStdString(request.error);
    return lines.join(QLatin1Char('\n'));
}

} // namespace brownout::ui
