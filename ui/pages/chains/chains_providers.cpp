// Providers of the Chains page: added from presets or from a .env file, and removed.
#include "ui/models/chain_edits.h"
#include "ui/models/dotenv_import.h"
#include "ui/models/words.h"
#include "ui/pages/chains/chains_page.h"
#include "ui/pages/chains/preset_picker.h"
#include "ui/shell/session.h"

#include <QFileDialog>

namespace brownout::ui {

void ChainsPage::pickProvider() {
    picker_->open(presetOffers(session_.keys(), session_.editor().prices()),
                  session_.keys().has_keychain());
}

// The provider and its first target are one edit; what is missing comes into view.
void ChainsPage::addProvider(const PresetOffer& offer) {
    auto& editor = session_.editor();
    editor.settle();
    auto added =
        edits::addPreset(editor.json(), offer.row.id.toStdString(), shownChain(), offer.key.text());
    editor.edit(tr("Add provider %1").arg(text(added.provider)), std::move(added.document));
    keysChanged();
    if (added.chain != shownChain()) {
        Q_EMIT session_.notice(
            (added.newChain
                 ? tr("%1 went into the new chain %2, for the kind of work that it does.")
                 : tr("%1 went into chain %2, which does the kind of work that it does."))
                .arg(Session::displayName(text(added.provider)), text(added.chain)),
            false);
        session_.setChainId(text(added.chain));
    }
    const std::string provider = edits::providerPointer(editor.json(), added.provider);
    const auto* url = edits::at(editor.json(), provider + "/base_url");
    if (url && url->dump().find("YOUR-") != std::string::npos) {
        select({Selection::Kind::provider, added.provider, 0});
        inspector_->focusPointer(provider + "/base_url");
    } else if (!offer.keyFound) {
        showKeys(text(added.provider));
    } else {
        select({Selection::Kind::target, added.chain, added.target});
        inspector_->focusPointer(edits::targetPointer(editor.json(), added.chain, added.target) +
                                 "/model");
    }
}

void ChainsPage::chooseDotenv(chain::KeyRef::Source keep) {
    const QString path = QFileDialog::getOpenFileName(this, tr("Import keys"), {},
                                                      tr("Environment files (.env *.env .env.*);;"
                                                         "All files (*)"));
    if (!path.isEmpty())
        importDotenv(path, keep);
}

void ChainsPage::importDotenv(const QString& path, chain::KeyRef::Source keep) {
    auto& editor = session_.editor();
    editor.settle();
    auto done = ui::importDotenv(path, keep, editor.json(), shownChain(), session_.keys());
    if (!done.error.isEmpty()) {
        keysChanged(); // some may have been stored
        Q_EMIT session_.notice(done.error, true);
        return;
    }
    editor.edit(tr("Import keys"), std::move(done.document));
    session_.reloadKeys();
    keysChanged();
    if (!done.chain.empty())
        session_.setChainId(text(done.chain));
    Q_EMIT session_.notice(done.summary, false);
}

void ChainsPage::removeProvider(const QString& id) {
    session_.editor().settle();
    const auto users = edits::usersOf(session_.editor().json(), id.toStdString());
    session_.editor().edit(tr("Remove provider %1").arg(id),
                           edits::removeProvider(session_.editor().json(), id.toStdString()));
    select({Selection::Kind::chain, shownChain(), 0});
    if (!users.empty())
        Q_EMIT session_.notice(tr("Removed %1 and its targets. Undo brings them back.").arg(id),
                               false);
}

} // namespace brownout::ui
