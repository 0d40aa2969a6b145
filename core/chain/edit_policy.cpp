#include "chain/edit.h"

#include "chain/policy_table.h"

namespace brownout::chain {
namespace {

const Json* named(const Json& document, std::string_view chain) {
    if (document.is_object() && document.contains("chains") && document["chains"].is_array())
        for (const Json& item : document["chains"])
            if (item.is_object() && item.contains("id") && item["id"] == std::string(chain))
                return &item;
    return nullptr;
}

Json policy_of(const Json& object) {
    return object.is_object() && object.contains("policy") && object["policy"].is_object()
               ? object["policy"]
               : Json::object();
}

// The levels from the document down to the place, the place's own last.
Result<std::vector<Json>> levels(const Json& document, const PolicyPlace& place) {
    std::vector<Json> out{policy_of(document)};
    if (place.chain.empty())
        return out;
    const Json* chain = named(document, place.chain);
    if (!chain)
        return bad_input("/chains", "there is no such chain");
    out.push_back(policy_of(*chain));
    if (place.target < 0)
        return out;
    const auto index = static_cast<std::size_t>(place.target);
    if (!chain->contains("targets") || !(*chain)["targets"].is_array() ||
        index >= (*chain)["targets"].size())
        return bad_input("/chains", "there is no such target");
    const Json& target = (*chain)["targets"][index];
    Json own = Json::object();
    for (const char* key : {"timeouts", "retry"})
        if (target.is_object() && target.contains(key))
            own[key] = target[key];
    out.push_back(std::move(own));
    return out;
}

Result<const PolicyRow*> row_at(const PolicyPlace& place, std::string_view pointer) {
    const PolicyRow* row = policy_row(pointer);
    if (!row)
        return bad_input("/policy/" + std::string(pointer), "there is no such setting");
    if (place.target >= 0 && (!row->allowed_at(PolicyLevel::target) || row->whole_request))
        return bad_input("/policy/" + std::string(pointer), "cannot be set for one target",
                         "set it for the chain");
    return row;
}

// null in a policy is a value ("switched off"), so absence is said apart.
void assign(Json& object, std::string_view path, const Json* value) {
    const auto slash = path.find('/');
    const std::string key(path.substr(0, slash));
    if (slash == path.npos) {
        if (value)
            object[key] = *value;
        else
            object.erase(key);
        return;
    }
    if (!object.contains(key) || !object[key].is_object()) {
        if (!value)
            return;
        object[key] = Json::object();
    }
    assign(object[key], path.substr(slash + 1), value);
    if (object[key].empty())
        object.erase(key);
}

Result<Json> write(const Json& document, const PolicyPlace& place, std::string_view row,
                   const Json* value) {
    Json copy = document;
    if (place.chain.empty()) {
        assign(copy, "policy/" + std::string(row), value);
        return copy;
    }
    for (Json& chain : copy["chains"]) {
        if (!chain.is_object() || !chain.contains("id") || chain["id"] != place.chain)
            continue;
        if (place.target < 0)
            assign(chain, "policy/" + std::string(row), value);
        else
            assign(chain["targets"][static_cast<std::size_t>(place.target)], row, value);
        break;
    }
    return copy;
}

} // namespace

Result<Json> policy_at(const Json& document, const PolicyPlace& place, std::string_view pointer) {
    const PolicyRow* row = policy_row(pointer);
    if (!row)
        return bad_input("/policy/" + std::string(pointer), "there is no such setting");
    const auto all = levels(document, place);
    if (!all)
        return fail(all.error());
    return policy_value(*row, *all);
}

Result<Json> inherited_policy(const Json& document, const PolicyPlace& place,
                              std::string_view pointer) {
    const PolicyRow* row = policy_row(pointer);
    if (!row)
        return bad_input("/policy/" + std::string(pointer), "there is no such setting");
    auto all = levels(document, place);
    if (!all)
        return fail(all.error());
    all->pop_back();
    return policy_value(*row, *all);
}

Result<Json> set_policy(const Json& document, const PolicyPlace& place, std::string_view pointer,
                        const Json& value) {
    const auto row = row_at(place, pointer);
    if (!row)
        return fail(row.error());
    const auto all = levels(document, place);
    if (!all)
        return fail(all.error());
    // A group is written whole: what it inherits depends on its rows, not on the group.
    const auto without = write(document, place, pointer, nullptr);
    if ((*row)->kind != RowKind::group) {
        const auto inherited = policy_at(*without, place, pointer);
        if (inherited && canonical_json(*inherited) == canonical_json(value))
            return without;
    } else if (value.is_null()) {
        const auto inherited = inherited_policy(document, place, pointer);
        if (inherited && inherited->is_null())
            return without;
    }
    // A hedge starts in one of two ways; choosing one drops the other.
    if (pointer == "hedge/after_ms" || pointer == "hedge/after_quantile") {
        const auto other = pointer == "hedge/after_ms" ? "hedge/after_quantile" : "hedge/after_ms";
        return write(*write(document, place, other, nullptr), place, pointer, &value);
    }
    return write(document, place, pointer, &value);
}

Result<Json> reset_policy(const Json& document, const PolicyPlace& place,
                          std::string_view pointer) {
    if (!policy_row(pointer))
        return bad_input("/policy/" + std::string(pointer), "there is no such setting");
    const auto all = levels(document, place);
    if (!all)
        return fail(all.error());
    return write(document, place, pointer, nullptr);
}

} // namespace brownout::chain
