#include "ui/pages/chains/key_editor.h"

#include "ui/pages/chains/key_row.h"
#include "ui/shell/theme.h"

#include <QPushButton>
#include <QVBoxLayout>

namespace brownout::ui {

KeyEditor::KeyEditor(chain::KeyStore& keys, QWidget* parent) : QWidget(parent), keys_(keys) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gridUnit);
    list_ = new QVBoxLayout;
    list_->setSpacing(gridUnit + 4);
    column->addLayout(list_);
    auto* another = new QPushButton(icon(QStringLiteral("add")), tr("Add another key"));
    another->setObjectName(QStringLiteral("key_add"));
    another->setAccessibleName(another->text());
    another->setToolTip(tr("Several keys take turns"));
    column->addWidget(another, 0, Qt::AlignLeft);
    connect(another, &QPushButton::clicked, this, [this] {
        // A name that is not in the list yet.
        std::string next;
        for (int n = static_cast<int>(references_.size()) + 1; next.empty(); ++n) {
            next = "session:" + provider_.id + "-" + std::to_string(n);
            if (std::find(references_.begin(), references_.end(), next) != references_.end())
                next.clear();
        }
        auto references = references_;
        if (references == std::vector<std::string>{"none"})
            references.clear();
        references.push_back(next);
        if (referencesEdited)
            referencesEdited(references);
    });
}

KeyEditor::~KeyEditor() = default;

void KeyEditor::show(const chain::Provider& provider, const std::vector<std::string>& references) {
    provider_ = provider;
    references_ = references.empty() ? std::vector<std::string>{"none"} : references;
    while (rows_.size() > references_.size()) {
        rows_.back()->hide();
        rows_.back()->setObjectName({});
        rows_.back()->deleteLater(); // the signal that led here may be its own
        rows_.pop_back();
    }
    while (rows_.size() < references_.size()) {
        auto* row = new KeyRow(keys_, static_cast<int>(rows_.size()));
        list_->addWidget(row);
        connect(row, &KeyRow::edited, this, &KeyEditor::changed);
        connect(row, &KeyRow::stored, this, &KeyEditor::stored);
        connect(row, &KeyRow::dropRequested, this, [this, row] {
            auto left = references_;
            const auto at = std::find(rows_.begin(), rows_.end(), row) - rows_.begin();
            left.erase(left.begin() + at);
            if (referencesEdited)
                referencesEdited(left);
        });
        rows_.push_back(row);
    }
    for (std::size_t i = 0; i < rows_.size(); ++i)
        rows_[i]->show(provider, references_[i], rows_.size() > 1);
}

void KeyEditor::changed() {
    std::vector<std::string> references;
    for (const KeyRow* row : rows_)
        references.push_back(row->reference());
    if (referencesEdited)
        referencesEdited(references);
}

} // namespace brownout::ui
