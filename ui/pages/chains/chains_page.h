// Chains: what is tried, in which order, under which rules, and what that costs at worst. Every
// edit goes through the document editor, so it can be undone and survives a crash.
#pragma once

#include "ui/pages/chains/chain_view.h"
#include "ui/pages/chains/inspector.h"
#include "ui/pages/chains/problem_list.h"

#include <QWidget>

class QScrollArea;

namespace brownout::ui {

class ChainsSidebar;
class PresetPicker;
struct PresetOffer;
class ProblemsPanel;
class WorstCasePanel;

class ChainsPage : public QWidget {
    Q_OBJECT
  public:
    explicit ChainsPage(Session& session, QWidget* parent = nullptr);

    // Shows the place of the document that a problem points at, with the focus on its field.
    void jumpTo(const std::string& pointer);
    // Where a key is set: an existing real provider, or else the list of providers to add.
    void showKeys();
    void showKeys(const QString& provider);
    // Keys of a .env file into the store, their providers into the document.
    void importDotenv(const QString& path, chain::KeyRef::Source keep);

  private:
    void connectSidebar();
    void connectFlow();
    void select(const Selection& selection);
    void documentChanged();
    void keysChanged();
    void refresh();
    void refreshBadges();
    void keepSelection();
    std::string shownChain() const;
    void editTargets(const QString& what, chain::Json next, int select);
    void addTarget();
    void addChain();
    void removeChain(const QString& id);
    void pickProvider();
    void addProvider(const PresetOffer& offer);
    void chooseDotenv(chain::KeyRef::Source keep);
    void removeProvider(const QString& id);
    void toggleTarget(int place);
    void refreshProblems();
    void applyFix(const chain::Fix& fix);

    Session& session_;
    KeyStates keyStates_;
    ChainsSidebar* sidebar_;
    ChainFlow* flow_;
    QScrollArea* scroll_;
    WorstCasePanel* worst_;
    ProblemsPanel* problems_;
    Inspector* inspector_;
    PresetPicker* picker_;
    int chainPlace_ = 0, providerPlace_ = 0; // where the selection was, for renames undone
    std::vector<chain::Warning> lint_;
    quint64 lintOf_ = 0; // revision that lint_ is of
    quint64 keysOf_ = 0; // revision that the key states were made for
};

} // namespace brownout::ui
