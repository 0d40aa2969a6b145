#include "ui/models/preset_list.h"

#include "ui/models/price_text.h"
#include "ui/models/words.h"

#include <algorithm>

namespace brownout::ui {

namespace {

using Source = chain::KeyRef::Source;

struct KeyOffer {
    chain::KeyRef ref;
    QString badge, detail;
    Tone tone = Tone::neutral;
};

// Environment first: that is where a provider's users are told to put it.
KeyOffer keyOf(const chain::ProviderPreset& preset, const chain::KeyStore& keys,
               const std::vector<std::string>& stored) {
    if (preset.key_env.empty())
        return {{}, tr("no key needed"), tr("Called without a key."), Tone::neutral};
    const chain::KeyRef env{Source::env, preset.key_env};
    const QString variable = text(preset.key_env);
    if (keys.find(env))
        return {env, tr("in environment"),
                tr("Its key was found in the environment variable %1.").arg(variable), Tone::good};
    if (std::find(stored.begin(), stored.end(), preset.id) != stored.end())
        return {{Source::keychain, preset.id},
                tr("in keychain"),
                tr("Its key is in the system keychain, under %1.").arg(text(preset.id)),
                Tone::good};
    const chain::KeyRef session{Source::session, preset.id};
    if (keys.find(session))
        return {session, tr("this session"), tr("Its key is kept in memory for this session."),
                Tone::good};
    const QString place = keys.has_keychain()
                              ? tr("the system keychain keeps it")
                              : tr("there is no keychain here, so memory keeps it until Brownout "
                                   "ends");
    return {env, tr("key missing"),
            tr("%1 is not set. Set it before starting Brownout, or add %2 and paste its key: %3.")
                .arg(variable, text(preset.label), place),
            Tone::warn};
}

PresetOffer offerOf(const chain::ProviderPreset& preset, const chain::KeyStore& keys,
                    const chain::PriceTable& prices, const std::vector<std::string>& stored) {
    const QString dialect = text(chain::dialect_names[static_cast<std::size_t>(preset.dialect)]);
    const QString url = text(preset.base_url), label = text(preset.label);
    const KeyOffer key = keyOf(preset, keys, stored);
    PresetOffer out;
    out.row = {text(preset.id), label,    dialect + QStringLiteral(" · ") + url,
               key.badge,       key.tone, {},
               glyphOf(preset)};
    out.key = key.ref;
    out.keyFound = key.tone != Tone::warn;
    const QString model = text(preset.first_model);
    const auto* row = prices.find(chain::provider_of(preset), preset.first_model);
    out.detail = tr("%1 First target: %2, %3.").arg(key.detail, model, priceWithSource(row));
    if (url.contains(QLatin1String("YOUR-")))
        out.detail += tr(" Write your own resource into its base URL.");
    out.words = QStringList{label, text(preset.id), dialect, url, text(preset.key_env)}.join(
        QLatin1Char(' '));
    return out;
}

PresetOffer simulated() {
    PresetOffer out;
    out.row = {{},
               tr("Simulated"),
               tr("openai · lab: built into Brownout"),
               tr("no key needed"),
               Tone::neutral,
               {},
               ProviderGlyph{tr("Si"), QColor("#3d5a80"), ProviderGlyph::Shape::outline}};
    out.detail = tr("A provider built into Brownout: it can be broken at will, and nothing leaves "
                    "this computer.");
    out.words = tr("Simulated lab built in");
    return out;
}

} // namespace

std::vector<PresetOffer> presetOffers(const chain::KeyStore& keys,
                                      const chain::PriceTable& prices) {
    const auto stored = keys.keychain_names();
    std::vector<PresetOffer> out{simulated()};
    for (const auto& preset : chain::provider_presets())
        out.push_back(offerOf(preset, keys, prices, stored));
    return out;
}

std::vector<PresetOffer> matching(const std::vector<PresetOffer>& offers, const QString& typed) {
    const QStringList words = typed.split(QLatin1Char(' '), Qt::SkipEmptyParts);
    std::vector<PresetOffer> out;
    for (const auto& offer : offers)
        if (std::all_of(words.begin(), words.end(), [&](const QString& word) {
                return offer.words.contains(word, Qt::CaseInsensitive);
            }))
            out.push_back(offer);
    const QString begin = typed.trimmed();
    std::stable_partition(out.begin(), out.end(), [&](const PresetOffer& offer) {
        return offer.row.title.startsWith(begin, Qt::CaseInsensitive);
    });
    return out;
}

} // namespace brownout::ui
