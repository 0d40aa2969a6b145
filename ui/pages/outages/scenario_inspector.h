// What is selected of a scenario, field by field: a fault, an expectation, or the scenario itself
// with its traffic. Thread: the window's.
#pragma once

#include "ui/models/scenario_editor.h"
#include "ui/widgets/json_form.h"

#include <QFrame>

class QLabel;
class QPushButton;
class QScrollArea;

namespace brownout::ui {

class ScenarioInspector : public QFrame {
    Q_OBJECT
  public:
    explicit ScenarioInspector(ScenarioEditor& editor, QWidget* parent = nullptr);
    void setLocked(bool locked); // shows only
    void focusFirst() { form_->focusFirst(); }

  Q_SIGNALS:
    void duplicateRequested(); // of the selected faults

  private:
    void refresh();
    void apply(const FieldSpec& spec, std::optional<chain::Json> value);
    void showFault(const chain::Json& rule);
    void showSeveral(int faults);
    void showExpectation(const chain::Json& row);
    void showScenario();
    void remove();
    std::string base() const;

    ScenarioEditor& editor_;
    QLabel *title_, *subtitle_, *trouble_;
    QPushButton *whole_, *duplicate_, *remove_;
    QScrollArea* scroll_;
    JsonForm* form_;
};

} // namespace brownout::ui
