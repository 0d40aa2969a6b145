#include "chain/kept_keychain.h"

namespace brownout::chain {

Result<Secret> KeptKeychain::read(const std::string& name) {
    const auto known = answers_.find(name);
    if (known != answers_.end())
        return known->second;
    auto answer = asked_.read(name);
    answers_.insert_or_assign(name, answer);
    return answer;
}

Result<void> KeptKeychain::write(const std::string& name, const Secret& value) {
    auto written = asked_.write(name, value);
    if (written)
        answers_.insert_or_assign(name, Result<Secret>{value});
    return written;
}

Result<void> KeptKeychain::remove(const std::string& name) {
    auto removed = asked_.remove(name);
    answers_.erase(name); // gone or not: the next look tells
    return removed;
}

void KeptKeychain::forget_refusals() {
    std::erase_if(answers_, [](const auto& answer) { return !answer.second.has_value(); });
}

} // namespace brownout::chain
