// A keychain that is asked once for each name. A system keychain may take seconds and may want a
// password: a document is looked at after every edit, and must not wait for it each time.
// Thread: that of its user; not shared.
#pragma once

#include "chain/keys.h"

namespace brownout::chain {

class KeptKeychain : public Keychain {
  public:
    explicit KeptKeychain(Keychain& asked) : asked_(asked) {}

    // The first answer stands, a refusal too, until a write or a removal renews it or it is
    // forgotten.
    Result<Secret> read(const std::string& name) override;
    Result<void> write(const std::string& name, const Secret& value) override;
    Result<void> remove(const std::string& name) override;
    void forget() { answers_.clear(); }
    void forget_refusals(); // someone may have unlocked it meanwhile

  private:
    Keychain& asked_;
    std::map<std::string, Result<Secret>> answers_;
};

} // namespace brownout::chain
