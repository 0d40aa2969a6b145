// What the forecast rests on, as it is edited: undo and recovery as every document has them. It has
// no file: it stays with the user, for whichever chain is open. Thread: the window's.
#pragma once

#include "sim/assumptions.h"
#include "ui/models/json_editor.h"

namespace brownout::ui {

class ForecastEditor : public JsonEditor {
    Q_OBJECT
  public:
    explicit ForecastEditor(QString recoveryDir, QObject* parent = nullptr);

    // The newest valid reading.
    const sim::Assumptions& assumptions() const { return assumptions_; }

    // One undoable edit of the value at a JSON pointer; nothing: taken away, with what is left
    // empty by that.
    void set(const QString& what, const std::string& pointer, std::optional<chain::Json> value,
             const QString& mergeKey = {});
    const chain::Json* at(const std::string& pointer) const; // null: not written

    // Chains to compare with the shown one; until the user changes them, those that the chain
    // itself suggests: its first target alone, its first two, and the same with a hedge.
    std::vector<sim::Compared> compared(const chain::Document& document,
                                        const QString& shownChain) const;
    // Replaces them.
    void setCompared(const QString& what, const std::vector<sim::Compared>& all);

  protected:
    Reading read(const chain::Json& json, const std::string& file) override;
    void forget() override { assumptions_ = {}; }
    bool opensInvalid() const override { return true; }

  private:
    sim::Assumptions assumptions_;
};

// "Aster", "Aster > Birch": by the providers' names. Pure.
QString targetsLabel(const std::vector<std::string>& targets);

} // namespace brownout::ui
