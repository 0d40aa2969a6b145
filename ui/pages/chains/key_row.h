// One key of a provider in the key editor: where it is found, its value, its test, its limits.
#pragma once

#include "ui/models/key_items.h"
#include "ui/models/key_state.h"

#include <QPointer>
#include <QThread>
#include <QWidget>

#include <functional>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace brownout::ui {

class KeyLimits;

class KeyRow : public QWidget {
    Q_OBJECT
  public:
    KeyRow(chain::KeyStore& keys, int number, QWidget* parent = nullptr);
    ~KeyRow() override;
    // `problem`: what the reader says of a place below the item, "/limits/concurrency".
    void show(const chain::Provider& provider, const chain::Json& item, bool removable,
              const std::function<QString(const std::string& below)>& problem);
    const chain::Json& item() const { return item_; }
    void focusBelow(const std::string& below);
    void flush(); // what is being typed
    void leave(); // it is going: nobody finds its parts by name any more

  Q_SIGNALS:
    // Another source, name or limit. `what` as KeyEditor::edited has it.
    void edited(const QString& what);
    void stored();        // a value was set or removed
    void dropRequested(); // out of the provider's list

  private:
    void buildTop();
    void buildValue();
    void sourceChosen();
    void nameFinished();
    void setValue();
    void removeValue();
    void test();
    void setReference(const std::string& reference);
    void tell(const QString& text, const char* tone);
    void refresh();
    QString adviceFor(chain::KeyRef::Source source, bool there) const;
    std::optional<chain::KeyRef> ref() const;
    std::string reference() const;
    QString objectNameOf(const char* part) const;

    chain::KeyStore& keys_;
    const int number_;
    chain::Provider provider_;
    chain::Json item_ = "none";
    QComboBox* source_;
    QLineEdit *name_, *value_;
    QPushButton *set_, *remove_, *test_, *drop_;
    QWidget *top_, *valueRow_;
    KeyLimits* limits_;
    QLabel *result_, *advice_;
    StateBadge* badge_;
    QPointer<QThread> thread_;
};

} // namespace brownout::ui
