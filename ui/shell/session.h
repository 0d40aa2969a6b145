// What all pages share: the open document, the worker that runs it, the newest snapshot, the keys.
// Pages ask the session; they never talk to the core's threads themselves. Thread: the window's.
#pragma once

#include "chain/keys.h"
#include "live/worker.h"
#include "ui/models/document_editor.h"
#include "ui/models/forecast_editor.h"
#include "ui/models/scenario_editor.h"

#include <QTimer>

namespace brownout::ui {

class Session : public QObject {
    Q_OBJECT
  public:
    Session(chain::KeyStore& keys, live::WorkerOptions options, const QString& recoveryDir,
            QObject* parent = nullptr);
    ~Session() override;

    DocumentEditor& editor() { return editor_; }
    const DocumentEditor& editor() const { return editor_; }
    // The scenario that is being made for that chain.
    ScenarioEditor& scenario() { return scenario_; }
    // What the forecast for the shown chain rests on.
    ForecastEditor& forecast() { return forecast_; }
    chain::KeyStore& keys() { return keys_; }
    live::SnapshotPtr snapshot() const { return snapshot_; } // never null

    // The chain shown and exercised; ids from the document. Falls back to the first.
    QString chainId() const;
    void setChainId(const QString& id);

    void post(live::Command command);
    // Break by hand: `fault` on a provider, for a time or until restored.
    void breakProvider(const QString& provider, const faults::Fault& fault,
                       std::optional<double> for_s = {});
    void restoreProvider(const QString& provider);
    void revertAll();
    // Steady traffic on the shown chain; 0 stops. A chain with real providers costs money: whoever
    // sets its traffic has asked first, and says so with `confirmed`.
    void setTraffic(double requestsPerSecond, bool confirmed = false);
    quint64 sendPrompt(const QString& chain, wire::ChatRequest request); // the prompt's id
    // Where reports of finished scenarios are kept; until set, beside the recovery files.
    QString reportsDir() const { return reportsDir_; }
    void setReportsDir(const QString& directory) { reportsDir_ = directory; }
    // Finds keys again and hands the document to the worker: after a key was set or removed.
    void reloadKeys();

    // "Aster" for "aster", as people read it; a model keeps its spelling.
    static QString displayName(const QString& provider);
    // Position of a provider in the document: picks its colour everywhere.
    int colorIndex(const QString& provider) const;

  Q_SIGNALS:
    void snapshotChanged(); // at most 30 times a second, only when there is something new
    void chainChanged();
    void notice(const QString& text, bool problem); // for the message bar

  private:
    void pull();
    void loadIntoWorker();
    chain::KeyStore& keys_;
    DocumentEditor editor_;
    ScenarioEditor scenario_;
    ForecastEditor forecast_;
    std::unique_ptr<live::Worker> worker_;
    live::SnapshotPtr snapshot_;
    QString chainId_, reportsDir_;
    QTimer timer_;
    quint64 nextPrompt_ = 1;
    bool loadPending_ = false;
    QString confirmedChain_; // real traffic on it was confirmed
};

} // namespace brownout::ui
