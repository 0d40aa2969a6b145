// The chosen way of failing with its parameters, for how long, and for what share of requests.
#pragma once

#include "faults/scenario.h"

#include <QWidget>

#include <functional>

class QFormLayout;
class QSpinBox;
class QLabel;

namespace brownout::ui {

class FaultForm : public QWidget {
    Q_OBJECT
  public:
    explicit FaultForm(QWidget* parent = nullptr);

    void setKind(faults::Kind kind); // with sensible parameters
    faults::Kind kind() const { return fault_.kind; }
    // The fault on a provider, from now on.
    faults::Rule rule(const std::string& provider) const;
    // "HTTP 503 for 60 s", "Hang until restored"
    QString summary() const;

  Q_SIGNALS:
    void changed();

  private:
    void rebuild();
    void addWhole(const QString& label, const QString& name, int value, int low, int high,
                  const QString& suffix, std::function<void(int)> set);
    void addChoice(const QString& label, const QString& name, const QStringList& options,
                   int current, std::function<void(int)> set);

    void addText(const QString& label, const QString& name, const QString& value,
                 const QString& hint, std::function<void(const QString&)> set);

    faults::Fault fault_;
    QString others_ = QStringLiteral("@2"); // of an outage of several
    QFormLayout* rows_;
    QSpinBox *duration_, *share_;
};

} // namespace brownout::ui
