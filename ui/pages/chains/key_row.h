// One key of a provider in the key editor.
#pragma once

#include "ui/models/key_state.h"

#include <QPointer>
#include <QThread>
#include <QWidget>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace brownout::ui {

class KeyRow : public QWidget {
    Q_OBJECT
  public:
    KeyRow(chain::KeyStore& keys, int number, QWidget* parent = nullptr);
    ~KeyRow() override;
    void show(const chain::Provider& provider, const std::string& reference, bool removable);
    std::string reference() const;

  Q_SIGNALS:
    void edited();        // another source or name
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
    void tell(const QString& text, const char* tone);
    void refresh();
    std::optional<chain::KeyRef> ref() const;
    QString objectNameOf(const char* part) const;

    chain::KeyStore& keys_;
    const int number_;
    chain::Provider provider_;
    std::string reference_;
    QComboBox* source_;
    QLineEdit *name_, *value_;
    QPushButton *set_, *remove_, *test_, *drop_;
    QWidget* valueRow_;
    QLabel *result_, *advice_;
    StateBadge* badge_;
    QPointer<QThread> thread_;
};

} // namespace brownout::ui
