// The last pictures that the playground asked for: what was asked (own memory) joined with how it
// went (the snapshot's prompts). Newest first, at most eight.
#pragma once

#include "live/snapshot.h"
#include "wire/message.h"

#include <QAbstractListModel>

namespace brownout::ui {

class PictureHistory : public QAbstractListModel {
    Q_OBJECT
  public:
    static constexpr int limit = 8;
    enum Role { outcomeRole = Qt::UserRole + 1, idRole };

    struct Entry {
        quint64 id = 0;
        QString chain;
        wire::ChatRequest request;
        live::PromptView view; // the newest that a snapshot had
        Instant pictured{};    // when that snapshot was made
        QString prompt() const;
    };

    explicit PictureHistory(QObject* parent = nullptr);

    void add(quint64 id, const QString& chain, wire::ChatRequest request);
    // True when the entry `shown` changed.
    bool update(const live::Snapshot& snapshot, quint64 shown);
    const Entry* entry(quint64 id) const;
    const Entry* at(int row) const;
    int rowOf(quint64 id) const; // -1: not there

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;

  private:
    void insertFirst(Entry entry);
    QList<Entry> entries_;
};

// "Birch · 1.24 s · 0.00031 USD", "running", "no provider answered", "stopped". Pure.
QString outcomeText(const live::PromptView& prompt);

} // namespace brownout::ui
