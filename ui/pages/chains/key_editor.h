// The keys of one provider: where each is found, whether it is there, its own limits, and a test
// that makes the cheapest real call. Values go from the masked field to the store and nowhere else;
// the document holds only references.
//
// The test runs on a thread of its own, which this widget waits for when it goes (bounded by the
// test's own limit).
#pragma once

#include "ui/models/key_items.h"
#include "ui/models/key_state.h"

#include <QWidget>

#include <functional>
#include <vector>

class QVBoxLayout;

namespace brownout::ui {

class KeyRow;

// What the reader says of a place below `key`, "/1/limits/concurrency"; empty: nothing.
using KeyProblem = std::function<QString(const std::string& below)>;

class KeyEditor : public QWidget {
    Q_OBJECT
  public:
    KeyEditor(chain::KeyStore& keys, QWidget* parent = nullptr);
    ~KeyEditor() override;
    // `key`: as written in the document, null for none.
    void show(const chain::Provider& provider, const chain::Json* key,
              const KeyProblem& problem = {});
    void flush(); // what is being typed
    // The focus to what is at a place below `key`, or else to the first key.
    void focusBelow(const std::string& below);

    // The document's `key` is to become this. `what`: edits of the same thing are undone at once;
    // empty: never with others.
    std::function<void(chain::Json key, const QString& what)> edited;

  Q_SIGNALS:
    void stored(); // a value was set or removed

  private:
    KeyRow* makeRow();
    void addKey();
    void changed(const QString& what);
    void write(const KeyItems& items, const QString& what);

    chain::KeyStore& keys_;
    chain::Provider provider_;
    std::optional<chain::Json> key_;
    QVBoxLayout* list_;
    std::vector<KeyRow*> rows_;
};

} // namespace brownout::ui
