#include "chain/policy_table.h"

#include <algorithm>

namespace brownout::chain {
namespace {

void check_commit(ObjectReader& in, const PolicyRow& row, const Json& value) {
    if (!value.is_object()) {
        constexpr std::string_view words[] = {"first_token", "complete"};
        in.choice(row.name(), 0, words);
        return;
    }
    ObjectReader tokens = in.object(row.name());
    tokens.require("tokens", "how many tokens are held back, such as {\"tokens\": 20}");
    tokens.maybe_integer("tokens", row.range);
    tokens.finish();
}

void check_amounts(ObjectReader& in, const PolicyRow& row, const Json& value) {
    ObjectReader amounts = in.object(row.name());
    if (value.is_object())
        for (auto it = value.begin(); it != value.end(); ++it)
            amounts.maybe_number(it.key(), row.range);
}

void check_group(const Json& value, std::string_view group, PolicyLevel level, ObjectReader& in);

void check_row(const PolicyRow& row, const Json& value, PolicyLevel level, ObjectReader& in) {
    switch (row.kind) {
    case RowKind::integer:
        in.maybe_integer(row.name(), row.range);
        break;
    case RowKind::number:
    case RowKind::duration:
    case RowKind::money:
        in.maybe_number(row.name(), row.range);
        break;
    case RowKind::boolean:
        in.boolean(row.name(), false);
        break;
    case RowKind::choice:
        in.choice(row.name(), 0, row.choices);
        break;
    case RowKind::commit:
        check_commit(in, row, value);
        break;
    case RowKind::amounts:
        check_amounts(in, row, value);
        break;
    case RowKind::group: {
        ObjectReader below = in.object(row.name());
        if (value.is_object())
            check_group(value, row.pointer, level, below);
        break;
    }
    }
}

void check_hedge(const Json& value, ObjectReader& in) {
    const auto given = [&](const char* key) {
        return value.contains(key) && !value[key].is_null();
    };
    if (given("after_ms") && given("after_quantile"))
        in.error("after_quantile", "a hedge starts after a time or after a quantile, not both",
                 "remove one of `after_ms` and `after_quantile`");
    else if (!given("after_ms") && !given("after_quantile"))
        in.error("after_ms", "the hedge does not say when it starts",
                 "add `after_ms` or `after_quantile`");
}

void check_group(const Json& value, std::string_view group, PolicyLevel level, ObjectReader& in) {
    for (const PolicyRow& row : policy_table()) {
        if (row.parent() != group || !row.allowed_at(level))
            continue;
        in.get(row.name()); // known, even when it is not there
        const auto at = value.find(row.name());
        if (at == value.end())
            continue;
        if (!at->is_null())
            check_row(row, *at, level, in);
        else if (!row.nullable)
            in.error(row.name(), "may not be null", "remove the key to inherit the value");
    }
    if (group == "hedge")
        check_hedge(value, in);
    in.finish();
}

} // namespace

const Json* find_value(const Json& level, std::string_view pointer) {
    const Json* at = &level;
    while (!pointer.empty()) {
        if (!at->is_object())
            return nullptr;
        const auto slash = pointer.find('/');
        const auto it = at->find(pointer.substr(0, slash));
        if (it == at->end())
            return nullptr;
        at = &*it;
        pointer = slash == pointer.npos ? std::string_view{} : pointer.substr(slash + 1);
    }
    return at;
}

void check_policy(const Json& value, PolicyLevel level, const std::string& pointer,
                  ProblemList& problems) {
    ObjectReader in(value, pointer, problems);
    if (value.is_object())
        check_group(value, {}, level, in);
}

void apply_policy(engine::Policy& policy, const Json& level) {
    for (const PolicyRow& row : policy_table())
        if (const Json* value = find_value(level, row.pointer))
            row.apply(policy, *value);
}

Json policy_value(const PolicyRow& row, std::span<const Json> levels) {
    const PolicyRow* group = row.parent().empty() ? nullptr : policy_row(row.parent());
    const auto parsed = [](const PolicyRow& r) { return Json::parse(r.default_json); };
    Json value = parsed(row);
    bool group_on = !group || !parsed(*group).is_null();
    for (const Json& level : levels) {
        const Json* of_group = group ? find_value(level, group->pointer) : nullptr;
        if (of_group && of_group->is_null()) {
            group_on = false;
        } else if (of_group) {
            if (!group_on)
                value = parsed(row); // switched on anew: from the defaults
            group_on = true;
            if (group->pointer == "hedge" && row.name() != "max_extra" &&
                (of_group->contains("after_ms") || of_group->contains("after_quantile")))
                value = nullptr; // the other way of starting it is replaced
        }
        if (const Json* here = find_value(level, row.pointer))
            value = *here;
    }
    return group_on ? value : Json(nullptr);
}

} // namespace brownout::chain
