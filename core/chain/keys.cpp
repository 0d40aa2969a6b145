#include "chain/keys.h"

#include <cstdlib>

namespace brownout::chain {

Result<Secret> KeyStore::find(const KeyRef& ref) const {
    switch (ref.source) {
    case KeyRef::Source::none:
        return Secret{};
    case KeyRef::Source::env: {
        const char* value = std::getenv(ref.name.c_str());
        if (value && *value)
            return Secret(value);
        return environment_error(ref.text(), "the environment variable is not set",
                                 "set " + ref.name + " before starting");
    }
    case KeyRef::Source::session: {
        const auto at = session_.find(ref.name);
        if (at != session_.end())
            return at->second;
        return environment_error(ref.text(), "the key was not given in this session",
                                 "enter it in the window, or use env: or keychain:");
    }
    case KeyRef::Source::keychain:
        break;
    }
    if (keychain_)
        return keychain_->read(ref.name);
    return environment_error(ref.text(), "there is no system keychain here",
                             "use env:NAME or session:NAME");
}

void KeyStore::set_session(const std::string& name, Secret value) {
    session_[name] = std::move(value);
}

Result<void> KeyStore::set(const KeyRef& ref, const Secret& value) {
    if (value.empty())
        return bad_input(ref.text(), "the key is empty");
    switch (ref.source) {
    case KeyRef::Source::session:
        set_session(ref.name, value);
        return {};
    case KeyRef::Source::keychain:
        if (keychain_)
            return keychain_->write(ref.name, value);
        return environment_error(ref.text(), "there is no system keychain here",
                                 "use env:NAME or session:NAME");
    case KeyRef::Source::env:
        return bad_input(ref.text(), "a program cannot set the environment that it started with",
                         "set " + ref.name + " in your shell, or use keychain:NAME");
    case KeyRef::Source::none:
        break;
    }
    return bad_input("none", "there is no place for this key", "use keychain:NAME or session:NAME");
}

Result<void> KeyStore::remove(const KeyRef& ref) {
    switch (ref.source) {
    case KeyRef::Source::session:
        if (session_.erase(ref.name) == 1)
            return {};
        return bad_input(ref.text(), "no such key in this session");
    case KeyRef::Source::keychain:
        if (keychain_)
            return keychain_->remove(ref.name);
        return environment_error(ref.text(), "there is no system keychain here");
    case KeyRef::Source::env:
        return bad_input(ref.text(), "a program cannot change the environment that it started with",
                         "unset " + ref.name + " in your shell");
    case KeyRef::Source::none:
        break;
    }
    return bad_input("none", "there is no such key");
}

ResolvedKeys KeyStore::resolve(const Document& document, std::vector<Problem>* missing) const {
    ResolvedKeys out;
    for (std::size_t i = 0; i < document.providers.size(); ++i)
        for (const KeyRef& ref : document.providers[i].keys) {
            if (out.contains(ref))
                continue;
            auto found = find(ref);
            if (found)
                out.emplace(ref, std::move(*found));
            else if (missing)
                missing->push_back(
                    {Problem::Severity::warning, "", "/providers/" + std::to_string(i) + "/key",
                     ref.text() + ": " + found.error().message, found.error().remedy});
        }
    return out;
}

} // namespace brownout::chain
