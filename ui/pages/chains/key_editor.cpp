#include "ui/pages/chains/key_editor.h"

#include "ui/pages/chains/key_row.h"
#include "ui/shell/theme.h"

#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

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
    connect(another, &QPushButton::clicked, this, &KeyEditor::addKey);
}

KeyEditor::~KeyEditor() = default;

KeyRow* KeyEditor::makeRow() {
    auto* row = new KeyRow(keys_, static_cast<int>(rows_.size()));
    list_->addWidget(row);
    connect(row, &KeyRow::edited, this, &KeyEditor::changed);
    connect(row, &KeyRow::stored, this, &KeyEditor::stored);
    connect(row, &KeyRow::dropRequested, this, [this, row] {
        KeyItems left = keyItems(key_ ? &*key_ : nullptr);
        const auto at = std::find(rows_.begin(), rows_.end(), row) - rows_.begin();
        if (at < static_cast<std::ptrdiff_t>(left.size()))
            left.erase(left.begin() + at);
        write(left, {});
    });
    return row;
}

void KeyEditor::show(const chain::Provider& provider, const chain::Json* key,
                     const KeyProblem& problem) {
    provider_ = provider;
    key_ = key ? std::optional(*key) : std::nullopt;
    KeyItems items = keyItems(key);
    const bool list = key && key->is_array();
    if (items.empty())
        items.push_back("none"); // a row to begin with
    while (rows_.size() > items.size()) {
        rows_.back()->hide();
        rows_.back()->leave();
        rows_.back()->deleteLater(); // the signal that led here may be its own
        rows_.pop_back();
    }
    while (rows_.size() < items.size())
        rows_.push_back(makeRow());
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        const std::string below = list ? "/" + std::to_string(i) : std::string();
        rows_[i]->show(provider, items[i], rows_.size() > 1, [&](const std::string& deeper) {
            return problem ? problem(below + deeper) : QString();
        });
    }
}

void KeyEditor::addKey() {
    KeyItems items = keyItems(key_ ? &*key_ : nullptr);
    // A name that is not in the list yet.
    std::string next;
    for (int n = static_cast<int>(items.size()) + 1; next.empty(); ++n) {
        next = "session:" + provider_.id + "-" + std::to_string(n);
        if (std::any_of(items.begin(), items.end(),
                        [&](const chain::Json& item) { return referenceOf(item) == next; }))
            next.clear();
    }
    items.push_back(next);
    write(items, {});
}

void KeyEditor::changed(const QString& what) {
    KeyItems items;
    for (const KeyRow* row : rows_)
        items.push_back(row->item());
    if (items.size() == 1 && referenceOf(items.front()) == "none")
        items.clear();
    write(items, what);
}

void KeyEditor::write(const KeyItems& items, const QString& what) {
    if (edited)
        edited(keyOf(items, key_ ? &*key_ : nullptr), what);
}

void KeyEditor::flush() {
    const auto rows = rows_; // an edit may make others
    for (KeyRow* row : rows)
        row->flush();
}

void KeyEditor::focusBelow(const std::string& below) {
    std::size_t row = 0;
    std::string deeper = below;
    if (key_ && key_->is_array() && below.size() > 1 && below[1] >= '0' && below[1] <= '9') {
        const auto slash = below.find('/', 1);
        row = std::min(std::stoul(below.substr(1, 4)), rows_.size() - 1);
        deeper = slash == below.npos ? std::string() : below.substr(slash);
    }
    if (row < rows_.size())
        rows_[row]->focusBelow(deeper);
}

} // namespace brownout::ui
