// The error classifier: any status, vendor, header and body has one of the outcomes, with bounded
// words and a wait within a day, and never the key that the request was sent with.
#include "fuzz/fuzz.h"
#include "wire/classify.h"
#include "wire/retry_hint.h"

#include <string>

using namespace brownout;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    wire::ReplyFacts facts;
    facts.dialect = static_cast<chain::Dialect>(input.byte() % std::size(chain::dialect_names));
    facts.status = input.byte() * 3; // 0 to 765
    const std::uint8_t flags = input.byte();
    facts.request_sent = (flags & 1u) != 0;
    facts.in_stream = (flags & 2u) != 0;
    facts.unix_now = 1'780'000'000;
    facts.vendor = input.text();
    const std::string name{input.text()}, value{input.text()};
    const wire::Headers headers = {
        {name, value}, {"retry-after", value}, {"x-ratelimit-reset-requests", value}};
    facts.headers = &headers;
    constexpr std::string_view key = "sk-canary-0123456789";
    facts.key = key;
    facts.body = input.rest();
    const wire::Classified out = wire::classify(facts);
    fuzz::require(out.code.size() <= 64, "a code of at most 64 bytes");
    fuzz::require(out.message.size() <= 300, "a message of at most 300 bytes");
    fuzz::require(out.message.find(key) == out.message.npos, "no key in the message");
    fuzz::require(out.code.find(key) == out.code.npos, "no key in the code");
    if (out.outcome.retry_after) {
        fuzz::require(*out.outcome.retry_after >= Duration::zero(), "no wait below zero");
        fuzz::require(*out.outcome.retry_after <= std::chrono::hours(24), "no wait over a day");
    }
    (void)wire::parse_retry_hint(value, facts.unix_now);
    return 0;
}
