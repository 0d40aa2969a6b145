// The edits that the Chains page makes, as pure functions from one document to the next: those of
// chain/edit.h, and what a form needs besides, on documents that may be invalid while they are
// being repaired. A wrong index, an unknown id or an id that is taken gives the document back
// unchanged.
#pragma once

#include "chain/document.h"

#include <QString>

#include <optional>

namespace brownout::ui::edits {

using chain::Json;

// The value at an RFC 6901 pointer, null when there is none.
const Json* at(const Json& document, const std::string& pointer);
// The pointer of a value, or of what lies in it.
bool below(const std::string& pointer, const std::string& base);
// Sets a value, making the objects on the way; arrays are never grown.
Json set(Json document, const std::string& pointer, Json value);
// Removes a value, and the objects that are empty without it (not the chains' own `policy` alone).
Json unset(Json document, const std::string& pointer);

std::string chainPointer(const Json& document, const std::string& chainId); // empty: unknown
std::string providerPointer(const Json& document, const std::string& providerId);
std::string targetPointer(const Json& document, const std::string& chainId, int index);
int targetCount(const Json& document, const std::string& chainId);

// Of the chain or provider at a place of its list; empty: it has none.
std::string idAt(const Json& document, const char* list, int place);

// New ids and names do not collide with what is there: "chain", "chain-2".
Json addChain(Json document, std::string* id);
Json removeChain(Json document, const std::string& id);
Json addTarget(Json document, const std::string& chainId, const std::string& provider,
               const std::string& model);
Json duplicateTarget(Json document, const std::string& chainId, int index);
Json removeTarget(Json document, const std::string& chainId, int index);
Json moveTarget(Json document, const std::string& chainId, int from, int to);
// `preset` empty: a simulated provider.
Json addProvider(Json document, const std::string& preset, std::string* id);

// A provider from a preset with its first target, in one step. The target goes to the end of chain
// `chainId` where that chain does what the provider does (chats, or pictures); else to the first
// chain that does; else to a new one, "images" or "chat". `key`: what its `key` becomes; nothing:
// the preset's usual variable.
struct AddedProvider {
    Json document;
    std::string provider, chain;
    int target = 0;        // its index in `chain`
    bool newChain = false; // made for it
};
AddedProvider addPreset(Json document, const std::string& preset, const std::string& chainId,
                        const std::optional<std::string>& key = {});

// Targets of the provider go with it.
Json removeProvider(Json document, const std::string& id);
// Targets, budgets and alerts that name it follow.
Json renameProvider(Json document, const std::string& id, const std::string& next);
// Chains that have a target of this provider.
std::vector<std::string> usersOf(const Json& document, const std::string& providerId);

} // namespace brownout::ui::edits
