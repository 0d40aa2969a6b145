#include "chain/lint.h"

#include "chain/lint_context.h"

#include <algorithm>
#include <charconv>
#include <map>

namespace brownout::chain {
namespace {

lint_rules::Context context(const Document& document, const Compiled& compiled, std::size_t index,
                            std::vector<Warning>& out) {
    const Chain& chain = document.chains[index];
    lint_rules::Context in{document, compiled, chain, index, effective_policy(document, chain),
                           {},       {},       out};
    for (std::size_t i = 0; i < chain.targets.size(); ++i) {
        lint_rules::Place place;
        place.index = i;
        place.target = &chain.targets[i];
        place.policy = effective_policy(document, chain, chain.targets[i]);
        place.entry = compiled.setup.chains[index].entries[i];
        place.upstream = compiled.setup.targets[place.entry.target.value];
        place.usable = place.entry.enabled && place.upstream.hold != engine::BreakerHold::open &&
                       place.entry.quality >= in.policy.minimum_quality;
        in.places.push_back(std::move(place));
    }
    for (const auto& place : in.places)
        if (place.usable)
            in.usable.push_back(&place);
    return in;
}

std::string unescaped(std::string token) {
    for (const auto& [from, to] : {std::pair{"~1", "/"}, std::pair{"~0", "~"}})
        for (auto at = token.find(from); at != token.npos; at = token.find(from, at + 1))
            token.replace(at, 2, to);
    return token;
}

// Sets or removes what is at `pointer` below `value`. False: there is no such place.
bool edit(Json& value, std::string_view pointer, const std::optional<Json>& next) {
    pointer.remove_prefix(1); // the slash
    const auto slash = pointer.find('/');
    const std::string token = unescaped(std::string(pointer.substr(0, slash)));
    const bool last = slash == pointer.npos;
    if (value.is_array()) {
        std::size_t i = 0;
        const auto read = std::from_chars(token.data(), token.data() + token.size(), i);
        if (read.ec != std::errc() || i >= value.size())
            return false;
        if (!last)
            return edit(value[i], pointer.substr(slash), next);
        if (next)
            value[i] = *next;
        else
            value.erase(i);
        return true;
    }
    if (!value.is_object())
        return false;
    if (last) {
        if (next)
            value[token] = *next;
        else
            value.erase(token);
        return true;
    }
    if (!value.contains(token)) {
        if (!next)
            return true;
        value[token] = Json::object();
    }
    if (!edit(value[token], pointer.substr(slash), next))
        return false;
    if (!next && value[token].is_object() && value[token].empty())
        value.erase(token);
    return true;
}

using Counts = std::map<std::string, int, std::less<>>;

Counts counts(const std::vector<Warning>& warnings) {
    Counts out;
    for (const Warning& w : warnings)
        ++out[w.code];
    return out;
}

bool holds(const Warning& warning, const Counts& before, const Json& json,
           const PriceTable& prices) {
    const auto fixed = apply_fix(json, *warning.fix);
    if (!fixed)
        return false;
    auto read = read_document(*fixed, "");
    if (!read.ok())
        return false;
    fill_prices(*read.value, prices);
    const Counts after = counts(lint(*read.value));
    for (const auto& [code, n] : after) {
        const auto was = before.find(code);
        const int allowed = was == before.end() ? 0 : was->second;
        if (n > allowed - (code == warning.code ? 1 : 0))
            return false;
    }
    return true;
}

} // namespace

Problem Warning::problem(const std::string& file) const {
    return {Problem::Severity::warning, file, pointer, message, remedy};
}

Result<Json> apply_fix(const Json& document, const Fix& fix) {
    Json out = document;
    for (const Fix::Edit& step : fix.edits)
        if (step.pointer.empty() || step.pointer.front() != '/' ||
            !edit(out, step.pointer, step.value))
            return bad_input(step.pointer, "there is no such place any more");
    return out;
}

std::vector<Warning> lint(const Document& document) {
    std::vector<Warning> out;
    const Compiled compiled = compile(document);
    for (std::size_t i = 0; i < document.chains.size(); ++i) {
        const auto in = context(document, compiled, i, out);
        lint_rules::reach(in);
        lint_rules::fate(in);
        lint_rules::times(in);
        lint_rules::money(in);
        lint_rules::settings(in);
    }
    return out;
}

std::vector<Warning> lint(const Document& document, const Json& json, const PriceTable& prices) {
    std::vector<Warning> out = lint(document);
    const Counts before = counts(out);
    for (Warning& warning : out)
        if (warning.fix && !holds(warning, before, json, prices))
            warning.fix.reset();
    return out;
}

} // namespace brownout::chain
