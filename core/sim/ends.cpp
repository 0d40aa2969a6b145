#include "sim/ends.h"

#include <algorithm>
#include <cmath>

namespace brownout::sim {
namespace {

using chain::Dialect;
using engine::Cause;
using engine::Outcome;
using engine::OutcomeClass;
using faults::Fault;
using faults::Kind;

Outcome transport(wire::TransportEnd end, bool sent) {
    wire::ReplyFacts facts;
    facts.transport = end;
    facts.request_sent = sent;
    return wire::classify(facts).outcome;
}

// A 200 that is no answer (wire/chat_reader.h).
Outcome no_answer(Cause cause, bool content_seen) {
    Outcome out;
    out.cls = content_seen ? OutcomeClass::broken_stream : OutcomeClass::failover;
    out.cause = cause;
    out.status = 200;
    out.counts_for_breaker = true;
    out.ambiguous = true;
    return out;
}

// The word that says the most in an error body; empty: the status says it all.
std::string_view usual_word(Dialect dialect, int status) {
    const bool openai = dialect == Dialect::openai || dialect == Dialect::azure;
    switch (status) {
    case 401:
        return "invalid_api_key";
    case 403:
        return openai ? "unsupported_country_region_territory" : "";
    case 404:
        return "model_not_found";
    case 503:
        return openai ? "server_is_overloaded" : "";
    default:
        return "";
    }
}

Outcome status_with_words(Dialect dialect, int status, std::string_view word,
                          const std::string& message) {
    const chain::Json body = {
        {"error",
         {{"code", word.empty() ? chain::Json() : chain::Json(word)},
          {"message", message.empty() ? chain::Json() : chain::Json(message)}}}};
    const std::string text = body.dump();
    wire::ReplyFacts facts;
    facts.dialect = dialect;
    facts.status = status;
    facts.request_sent = true;
    if (!word.empty() || !message.empty())
        facts.body = text;
    return wire::classify(facts).outcome;
}

struct Said {
    Kind kind;
    int status;
    std::string_view word;
};
constexpr Said said[] = {
    {Kind::quota_exhausted, 429, "insufficient_quota"},
    {Kind::bad_key, 401, "invalid_api_key"},
    {Kind::model_missing, 404, "model_not_found"},
    {Kind::region_blocked, 403, "unsupported_country_region_territory"},
    {Kind::overloaded, 503, "server_is_overloaded"},
    {Kind::context_exceeded, 400, "context_length_exceeded"},
    {Kind::moderation, 400, "content_policy_violation"},
};

// Where a dialect says it with another status, or with a wait.
struct SaidOtherwise {
    Dialect dialect;
    Kind kind;
    std::uint16_t status;
    std::optional<Duration> wait = {};
};
constexpr SaidOtherwise said_otherwise[] = {
    {Dialect::anthropic, Kind::quota_exhausted, 429, std::chrono::hours{24}}, // or the month's end
    {Dialect::anthropic, Kind::overloaded, 529},
    {Dialect::gemini, Kind::quota_exhausted, 402},
    {Dialect::gemini, Kind::bad_key, 400},
    {Dialect::gemini, Kind::region_blocked, 400},
    {Dialect::gemini, Kind::moderation, 200},
};

Outcome said_by(Dialect dialect, const Said& row) {
    Outcome out = status_with_words(dialect, row.status, row.word, "");
    for (const SaidOtherwise& other : said_otherwise)
        if (other.dialect == dialect && other.kind == row.kind) {
            out.status = other.status;
            out.retry_after = other.wait;
        }
    return out;
}

// A wait is told in whole seconds; OpenAI's sentence beside the header is more exact.
Duration as_told(Dialect dialect, Duration wait) {
    const bool exact = dialect == Dialect::openai || dialect == Dialect::azure;
    return exact ? wait : from_seconds(std::ceil(to_seconds(wait)));
}

// Some tell the reset of their usual limits on every reply; of a 429 that says no more, that is the
// hint.
std::optional<Duration> usual_reset(Dialect dialect) {
    if (dialect == Dialect::openai || dialect == Dialect::azure)
        return std::chrono::milliseconds{1};
    return std::nullopt;
}

bool begins(std::string_view pointer, std::initializer_list<std::string_view> names) {
    return std::any_of(names.begin(), names.end(),
                       [&](std::string_view name) { return pointer.starts_with(name); });
}

} // namespace

Outcome lost(Dialect dialect, Loss loss, bool content_seen) {
    switch (loss) {
    case Loss::dns:
        return transport(wire::TransportEnd::dns_failure, false);
    case Loss::refused:
        return transport(wire::TransportEnd::connect_refused, false);
    case Loss::tls:
        return transport(wire::TransportEnd::tls_failure, false);
    case Loss::before_reply:
        return transport(wire::TransportEnd::reset_before_headers, true);
    case Loss::unreadable:
        return no_answer(Cause::malformed, content_seen);
    case Loss::cut:
        return no_answer(Cause::truncated, content_seen);
    case Loss::error_event:
        break;
    }
    Outcome out = status_with_words(dialect, 503, "server_is_overloaded", "");
    out.cls = content_seen ? OutcomeClass::broken_stream : OutcomeClass::failover;
    out.cause = Cause::overloaded;
    out.status = 200;
    out.counts_for_breaker = true;
    return out;
}

Outcome refused_with_status(Dialect dialect, int status) {
    return status_with_words(dialect, status, usual_word(dialect, status), "");
}

Outcome refused_by_fault(Dialect dialect, const Fault& fault,
                         const std::optional<faults::RateLimits::Verdict>& limited) {
    if (limited) {
        Outcome out = status_with_words(dialect, 429, "rate_limit_exceeded", "");
        out.retry_after = as_told(dialect, fault.retry_after_s ? from_seconds(*fault.retry_after_s)
                                                               : *limited->wait);
        return out;
    }
    for (const Said& row : said)
        if (row.kind == fault.kind)
            return said_by(dialect, row);
    if (fault.kind == Kind::group_outage)
        return refused_with_status(dialect, 503);
    Outcome out;
    if (fault.body) {
        wire::ReplyFacts facts;
        facts.dialect = dialect;
        facts.status = fault.status;
        facts.request_sent = true;
        facts.body = *fault.body;
        out = wire::classify(facts).outcome;
    } else if (fault.code.empty() && fault.message.empty()) {
        out = refused_with_status(dialect, fault.status);
    } else {
        out = status_with_words(dialect, fault.status,
                                fault.code.empty() ? usual_word(dialect, fault.status) : fault.code,
                                fault.message);
    }
    if (fault.retry_after_s)
        out.retry_after = as_told(dialect, from_seconds(*fault.retry_after_s));
    else if (!out.retry_after && out.cls == OutcomeClass::cooldown)
        out.retry_after = usual_reset(dialect);
    return out;
}

WireSize wire_size(Dialect dialect, std::size_t model_name_bytes) {
    const auto name = static_cast<double>(model_name_bytes);
    switch (dialect) {
    case Dialect::anthropic:
        return {1026 + name, 126.5, 380, 720 + name, 5.7};
    case Dialect::gemini:
        return {152, 316.3 + name, 338 + name, 368 + name, 5.7};
    case Dialect::azure: // before its first delta stands what its filter thought of the prompt
        return {1086 + name, 296.5 + name, 764 + 2 * name, 880 + name, 5.7};
    default:
        return {762 + name, 296.5 + name, 764 + 2 * name, 880 + name, 5.7};
    }
}

bool tells_quota(Dialect dialect) {
    return dialect == Dialect::openai || dialect == Dialect::azure ||
           dialect == Dialect::anthropic || dialect == Dialect::nexaapi;
}

bool drops_the_answer(Dialect dialect, const std::vector<std::string>& dropped) {
    return std::any_of(dropped.begin(), dropped.end(), [&](const std::string& pointer) {
        switch (dialect) {
        case Dialect::anthropic:
            return begins(pointer, {"/content", "/delta", "/type"});
        case Dialect::gemini:
            return begins(pointer, {"/candidates"});
        default:
            return begins(pointer, {"/choices"});
        }
    });
}

bool drops_the_usage(Dialect dialect, const std::vector<std::string>& dropped) {
    return std::any_of(dropped.begin(), dropped.end(), [&](const std::string& pointer) {
        return begins(pointer, {dialect == Dialect::gemini ? "/usageMetadata" : "/usage"});
    });
}

bool makes_jobs(Dialect dialect) {
    return dialect == Dialect::replicate;
}

bool fetches_picture(Dialect dialect, const std::string& model) {
    const auto is = [&](std::string_view name) { return model.find(name) != model.npos; };
    switch (dialect) {
    case Dialect::openai:
    case Dialect::azure:
        return !is("gpt-image") && !is("dall-e");
    case Dialect::gemini:
    case Dialect::stability:
        return false;
    default:
        return true;
    }
}

std::optional<wire::Usage> picture_usage(Dialect dialect, const std::string& model) {
    wire::Usage usage;
    if ((dialect == Dialect::openai || dialect == Dialect::azure) &&
        model.starts_with("gpt-image")) {
        usage.input = 12;
        usage.output = 1056;
    } else if (dialect == Dialect::gemini && model.find("imagen") == model.npos) {
        usage.output = 1290; // its prompt is next to nothing
    } else {
        return std::nullopt;
    }
    return usage;
}

wire::PictureTerms made_terms(Dialect dialect, const std::string& model) {
    const bool openai = dialect == Dialect::openai || dialect == Dialect::azure;
    if (openai && model.starts_with("gpt-image"))
        return {"medium", "1024x1024"};
    return {};
}

double picture_bytes(Dialect dialect) {
    return fetches_picture(dialect, "gpt-image") ? 700 : 30'000;
}

bool drops_the_picture(Dialect dialect, const std::vector<std::string>& dropped) {
    return std::any_of(dropped.begin(), dropped.end(), [&](const std::string& pointer) {
        switch (dialect) {
        case Dialect::gemini:
            return begins(pointer, {"/candidates", "/predictions"});
        case Dialect::replicate:
            return begins(pointer, {"/output"});
        case Dialect::fal:
            return begins(pointer, {"/images"});
        default:
            return begins(pointer, {"/data"});
        }
    });
}

} // namespace brownout::sim
