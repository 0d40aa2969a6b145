#include "chain/provider_read.h"

#include "base/digits.h"
#include "chain/key_shapes.h"
#include "chain/model_read.h"
#include "chain/presets.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace brownout::chain {
namespace {

bool is_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

constexpr std::string_view key_remedy =
    "write env:NAME, keychain:NAME (stored with `brownoutctl keys set NAME`), session:NAME or none";

Limits read_limits(ObjectReader limits) {
    Limits read;
    read.requests_per_min = limits.maybe_number("requests_per_min", {1, 1e9});
    read.tokens_per_min = limits.maybe_number("tokens_per_min", {1, 1e12});
    if (const auto n = limits.maybe_integer("concurrency", {1, 100'000}))
        read.concurrency = static_cast<int>(*n);
    limits.finish();
    return read;
}

// "env:A", or {"key": "env:A", "limits": {...}} for one with limits of its own.
void read_key(const Json& value, const std::string& pointer, bool one_of_several, Provider& out,
              ProblemList& problems) {
    if (value.is_object()) {
        ObjectReader in(value, pointer, problems);
        const std::size_t before = out.keys.size();
        if (const Json* ref = in.get("key"))
            read_key(ref->is_object() ? Json{} : *ref, in.pointer_to("key"), true, out, problems);
        else
            in.error("key", "says not where the key is found", std::string(key_remedy));
        const bool limited = in.get("limits") != nullptr;
        const Limits limits = read_limits(in.object("limits"));
        if (limited && out.keys.size() > before)
            out.key_limits[out.keys.back()] = limits;
        in.finish();
        return;
    }
    if (!value.is_string()) {
        problems.error(pointer, "expected where the key is found, found " + shown(value),
                       std::string(key_remedy));
        return;
    }
    const auto ref = parse_key_ref(value.get_ref<const std::string&>());
    if (!ref) // what stands there is most likely the key: it is not repeated
        problems.error(pointer, "a key itself may not be written into the file",
                       std::string(key_remedy));
    else if (ref->source == KeyRef::Source::none && one_of_several)
        problems.error(pointer, "`none` makes no sense in a list of keys", "remove it");
    else if (std::find(out.keys.begin(), out.keys.end(), *ref) != out.keys.end())
        problems.error(pointer, "the same key twice", "remove it");
    else if (ref->source != KeyRef::Source::none)
        out.keys.push_back(*ref);
}

void read_keys(ObjectReader& in, Provider& out) {
    const Json* key = in.get("key");
    if (!key)
        return;
    if (!key->is_array()) {
        read_key(*key, in.pointer_to("key"), false, out, in.problems());
        return;
    }
    if (key->empty())
        in.error("key", "an empty list of keys", "write \"none\" for a provider without a key");
    in.array(
        "key",
        [&](const Json& value, const std::string& pointer) {
            read_key(value, pointer, true, out, in.problems());
        },
        engine::max_keys);
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

// One run of letters and digits as a generator of keys writes it, and nobody by hand.
bool looks_random(std::string_view run) {
    if (run.size() < 24)
        return false;
    const auto digits = std::count_if(run.begin(), run.end(), is_digit);
    if (digits >= 3)
        return static_cast<std::size_t>(digits) < run.size() || run.size() >= 32;
    // No digits to speak of: capitals in about every second place, unlike CamelCase.
    std::size_t changes = 0;
    const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
    for (std::size_t i = 1; i < run.size(); ++i)
        changes += capital(run[i]) != capital(run[i - 1]);
    return changes * 5 >= run.size() * 2;
}

// Does `word` (letters, digits, - and _) begin as the providers' keys do? A digit belongs to it:
// words with dashes are names of deployments more often than keys.
bool has_issued_prefix(std::string_view word) {
    constexpr std::string_view prefixes[] = {"sk-",  "sk_",  "rk-",    "pk-",  "r8_", "gsk_",
                                             "xai-", "aiza", "nvapi-", "hf_",  "fw_", "tgp_",
                                             "eyj",  "akia", "ghp_",   "key-", "csk-"};
    const std::string low = lower(word);
    return word.size() >= 16 && std::any_of(word.begin(), word.end(), is_digit) &&
           std::any_of(std::begin(prefixes), std::end(prefixes),
                       [&](std::string_view prefix) { return low.starts_with(prefix); });
}

// Is a key somewhere in `text`? Every word is looked at. Ids of organisations and projects are
// random as well, and no secret.
bool holds_key(std::string_view text) {
    const auto in_word = [](char c) { return is_alnum(c) || c == '-' || c == '_'; };
    while (!text.empty()) {
        const auto end = static_cast<std::size_t>(
            std::find_if_not(text.begin(), text.end(), in_word) - text.begin());
        std::string_view word = text.substr(0, end);
        text.remove_prefix(std::min(text.size(), end + 1));
        if (has_issued_prefix(word))
            return true;
        if (word.starts_with("org-") || word.starts_with("proj_"))
            continue;
        while (!word.empty()) {
            const auto dash = word.find_first_of("-_");
            if (looks_random(word.substr(0, dash)))
                return true;
            word.remove_prefix(dash == word.npos ? word.size() : dash + 1);
        }
    }
    return false;
}

// Does a header or query parameter of this name carry a key?
bool is_key_name(std::string_view name) {
    std::string low = lower(name);
    // Harmless words that hold one: headers of the Portkey gateway, and authors.
    for (const std::string_view word : {"portkey", "author"}) {
        const auto at = low.find(word);
        if (at != low.npos && low.compare(at, 7, "authori") != 0)
            low.erase(at, word.size());
    }
    constexpr std::string_view parts[] = {"key", "token", "auth", "secret", "password", "cookie"};
    return std::any_of(std::begin(parts), std::end(parts),
                       [&](std::string_view part) { return low.find(part) != low.npos; });
}

std::map<std::string, std::string> read_pairs(ObjectReader& in, std::string_view key) {
    std::map<std::string, std::string> out;
    const Json* value = in.get(key);
    if (!value)
        return out;
    ObjectReader pairs = in.object(key);
    if (!value->is_object())
        return out;
    for (auto it = value->begin(); it != value->end(); ++it) {
        const std::string text = pairs.text(it.key());
        const auto printable = [](const std::string& s) {
            return std::all_of(s.begin(), s.end(), [](char c) { return c >= ' ' && c != 127; });
        };
        if (it.key().empty() || !printable(it.key()) || !printable(text) ||
            it.key().find_first_of(" :\r\n") != std::string::npos)
            pairs.error(it.key(), "is not a valid name and value", "use plain printable text");
        else if (is_key_name(it.key()) || holds_key(it.key()) || holds_key(text) ||
                 may_be_secret(text.substr(0, 12))) // the first letters: `Bearer `, `sk-`
            pairs.error(it.key(), "a key itself may not be written into the file",
                        "use `key` of the provider, with env:NAME or keychain:NAME");
        else
            out[it.key()] = text;
    }
    return out;
}

// Cloudflare's addresses name the account by 32 hexadecimal digits, which are no secret.
bool path_holds_key(std::string_view authority, std::string_view path) {
    const bool names_account = authority.ends_with(".cloudflare.com");
    while (!path.empty()) {
        path.remove_prefix(1); // the slash
        const std::string_view segment = path.substr(0, path.find('/'));
        path.remove_prefix(segment.size());
        const bool account = names_account && segment.size() == 32 &&
                             segment.find_first_not_of("0123456789abcdef") == segment.npos;
        if (!account && holds_key(segment))
            return true;
    }
    return false;
}

void read_health_check(ObjectReader& in, Provider& out) {
    if (!in.get("health_check"))
        return;
    ObjectReader check = in.object("health_check");
    constexpr std::string_view by[] = {"models", "prompt"};
    HealthCheck read;
    read.every_s = check.number("every_s", 60, {1, 86'400});
    read.by_prompt = check.choice("by", 0, by) == 1;
    check.finish();
    out.health_check = read;
}

void read_address(ObjectReader& in, Provider& out) {
    const ProviderPreset* preset = find_preset(out.id);
    if (preset && !in.has("dialect"))
        out.dialect = preset->dialect;
    else
        in.require("dialect", "`dialect`, such as \"openai\"");
    out.dialect =
        static_cast<Dialect>(in.choice("dialect", static_cast<int>(out.dialect), dialect_names));
    if (preset && !in.has("base_url") && preset->dialect == out.dialect)
        out.base_url = preset->base_url;
    else
        out.base_url = in.require_text("base_url", "`base_url`, an http(s) address or \"lab:\"");
    in.get("base_url");
    if (!out.base_url.empty() && !out.simulated())
        check_url(out.base_url, in.pointer_to("base_url"), in.problems());
}

// A path that a document names begins where the document is, not where we happen to run.
std::string beside(const std::string& file, const std::string& path) {
    return path.empty() ? path : (std::filesystem::path(file).parent_path() / path).string();
}

} // namespace

bool may_hold_key(std::string_view text) {
    const auto scheme = text.find("://");
    if (scheme == text.npos)
        return holds_key(text);
    const std::string_view rest = text.substr(scheme + 3);
    const auto after = std::min(rest.find_first_of("/?#"), rest.size());
    const auto more = std::min(rest.find_first_of("?#"), rest.size());
    const std::string_view authority = rest.substr(0, after);
    const auto user = authority.find('@');
    return (user != authority.npos && holds_key(authority.substr(0, user))) ||
           holds_key(rest.substr(more)) ||
           path_holds_key(authority, rest.substr(after, more - after));
}

bool is_id(std::string_view text) {
    return !text.empty() && text.size() <= 64 && is_alnum(text.front()) &&
           std::all_of(text.begin(), text.end(),
                       [](char c) { return is_alnum(c) || c == '.' || c == '_' || c == '-'; });
}

std::string KeyRef::text() const {
    switch (source) {
    case Source::keychain:
        return "keychain:" + name;
    case Source::env:
        return "env:" + name;
    case Source::session:
        return "session:" + name;
    case Source::none:
        break;
    }
    return "none";
}

std::optional<KeyRef> parse_key_ref(std::string_view text) {
    if (text == "none")
        return KeyRef{};
    const auto colon = text.find(':');
    if (colon == text.npos)
        return {};
    const std::string_view source = text.substr(0, colon), name = text.substr(colon + 1);
    // A key pasted behind the prefix: its shape gives it away.
    constexpr std::string_view shapes[] = {"sk-", "sk_", "r8_", "AIza", "xai-", "gsk_", "hf_"};
    for (const std::string_view shape : shapes)
        if (name.starts_with(shape) && name.size() >= 16)
            return {};
    if (holds_key(name))
        return {};
    KeyRef out;
    out.name = name;
    if (source == "env") {
        const bool valid =
            !name.empty() && name.size() <= 128 && (name[0] < '0' || name[0] > '9') &&
            std::all_of(name.begin(), name.end(), [](char c) { return is_alnum(c) || c == '_'; });
        out.source = KeyRef::Source::env;
        return valid ? std::optional(out) : std::nullopt;
    }
    if (source != "keychain" && source != "session")
        return {};
    out.source = source == "keychain" ? KeyRef::Source::keychain : KeyRef::Source::session;
    return is_id(name) ? std::optional(out) : std::nullopt;
}

void check_url(const std::string& text, const std::string& pointer, ProblemList& problems,
               const char* otherwise) {
    std::string_view rest = text;
    if (rest.starts_with("https://"))
        rest.remove_prefix(8);
    else if (rest.starts_with("http://"))
        rest.remove_prefix(7);
    else {
        problems.error(pointer, "is not an http(s) address", "begin with https:// or http://");
        return;
    }
    const bool printable =
        std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127; });
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    if (!printable)
        problems.error(pointer, "an address may not contain spaces or control characters");
    else if (authority.find('@') != authority.npos)
        problems.error(pointer, "a user name or password in an address would be kept in the file",
                       std::string{"remove it and "} + otherwise);
    else if (rest.find_first_of("?#") != rest.npos)
        problems.error(pointer, "an address may not contain ? or #",
                       "put what follows the ? into `query`");
    else if (path_holds_key(authority, rest.substr(authority.size())))
        problems.error(pointer, "a key itself may not be written into the file",
                       std::string{"remove it from the address and "} + otherwise);
    else {
        const bool ipv6 = authority.starts_with("[");
        const auto colon = ipv6 ? authority.find("]:") : authority.find(':');
        const std::string_view host = authority.substr(0, colon);
        bool valid = !host.empty() && host != "[" && (!ipv6 || authority.find(']') != host.npos);
        if (colon != authority.npos) {
            const std::string_view port = authority.substr(colon + (ipv6 ? 2 : 1));
            int number = 0;
            const auto read = std::from_chars(port.data(), port.data() + port.size(), number);
            valid = valid && read.ec == std::errc() && read.ptr == port.data() + port.size() &&
                    number >= 1 && number <= 65535;
        }
        if (!valid)
            problems.error(pointer, "the address has no valid host and port",
                           "write it like https://api.example.com/v1");
    }
}

Provider read_provider(const Json& value, const std::string& pointer, ProblemList& problems) {
    Provider out;
    ObjectReader in(value, pointer, problems);
    out.id = in.require_text("id", "`id`, a short name");
    if (!out.id.empty() && !is_id(out.id))
        in.error("id", "may hold letters, digits, `.`, `_` and `-` only, at most 64");
    read_address(in, out);
    read_keys(in, out);
    out.headers = read_pairs(in, "headers");
    out.query = read_pairs(in, "query");
    out.proxy = in.text("proxy");
    if (!out.proxy.empty())
        check_url(out.proxy, in.pointer_to("proxy"), problems);
    ObjectReader tls = in.object("tls");
    out.ca_file = beside(problems.file(), tls.text("ca_file"));
    tls.finish();
    if (const Json* model = in.get("model")) {
        out.model = read_provider_model(*model, in.pointer_to("model"), problems);
        if (!out.simulated() && !out.base_url.empty())
            in.error("model", "a model shapes a simulated provider, and this one is real",
                     "use base_url \"lab:\", or name the provider in `models` of a scenario");
    }
    if (in.get("limits"))
        out.limits = read_limits(in.object("limits"));
    read_health_check(in, out);
    in.finish();
    return out;
}

} // namespace brownout::chain
