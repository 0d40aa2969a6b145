// The scenario that is being made: undo, file and recovery as every document has them, what of it
// cannot be played on the open chain, and what of it is selected. Thread: the window's.
#pragma once

#include "chain/document.h"
#include "faults/scenario.h"
#include "ui/models/json_editor.h"

namespace brownout::ui {

class ScenarioEditor : public JsonEditor {
    Q_OBJECT
  public:
    enum class Part { scenario, fault, expectation };
    struct Selection {
        Part part = Part::scenario;
        int index = -1; // of the fault or the expectation
        friend bool operator==(const Selection&, const Selection&) = default;
    };

    explicit ScenarioEditor(QString recoveryDir, QObject* parent = nullptr);

    // The chain that it is played on: places such as @primary are looked up there.
    void setChain(const chain::Document& document);
    const chain::Document& chain() const { return chain_; }
    // Bound to the chain; nothing: it cannot be played, and trouble() says why.
    const std::optional<faults::Scenario>& bound() const { return bound_; }
    // What the reader says, then, once that is silent, what does not fit the chain.
    const std::vector<chain::Problem>& trouble() const { return trouble_; }
    QString title() const; // its name as written

    // An empty one to begin with. The edits of an earlier one without a file go.
    void openBlank();
    // What was being edited when the program last ended, if anything was.
    bool openRecovered();

    const Selection& selection() const { return selection_; }
    void select(Selection selection);
    void selectFault(int index) { select({Part::fault, index}); }
    // Several faults may be selected, of which selection() is the one in hand: in rising order, it
    // among them. Empty where no fault is selected.
    const std::vector<int>& selectedFaults() const { return faults_; }
    bool isSelected(int fault) const;
    // `current` where it is one of them, else the first; an empty list selects the scenario.
    void selectFaults(std::vector<int> faults, int current);

    // Undoable edits, of several faults in one step; the selection follows.
    void addFault(chain::Json rule) { addFaults(std::vector<chain::Json>(1, std::move(rule))); }
    void addFaults(std::vector<chain::Json> rules);
    void removeFaults(const std::vector<int>& faults); // as selectedFaults() has them
    void duplicateFaults(const std::vector<int>& faults, double by_s);
    void setSpan(int index, double at_s, std::optional<double> for_s, const QString& mergeKey = {});
    // Of one drag, or of one key: all at once.
    struct Move {
        int fault = -1;
        double at_s = 0;
        std::optional<double> for_s; // nothing: to the end
        std::string target;
    };
    void moveFaults(const std::vector<Move>& moves, const QString& mergeKey = {});
    void addExpectation(chain::Json expectation);
    void removeExpectation(int index);

  Q_SIGNALS:
    void selectionChanged();

  protected:
    Reading read(const chain::Json& json, const std::string& file) override;
    void forget() override { scenario_.reset(); }
    void refreshed() override;
    bool opensInvalid() const override { return true; }

  private:
    void bind();
    void setSelection(Selection selection, std::vector<int> faults);
    QString titleOf(const std::vector<int>& faults) const;
    chain::Document chain_;
    std::optional<faults::Scenario> scenario_; // the newest valid reading
    std::optional<faults::Scenario> bound_;
    std::vector<chain::Problem> trouble_;
    Selection selection_;
    std::vector<int> faults_; // selected
};

// "HTTP error on Aster", or "3 faults", for menus, undo and screen readers. Pure.
QString faultTitle(const chain::Json& rule);

} // namespace brownout::ui
