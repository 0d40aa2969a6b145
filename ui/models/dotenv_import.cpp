#include "ui/models/dotenv_import.h"

#include "ui/models/chain_edits.h"
#include "ui/models/key_items.h"
#include "ui/models/words.h"

#include <QFileInfo>
#include <QStringList>

#include <algorithm>

namespace brownout::ui {

namespace {

constexpr std::size_t mostBytes = 1u << 20;

DotenvImport failed(const QString& why) {
    DotenvImport out;
    out.error = why;
    return out;
}

bool hasUsableKey(const chain::Json* key, const chain::KeyStore& keys) {
    const KeyItems items = keyItems(key);
    return std::any_of(items.begin(), items.end(), [&](const chain::Json& item) {
        const auto ref = chain::parse_key_ref(referenceOf(item).value_or(""));
        return ref && ref->source != chain::KeyRef::Source::none && keys.find(*ref);
    });
}

} // namespace

DotenvImport importDotenv(const QString& path, chain::KeyRef::Source source,
                          const chain::Json& document, const std::string& chainId,
                          chain::KeyStore& keys) {
    const std::string file = path.toStdString();
    const auto bytes = chain::read_file(file, mostBytes);
    if (!bytes)
        return failed(text(bytes.error().text()));
    const auto read = chain::read_dotenv(*bytes, file);
    if (!read.ok())
        return failed(text(read.problems.front().text()));
    const auto known = chain::known_keys(*read.value);
    if (known.empty())
        return failed(tr("%1: no key of a known provider is among its names. Known names end in "
                         "_API_KEY, such as OPENAI_API_KEY.")
                          .arg(path));
    DotenvImport out;
    out.document = document;
    QStringList labels;
    std::size_t stored = 0;
    for (const auto& [preset, entry] : known) {
        const chain::KeyRef ref{source, preset->id};
        // Before the value is stored: what was usable until now stays in charge.
        const std::string at = edits::providerPointer(out.document, preset->id);
        const bool usable = !at.empty() && hasUsableKey(edits::at(out.document, at + "/key"), keys);
        if (const auto done = keys.set(ref, entry->value); !done)
            return failed(tr("%1. %2 of %3 keys were stored; the chain was not changed.")
                              .arg(text(done.error().text()))
                              .arg(stored)
                              .arg(known.size()));
        ++stored;
        labels << text(preset->label);
        if (at.empty()) {
            auto added = edits::addPreset(std::move(out.document), preset->id, chainId, ref.text());
            out.document = std::move(added.document);
            if (out.chain.empty())
                out.chain = added.chain;
        } else if (!usable) {
            out.document = edits::set(std::move(out.document), at + "/key", ref.text());
        }
    }
    const std::size_t others = read.value->size() - known.size();
    out.summary =
        tr("%1 from %2 kept %3: %4.")
            .arg(known.size() == 1 ? tr("1 key") : tr("%1 keys").arg(known.size()),
                 QFileInfo(path).fileName(),
                 source == chain::KeyRef::Source::keychain ? tr("in the system keychain")
                                                           : tr("in memory for this session"),
                 labels.join(QStringLiteral(", ")));
    if (others > 0)
        out.summary += others == 1 ? tr(" 1 other entry is no provider's key.")
                                   : tr(" %1 other entries are no provider's keys.").arg(others);
    return out;
}

} // namespace brownout::ui
