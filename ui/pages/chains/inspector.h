// Everything that can be set of what is selected: the document, its alerts and webhooks, a chain, a
// target or a provider.
// Values that a level leaves out show as placeholders, with a button that resets what it sets.
#pragma once

#include "ui/models/model_list.h"
#include "ui/pages/chains/field_specs.h"

#include <QFrame>

class QLabel;
class QPushButton;
class QScrollArea;
class QVBoxLayout;

namespace brownout::ui {

class AlertEditor;
class KeyEditor;
class Session;

struct Selection {
    enum class Kind { document, chain, target, provider, alerts };
    Kind kind = Kind::chain;
    std::string id; // of the chain (chain, target) or the provider
    int index = 0;  // target: place in the chain; alerts: the rule that is shown
    friend bool operator==(const Selection&, const Selection&) = default;
};

class Inspector : public QFrame {
    Q_OBJECT
  public:
    explicit Inspector(Session& session, QWidget* parent = nullptr);
    void setSelection(const Selection& selection); // commits what is being typed first
    const Selection& selection() const { return selection_; }
    void refresh(); // the document or the keys changed
    // What lint says, for the fields that it is about; shown with the next refresh.
    void setWarnings(std::vector<chain::Problem> warnings) { warnings_ = std::move(warnings); }
    // Puts the focus on the field at a place of the document. False: no such field here.
    bool focusPointer(const std::string& pointer);
    void focusKeys();

  Q_SIGNALS:
    void levelRequested(const brownout::ui::Selection& selection);
    void keysStored(); // a key was set or removed

  private:
    struct Row {
        JsonField* field;
        const chain::PolicyRow* row;
    };
    void flush();             // what is being typed
    std::string base() const; // pointer of what is selected; nothing when it is gone
    bool exists() const;
    std::string shownChain() const;
    std::vector<FieldSection> sections() const;
    std::string shape() const;
    void rebuild();
    void addSection(QVBoxLayout& column, FieldSection section);
    void addKeys(QVBoxLayout& column);
    void addAlerts(QVBoxLayout& column);
    void refreshHeader();
    void refreshFields();
    void refreshModel();
    void showProblem(JsonField& field, const std::string& pointer);
    void refreshKeys();
    void apply(JsonField& field, std::optional<chain::Json> value);
    void rename(JsonField& field, const std::string& next);
    std::vector<chain::Json> inheritedLevels() const;

    Session& session_;
    Selection selection_;
    std::string shape_;
    QLabel *title_, *subtitle_, *trouble_;
    QPushButton *levelDocument_, *levelChain_;
    QScrollArea* scroll_;
    QWidget* content_ = nullptr;
    std::vector<Row> rows_;
    KeyEditor* keys_ = nullptr;
    AlertEditor* alerts_ = nullptr;
    JsonField* model_ = nullptr; // of a target
    ModelListModel models_;
    std::vector<chain::Problem> warnings_;
};

} // namespace brownout::ui
