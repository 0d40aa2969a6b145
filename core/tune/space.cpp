#include "tune/space.h"

#include "chain/describe_words.h"
#include "chain/edit.h"
#include "chain/lint.h"
#include "chain/policy_table.h"

#include <algorithm>
#include <cctype>
#include <numeric>

namespace brownout::tune {

using chain::Json;

namespace {

constexpr std::size_t most_permuted = 4;      // targets of which every order is tried: 24
constexpr std::size_t most_target_limits = 8; // targets that get limits of their own

std::vector<std::pair<std::string, int>> counted(const std::vector<chain::Warning>& warnings) {
    std::map<std::string, int> codes;
    for (const chain::Warning& w : warnings)
        ++codes[w.code];
    return {codes.begin(), codes.end()};
}

// Every order of a few; of many the moves that a person would try: one to the front, neighbours
// swapped, all the other way round.
std::vector<std::vector<std::size_t>> orders(const std::vector<std::size_t>& now) {
    std::vector<std::vector<std::size_t>> out;
    if (now.size() <= most_permuted) {
        auto next = now;
        std::sort(next.begin(), next.end());
        do
            out.push_back(next);
        while (std::next_permutation(next.begin(), next.end()));
    } else {
        for (std::size_t i = 1; i < now.size(); ++i) {
            const auto at = static_cast<std::ptrdiff_t>(i);
            auto front = now, swapped = now;
            std::rotate(front.begin(), front.begin() + at, front.begin() + at + 1);
            std::swap(swapped[i - 1], swapped[i]);
            out.push_back(front);
            out.push_back(swapped);
        }
        out.emplace_back(now.rbegin(), now.rend());
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    std::erase(out, now);
    return out;
}

std::vector<Json> ladder(std::initializer_list<int> steps, double low, double high) {
    std::vector<Json> out;
    for (const int step : steps)
        if (step >= low && step <= high)
            out.push_back(step);
    return out;
}

// "Breaker: open for", "Hedge:".
std::string label(std::string_view pointer) {
    const chain::PolicyRow* row = chain::policy_row(pointer);
    const chain::PolicyRow* group = row ? chain::policy_row(row->parent()) : nullptr;
    if (!group)
        return std::string(row ? row->label : pointer) + ":";
    std::string own(row->label);
    own.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(own.front())));
    return std::string(group->label) + ": " + own;
}

std::optional<Json> held(const Json& json, const std::string& pointer) {
    const Json::json_pointer at(pointer);
    return json.contains(at) ? std::optional{json.at(at)} : std::nullopt;
}

} // namespace

Result<Space> Space::of(const Json& document, const faults::Scenario& scenario,
                        const SuggestOptions& options) {
    Space out;
    out.json_ = document;
    if (out.json_.is_object())
        out.json_.erase("evidence");
    out.prices_ = options.prices ? options.prices : &chain::builtin_prices();
    auto read = chain::read_document(out.json_, "");
    if (!read.ok())
        return bad_input("", read.problems.empty() ? "this is no chain document"
                                                   : read.problems.front().text());
    chain::fill_prices(*read.value, *out.prices_);
    out.document_ = std::move(*read.value);
    std::string asked = scenario.traffic.chain;
    if (!scenario.traffic.task.empty()) // the task that most requests have
        asked = std::max_element(scenario.traffic.task.begin(), scenario.traffic.task.end(),
                                 [](const auto& a, const auto& b) { return a.second < b.second; })
                    ->first;
    const chain::Chain* chain = options.chain_id.empty() ? out.document_.chain_or_default(asked)
                                                         : out.document_.chain(options.chain_id);
    if (!chain)
        return bad_input("/chains", "there is no chain \"" + options.chain_id + "\"",
                         "Name one by its id");
    out.chain_id_ = chain->id;
    out.chain_ = static_cast<std::size_t>(chain - out.document_.chains.data());
    for (const chain::Target& target : chain->targets)
        out.names_.push_back(target.name());
    out.warnings_ = counted(chain::lint(out.document_));
    if (options.bounds.order && chain->strategy == engine::Strategy::priority)
        out.add_order(*chain);
    out.add_rows(options.bounds, *chain);
    return out;
}

void Space::add_order(const chain::Chain& chain) {
    std::vector<std::size_t> now(chain.targets.size()), usable;
    std::iota(now.begin(), now.end(), 0u);
    for (const std::size_t i : now)
        if (chain.targets[i].enabled && chain.targets[i].breaker_hold != engine::BreakerHold::open)
            usable.push_back(i);
    Dimension order;
    order.kind = Dimension::Kind::order;
    order.setting = "order";
    order.choices.push_back({now, {}});
    for (const auto& of_usable : orders(usable)) { // whoever is switched off stays where it is
        auto all = now;
        for (std::size_t i = 0; i < usable.size(); ++i)
            all[usable[i]] = of_usable[i];
        order.choices.push_back({std::move(all), {}});
    }
    if (order.choices.size() > 1)
        dimensions_.push_back(std::move(order));
}

void Space::add_row(const std::string& row, std::vector<Json> values,
                    std::optional<std::size_t> target) {
    chain::PolicyPlace place{chain_id_, -1};
    if (target)
        place.target = static_cast<int>(*target);
    const auto now = chain::policy_at(json_, place, row);
    Dimension d;
    d.kind = target ? Dimension::Kind::target : Dimension::Kind::chain;
    d.row = row;
    d.target = target.value_or(0);
    d.setting = target ? names_[*target] + " " + row : row;
    d.choices.push_back({{}, now ? *now : Json()});
    for (Json& value : values)
        if (value != d.choices.front().value)
            d.choices.push_back({{}, std::move(value)});
    if (d.choices.size() > 1)
        dimensions_.push_back(std::move(d));
}

void Space::add_rows(const Bounds& b, const chain::Chain& chain) {
    std::vector<Json> few;
    for (int n = 1; n <= b.attempts_per_target; ++n)
        few.push_back(n);
    add_row("retry/attempts_per_target", std::move(few));
    add_row("retry/max_attempts", ladder({1, 2, 3, 4, 6, 8, 12}, 2, b.max_attempts));
    const auto first_token = ladder({200, 500, 1000, 2000, 3000, 5000, 8000, 15000, 30000, 60000},
                                    b.first_token_ms_low, b.first_token_ms_high);
    add_row("timeouts/first_token_ms", first_token);
    add_row("timeouts/stall_ms", ladder({500, 1000, 2000, 3000, 5000, 8000, 15000, 30000},
                                        b.stall_ms_low, b.stall_ms_high));
    add_row("timeouts/attempt_ms", ladder({5000, 10000, 20000, 30000, 60000, 120000},
                                          b.attempt_ms_low, b.attempt_ms_high));
    if (b.hedge && chain.targets.size() > 1) {
        std::vector<Json> hedges{nullptr};
        for (const Json& ms :
             ladder({100, 200, 500, 1000, 2000, 5000, 10000}, b.hedge_ms_low, b.hedge_ms_high))
            hedges.push_back({{"after_ms", ms}});
        for (const double q : {0.9, 0.95, 0.99})
            hedges.push_back({{"after_quantile", q}});
        add_row("hedge", std::move(hedges));
    }
    if (b.breaker) {
        add_row("breaker/consecutive_failures",
                ladder({2, 3, 5, 8, 12}, 2, b.consecutive_failures));
        add_row("breaker/failure_ratio", {0.3, 0.5, 0.8});
        add_row("breaker/open_s",
                ladder({2, 5, 10, 20, 30, 60, 120, 300}, b.open_s_low, b.open_s_high));
    }
    if (chain.targets.size() > 1)
        for (std::size_t i = 0; i < std::min(chain.targets.size(), most_target_limits); ++i)
            add_row("timeouts/first_token_ms", first_token, i);
}

std::vector<std::size_t> Space::changed(const Candidate& candidate) const {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < candidate.size(); ++i)
        if (candidate[i] != 0)
            out.push_back(i);
    return out;
}

std::string Space::value_text(const Dimension& d, const Json& value) const {
    if (value.is_null())
        return "off";
    if (d.row == "hedge")
        return value.contains("after_ms") && value["after_ms"].is_number()
                   ? "after " + chain::plain_time(from_ms(value["after_ms"].get<double>()))
               : value.contains("after_quantile") && value["after_quantile"].is_number()
                   ? "after the " + chain::plain_percent(value["after_quantile"].get<double>()) +
                         " quantile"
                   : value.dump();
    const chain::PolicyRow* row = chain::policy_row(d.row);
    if (row && row->unit == "ms" && value.is_number())
        return chain::plain_time(from_ms(value.get<double>()));
    if (row && row->unit == "s" && value.is_number())
        return chain::plain_time(from_seconds(value.get<double>()));
    return value.dump();
}

Change Space::change(std::size_t dimension, const Choice& choice,
                     const std::vector<std::size_t>& order, Json& json) const {
    const Dimension& d = dimensions_[dimension];
    const std::string chain = "/chains/" + std::to_string(chain_);
    Change out;
    out.setting = d.setting;
    Edit edit;
    if (d.kind == Dimension::Kind::order) {
        edit.pointer = chain + "/targets";
        Json targets = Json::array();
        std::string now, was;
        for (std::size_t i = 0; i < choice.order.size(); ++i) {
            targets.push_back(json.at(Json::json_pointer(edit.pointer))[choice.order[i]]);
            now += (i ? ", " : "") + names_[choice.order[i]];
            was += (i ? ", " : "") + names_[i];
        }
        edit.after = std::move(targets);
        out.text = "Order: " + now + " (was " + was + ")";
    } else {
        std::string name;
        if (d.kind == Dimension::Kind::target) {
            const auto place = std::find(order.begin(), order.end(), d.target) - order.begin();
            edit.pointer = chain + "/targets/" + std::to_string(place) + "/" + d.row;
            name = names_[d.target] + ": ";
        } else {
            edit.pointer = chain + "/policy/" + d.row;
        }
        edit.after = choice.value;
        out.text = name + label(d.row) + " " + value_text(d, choice.value) + " (was " +
                   value_text(d, d.choices.front().value) + ")";
    }
    edit.before = held(json, edit.pointer);
    // When a hedge starts is searched, and nothing else that is said of it.
    if (d.row == "hedge" && edit.before && edit.before->is_object() && edit.after->is_object()) {
        Json kept = *edit.before;
        kept.erase("after_ms");
        kept.erase("after_quantile");
        for (const auto& [key, value] : edit.after->items())
            kept[key] = value;
        edit.after = std::move(kept);
    }
    if (auto edited = chain::apply_fix(json, {"", {{edit.pointer, edit.after}}}))
        json = std::move(*edited);
    out.edits.push_back(std::move(edit));
    return out;
}

std::optional<Variant> Space::variant(const Candidate& candidate) const {
    Variant out;
    out.json = json_;
    std::vector<std::size_t> order(names_.size());
    std::iota(order.begin(), order.end(), 0u);
    for (const std::size_t i : changed(candidate)) { // the order comes first
        const Choice& choice = dimensions_[i].choices[candidate[i]];
        if (dimensions_[i].kind == Dimension::Kind::order)
            order = choice.order;
        out.changes.push_back(change(i, choice, order, out.json));
    }
    auto read = chain::read_document(out.json, "");
    if (!read.ok())
        return std::nullopt;
    chain::fill_prices(*read.value, *prices_);
    out.document = std::move(*read.value);
    return out;
}

std::string Space::new_warning(const Variant& variant) const {
    for (const auto& now : counted(chain::lint(variant.document))) {
        const auto was = std::find_if(warnings_.begin(), warnings_.end(),
                                      [&](const auto& w) { return w.first == now.first; });
        if (now.second > (was == warnings_.end() ? 0 : was->second))
            return now.first;
    }
    return {};
}

std::vector<std::string> Space::listed() const {
    std::vector<std::string> out;
    for (const Dimension& d : dimensions_) {
        if (d.kind == Dimension::Kind::order) {
            out.push_back("order of the targets: " + std::to_string(d.choices.size()));
            continue;
        }
        std::string line = d.setting + ": ";
        for (std::size_t i = 0; i < d.choices.size(); ++i)
            line += (i ? ", " : "") + value_text(d, d.choices[i].value) + (i ? "" : " (now)");
        out.push_back(std::move(line));
    }
    return out;
}

} // namespace brownout::tune
