#include "ui/models/chain_edits.h"

#include "chain/edit.h"
#include "chain/presets.h"

#include <algorithm>
#include <iterator>

namespace brownout::ui::edits {

namespace {

using Pointer = Json::json_pointer;

std::string textOf(const Json& object, const char* key) {
    const auto it = object.is_object() ? object.find(key) : object.end();
    return object.is_object() && it != object.end() && it->is_string() ? it->get<std::string>()
                                                                       : std::string();
}

Json* arrayOf(Json& object, const char* key) {
    if (!object.is_object() || !object.contains(key) || !object[key].is_array())
        return nullptr;
    return &object[key];
}

const Json* arrayOf(const Json& object, const char* key) {
    return arrayOf(const_cast<Json&>(object), key);
}

Json* targetList(Json& document, const std::string& chainId) {
    Json* chains = arrayOf(document, "chains");
    if (!chains)
        return nullptr;
    for (Json& chain : *chains)
        if (textOf(chain, "id") == chainId)
            return arrayOf(chain, "targets");
    return nullptr;
}

std::string pointerById(const Json& document, const char* list, const std::string& id) {
    const Json* array = arrayOf(document, list);
    for (std::size_t i = 0; array && i < array->size(); ++i)
        if (textOf((*array)[i], "id") == id)
            return std::string("/") + list + "/" + std::to_string(i);
    return {};
}

// "chain", "chain-2", "chain-3": the first that is free.
std::string freeId(const Json& document, const char* list, const std::string& wanted) {
    std::string id = wanted;
    for (int n = 2; !pointerById(document, list, id).empty(); ++n)
        id = wanted + "-" + std::to_string(n);
    return id;
}

bool within(const Json* array, int index) {
    return array && index >= 0 && static_cast<std::size_t>(index) < array->size();
}

} // namespace

const Json* at(const Json& document, const std::string& pointer) {
    const Pointer p(pointer);
    return document.contains(p) ? &document[p] : nullptr;
}

bool below(const std::string& pointer, const std::string& base) {
    return pointer == base || pointer.rfind(base + "/", 0) == 0;
}

Json set(Json document, const std::string& pointer, Json value) {
    const Pointer p(pointer);
    if (p.empty())
        return value;
    if (!document.contains(p.parent_pointer()))
        document = set(std::move(document), p.parent_pointer().to_string(), Json::object());
    Json& parent = document[p.parent_pointer()];
    if (parent.is_object()) {
        parent[p.back()] = std::move(value);
    } else if (parent.is_array() && document.contains(p)) {
        document[p] = std::move(value);
    } else if (!parent.is_array()) { // a number where an object belongs: the edit repairs it
        parent = Json::object();
        parent[p.back()] = std::move(value);
    }
    return document;
}

Json unset(Json document, const std::string& pointer) {
    Pointer p(pointer);
    if (p.empty() || !document.contains(p))
        return document;
    Json& parent = document[p.parent_pointer()];
    if (!parent.is_object())
        return document;
    parent.erase(p.back());
    p.pop_back();
    if (!p.empty() && parent.empty() && document[p.parent_pointer()].is_object())
        return unset(std::move(document), p.to_string());
    return document;
}

std::string chainPointer(const Json& document, const std::string& chainId) {
    return pointerById(document, "chains", chainId);
}

std::string providerPointer(const Json& document, const std::string& providerId) {
    return pointerById(document, "providers", providerId);
}

std::string targetPointer(const Json& document, const std::string& chainId, int index) {
    const std::string chain = chainPointer(document, chainId);
    return chain.empty() ? chain : chain + "/targets/" + std::to_string(index);
}

int targetCount(const Json& document, const std::string& chainId) {
    const Json* targets = targetList(const_cast<Json&>(document), chainId);
    return targets ? static_cast<int>(targets->size()) : 0;
}

std::string idAt(const Json& document, const char* list, int place) {
    const Json* id = at(document, std::string("/") + list + "/" + std::to_string(place) + "/id");
    return id && id->is_string() ? id->get<std::string>() : std::string();
}

Json addChain(Json document, std::string* id) {
    *id = freeId(document, "chains", "chain");
    // A chain needs a target: the first provider with the model that it is used with elsewhere.
    std::string provider, model = "model";
    if (const Json* providers = arrayOf(document, "providers"); providers && !providers->empty())
        provider = textOf(providers->front(), "id");
    if (const Json* chains = arrayOf(document, "chains"))
        for (const Json& chain : *chains)
            if (const Json* targets = arrayOf(chain, "targets"))
                for (const Json& target : *targets)
                    if (textOf(target, "provider") == provider && model == "model")
                        model = textOf(target, "model");
    Json chain = {{"id", *id}, {"strategy", "priority"}};
    chain["targets"] = Json::array();
    chain["targets"].push_back({{"provider", provider}, {"model", model}});
    if (!arrayOf(document, "chains"))
        document["chains"] = Json::array();
    document["chains"].push_back(std::move(chain));
    return document;
}

Json removeChain(Json document, const std::string& id) {
    return chain::remove_chain(document, id).value_or(document);
}

Json addTarget(Json document, const std::string& chainId, const std::string& provider,
               const std::string& model) {
    const std::string chain = chainPointer(document, chainId);
    if (chain.empty())
        return document;
    if (!targetList(document, chainId))
        document[Pointer(chain)]["targets"] = Json::array();
    targetList(document, chainId)->push_back({{"provider", provider}, {"model", model}});
    return document;
}

Json duplicateTarget(Json document, const std::string& chainId, int index) {
    Json* targets = targetList(document, chainId);
    if (!within(targets, index))
        return document;
    Json copy = (*targets)[static_cast<std::size_t>(index)];
    targets->insert(targets->begin() + index + 1, std::move(copy));
    return document;
}

Json removeTarget(Json document, const std::string& chainId, int index) {
    if (index < 0)
        return document;
    return chain::remove_target(document, chainId, static_cast<std::size_t>(index))
        .value_or(document);
}

Json moveTarget(Json document, const std::string& chainId, int from, int to) {
    if (from < 0 || to < 0 || to >= targetCount(document, chainId))
        return document;
    return chain::move_target(document, chainId, static_cast<std::size_t>(from),
                              static_cast<std::size_t>(to))
        .value_or(document);
}

Json addProvider(Json document, const std::string& preset, std::string* id) {
    const chain::ProviderPreset* known = chain::find_preset(preset);
    *id = freeId(document, "providers", known ? preset : "simulated");
    Json provider = {{"id", *id}};
    if (known) {
        provider["dialect"] = chain::dialect_names[static_cast<std::size_t>(known->dialect)];
        provider["base_url"] = known->base_url;
        provider["key"] = known->key_env.empty() ? "none" : "env:" + known->key_env;
    } else {
        provider["dialect"] = "openai";
        provider["base_url"] = "lab:";
        provider["key"] = "none";
        provider["model"] = {{"first_token_ms", {{"lognormal", {{"median", 400}, {"sigma", 0.4}}}}},
                             {"token_ms", {{"lognormal", {{"median", 15}, {"sigma", 0.1}}}}}};
    }
    if (!arrayOf(document, "providers"))
        document["providers"] = Json::array();
    document["providers"].push_back(std::move(provider));
    return document;
}

namespace {

bool makesPictures(const Json& document, const Json& target) {
    if (const Json* can = target.is_object() && target.contains("capabilities")
                              ? &target["capabilities"]
                              : nullptr;
        can && can->is_array())
        return std::find(can->begin(), can->end(), Json("image")) != can->end();
    const std::string provider = textOf(target, "provider");
    const std::string pointer = providerPointer(document, provider);
    const std::string dialect =
        pointer.empty() ? "" : textOf(document[Pointer(pointer)], "dialect");
    chain::Dialect speaks = chain::Dialect::openai;
    for (std::size_t i = 0; i < std::size(chain::dialect_names); ++i)
        if (dialect == chain::dialect_names[i])
            speaks = static_cast<chain::Dialect>(i);
    if (const auto* preset = chain::find_preset(provider); preset && dialect.empty())
        speaks = preset->dialect;
    return chain::usual_capabilities(speaks, textOf(target, "model"))
        .has(engine::Capabilities::image);
}

// Does a chain do this kind of work? One without targets does any.
bool does(const Json& document, const Json& chain, bool pictures) {
    const Json* targets = arrayOf(chain, "targets");
    if (!targets || targets->empty())
        return true;
    return std::any_of(targets->begin(), targets->end(), [&](const Json& target) {
        return makesPictures(document, target) == pictures;
    });
}

std::string chainThatDoes(const Json& document, const std::string& wanted, bool pictures) {
    const Json* chains = arrayOf(document, "chains");
    std::string first;
    for (std::size_t i = 0; chains && i < chains->size(); ++i) {
        const Json& chain = (*chains)[i];
        const std::string id = textOf(chain, "id");
        if (!does(document, chain, pictures))
            continue;
        if (id == wanted)
            return id;
        if (first.empty())
            first = id;
    }
    return first;
}

} // namespace

AddedProvider addPreset(Json document, const std::string& preset, const std::string& chainId,
                        const std::optional<std::string>& key) {
    AddedProvider out;
    out.document = addProvider(std::move(document), preset, &out.provider);
    const auto* known = chain::find_preset(preset);
    const std::string at = providerPointer(out.document, out.provider);
    if (key)
        out.document = set(std::move(out.document), at + "/key", *key);
    const std::string model = known ? known->first_model : "simulated";
    const Json target = {{"provider", out.provider}, {"model", model}};
    const bool pictures = makesPictures(out.document, target);
    out.chain = chainThatDoes(out.document, chainId, pictures);
    if (out.chain.empty()) {
        out.newChain = true;
        out.chain = freeId(out.document, "chains", pictures ? "images" : "chat");
        Json chain = {{"id", out.chain}};
        if (pictures)
            chain["task"] = "image";
        chain["targets"] = Json::array();
        if (!arrayOf(out.document, "chains"))
            out.document["chains"] = Json::array();
        out.document["chains"].push_back(std::move(chain));
    }
    out.target = targetCount(out.document, out.chain);
    out.document = addTarget(std::move(out.document), out.chain, out.provider, model);
    return out;
}

Json removeProvider(Json document, const std::string& id) {
    const std::string pointer = providerPointer(document, id);
    if (pointer.empty())
        return document;
    arrayOf(document, "providers")
        ->erase(static_cast<std::size_t>(std::stoul(pointer.substr(pointer.rfind('/') + 1))));
    if (Json* chains = arrayOf(document, "chains"))
        for (Json& chain : *chains)
            if (Json* targets = arrayOf(chain, "targets"))
                for (std::size_t i = targets->size(); i-- > 0;)
                    if (textOf((*targets)[i], "provider") == id)
                        targets->erase(i);
    return document;
}

Json renameProvider(Json document, const std::string& id, const std::string& next) {
    return chain::rename_provider(document, id, next).value_or(document);
}

std::vector<std::string> usersOf(const Json& document, const std::string& providerId) {
    std::vector<std::string> out;
    if (const Json* chains = arrayOf(document, "chains"))
        for (const Json& chain : *chains)
            if (const Json* targets = arrayOf(chain, "targets"))
                if (std::any_of(targets->begin(), targets->end(),
                                [&](const Json& t) { return textOf(t, "provider") == providerId; }))
                    out.push_back(textOf(chain, "id"));
    return out;
}

} // namespace brownout::ui::edits
