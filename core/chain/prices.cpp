#include "chain/prices.h"

#include "base/check.h"
#include "base/url.h"
#include "chain/model_mapping.h"
#include "chain/presets.h"

#include <algorithm>
#include <filesystem>

namespace brownout::embedded {
extern const std::string_view prices_json;
} // namespace brownout::embedded

namespace brownout::chain {
namespace {

bool before(const PricedModel& row, std::string_view vendor, std::string_view model) {
    return row.vendor != vendor ? row.vendor < vendor : row.model < model;
}

} // namespace

void PriceTable::add(PricedModel row) {
    const auto at =
        std::lower_bound(rows_.begin(), rows_.end(), row,
                         [](const auto& a, const auto& b) { return before(a, b.vendor, b.model); });
    if (at != rows_.end() && at->vendor == row.vendor && at->model == row.model)
        *at = std::move(row);
    else
        rows_.insert(at, std::move(row));
}

const PricedModel* PriceTable::find(std::string_view vendor, std::string_view model) const {
    const auto at =
        std::lower_bound(rows_.begin(), rows_.end(), 0,
                         [&](const PricedModel& row, int) { return before(row, vendor, model); });
    return at != rows_.end() && at->vendor == vendor && at->model == model ? &*at : nullptr;
}

const PricedModel* PriceTable::find(const Provider& provider, std::string_view model) const {
    const std::string_view vendor = price_vendor(provider);
    if (!vendor.empty())
        return find(vendor, model);
    const PricedModel* found = nullptr;
    for (const PricedModel& row : rows_) {
        if (row.model != model)
            continue;
        if (found)
            return nullptr;
        found = &row;
    }
    return found;
}

std::vector<const PricedModel*> PriceTable::offered(const Provider& provider) const {
    const std::string_view vendor = price_vendor(provider);
    std::vector<const PricedModel*> out;
    for (const PricedModel& row : rows_)
        if (vendor.empty() || row.vendor == vendor)
            out.push_back(&row);
    std::stable_sort(out.begin(), out.end(),
                     [](const auto* a, const auto* b) { return a->model < b->model; });
    if (!vendor.empty())
        return out;
    // What two vendors list has no one price.
    std::vector<const PricedModel*> single;
    for (std::size_t i = 0; i < out.size(); ++i) {
        const bool twin = (i > 0 && out[i - 1]->model == out[i]->model) ||
                          (i + 1 < out.size() && out[i + 1]->model == out[i]->model);
        if (!twin)
            single.push_back(out[i]);
    }
    return single;
}

std::string_view price_vendor(const Provider& provider) {
    if (provider.simulated())
        return {};
    const std::string host = host_of(provider.base_url);
    for (const ProviderPreset& preset : provider_presets()) {
        // Local programs share a host; what they run costs what its owner says.
        if (preset.key_env.empty() || host_of(preset.base_url) != host || host == "localhost")
            continue;
        return preset.id;
    }
    if (provider.dialect == Dialect::azure)
        return "azure";
    return host == "queue.fal.run" ? "fal" : "";
}

Checked<PriceTable> read_prices(const Json& json, const std::string& file) {
    ProblemList problems(file);
    PriceTable table;
    ObjectReader in(json, "", problems);
    if (in.require_text("format", "`format`") != prices_format)
        in.error("format", "not a price table", "expected \"" + std::string{prices_format} + "\"");
    const std::string source = in.text("source"), date = in.text("date");
    in.array(
        "models",
        [&](const Json& value, const std::string& pointer) {
            ObjectReader row(value, pointer, problems);
            PricedModel model;
            model.vendor = row.require_text("vendor", "`vendor`, such as openai");
            model.model = row.require_text("model", "`model`, as the vendor names it");
            model.price = read_price(row.object("price"));
            model.context_tokens = row.integer("context_tokens", 0, {0, 1e10});
            model.max_output_tokens = row.integer("max_output_tokens", 0, {0, 1e10});
            model.note = row.text("note");
            model.source = source;
            model.date = date;
            row.finish();
            table.add(std::move(model));
        },
        100'000);
    in.finish();
    Checked<PriceTable> out;
    if (!problems.has_errors())
        out.value = std::move(table);
    out.problems = problems.take();
    return out;
}

Json to_json(const PriceTable& table, const std::string& source, const std::string& date) {
    Json models = Json::array();
    for (const PricedModel& row : table.rows()) {
        Json out = {{"vendor", row.vendor}, {"model", row.model}, {"price", to_json(row.price)}};
        if (row.context_tokens > 0)
            out["context_tokens"] = row.context_tokens;
        if (row.max_output_tokens > 0)
            out["max_output_tokens"] = row.max_output_tokens;
        if (!row.note.empty())
            out["note"] = row.note;
        models.push_back(std::move(out));
    }
    return {{"format", prices_format}, {"source", source}, {"date", date}, {"models", models}};
}

const PriceTable& builtin_prices() {
    static const PriceTable table = [] {
        const auto json = parse_json(embedded::prices_json, "resources/prices.json");
        BROWNOUT_CHECK(json.has_value(), "the embedded price table is valid JSON");
        auto read = read_prices(*json, "resources/prices.json");
        BROWNOUT_CHECK(read.ok(), "the embedded price table reads without a problem");
        return std::move(*read.value);
    }();
    return table;
}

Checked<PriceTable> load_prices(const std::string& path) {
    Checked<PriceTable> out;
    out.value = builtin_prices();
    std::error_code none;
    if (path.empty() || !std::filesystem::exists(path, none))
        return out;
    const auto text = read_file(path);
    const auto json = text ? parse_json(*text, path) : Result<Json>{};
    if (!text || !json) {
        const Error& error = text ? json.error() : text.error();
        out.problems.push_back({Problem::Severity::warning, path, "", error.message,
                                "import the prices again, or remove the file"});
        return out;
    }
    auto over = read_prices(*json, path);
    out.problems = std::move(over.problems);
    if (over.ok())
        for (const PricedModel& row : over.value->rows())
            out.value->add(row);
    return out;
}

const PricedModel* priced_model(const PriceTable& table, const Document& document,
                                const Chain& chain, std::size_t target) {
    const Target& asked = chain.targets[target];
    const Provider* provider = document.provider(asked.provider);
    if (!provider)
        return nullptr;
    if (!is_translated(*provider, asked.model))
        return table.find(*provider, asked.model);
    const auto model = nexaapi_target_model(document, chain, target);
    return model ? table.find(*provider, *model) : nullptr;
}

void fill_prices(Document& document, const PriceTable& table) {
    for (Chain& chain : document.chains)
        for (std::size_t i = 0; i < chain.targets.size(); ++i) {
            Target& target = chain.targets[i];
            const PricedModel* row = priced_model(table, document, chain, i);
            if (!row)
                continue;
            if (!target.price) {
                target.price = row->price;
                target.price_source = row->source + ", " + row->date;
                if (row->model != target.model)
                    target.price_source = "as " + row->model + ": " + target.price_source;
            }
            if (!target.context_tokens && row->context_tokens > 0)
                target.context_tokens = row->context_tokens;
        }
}

} // namespace brownout::chain
