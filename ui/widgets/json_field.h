// One value of the document as a field: label, editor, unit, "reset to inherited", and below it
// what the reader says is wrong with it. What is typed goes into the document as it is, right or
// wrong: the reader is the only judge, so the message here is the one that every other program
// gives.
#pragma once

#include "chain/document.h"

#include <QTimer>
#include <QWidget>

#include <functional>
#include <optional>

class QAbstractItemModel;
class QComboBox;
class QCompleter;
class QLabel;
class QLineEdit;
class QToolButton;

namespace brownout::ui {

struct FieldSpec {
    // words: an array of strings; commit: "first_token", "complete" or a number of tokens;
    // group: an object that null switches off
    enum class Kind { text, number, boolean, choice, words, commit, group };
    struct Choice {
        QString value, label;
    };
    std::string pointer; // below the form's base, "/retry/max_attempts"
    QString label, unit, help, objectName;
    Kind kind = Kind::text;
    double scale = 1;      // document value = shown number * scale: 1000 shows ms as s
    QString range;         // "above 0 and at most 86,400 s", in the shown unit; empty: any
    bool nullable = false; // "off" is null
    std::vector<Choice> choices;
    QString placeholder;   // where nothing is inherited
    bool required = false; // cannot be left out, so there is nothing to reset to
    // An address whose receiver lets in who knows it: behind its ? the document takes anything.
    bool secretQuery = false;
    chain::Json on; // group: what switching it on writes
    int width = 0;  // px of the editor; 0: as usual for the kind
    // A value that reads otherwise than its JSON ("lognormal 400 0.8"). Null: as the kind says.
    QString (*toText)(const chain::Json&) = nullptr;
    std::optional<chain::Json> (*fromText)(const QString&) = nullptr;
};

// What the reader says of the value at `pointer`, in the field's unit where that is not the
// document's: a range in s, not in ms. Anything else: `otherwise`.
QString inShownUnit(const FieldSpec& spec, const chain::Problem& problem,
                    const std::string& pointer, const QString& otherwise);

class JsonField : public QWidget {
    Q_OBJECT
  public:
    explicit JsonField(FieldSpec spec, QWidget* parent = nullptr);
    const FieldSpec& spec() const { return spec_; }

    // `own`: what this level sets, null pointer when nothing. `inherited`: what holds without it.
    // Text that is being typed is left alone.
    void show(const chain::Json* own, const chain::Json* inherited);
    void setProblem(const QString& text, bool isError); // empty: none
    // What can be typed into a text field: offered while typing, on Arrow Down and on its arrow.
    // The second line of an entry is what `secondLineRole` says. The model outlives the field.
    void setCompletions(QAbstractItemModel& model, int secondLineRole);
    void setNote(const QString& text); // a muted line below; empty: none
    bool hasProblem() const;
    void focusEditor();
    void flush(); // commits what is being typed

    // The new value; nothing: this level sets it no more. `typing`: more is likely to follow.
    std::function<void(std::optional<chain::Json> value)> edited;

    // How a value reads in the field, without its unit.
    static QString shown(const FieldSpec& spec, const chain::Json& value);
    // What typed text becomes; no value: unset.
    static std::optional<chain::Json> parsed(const FieldSpec& spec, const QString& text);

    static constexpr int labelWidth =
        116; // px, of every field's, so that editors stand in a column
    static constexpr int commitAfterMs = 700; // without a key press, so that a crash loses little

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    void makeText();
    void makeCombo();
    void offerAll();
    void commit();
    void setInherited(const chain::Json* inherited);

    FieldSpec spec_;
    QLineEdit* text_ = nullptr;
    QComboBox* combo_ = nullptr;
    QCompleter* completer_ = nullptr;
    QLabel *problem_, *note_;
    QToolButton* reset_;
    QTimer delay_;
    QString committed_; // text as the document has it
    bool refused_ = false;
};

} // namespace brownout::ui
