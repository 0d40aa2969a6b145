// Prices as people read them: the figures, and where they come from. What is not known is said, and
// never shown as zero. Pure.
#pragma once

#include "chain/prices.h"

#include <QString>

namespace brownout::ui {

// "0.25 / 2.00 USD per million tokens in / out", "0.04 USD per picture", "0.04 to 0.12 USD
// per picture" (by size and quality), "price unknown".
QString priceLine(const std::optional<chain::Price>& price);
// "0.25 / 2.00 USD per million tokens in / out (SOURCE, 2026-07-24)"; null: "price unknown".
QString priceWithSource(const chain::PricedModel* row);
// "2026-07-24" of "SOURCE, 2026-07-24"; empty when there is none.
QString priceDate(const std::string& source);

// What stands below the model of a target: its price with source and date, tiers and context; or
// that the price is unknown, and what to do. `ownPrice`: of the document, which wins; the table's
// is told beside it.
QString priceNote(const chain::Provider& provider, const std::string& model,
                  const std::optional<chain::Price>& ownPrice, const chain::PriceTable& prices);

} // namespace brownout::ui
