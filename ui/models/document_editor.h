// The open chain document, as it is edited, and its newest valid reading.
// Thread: the window's.
#pragma once

#include "chain/prices.h"
#include "ui/models/json_editor.h"

namespace brownout::ui {

class DocumentEditor : public JsonEditor {
    Q_OBJECT
  public:
    explicit DocumentEditor(QString recoveryDir, QObject* parent = nullptr);

    // What fills in the prices that a document leaves out; the built-in table until then.
    void setPrices(chain::PriceTable prices);
    const chain::PriceTable& prices() const { return prices_; }
    // The newest valid reading: stays while the text is being repaired. Valid from open() on.
    const chain::Document& document() const { return document_; }
    QString displayName() const;

  protected:
    Reading read(const chain::Json& json, const std::string& file) override;
    void forget() override { document_ = {}; }

  private:
    chain::Document document_;
    chain::PriceTable prices_ = chain::builtin_prices();
};

} // namespace brownout::ui
