#include "ui/models/key_items.h"

namespace brownout::ui {

using chain::Json;

KeyItems keyItems(const Json* key) {
    if (!key || *key == Json("none"))
        return {};
    if (!key->is_array())
        return {*key};
    return {key->begin(), key->end()};
}

Json keyOf(const KeyItems& items, const Json* before) {
    if (items.empty())
        return "none";
    const bool wasList = before && before->is_array();
    if (items.size() == 1 && !wasList)
        return items.front();
    Json list = Json::array();
    for (const Json& item : items)
        list.push_back(item);
    return list;
}

std::optional<std::string> referenceOf(const Json& item) {
    const Json* found = &item;
    if (item.is_object()) {
        const auto key = item.find("key");
        if (key == item.end())
            return std::nullopt;
        found = &*key;
    }
    if (!found->is_string())
        return std::nullopt;
    return found->get<std::string>();
}

Json withReference(Json item, const std::string& reference) {
    if (!item.is_object())
        return reference;
    item["key"] = reference;
    return item;
}

bool hasLimits(const Json& item) {
    return item.is_object() && item.contains("limits");
}

Json withLimit(Json item, const std::string& name, std::optional<Json> value) {
    if (!item.is_object()) {
        if (!value)
            return item;
        item = Json{{"key", item}};
    }
    if (value) {
        if (!item.contains("limits") || !item["limits"].is_object())
            item["limits"] = Json::object();
        item["limits"][name] = std::move(*value);
        return item;
    }
    const auto limits = item.find("limits");
    if (limits == item.end())
        return item;
    if (limits->is_object())
        limits->erase(name);
    if (limits->empty())
        item.erase("limits");
    if (item.size() == 1 && item.contains("key") && item["key"].is_string())
        return item["key"];
    return item;
}

} // namespace brownout::ui
