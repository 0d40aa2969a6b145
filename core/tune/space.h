// The search space of suggestions: one dimension for each setting, each with the values that are
// tried; choice 0 is the chain as it is. A candidate picks one choice per dimension, and becomes a
// document by edits. Private to core/tune.
#pragma once

#include "tune/suggest.h"

namespace brownout::tune {

struct Choice {
    std::vector<std::size_t> order; // of the targets by their places now; for the order alone
    chain::Json value;              // of the setting
};
struct Dimension {
    enum class Kind { order, chain, target };
    Kind kind = Kind::chain;
    std::string row;        // of the policy table: "timeouts/first_token_ms"
    std::size_t target = 0; // for Kind::target: its place now
    std::vector<Choice> choices;
    std::string setting; // as Change::setting
};
using Candidate = std::vector<std::uint8_t>; // by dimension

struct Variant {
    std::vector<Change> changes;
    chain::Json json;
    chain::Document document; // with prices
};

class Space {
  public:
    // The error: a document that is none, a chain that does not exist.
    static Result<Space> of(const chain::Json& document, const faults::Scenario& scenario,
                            const SuggestOptions& options);

    const std::vector<Dimension>& dimensions() const { return dimensions_; }
    const std::string& chain_id() const { return chain_id_; }
    const chain::Document& document() const { return document_; }
    Candidate as_it_is() const { return Candidate(dimensions_.size()); }
    std::vector<std::size_t> changed(const Candidate& candidate) const;
    // Nothing: not a valid document.
    std::optional<Variant> variant(const Candidate& candidate) const;
    // What lint warns about and did not before: the code of the first; empty: nothing.
    std::string new_warning(const Variant& variant) const;
    std::vector<std::string> listed() const; // a line each, for people

  private:
    void add_order(const chain::Chain& chain);
    void add_row(const std::string& row, std::vector<chain::Json> values,
                 std::optional<std::size_t> target = {});
    void add_rows(const Bounds& bounds, const chain::Chain& chain);
    Change change(std::size_t dimension, const Choice& choice,
                  const std::vector<std::size_t>& order, chain::Json& json) const;
    std::string value_text(const Dimension& dimension, const chain::Json& value) const;

    chain::Json json_; // without evidence
    chain::Document document_;
    const chain::PriceTable* prices_ = nullptr;
    std::string chain_id_;
    std::size_t chain_ = 0;
    std::vector<std::string> names_; // of the targets
    std::vector<Dimension> dimensions_;
    std::vector<std::pair<std::string, int>> warnings_; // by code
};

} // namespace brownout::tune
