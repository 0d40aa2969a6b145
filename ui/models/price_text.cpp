#include "ui/models/price_text.h"

#include "chain/presets.h"
#include "ui/models/format.h"
#include "ui/models/words.h"

#include <QDate>

#include <algorithm>
#include <cmath>

namespace brownout::ui {

namespace {

// Two decimals, more where they say something: 0.25, 2.00, 0.075.
QString usdNumber(double usd) {
    for (int decimals = 2; decimals < 6; ++decimals) {
        const double scale = std::pow(10.0, decimals);
        if (std::abs(std::round(usd * scale) - usd * scale) < 1e-6)
            return QString::number(usd, 'f', decimals);
    }
    return QString::number(usd, 'g', 4);
}

QString part(const std::optional<double>& usd) {
    return usd ? usdNumber(*usd) : tr("unknown");
}

QString upperFirst(QString s) {
    if (!s.isEmpty())
        s[0] = s[0].toUpper();
    return s;
}

} // namespace

QString priceLine(const std::optional<chain::Price>& price) {
    if (!price)
        return tr("price unknown");
    const bool tokens = price->input_usd_per_mtok || price->output_usd_per_mtok;
    if (price->image_usd && !tokens) {
        double least = *price->image_usd;
        for (const chain::ImageTier& tier : price->image_tiers)
            least = std::min(least, tier.image_usd);
        const double most = *price->dearest_image();
        return least < most ? tr("%1 to %2 USD per picture").arg(usdNumber(least), usdNumber(most))
                            : tr("%1 USD per picture").arg(usdNumber(most));
    }
    if (!tokens)
        return tr("price unknown");
    return tr("%1 / %2 USD per million tokens in / out")
        .arg(part(price->input_usd_per_mtok), part(price->output_usd_per_mtok));
}

QString priceWithSource(const chain::PricedModel* row) {
    if (!row)
        return tr("price unknown");
    return tr("%1 (%2, %3)").arg(priceLine(row->price), text(row->source), text(row->date));
}

QString priceDate(const std::string& source) {
    const QString last = text(source).section(QStringLiteral(", "), -1);
    return QDate::fromString(last, Qt::ISODate).isValid() ? last : QString();
}

QString priceNote(const chain::Provider& provider, const std::string& model,
                  const std::optional<chain::Price>& ownPrice, const chain::PriceTable& prices) {
    const chain::PricedModel* row = prices.find(provider, model);
    if (ownPrice) {
        const QString own = upperFirst(priceLine(ownPrice)) + tr(", as this document says.");
        if (!row)
            return own;
        return own + (row->price == *ownPrice
                          ? tr(" The price table of %1 says the same.").arg(text(row->date))
                          : tr(" The price table of %1 says %2.")
                                .arg(text(row->date), priceLine(row->price)));
    }
    if (!row)
        return prices.offered(provider).empty()
                   ? tr("Price unknown: the price table has no prices of this provider. Give them "
                        "below, or import a table with brownoutctl prices import.")
                   : tr("Price unknown: the price table has no such model of this provider. Give "
                        "it below, or import a table with brownoutctl prices import.");
    QStringList lines{upperFirst(priceLine(row->price)) + QLatin1Char('.')};
    for (const auto& tier : row->price.tiers)
        lines << tr("Above %1 input tokens %2 / %3.")
                     .arg(formatCount(static_cast<std::uint64_t>(tier.above_input_tokens)),
                          part(tier.input_usd_per_mtok), part(tier.output_usd_per_mtok));
    if (!row->price.image_tiers.empty() && row->price.image_usd && !row->note.empty())
        lines << tr("%1 USD where nothing else is asked for: %2.")
                     .arg(usdNumber(*row->price.image_usd), text(row->note));
    else if (!row->note.empty())
        lines << upperFirst(text(row->note)) + QLatin1Char('.');
    if (row->context_tokens > 0)
        lines << tr("Context %1 tokens.")
                     .arg(formatCount(static_cast<std::uint64_t>(row->context_tokens)));
    lines << tr("Source: %1, %2.").arg(text(row->source), text(row->date));
    return lines.join(QLatin1Char(' '));
}

} // namespace brownout::ui
