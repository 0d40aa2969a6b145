// The price table: what known models cost, with source and date. Built in from
// resources/prices.json; an imported one is laid over it. A model that is in neither has an unknown
// price. Pure but for load_prices; any thread.
#pragma once

#include "chain/document.h"

#include <span>

namespace brownout::chain {

inline constexpr std::string_view prices_format = "brownout.prices/1";

struct PricedModel {
    std::string vendor; // a preset's id: "openai", "zhipu"; or what an imported file calls it
    std::string model;  // as that vendor names it
    Price price;
    std::int64_t context_tokens = 0, max_output_tokens = 0; // 0: unknown
    std::string note;                                       // "medium, 1024x1024"
    std::string source, date;                               // date: ISO 8601, of the figures
};

class PriceTable {
  public:
    // A row replaces an older one of the same vendor and model.
    void add(PricedModel row);
    std::span<const PricedModel> rows() const { return rows_; } // by vendor, then model
    // By exact name: a snapshot ("gpt-4o-2024-08-06") may cost something else than its alias.
    // Behind an address that is no vendor's (a simulated provider, a company's own proxy), a model
    // that one vendor alone lists is priced by that.
    const PricedModel* find(std::string_view vendor, std::string_view model) const;
    const PricedModel* find(const Provider& provider, std::string_view model) const;
    // What a target's model can be completed from: every model that find() knows at this provider,
    // by name. Pointers last as long as the table is left alone.
    std::vector<const PricedModel*> offered(const Provider& provider) const;

  private:
    std::vector<PricedModel> rows_;
};

// The preset whose host the provider's base URL names; empty: none, or it is simulated. What a
// gateway charges is its own affair, so its prices are looked up under its own name.
std::string_view price_vendor(const Provider& provider);

const PriceTable& builtin_prices();
Checked<PriceTable> read_prices(const Json& json, const std::string& file);
Json to_json(const PriceTable& table, const std::string& source, const std::string& date);
// The built-in table with the one at `path` over it; a file that is not there is no error.
Checked<PriceTable> load_prices(const std::string& path);

// LiteLLM's model_prices_and_context_window.json. Tolerant: floats where integers are due, numbers
// as text, unknown keys; an entry that makes no sense is skipped with a word, and so are entries
// that price nothing that a chain calls (audio, embeddings, rerankers). Pictures by size and
// quality ("hd/1024-x-1792/dall-e-3") are one row with `image_tiers`.
struct PriceImport {
    PriceTable table;
    std::size_t entries = 0, unpriced = 0, other_kinds = 0;
    std::vector<std::string> skipped; // "key: why", at most 20
    std::size_t skipped_count = 0;
};
Result<PriceImport> import_litellm_prices(std::string_view text, const std::string& file,
                                          const std::string& date);

// What the table says of a target; of NexaAPI's "auto", of the model that it stands for in this
// chain. Null: nothing.
const PricedModel* priced_model(const PriceTable& table, const Document& document,
                                const Chain& chain, std::size_t target);
// Fills in `price` and `context_tokens` of targets that say nothing about them, and says where the
// price comes from in `price_source`. The document's JSON, and so its hash, stays as it is.
void fill_prices(Document& document, const PriceTable& table);

} // namespace brownout::chain
