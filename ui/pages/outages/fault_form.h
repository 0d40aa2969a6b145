// The chosen way of failing with its parameters, for how long, and for what share of requests: for
// faults that are set by hand.
#pragma once

#include "ui/widgets/json_form.h"

#include "faults/scenario.h"

namespace brownout::ui {

class FaultForm : public QWidget {
    Q_OBJECT
  public:
    explicit FaultForm(QWidget* parent = nullptr);

    void setKind(faults::Kind kind); // with sensible parameters
    faults::Kind kind() const { return kind_; }
    // The fault on a provider, from now on, with what is being typed. Nothing: a field says why.
    std::optional<faults::Rule> rule(const std::string& provider);
    // "HTTP error 503 for 60 s", "Silence, until restored"
    QString summary() const;

  Q_SIGNALS:
    void changed();

  private:
    void rebuild();
    void refresh();
    chain::Json onTarget(const std::string& provider) const;
    faults::Kind kind_ = faults::Kind::http_error;
    chain::Json rule_; // as typed, right or wrong
    JsonForm* form_;
};

} // namespace brownout::ui
