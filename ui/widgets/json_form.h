// Fields over one JSON object, under headings, each with what is wrong with it. Shows what it is
// given and tells what is typed; the owner makes the edit.
#pragma once

#include "ui/widgets/json_field.h"

#include <vector>

class QVBoxLayout;

namespace brownout::ui {

struct FormSection {
    QString title; // empty: none
    std::vector<FieldSpec> fields;
};

class JsonForm : public QWidget {
    Q_OBJECT
  public:
    explicit JsonForm(QWidget* parent = nullptr);

    // `key` names what is shown: the same key keeps the fields that are there.
    void setSections(const QString& key, std::vector<FormSection> sections);
    // `base` is where `object` lies, for the pointers of problems. Gives back the errors below
    // `base` that no field shows, in words.
    QStringList show(const chain::Json& object, const std::string& base,
                     const std::vector<chain::Problem>& problems);
    void flush(); // commits what is being typed
    bool hasProblem() const;
    JsonField* field(const std::string& pointer) const; // null: none
    void focusFirst();

    std::function<void(const FieldSpec& spec, std::optional<chain::Json> value)> edited;

  private:
    QString key_;
    QWidget* body_ = nullptr;
    std::vector<JsonField*> fields_;
};

// "the fault begins after ... . begin it before ..." Pure.
QString problemSentence(const chain::Problem& problem);

} // namespace brownout::ui
