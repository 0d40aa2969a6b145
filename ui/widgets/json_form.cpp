#include "ui/widgets/json_form.h"

#include "ui/models/chain_edits.h"
#include "ui/shell/theme.h"

#include <QLabel>
#include <QPointer>
#include <QVBoxLayout>

#include <algorithm>

namespace brownout::ui {
QString problemSentence(const chain::Problem& problem) {
    QString out = QString::fromStdString(problem.message);
    QString remedy = QString::fromStdString(problem.remedy);
    for (QString* part : {&out, &remedy}) // a name keeps its letters
        if (!part->isEmpty() && !part->section(QLatin1Char(' '), 0, 0).contains(QLatin1Char('_')))
            (*part)[0] = (*part)[0].toUpper();
    return remedy.isEmpty() ? out : out + QStringLiteral(". ") + remedy;
}

JsonForm::JsonForm(QWidget* parent) : QWidget(parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
}

void JsonForm::setSections(const QString& key, std::vector<FormSection> sections) {
    if (body_ && key == key_)
        return;
    key_ = key;
    fields_.clear();
    if (body_) { // a field may be on the stack: it was its edit that brought other fields
        body_->hide();
        layout()->removeWidget(body_);
        body_->setParent(nullptr);
        body_->deleteLater();
    }
    body_ = new QWidget(this);
    auto* column = new QVBoxLayout(body_);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gridUnit / 2 + 2);
    bool first = true;
    for (FormSection& section : sections) {
        if (!section.title.isEmpty()) {
            auto* title = new QLabel(section.title, body_);
            title->setProperty("title", true);
            if (!first)
                title->setContentsMargins(0, gridUnit, 0, 0);
            column->addWidget(title);
        }
        first = false;
        for (FieldSpec& spec : section.fields) {
            auto* field = new JsonField(std::move(spec), body_);
            field->edited = [this, field](std::optional<chain::Json> value) {
                const FieldSpec copy = field->spec(); // the edit may take the field away
                if (edited)
                    edited(copy, std::move(value));
            };
            column->addWidget(field);
            fields_.push_back(field);
        }
    }
    column->addStretch(1);
    layout()->addWidget(body_);
    body_->show();
}

QStringList JsonForm::show(const chain::Json& object, const std::string& base,
                           const std::vector<chain::Problem>& problems) {
    std::vector<bool> told(problems.size(), false);
    for (JsonField* field : fields_) {
        field->show(edits::at(object, field->spec().pointer), nullptr);
        const std::string pointer = base + field->spec().pointer;
        QString words;
        bool isError = false;
        for (std::size_t i = 0; i < problems.size(); ++i) {
            if (!edits::below(problems[i].pointer, pointer))
                continue;
            told[i] = true;
            const bool error = problems[i].severity == chain::Problem::Severity::error;
            if (words.isEmpty() || (error && !isError)) {
                words =
                    inShownUnit(field->spec(), problems[i], pointer, problemSentence(problems[i]));
                isError = error;
            }
        }
        field->setProblem(words, isError);
    }
    QStringList others;
    for (std::size_t i = 0; i < problems.size(); ++i)
        if (!told[i] && edits::below(problems[i].pointer, base) &&
            problems[i].severity == chain::Problem::Severity::error)
            others << problemSentence(problems[i]);
    return others;
}

void JsonForm::flush() {
    std::vector<QPointer<JsonField>> fields(fields_.begin(), fields_.end());
    for (const auto& field : fields) // an edit may build other fields
        if (field)
            field->flush();
}

bool JsonForm::hasProblem() const {
    return std::any_of(fields_.begin(), fields_.end(),
                       [](const JsonField* field) { return field->hasProblem(); });
}

JsonField* JsonForm::field(const std::string& pointer) const {
    for (JsonField* field : fields_)
        if (field->spec().pointer == pointer)
            return field;
    return nullptr;
}

void JsonForm::focusFirst() {
    if (!fields_.empty())
        fields_.front()->focusEditor();
}

} // namespace brownout::ui
