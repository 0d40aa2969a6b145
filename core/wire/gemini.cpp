#include "wire/gemini.h"

#include "wire/gemini_images.h"
#include "wire/gemini_reader.h"
#include "wire/picture.h"
#include "wire/request_parts.h"
#include "wire/takes.h"

#include <algorithm>

namespace brownout::wire {

namespace {

using chain::Json;

HttpRequest base_request(const Endpoint& endpoint, const std::string& path,
                         std::map<std::string, std::string> query) {
    HttpRequest http;
    http.url = without_slash(endpoint.base_url);
    const auto last = std::string_view{http.url}.substr(http.url.rfind('/') + 1);
    if (last != "v1" && !last.starts_with("v1beta") && !last.starts_with("v1alpha"))
        http.url += "/v1beta";
    query.insert(endpoint.query.begin(), endpoint.query.end());
    http.url = with_query(http.url + path, query);
    if (endpoint.key && !endpoint.key->empty())
        http.headers.emplace_back("x-goog-api-key", header_value(endpoint.key->reveal()));
    return http;
}

// "models/gemini-2.5-flash", from a name with or without its collection.
std::string model_path(std::string_view model) {
    const auto slash = model.find('/');
    const bool named = model.starts_with("models/") || model.starts_with("tunedModels/");
    return named
               ? std::string{model.substr(0, slash + 1)} + percent_encoded(model.substr(slash + 1))
               : "models/" + percent_encoded(model);
}

bool is_gemini_3(std::string_view model) {
    const auto at = model.find("gemini-");
    return at != model.npos && at + 7 < model.size() && model[at + 7] >= '3' &&
           model[at + 7] <= '9';
}

std::string name_of_call(const ChatRequest& request, const std::string& id) {
    for (const Message& message : request.messages)
        for (const ToolCall& call : message.tool_calls)
            if (call.id == id)
                return call.name;
    return id;
}

// Results are objects on this wire.
Json result_part(const ChatRequest& request, const Message& message) {
    auto response = json_of(message.text);
    if (!response || !response->is_object() || message.tool_failed)
        response = Json{{message.tool_failed ? "error" : "result", message.text}};
    return {{"functionResponse",
             {{"name", name_of_call(request, message.tool_call_id)}, {"response", *response}}}};
}

Json parts_of(const ChatRequest& request, const Message& message, const Endpoint& endpoint,
              Encoded& http) {
    Json parts = Json::array();
    if (message.role == Role::tool) {
        parts.push_back(result_part(request, message));
        return parts;
    }
    if (!message.text.empty())
        parts.push_back({{"text", message.text}});
    for (const Picture& picture : message.pictures) {
        const PictureText text = picture_text(picture);
        if (text.data.empty())
            http.impossible = "Gemini takes a picture as bytes, not as an address";
        parts.push_back({{"inlineData", {{"mimeType", text.mime}, {"data", text.data}}}});
    }
    for (const ToolCall& call : message.tool_calls) {
        auto args = json_of(call.arguments.empty() ? "{}" : call.arguments);
        if (!args || !args->is_object()) {
            http.impossible = "the arguments of the call to " + call.name + " are no JSON object";
            args = Json::object();
        }
        Json part{{"functionCall", {{"name", call.name}, {"args", *args}}}};
        // Gemini 3 wants the signature of its own thought behind each call; of a call that another
        // model made there is none, and this is what Google's guide says to write instead.
        if (is_gemini_3(endpoint.model))
            part["thoughtSignature"] = "skip_thought_signature_validator";
        parts.push_back(std::move(part));
    }
    return parts;
}

void contents(const ChatRequest& request, const Endpoint& endpoint, Json& body, Encoded& http) {
    Json& out = body["contents"] = Json::array();
    for (const Message& message : request.messages) {
        if (message.role == Role::system)
            continue;
        const char* role = message.role == Role::assistant ? "model" : "user";
        const Json parts = parts_of(request, message, endpoint, http);
        if (parts.empty())
            continue;
        if (out.empty() || out.back()["role"] != role)
            out.push_back({{"role", role}, {"parts", Json::array()}});
        for (const Json& part : parts)
            out.back()["parts"].push_back(part);
    }
}

void write_gemini_tools(const ChatRequest& request, Json& body, Encoded& http) {
    if (request.tools.empty())
        return;
    Json functions = Json::array();
    for (const Tool& tool : request.tools) {
        const auto schema = json_of(tool.parameters);
        if (!tool.parameters.empty() && !schema)
            http.impossible = "the parameters of the tool " + tool.name + " are no JSON";
        Json entry{{"name", tool.name}};
        if (!tool.description.empty())
            entry["description"] = tool.description;
        if (schema) // `parameters` takes a part of OpenAPI only
            entry["parametersJsonSchema"] = *schema;
        functions.push_back(std::move(entry));
    }
    body["tools"] = Json::array({Json{{"functionDeclarations", std::move(functions)}}});
    if (request.parallel_calls)
        drop(http, "parallel_tool_calls", "this dialect has no counterpart");
    if (!request.tool_choice)
        return;
    static constexpr const char* modes[] = {"AUTO", "NONE", "ANY", "ANY"};
    Json choice{{"mode", modes[static_cast<int>(request.tool_choice->kind)]}};
    if (request.tool_choice->kind == ToolChoice::Kind::named)
        choice["allowedFunctionNames"] = Json::array({request.tool_choice->name});
    body["toolConfig"]["functionCallingConfig"] = std::move(choice);
}

// True: JSON has to be asked for in words.
bool generation_config(const ChatRequest& request, const Endpoint& endpoint, Json& body,
                       Encoded& http) {
    const Takes t = takes(chain::Dialect::gemini, Vendor::google, endpoint.model);
    Json config = Json::object();
    if (request.max_tokens)
        config["maxOutputTokens"] = *request.max_tokens;
    write_sampling(request, t, config, http, {"temperature", "topP", "topK"});
    if (request.seed)
        config["seed"] = *request.seed;
    const std::size_t stops = std::min(request.stop.size(), t.most_stops);
    for (std::size_t i = 0; i < stops; ++i)
        config["stopSequences"].push_back(request.stop[i]);
    if (stops < request.stop.size())
        drop(http, "stop", "only the first " + std::to_string(stops) + " were sent");
    bool in_words = false;
    if (request.json || !request.json_schema.empty()) {
        const auto schema = json_of(request.json_schema);
        if (!request.json_schema.empty() && !schema)
            http.impossible = "the schema of the answer is no JSON";
        // Before Gemini 3 the JSON mode is refused beside tools.
        in_words = !request.tools.empty() && !is_gemini_3(endpoint.model);
        if (in_words)
            drop(http, "json", "not taken beside tools; asked for in words");
        else
            config["responseMimeType"] = "application/json";
        if (schema && !in_words)
            config["responseJsonSchema"] = *schema;
    }
    if (!config.empty())
        body["generationConfig"] = std::move(config);
    return in_words;
}

} // namespace

Encoded GeminiDialect::encode(const ChatRequest& request, const Endpoint& endpoint) const {
    const bool stream = request.stream && !request.image;
    const std::string path = "/" + model_path(endpoint.model) +
                             (request.image ? gemini_image_method(endpoint.model)
                              : stream      ? ":streamGenerateContent"
                                            : ":generateContent");
    std::map<std::string, std::string> query;
    if (stream)
        query["alt"] = "sse";
    Encoded http{base_request(endpoint, path, std::move(query)), {}, {}};
    http.headers.emplace_back("Content-Type", "application/json");
    http.headers.emplace_back("Accept", stream ? "text/event-stream" : "application/json");
    set_headers(http.headers, endpoint.headers);
    if (request.image) {
        http.body = body_text(gemini_image_body(*request.image, endpoint.model, http));
        return http;
    }
    if (request.media)
        http.impossible = "Gemini answers chats and makes pictures only";

    Json body = Json::object();
    contents(request, endpoint, body, http);
    write_gemini_tools(request, body, http);
    const bool json_in_words = generation_config(request, endpoint, body, http);
    std::string system = system_text(request);
    if (json_in_words)
        system += (system.empty() ? "" : "\n\n") + json_instruction(request);
    if (!system.empty())
        body["systemInstruction"]["parts"] = Json::array({Json{{"text", system}}});
    write_own(request, "gemini", body, http,
              {{"presence_penalty", "/generationConfig/presencePenalty"},
               {"frequency_penalty", "/generationConfig/frequencyPenalty"}});
    http.body = body_text(body);
    return http;
}

std::unique_ptr<ReplyReader> GeminiDialect::reader(bool, const Endpoint& endpoint) const {
    return std::make_unique<GeminiReader>(endpoint);
}

std::unique_ptr<ReplyReader> GeminiDialect::reader_for(const ChatRequest& request,
                                                       const Endpoint& endpoint) const {
    if (request.image)
        return gemini_image_reader(endpoint);
    return reader(request.stream, endpoint);
}

HttpRequest GeminiDialect::key_test(const Endpoint& endpoint) const {
    HttpRequest http = base_request(endpoint, "/models", {});
    http.method = "GET";
    http.headers.emplace_back("Accept", "application/json");
    set_headers(http.headers, endpoint.headers);
    return http;
}

} // namespace brownout::wire
