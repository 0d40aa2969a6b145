#include "chain/edit.h"

#include "chain/reader.h"

#include <algorithm>

namespace brownout::chain {
namespace {

Json::array_t* list_of(Json& document, const char* key) {
    if (!document.is_object() || !document.contains(key) || !document[key].is_array())
        return nullptr;
    return document[key].get_ptr<Json::array_t*>();
}

struct Found {
    Json* item = nullptr;
    std::size_t index = 0;
};

Result<Found> find(Json& document, const char* list, std::string_view id) {
    if (auto* items = list_of(document, list))
        for (std::size_t i = 0; i < items->size(); ++i) {
            Json& item = (*items)[i];
            if (item.is_object() && item.contains("id") && item["id"] == std::string(id))
                return Found{&item, i};
        }
    return bad_input(std::string("/") + list, "there is no " + shown(Json(std::string(id))));
}

Result<Json::array_t*> targets_of(Json& document, std::string_view chain) {
    const auto found = find(document, "chains", chain);
    if (!found)
        return fail(found.error());
    if (auto* targets = list_of(*found->item, "targets"))
        return targets;
    return bad_input("/chains/" + std::to_string(found->index), "has no list of targets");
}

Result<Json*> target_of(Json& document, std::string_view chain, std::size_t index) {
    auto targets = targets_of(document, chain);
    if (!targets)
        return fail(targets.error());
    if (index >= (*targets)->size() || !(**targets)[index].is_object())
        return bad_input("/chains",
                         "there is no target " + std::to_string(index + 1) + " in this chain");
    return &(**targets)[index];
}

bool set_in(Json& object, std::string_view path, const Json& value) {
    if (!object.is_object())
        return false;
    const auto slash = path.find('/');
    const std::string key(path.substr(0, slash));
    if (slash == path.npos) {
        if (value.is_null())
            object.erase(key);
        else
            object[key] = value;
        return true;
    }
    const bool there = object.contains(key) && !object[key].is_null();
    if (!there && value.is_null())
        return true;
    if (!there)
        object[key] = Json::object();
    if (!set_in(object[key], path.substr(slash + 1), value))
        return false;
    if (value.is_null() && object[key].empty())
        object.erase(key);
    return true;
}

Result<Json> add_named(const Json& document, const char* list, const Json& item) {
    if (!document.is_object() || !item.is_object() || !item.contains("id") ||
        !item["id"].is_string())
        return bad_input(std::string("/") + list, "what is added needs an `id`");
    Json copy = document;
    const std::string id = item["id"].get<std::string>();
    if (find(copy, list, id))
        return bad_input(std::string("/") + list, "the id " + shown(item["id"]) + " is taken",
                         "choose another one");
    if (!list_of(copy, list))
        copy[list] = Json::array();
    copy[list].push_back(item);
    return copy;
}

std::string renamed(const std::string& target, std::string_view from, std::string_view to) {
    if (target == from)
        return std::string(to);
    if (target.size() > from.size() && target.starts_with(from) && target[from.size()] == '/')
        return std::string(to) + target.substr(from.size());
    return target;
}

template <class Use>
void each_amount(Json& level, const std::string& pointer, const Use& use) {
    if (!level.is_object() || !level.contains("policy") || !level["policy"].is_object())
        return;
    Json& policy = level["policy"];
    if (!policy.contains("budget") || !policy["budget"].is_object() ||
        !policy["budget"].contains("per_provider_day_usd") ||
        !policy["budget"]["per_provider_day_usd"].is_object())
        return;
    Json renamed_amounts = Json::object();
    Json& amounts = policy["budget"]["per_provider_day_usd"];
    for (auto it = amounts.begin(); it != amounts.end(); ++it) {
        std::string name = it.key();
        use(name, pointer + "/policy/budget/per_provider_day_usd/" + escape_pointer(it.key()));
        renamed_amounts[name] = it.value();
    }
    amounts = std::move(renamed_amounts);
}

template <class Use>
void each_text(Json& object, const char* key, const std::string& pointer, const Use& use) {
    if (object.is_object() && object.contains(key) && object[key].is_string())
        use(object[key].get_ref<std::string&>(), pointer + "/" + key);
}

// Calls `use(provider name, pointer)` for every place that names a provider; `use` may change the
// name.
template <class Use>
void each_use(Json& document, const Use& use) {
    each_amount(document, "", use);
    if (auto* chains = list_of(document, "chains"))
        for (std::size_t c = 0; c < chains->size(); ++c) {
            const std::string at = "/chains/" + std::to_string(c);
            each_amount((*chains)[c], at, use);
            if (auto* targets = list_of((*chains)[c], "targets"))
                for (std::size_t t = 0; t < targets->size(); ++t)
                    each_text((*targets)[t], "provider", at + "/targets/" + std::to_string(t), use);
        }
    if (auto* alerts = list_of(document, "alerts"))
        for (std::size_t a = 0; a < alerts->size(); ++a)
            each_text((*alerts)[a], "target", "/alerts/" + std::to_string(a), use);
}

} // namespace

Result<Json> add_target(const Json& document, std::string_view chain, const Json& target,
                        std::size_t at) {
    Json copy = document;
    auto targets = targets_of(copy, chain);
    if (!targets)
        return fail(targets.error());
    const std::size_t where = std::min(at, (*targets)->size());
    (*targets)->insert((*targets)->begin() + static_cast<std::ptrdiff_t>(where), target);
    return copy;
}

Result<Json> remove_target(const Json& document, std::string_view chain, std::size_t index) {
    Json copy = document;
    auto target = target_of(copy, chain, index);
    if (!target)
        return fail(target.error());
    Json::array_t& targets = **targets_of(copy, chain);
    if (targets.size() == 1)
        return bad_input("/chains", "a chain needs at least one target",
                         "remove the chain instead");
    targets.erase(targets.begin() + static_cast<std::ptrdiff_t>(index));
    return copy;
}

Result<Json> move_target(const Json& document, std::string_view chain, std::size_t from,
                         std::size_t to) {
    Json copy = document;
    auto target = target_of(copy, chain, from);
    if (!target)
        return fail(target.error());
    Json::array_t& targets = **targets_of(copy, chain);
    Json moved = std::move(targets[from]);
    targets.erase(targets.begin() + static_cast<std::ptrdiff_t>(from));
    const std::size_t where = std::min(to, targets.size());
    targets.insert(targets.begin() + static_cast<std::ptrdiff_t>(where), std::move(moved));
    return copy;
}

Result<Json> set_target_field(const Json& document, std::string_view chain, std::size_t index,
                              std::string_view field, const Json& value) {
    Json copy = document;
    auto target = target_of(copy, chain, index);
    if (!target)
        return fail(target.error());
    if (!set_in(**target, field, value))
        return bad_input("/" + std::string(field), "is not part of an object");
    return copy;
}

Result<Json> add_provider(const Json& document, const Json& provider) {
    return add_named(document, "providers", provider);
}

Result<Json> remove_provider(const Json& document, std::string_view id) {
    Json copy = document;
    const auto found = find(copy, "providers", id);
    if (!found)
        return fail(found.error());
    std::string user;
    each_use(copy, [&](std::string& name, const std::string& pointer) {
        if (user.empty() && renamed(name, id, "") != name)
            user = pointer;
    });
    if (!user.empty())
        return bad_input(user, "this still uses the provider", "remove it there first");
    Json::array_t& providers = *list_of(copy, "providers");
    providers.erase(providers.begin() + static_cast<std::ptrdiff_t>(found->index));
    return copy;
}

Result<Json> rename_provider(const Json& document, std::string_view from, std::string_view to) {
    Json copy = document;
    const auto found = find(copy, "providers", from);
    if (!found)
        return fail(found.error());
    if (from == to)
        return copy;
    if (to.empty() || find(copy, "providers", to))
        return bad_input("/providers/" + std::to_string(found->index) + "/id",
                         to.empty() ? "the id is empty" : "the id is taken", "choose another one");
    (*found->item)["id"] = std::string(to);
    each_use(copy, [&](std::string& name, const std::string&) { name = renamed(name, from, to); });
    return copy;
}

Result<Json> set_provider_field(const Json& document, std::string_view id, std::string_view field,
                                const Json& value) {
    if (field == "id" && value.is_string())
        return rename_provider(document, id, value.get<std::string>());
    Json copy = document;
    const auto found = find(copy, "providers", id);
    if (!found)
        return fail(found.error());
    if (!set_in(*found->item, field, value))
        return bad_input("/" + std::string(field), "is not part of an object");
    return copy;
}

Result<Json> add_chain(const Json& document, const Json& chain) {
    return add_named(document, "chains", chain);
}

Result<Json> remove_chain(const Json& document, std::string_view id) {
    Json copy = document;
    const auto found = find(copy, "chains", id);
    if (!found)
        return fail(found.error());
    Json::array_t& chains = *list_of(copy, "chains");
    if (chains.size() == 1)
        return bad_input("/chains", "a document needs at least one chain");
    chains.erase(chains.begin() + static_cast<std::ptrdiff_t>(found->index));
    return copy;
}

Result<Json> set_chain_field(const Json& document, std::string_view id, std::string_view field,
                             const Json& value) {
    Json copy = document;
    const auto found = find(copy, "chains", id);
    if (!found)
        return fail(found.error());
    if (field == "id" && value.is_string() && value != std::string(id) &&
        find(copy, "chains", value.get<std::string>()))
        return bad_input("/chains/" + std::to_string(found->index) + "/id", "the id is taken",
                         "choose another one");
    if (!set_in(*found->item, field, value))
        return bad_input("/" + std::string(field), "is not part of an object");
    return copy;
}

} // namespace brownout::chain
