#include "ui/pages/chains/chains_page.h"

#include "ui/models/alert_edits.h"
#include "ui/models/chain_edits.h"
#include "ui/models/words.h"
#include "ui/pages/chains/chains_sidebar.h"
#include "ui/pages/chains/preset_picker.h"
#include "ui/pages/chains/problems_panel.h"
#include "ui/pages/chains/worst_case_panel.h"
#include "ui/shell/session.h"
#include "ui/shell/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>

#include <algorithm>

namespace brownout::ui {

namespace {

// "3" of "/chains/3"; -1 for an empty pointer.
int placeOf(const std::string& pointer) {
    return pointer.empty() ? -1 : std::stoi(pointer.substr(pointer.rfind('/') + 1));
}

std::vector<ListRow> chainRows(const chain::Json& json) {
    std::vector<ListRow> rows;
    const auto* chains = edits::at(json, "/chains");
    if (!chains || !chains->is_array())
        return rows;
    for (std::size_t i = 0; i < chains->size(); ++i) {
        const std::string id = edits::idAt(json, "chains", static_cast<int>(i));
        const int targets = edits::targetCount(json, id);
        QString subtitle =
            targets == 1 ? ChainsPage::tr("1 target") : ChainsPage::tr("%1 targets").arg(targets);
        const auto* task = edits::at((*chains)[i], "/task");
        if (task && task->is_string())
            subtitle = text(task->get<std::string>()) + QStringLiteral(" · ") + subtitle;
        rows.push_back({text(id),
                        id.empty() ? ChainsPage::tr("(no name)") : text(id),
                        subtitle,
                        {},
                        Tone::neutral,
                        {}});
    }
    return rows;
}

} // namespace

ChainsPage::ChainsPage(Session& session, QWidget* parent) : QWidget(parent), session_(session) {
    setObjectName(QStringLiteral("chains_page"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(2 * gridUnit, 2 * gridUnit, 2 * gridUnit, 2 * gridUnit);
    row->setSpacing(gridUnit + 4);
    sidebar_ = new ChainsSidebar;
    row->addWidget(sidebar_);
    scroll_ = new QScrollArea;
    scroll_->setWidgetResizable(true);
    scroll_->setFrameShape(QFrame::NoFrame);
    scroll_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* middle = new QWidget;
    middle->setProperty("scrolled", true);
    // Never wider than the view: what slides sideways hides its ends.
    middle->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    auto* column = new QVBoxLayout(middle);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gridUnit + 4);
    flow_ = new ChainFlow;
    column->addWidget(flow_);
    worst_ = new WorstCasePanel;
    column->addWidget(worst_);
    problems_ = new ProblemsPanel;
    column->addWidget(problems_);
    column->addStretch();
    scroll_->setWidget(middle);
    row->addWidget(scroll_, 1);
    inspector_ = new Inspector(session);
    row->addWidget(inspector_);
    picker_ = new PresetPicker(this);

    connectSidebar();
    connectFlow();
    connect(problems_, &ProblemsPanel::jumpRequested, this, &ChainsPage::jumpTo);
    connect(problems_, &ProblemsPanel::fixRequested, this, &ChainsPage::applyFix);
    connect(sidebar_, &ChainsSidebar::problemsRequested, this, [this] {
        scroll_->ensureWidgetVisible(problems_, 0, 0);
        problems_->focusFirst();
    });
    connect(inspector_, &Inspector::levelRequested, this, &ChainsPage::select);
    connect(inspector_, &Inspector::keysStored, this, &ChainsPage::keysChanged);
    connect(&session.editor(), &DocumentEditor::changed, this, &ChainsPage::documentChanged);
    connect(&session.editor(), &DocumentEditor::recoveryFailed, this, [this](const QString& why) {
        Q_EMIT session_.notice(
            tr("Edits cannot be kept safe from a crash: %1. Save often.").arg(why), true);
    });
    connect(&session, &Session::chainChanged, this, [this] {
        const auto kind = inspector_->selection().kind;
        if (kind == Selection::Kind::target || kind == Selection::Kind::chain)
            select({Selection::Kind::chain, session_.chainId().toStdString(), 0});
        refresh();
    });
    connect(&session, &Session::snapshotChanged, this, &ChainsPage::refreshBadges);
    inspector_->setSelection({Selection::Kind::chain, shownChain(), 0});
    keysChanged();
}

void ChainsPage::connectSidebar() {
    connect(sidebar_, &ChainsSidebar::chainChosen, this, [this](const QString& id) {
        session_.setChainId(id);
        select({Selection::Kind::chain, id.toStdString(), 0});
    });
    connect(sidebar_, &ChainsSidebar::providerChosen, this, [this](const QString& id) {
        select({Selection::Kind::provider, id.toStdString(), 0});
    });
    connect(sidebar_, &ChainsSidebar::documentRequested, this, [this] {
        select({Selection::Kind::document, {}, 0});
    });
    connect(sidebar_, &ChainsSidebar::alertsRequested, this, [this] {
        select({Selection::Kind::alerts, {}, 0});
    });
    connect(sidebar_, &ChainsSidebar::addChainRequested, this, &ChainsPage::addChain);
    connect(sidebar_, &ChainsSidebar::removeChainRequested, this, &ChainsPage::removeChain);
    connect(sidebar_, &ChainsSidebar::addProviderRequested, this, &ChainsPage::pickProvider);
    connect(picker_, &PresetPicker::chosen, this, &ChainsPage::addProvider);
    connect(picker_, &PresetPicker::dotenvRequested, this, &ChainsPage::chooseDotenv);
    connect(sidebar_, &ChainsSidebar::removeProviderRequested, this, &ChainsPage::removeProvider);
}

void ChainsPage::connectFlow() {
    connect(flow_, &ChainFlow::selected, this, [this](int place) {
        if (place < 0)
            select({Selection::Kind::chain, shownChain(), 0});
        else
            select({Selection::Kind::target, shownChain(), place});
    });
    connect(flow_, &ChainFlow::moveRequested, this, [this](int from, int to) {
        session_.editor().settle();
        const int count = edits::targetCount(session_.editor().json(), shownChain());
        if (to >= 0 && to < count)
            editTargets(tr("Move target"),
                        edits::moveTarget(session_.editor().json(), shownChain(), from, to), to);
    });
    connect(flow_, &ChainFlow::removeRequested, this, [this](int place) {
        session_.editor().settle();
        const int left = edits::targetCount(session_.editor().json(), shownChain()) - 1;
        editTargets(tr("Remove target"),
                    edits::removeTarget(session_.editor().json(), shownChain(), place),
                    std::min(place, left - 1));
    });
    connect(flow_, &ChainFlow::duplicateRequested, this, [this](int place) {
        session_.editor().settle();
        editTargets(tr("Duplicate target"),
                    edits::duplicateTarget(session_.editor().json(), shownChain(), place),
                    place + 1);
    });
    connect(flow_, &ChainFlow::toggleRequested, this, &ChainsPage::toggleTarget);
    connect(flow_, &ChainFlow::addRequested, this, &ChainsPage::addTarget);
}

std::string ChainsPage::shownChain() const {
    return session_.chainId().toStdString();
}

// Edits, then moves the selection along. Who makes `next` has the editor settle first: it must hold
// what is being typed, or the edit would take it back.
void ChainsPage::editTargets(const QString& what, chain::Json next, int place) {
    session_.editor().edit(what, std::move(next));
    if (place < 0)
        select({Selection::Kind::chain, shownChain(), 0});
    else
        select({Selection::Kind::target, shownChain(), place});
    flow_->setSelected(place, true);
}

void ChainsPage::toggleTarget(int place) {
    session_.editor().settle();
    const auto& json = session_.editor().json();
    const std::string pointer = edits::targetPointer(json, shownChain(), place) + "/enabled";
    const auto* now = edits::at(json, pointer);
    const bool disabled = now && *now == chain::Json(false);
    editTargets(disabled ? tr("Enable target") : tr("Disable target"),
                disabled ? edits::unset(json, pointer) : edits::set(json, pointer, false), place);
}

void ChainsPage::addTarget() {
    session_.editor().settle();
    const auto& document = session_.editor().document();
    // The first provider that the chain does not use yet; its model from elsewhere in the document.
    const auto* shown = document.chain(shownChain());
    std::string provider = document.providers.empty() ? "" : document.providers.front().id;
    for (const auto& p : document.providers)
        if (shown && std::none_of(shown->targets.begin(), shown->targets.end(),
                                  [&](const auto& t) { return t.provider == p.id; })) {
            provider = p.id;
            break;
        }
    std::string model = "model";
    for (const auto& c : document.chains)
        for (const auto& t : c.targets)
            if (t.provider == provider && model == "model")
                model = t.model;
    const int place = edits::targetCount(session_.editor().json(), shownChain());
    editTargets(tr("Add target"),
                edits::addTarget(session_.editor().json(), shownChain(), provider, model), place);
    inspector_->focusPointer(edits::targetPointer(session_.editor().json(), shownChain(), place) +
                             "/model");
}

void ChainsPage::addChain() {
    session_.editor().settle();
    std::string id;
    auto next = edits::addChain(session_.editor().json(), &id);
    session_.editor().edit(tr("Add chain"), std::move(next));
    session_.setChainId(text(id));
    select({Selection::Kind::chain, id, 0});
    inspector_->focusPointer(edits::chainPointer(session_.editor().json(), id) + "/id");
}

void ChainsPage::removeChain(const QString& id) {
    session_.editor().settle();
    if (edits::at(session_.editor().json(), "/chains/1") == nullptr)
        return; // the last one stays
    session_.editor().edit(tr("Remove chain %1").arg(id),
                           edits::removeChain(session_.editor().json(), id.toStdString()));
    select({Selection::Kind::chain, shownChain(), 0});
}

void ChainsPage::select(const Selection& selection) {
    inspector_->setSelection(selection);
    const auto& json = session_.editor().json();
    if (selection.kind == Selection::Kind::provider)
        providerPlace_ = placeOf(edits::providerPointer(json, selection.id));
    else if (selection.kind == Selection::Kind::chain || selection.kind == Selection::Kind::target)
        chainPlace_ = placeOf(edits::chainPointer(json, selection.id));
    const bool target = selection.kind == Selection::Kind::target;
    flow_->setSelected(target                                     ? selection.index
                       : selection.kind == Selection::Kind::chain ? -1
                                                                  : -2);
    if (target && flow_->card(selection.index))
        scroll_->ensureWidgetVisible(flow_->card(selection.index), 0, 2 * gridUnit);
    sidebar_->setSelected(session_.chainId(), selection.kind == Selection::Kind::provider
                                                  ? text(selection.id)
                                                  : QString());
}

// An undone rename, move or removal may have taken away what was selected.
void ChainsPage::keepSelection() {
    const auto& json = session_.editor().json();
    Selection now = inspector_->selection();
    switch (now.kind) {
    case Selection::Kind::document:
        return;
    case Selection::Kind::alerts:
        now.index = std::clamp(now.index, 0, std::max(0, alert_edits::ruleCount(json) - 1));
        break;
    case Selection::Kind::provider:
        if (edits::providerPointer(json, now.id).empty()) {
            const std::string renamed = edits::idAt(json, "providers", providerPlace_);
            now = renamed.empty() ? Selection{Selection::Kind::chain, shownChain(), 0}
                                  : Selection{Selection::Kind::provider, renamed, 0};
        }
        break;
    case Selection::Kind::chain:
    case Selection::Kind::target:
        if (edits::chainPointer(json, now.id).empty()) {
            const std::string renamed = edits::idAt(json, "chains", chainPlace_);
            now.id = renamed.empty() ? shownChain() : renamed;
        }
        if (now.id != shownChain() && session_.editor().isValid())
            session_.setChainId(text(now.id));
        if (now.kind == Selection::Kind::target) {
            const int count = edits::targetCount(json, now.id);
            if (count == 0)
                now.kind = Selection::Kind::chain;
            now.index = std::clamp(now.index, 0, std::max(count - 1, 0));
        }
        break;
    }
    select(now);
}

void ChainsPage::documentChanged() {
    keepSelection();
    refresh();
}

void ChainsPage::keysChanged() {
    keysOf_ = 0;
    refresh();
    inspector_->refresh();
}

void ChainsPage::refresh() {
    const auto& editor = session_.editor();
    // Stores are asked only when the document or a key changed: a keychain takes its time.
    if (keysOf_ != editor.revision()) {
        keyStates_.clear();
        for (const auto& provider : editor.document().providers)
            keyStates_[provider.id] = keyState(provider, session_.keys());
        keysOf_ = editor.revision();
    }
    sidebar_->setChains(chainRows(editor.json()));
    std::vector<ListRow> providers;
    const auto* list = edits::at(editor.json(), "/providers");
    for (std::size_t i = 0; list && list->is_array() && i < list->size(); ++i) {
        const std::string id = edits::idAt(editor.json(), "providers", static_cast<int>(i));
        const auto key = keyStates_.find(id);
        ListRow row{text(id),
                    id.empty() ? tr("(no name)") : Session::displayName(text(id)),
                    {},
                    {},
                    Tone::neutral,
                    {}};
        if (key != keyStates_.end()) {
            row.badge = key->second.word;
            row.tone = key->second.tone;
            row.toolTip = key->second.detail;
        }
        if (const auto* provider = editor.document().provider(id))
            row.glyph = glyphOf(*provider);
        providers.push_back(std::move(row));
    }
    sidebar_->setProviders(std::move(providers));
    flow_->setView(
        flowView(editor.json(), editor.document(), editor.problems(), shownChain(), keyStates_));
    if (const auto* shown = editor.document().chain(shownChain()))
        worst_->show(editor.document(), *shown);
    else
        worst_->clear();
    refreshProblems();
    const auto& selection = inspector_->selection();
    sidebar_->setSelected(session_.chainId(), selection.kind == Selection::Kind::provider
                                                  ? text(selection.id)
                                                  : QString());
    refreshBadges();
}

void ChainsPage::refreshBadges() {
    const auto& editor = session_.editor();
    const auto* shown = editor.document().chain(shownChain());
    for (int i = 0; i < flow_->count(); ++i) {
        Badge badge;
        const auto place = static_cast<std::size_t>(i);
        if (flow_->card(i)->view().problem) {
            badge = {tr("Error"), Tone::bad};
        } else if (shown && editor.isValid() && place < shown->targets.size()) {
            const auto& target = shown->targets[place];
            const auto key = keyStates_.find(target.provider);
            badge = targetBadge(target, key == keyStates_.end() ? nullptr : &key->second,
                                *session_.snapshot());
        }
        flow_->card(i)->setBadge(badge.word, badge.tone);
    }
}

void ChainsPage::showKeys(const QString& provider) {
    select({Selection::Kind::provider, provider.toStdString(), 0});
    inspector_->focusKeys();
}

void ChainsPage::showKeys() {
    for (const auto& provider : session_.editor().document().providers)
        if (!provider.simulated())
            return showKeys(text(provider.id));
    pickProvider();
}

} // namespace brownout::ui
