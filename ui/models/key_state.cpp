#include "ui/models/key_state.h"

#include "chain/key_shapes.h"
#include "chain/presets.h"
#include "ui/models/words.h"

namespace brownout::ui {

namespace {

// A server on this computer rarely asks for a key.
bool isLocal(const std::string& url) {
    for (const char* host : {"://localhost", "://127.", "://[::1]"})
        if (url.find(host) != std::string::npos)
            return true;
    return false;
}

QString badgeWord(chain::KeyRef::Source source) {
    switch (source) {
    case chain::KeyRef::Source::keychain:
        return tr("keychain");
    case chain::KeyRef::Source::env:
        return tr("env");
    case chain::KeyRef::Source::session:
        return tr("session");
    case chain::KeyRef::Source::none:
        break;
    }
    return tr("no key");
}

} // namespace

bool looksLikeKey(const QString& text) {
    static const char* const prefixes[] = {"sk-", "sk_",  "pk-",  "rk-", "gsk_", "xai-",   "r8_",
                                           "hf_", "ghp_", "AIza", "eyJ", "key-", "Bearer "};
    const QString t = text.trimmed();
    for (const char* prefix : prefixes)
        if (t.size() >= 12 && t.startsWith(QLatin1String(prefix)))
            return true;
    if (chain::may_hold_key(t.toStdString()))
        return true; // somewhere in an address, or behind a word
    // Long and random: letters of both cases and digits, none of what separates words.
    bool upper = false, lower = false, digit = false;
    for (const QChar c : t) {
        if (!c.isLetterOrNumber() && c != QLatin1Char('_') && c != QLatin1Char('-'))
            return false;
        upper |= c.isUpper();
        lower |= c.isLower();
        digit |= c.isDigit();
    }
    return t.size() >= 32 && lower && digit && (upper || !t.contains(QLatin1Char('-')));
}

QString sourceName(chain::KeyRef::Source source) {
    switch (source) {
    case chain::KeyRef::Source::keychain:
        return tr("Keychain");
    case chain::KeyRef::Source::env:
        return tr("Environment");
    case chain::KeyRef::Source::session:
        return tr("This session");
    case chain::KeyRef::Source::none:
        break;
    }
    return tr("None");
}

KeyState keyState(const chain::Provider& provider, const chain::KeyStore& keys) {
    if (provider.simulated())
        return {tr("simulated"), Tone::accent,
                tr("A provider built into Brownout. Nothing leaves this computer.")};
    std::vector<chain::KeyRef> named;
    for (const auto& ref : provider.keys)
        if (ref.source != chain::KeyRef::Source::none)
            named.push_back(ref);
    if (named.empty()) {
        const auto* preset = chain::find_preset(provider.id);
        if (isLocal(provider.base_url) || (preset && preset->key_env.empty()))
            return {tr("none needed"), Tone::neutral, tr("A local server, called without a key.")};
        return {tr("no key"), Tone::warn, tr("No key is named, so the provider will refuse.")};
    }
    int found = 0;
    QString first, why;
    for (const auto& ref : named) {
        const auto value = keys.find(ref);
        if (value && !value->empty()) {
            if (++found == 1)
                first = badgeWord(ref.source);
        } else if (why.isEmpty()) {
            why = value ? tr("%1 is empty").arg(QString::fromStdString(ref.text()))
                        : QString::fromStdString(value.error().text());
        }
    }
    if (found == 0)
        return {tr("no key"), Tone::warn, why};
    const QString word = named.size() > 1
                             ? tr("%1 of %2 keys").arg(found).arg(static_cast<int>(named.size()))
                             : first;
    return {word, found == static_cast<int>(named.size()) ? Tone::good : Tone::accent,
            why.isEmpty() ? tr("The key is there.") : why};
}

} // namespace brownout::ui
