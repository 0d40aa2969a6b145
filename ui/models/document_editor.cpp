#include "ui/models/document_editor.h"

namespace brownout::ui {

DocumentEditor::DocumentEditor(QString recoveryDir, QObject* parent)
    : JsonEditor(std::move(recoveryDir), QStringLiteral(".recovery.json"), parent) {}

void DocumentEditor::setPrices(chain::PriceTable prices) {
    prices_ = std::move(prices);
    chain::fill_prices(document_, prices_);
}

JsonEditor::Reading DocumentEditor::read(const chain::Json& json, const std::string& file) {
    auto checked = chain::read_document(json, file);
    Reading out{std::move(checked.problems), checked.ok(), {}};
    if (!checked.ok())
        return out;
    chain::fill_prices(*checked.value, prices_);
    out.adopt = [this, document = std::move(*checked.value)]() mutable {
        document_ = std::move(document);
    };
    return out;
}

QString DocumentEditor::displayName() const {
    return document_.name.empty() ? name() : QString::fromStdString(document_.name);
}

} // namespace brownout::ui
