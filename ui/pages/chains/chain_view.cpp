#include "ui/pages/chains/chain_view.h"

#include "ui/models/chain_edits.h"
#include "ui/models/format.h"
#include "ui/models/price_text.h"
#include "ui/models/words.h"
#include "ui/shell/session.h"

#include <cmath>

namespace brownout::ui {

namespace {

QString member(const chain::Json& object, const char* key) {
    return object.is_object() && object.contains(key) && object[key].is_string()
               ? text(object[key].get<std::string>())
               : QString();
}

// The first error at or below a place.
const chain::Problem* errorAt(const std::vector<chain::Problem>& problems,
                              const std::string& pointer) {
    for (const auto& problem : problems)
        if (problem.severity == chain::Problem::Severity::error &&
            (problem.pointer == pointer || problem.pointer.rfind(pointer + "/", 0) == 0))
            return &problem;
    return nullptr;
}

QString orderText(engine::Strategy strategy) {
    switch (strategy) {
    case engine::Strategy::priority:
        return tr("tries in this order");
    case engine::Strategy::weighted:
        return tr("begins at random by weight, then the others");
    case engine::Strategy::cheapest:
        return tr("begins with the cheapest, then the others");
    case engine::Strategy::fastest:
        return tr("begins with the fastest, then the others");
    }
    return {};
}

QString requestText(const chain::Document& document, const chain::Chain& shown) {
    const engine::Policy policy = chain::effective_policy(document, shown);
    QStringList parts;
    if (!shown.task.empty())
        parts << tr("task %1").arg(text(shown.task));
    parts << strategyName(shown.strategy);
    parts << tr("whole answer within %1").arg(secondsText(to_seconds(policy.timeouts.total)));
    return parts.join(QStringLiteral(" · "));
}

CardView cardOf(const chain::Json& target, int place, int count) {
    CardView card;
    card.place = place;
    card.count = count;
    const QString provider = member(target, "provider");
    const QString model = member(target, "model");
    card.title = QStringLiteral("%1. %2 / %3")
                     .arg(place + 1)
                     .arg(provider.isEmpty() ? tr("no provider") : Session::displayName(provider),
                          model.isEmpty() ? tr("no model") : model);
    card.enabled = !target.is_object() || !target.contains("enabled") ||
                   target["enabled"] != chain::Json(false);
    return card;
}

void describeInto(CardView& card, const chain::Document& document, const chain::Chain& shown,
                  const chain::Target& target) {
    card.sentence = text(chain::describe(document, shown, target));
    if (const auto* provider = document.provider(target.provider))
        card.glyph = glyphOf(*provider);
    const QString date = priceDate(target.price_source);
    QString price = priceLine(target.price);
    if (!target.price_source.empty())
        price = date.isEmpty() ? tr("%1 (price table)").arg(price)
                               : tr("%1 (price table, %2)").arg(price, date);
    QStringList figures{price, tr("quality %1").arg(QString::number(target.quality, 'f', 2))};
    if (shown.strategy == engine::Strategy::weighted)
        figures << tr("weight %1").arg(QString::number(target.weight, 'g', 4));
    card.price = figures.join(QStringLiteral(" · "));
    if (!target.price_source.empty())
        card.priceSource = tr("Price from the table: %1").arg(text(target.price_source));
}

} // namespace

QString strategyName(engine::Strategy strategy) {
    switch (strategy) {
    case engine::Strategy::priority:
        return tr("priority");
    case engine::Strategy::weighted:
        return tr("weighted");
    case engine::Strategy::cheapest:
        return tr("cheapest");
    case engine::Strategy::fastest:
        return tr("fastest");
    }
    return {};
}

QString problemText(const chain::Problem& problem) {
    QString out = text(problem.message);
    if (!problem.remedy.empty())
        out += QStringLiteral(": ") + text(problem.remedy);
    if (!out.isEmpty())
        out[0] = out[0].toUpper();
    if (!out.endsWith(QLatin1Char('.')) && !out.endsWith(QLatin1Char('?')))
        out += QLatin1Char('.');
    return out;
}

FlowView flowView(const chain::Json& json, const chain::Document& document,
                  const std::vector<chain::Problem>& problems, const std::string& chainId,
                  const KeyStates& keys) {
    FlowView view;
    const chain::Chain* shown = document.chain(chainId);
    if (!shown)
        return view;
    view.request = requestText(document, *shown);
    view.order = orderText(shown->strategy);
    const int count = edits::targetCount(json, chainId);
    for (int place = 0; place < count; ++place) {
        const std::string pointer = edits::targetPointer(json, chainId, place);
        const chain::Json& target = *edits::at(json, pointer);
        CardView card = cardOf(target, place, count);
        const auto* error = errorAt(problems, pointer);
        const auto index = static_cast<std::size_t>(place);
        if (error) {
            card.problem = true;
            card.sentence = problemText(*error);
        } else if (index < shown->targets.size() &&
                   member(target, "provider") == text(shown->targets[index].provider) &&
                   member(target, "model") == text(shown->targets[index].model)) {
            // While something else is being repaired: what still runs.
            describeInto(card, document, *shown, shown->targets[index]);
            const auto key = keys.find(shown->targets[index].provider);
            if (key != keys.end() && !key->second.usable())
                card.sentence = tr("Fails at once while the provider has no key. ") + card.sentence;
        } else {
            card.sentence = tr("Described again when the errors below are gone.");
        }
        view.cards.push_back(std::move(card));
    }
    return view;
}

Badge targetBadge(const chain::Target& target, const KeyState* key,
                  const live::Snapshot& snapshot) {
    if (!target.enabled)
        return {tr("Disabled"), Tone::neutral};
    if (target.breaker_hold == engine::BreakerHold::open)
        return {tr("Held open"), Tone::bad};
    if (key && !key->usable())
        return {tr("No key"), Tone::warn};
    if (target.breaker_hold == engine::BreakerHold::closed)
        return {tr("Held closed"), Tone::accent};
    const std::string name = target.name();
    for (const auto& view : snapshot.targets) {
        if (view.name != name)
            continue;
        if (view.status.disabled_until > snapshot.now)
            return {tr("Left alone"), Tone::warn};
        switch (view.status.breaker) {
        case engine::BreakerState::open: {
            if (!view.next_probe_in)
                return {tr("Open"), Tone::bad};
            const double seconds = std::ceil(to_seconds(*view.next_probe_in));
            return {tr("Open, probe in %1 s").arg(seconds, 0, 'f', 0), Tone::bad};
        }
        case engine::BreakerState::half_open:
            return {tr("Half-open"), Tone::warn};
        case engine::BreakerState::closed:
            if (view.status.cooldown_until > snapshot.now)
                return {tr("Cooling down"), Tone::warn};
            return {tr("Closed"), Tone::good};
        }
    }
    return {};
}

} // namespace brownout::ui
