// The canonical request and reply, in no provider's dialect.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace brownout::wire {

enum class Role { system, user, assistant, tool };

// Bytes, or where they are; a picture that was read has a MIME type ("image/png").
struct Picture {
    std::string mime, bytes, url;
    std::string detail = {}; // how closely to look, in OpenAI's words ("low"); empty: as it likes
};

struct ToolCall {
    std::string id, name;
    std::string arguments; // JSON text, as the model wrote it
};

struct Message {
    Role role = Role::user;
    std::string text;
    std::vector<Picture> pictures = {};    // of a user, after the text
    std::vector<ToolCall> tool_calls = {}; // of the assistant
    std::string tool_call_id = {};         // of a tool: which call it answers
    bool tool_failed = false;
    // What the caller's own dialect says of it beyond these, as JSON; see ChatRequest. OpenAI's: an
    // object of further members (name). Anthropic's: all of its content blocks, as they were
    // written (cache_control, citations, thinking that its provider has signed).
    std::string own = {};
};

struct Tool {
    std::string name, description;
    std::string parameters; // JSON Schema, as text; empty: none
    std::string own = {};   // further members in the caller's own dialect: an object; see Message
};
struct ToolChoice {
    enum class Kind { automatic, none, required, named } kind = Kind::automatic;
    std::string name;
};

// What a picture is made from. Nothing: the model's own default.
struct ImageRequest {
    std::string prompt, negative_prompt;
    std::optional<std::int64_t> width, height; // pixels, both or none
    std::optional<std::int64_t> steps, count, seed;
    std::optional<double> guidance;
    std::string quality, format; // in the words of OpenAI's images: "high", "png"
};

// A video or a transcription: work that is submitted, polled and fetched.
struct MediaRequest {
    enum class Kind { video, transcription } kind = Kind::video;
    std::string prompt, input_url, aspect_ratio, language;
    std::optional<double> duration_s;
};

// What a caller asks for, in no provider's dialect: a chat, or a picture, or a media job.
struct ChatRequest {
    std::vector<Message> messages;
    bool stream = false;
    std::optional<std::int64_t> max_tokens;
    std::optional<double> temperature, top_p;
    std::vector<std::string> stop;
    std::optional<std::int64_t> top_k, seed;
    std::vector<Tool> tools;
    std::optional<ToolChoice> tool_choice;
    std::optional<bool> parallel_calls = {}; // several tools may be called at once
    bool json = false;                       // the answer is to be one JSON value
    std::string json_schema;                 // and of this schema (JSON text); empty: any
    std::string json_name = {};              // of the schema, where a dialect wants one
    std::optional<bool> json_strict = {};    // the schema is to be kept to the letter
    std::optional<ImageRequest> image;
    std::optional<MediaRequest> media;
    // What the caller's own dialect ("openai", "anthropic") has beside these, as one JSON object:
    // targets of that dialect get it as it is, others do without, with a note. Empty: nothing. So
    // it is with `own` of messages and tools.
    std::string own_dialect, own_parameters;
};

struct Usage {
    std::int64_t input = 0, cached_read = 0, cache_write = 0; // input is the total
    std::int64_t output = 0, reasoning = 0;                   // output includes reasoning
    bool estimated = false;                                   // the provider sent none
};

enum class Finish { none, stop, length, tool_calls, content_filter, error };

// A block of reasoning that its provider has signed, to be given back in the next turn as it is.
struct Thinking {
    std::string text, signature;
    std::string redacted = {}; // not empty: encrypted, instead of both
};

struct Reply {
    std::string text, reasoning, model, request_id;
    Finish finish = Finish::none;
    std::optional<Usage> usage;
    std::vector<ToolCall> tool_calls;
    std::vector<Picture> pictures;
    std::string media_url;                     // of a finished video; a transcription is text
    std::vector<Thinking> thinking = {};       // the reasoning, where it is signed
    std::string picture_quality, picture_size; // as they were made; empty: it does not say
};

// A piece of a streamed reply.
struct ToolCallPiece {
    std::uint32_t index = 0; // which call of this reply
    std::string id, name;    // in its first piece
    std::string arguments;   // to be appended
};
struct Delta {
    std::string text, reasoning;
    std::vector<ToolCallPiece> tool_calls = {};
    std::string signature = {}; // of the reasoning since the last one; ends its block
    std::string redacted = {};  // a block of reasoning that is encrypted, whole
    bool empty() const {
        return text.empty() && reasoning.empty() && tool_calls.empty() && signature.empty() &&
               redacted.empty();
    }
};

using Headers =
    std::vector<std::pair<std::string, std::string>>; // names as sent; matched ignoring case

struct HttpRequest {
    std::string method = "POST", url;
    Headers headers;
    std::string body;
};

// A request as a dialect writes it, and what it could not say.
struct Encoded : HttpRequest {
    std::vector<std::string>
        dropped;            // "temperature: claude-opus-5 takes none"; shown on the attempt
    std::string impossible; // not empty: not sent, the call reroutes; why
};

// How the transport ended, before any classification.
enum class TransportEnd {
    complete, // the whole HTTP reply came
    dns_failure,
    connect_refused,
    connect_timeout,
    tls_failure,
    reset_before_headers, // sent, nothing came
    reset_after_headers,  // the body broke off
    resend_refused,       // a reused connection died before the reply; may have been processed
    too_large,
    bad_http,
    cancelled,
};

} // namespace brownout::wire
