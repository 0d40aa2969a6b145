// The keys of one provider: where each is found, whether it is there, and a test that makes the
// cheapest real call. Values go from the masked field to the store and nowhere else; the document
// holds only references.
//
// The test runs on a thread of its own, which this widget waits for when it goes (bounded by the
// test's own limit).
#pragma once

#include "ui/models/key_state.h"

#include <QWidget>

#include <functional>
#include <vector>

class QVBoxLayout;

namespace brownout::ui {

class KeyRow;

class KeyEditor : public QWidget {
    Q_OBJECT
  public:
    KeyEditor(chain::KeyStore& keys, QWidget* parent = nullptr);
    ~KeyEditor() override;
    // `references`: as written in the document ("env:X"), one or several; empty: none.
    void show(const chain::Provider& provider, const std::vector<std::string>& references);

    // The document's `key` is to become these.
    std::function<void(const std::vector<std::string>& references)> referencesEdited;

  Q_SIGNALS:
    void stored(); // a value was set or removed

  private:
    friend class KeyRow;
    void changed();
    chain::KeyStore& keys_;
    chain::Provider provider_;
    std::vector<std::string> references_;
    QVBoxLayout* list_;
    std::vector<KeyRow*> rows_;
};

} // namespace brownout::ui
