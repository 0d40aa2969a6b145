// Finding the values of keys. Stores are asked when a chain is loaded or a key is edited, never on
// the way of a request; the values travel in memory as Secrets.
#pragma once

#include "base/secret.h"
#include "chain/document.h"

#include <functional>
#include <map>

namespace brownout::chain {

// The system keychain; implemented in app/, absent (null) where there is none.
class Keychain {
  public:
    virtual ~Keychain() = default;
    // Fails with Kind::environment when there is no keychain, it is locked or the entry is missing.
    virtual Result<Secret> read(const std::string& name) = 0;
    virtual Result<void> write(const std::string& name, const Secret& value) = 0;
    virtual Result<void> remove(const std::string& name) = 0;
    // Names of the keys that Brownout has stored, sorted; none where a keychain cannot tell.
    virtual Result<std::vector<std::string>> names() { return std::vector<std::string>{}; }
};

using ResolvedKeys = std::map<KeyRef, Secret>;

class KeyStore {
  public:
    explicit KeyStore(Keychain* keychain = nullptr) : keychain_(keychain) {}

    Result<Secret> find(const KeyRef& ref) const;
    void set_session(const std::string& name, Secret value);  // memory only, gone with the process
    Result<void> set(const KeyRef& ref, const Secret& value); // keychain or session; env: an error
    Result<void> remove(const KeyRef& ref);
    bool has_keychain() const { return keychain_ != nullptr; }
    // Of the keys in the keychain; empty without one, or when it does not say.
    std::vector<std::string> keychain_names() const;

    // All keys that the document names. A missing one is left out and reported as a warning.
    ResolvedKeys resolve(const Document& document, std::vector<Problem>* missing = nullptr) const;

  private:
    Keychain* keychain_;
    std::map<std::string, Secret> session_;
};

} // namespace brownout::chain
