#include "chain/keys.h"

#include <algorithm>
#include <cstdlib>

namespace brownout::chain {

namespace {

// A value as it came from a shell, a file or the clipboard, without the white space around it: what
// is sent is then what is masked. An empty result is for the caller to judge.
Result<Secret> normalised(const KeyRef& ref, const Secret& value, Error::Kind kind) {
    const auto blank = [](char c) { return static_cast<unsigned char>(c) <= 0x20; };
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
    std::string_view text = value.reveal();
    while (!text.empty() && blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && blank(text.back()))
        text.remove_suffix(1);
    if (std::any_of(text.begin(), text.end(), control))
        return fail({kind, ref.text(), "the value holds control characters, which no key has",
                     "copy the key again, on one line"});
    if (text.size() == value.reveal().size())
        return value;
    return Secret(text);
}

Result<Secret> stored(const KeyRef& ref, const std::map<std::string, Secret>& session,
                      Keychain* keychain) {
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
        const auto at = session.find(ref.name);
        if (at != session.end())
            return at->second;
        return environment_error(ref.text(), "the key was not given in this session",
                                 "enter it in the window, or use env: or keychain:");
    }
    case KeyRef::Source::keychain:
        break;
    }
    if (keychain)
        return keychain->read(ref.name);
    return environment_error(ref.text(), "there is no system keychain here",
                             "use env:NAME or session:NAME");
}

} // namespace

Result<Secret> KeyStore::find(const KeyRef& ref) const {
    auto found = stored(ref, session_, keychain_);
    if (!found || ref.source == KeyRef::Source::none)
        return found;
    auto key = normalised(ref, *found, Error::Kind::environment);
    if (key && key->empty())
        return environment_error(ref.text(), "the key is empty", "set its value again");
    return key;
}

std::vector<std::string> KeyStore::keychain_names() const {
    return keychain_ ? keychain_->names().value_or(std::vector<std::string>{})
                     : std::vector<std::string>{};
}

void KeyStore::set_session(const std::string& name, Secret value) {
    session_[name] = std::move(value);
}

Result<void> KeyStore::set(const KeyRef& ref, const Secret& given) {
    const auto key = normalised(ref, given, Error::Kind::bad_input);
    if (!key)
        return fail(key.error());
    const Secret& value = *key;
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
