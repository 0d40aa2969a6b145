// What clients write to the endpoint and read from it: requests in, answers, streams, errors out.
#include "wire/callers/caller.h"
#include "wire/json_lenient.h"
#include "wire/picture.h"

#include <QTest>

using namespace brownout;
using namespace brownout::wire;

namespace {

const std::string png{"\x89PNG\r\n\x1a\n0000IHDR", 16};

std::string quoted(const std::string& text) {
    return '"' + text + '"';
}

const Caller& caller(const QString& name) {
    if (name == "anthropic")
        return anthropic_caller();
    return name == "images" ? openai_images_caller() : openai_chat_caller();
}

// Everything that a request became, in one line.
std::string summary(const CallerRequest& c) {
    const ChatRequest& r = c.request;
    std::string out = c.model + (r.stream ? " stream" : "");
    for (const Message& m : r.messages) {
        const char* names[] = {"system", "user", "assistant", "tool"};
        out += std::string{" | "} + names[static_cast<int>(m.role)] + ":" + m.text;
        for (const Picture& p : m.pictures)
            out += " [" + (p.url.empty() ? p.mime + " " + std::to_string(p.bytes.size()) : p.url) +
                   "]";
        for (const ToolCall& t : m.tool_calls)
            out += " " + t.id + "=" + t.name + t.arguments;
        if (!m.tool_call_id.empty())
            out += " answers " + m.tool_call_id + (m.tool_failed ? " failed" : "");
    }
    const auto number = [&](const char* name, const auto& value) {
        if (value)
            out += std::string{" "} + name + "=" + std::to_string(*value).substr(0, 6);
    };
    number("max", r.max_tokens);
    number("temp", r.temperature);
    number("top_p", r.top_p);
    number("top_k", r.top_k);
    number("seed", r.seed);
    for (const std::string& stop : r.stop)
        out += " stop=" + stop;
    for (const Tool& tool : r.tools)
        out += " tool " + tool.name + tool.parameters;
    if (r.tool_choice)
        out += " choice " + std::to_string(static_cast<int>(r.tool_choice->kind)) +
               r.tool_choice->name;
    if (r.json)
        out += " json" + r.json_schema;
    if (r.image) {
        out += " image:" + r.image->prompt;
        number("w", r.image->width);
        number("h", r.image->height);
        number("n", r.image->count);
        number("steps", r.image->steps);
    }
    if (c.include_usage)
        out += " usage";
    if (c.picture_urls)
        out += " urls";
    if (!r.own_parameters.empty())
        out += " own " + r.own_dialect + r.own_parameters;
    for (const std::string& note : c.dropped)
        out += " dropped " + note;
    return out;
}

// The data of every event, and that there is nothing else.
std::vector<WireJson> events(const std::string& stream) {
    std::vector<WireJson> all;
    std::size_t at = 0;
    while (at < stream.size()) {
        const auto end = stream.find("\n\n", at);
        if (end == std::string::npos)
            qFatal("half an event");
        std::string one = stream.substr(at, end - at);
        at = end + 2;
        const auto data = one.find("data: ");
        if (data == std::string::npos)
            continue;
        const auto json = parse_lenient(one.substr(data + 6));
        all.push_back(json ? *json : WireJson(one.substr(data + 6)));
        if (const auto type = one.find("event: "); type == 0 && json && json->contains("type") &&
                                                   (*json)["type"] != one.substr(7, data - 8))
            qFatal("an event of another type");
    }
    return all;
}

AnswerFacts facts() {
    AnswerFacts f;
    f.id = "abc";
    f.model = "m1";
    f.unix_s = 1'700'000'000;
    f.input_tokens = 7;
    f.include_usage = true;
    return f;
}

Reply full_reply() {
    Reply reply;
    reply.text = "Hello \"you\"\n\xe2\x82\xac";
    reply.reasoning = "hm";
    reply.finish = Finish::tool_calls;
    reply.usage = Usage{10, 4, 1, 5, 2, false};
    reply.tool_calls = {{"c1", "look", R"({"at":1})"}, {"c2", "wait", ""}};
    return reply;
}

} // namespace

class TestCallers : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void requests_data() {
        QTest::addColumn<QString>("who");
        QTest::addColumn<QString>("body");
        QTest::addColumn<QString>("expected"); // starting with "!": refused, about this member
        const auto row = [](const char* who, const char* body, const char* expected) {
            static int n = 0;
            QTest::addRow("%s %d", who, ++n) << who << body << expected;
        };
        row("openai", R"({"model":"m","messages":[{"role":"user","content":"hi"}]})",
            "m | user:hi");
        row("openai",
            R"({"messages":[{"role":"developer","content":"be"},{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}],"stream":true,"stream_options":{"include_usage":true}})",
            " stream | system:be | user:ab usage");
        row("openai",
            R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x.example/a.png"}}]}]})",
            " | user: [https://x.example/a.png]");
        row("openai",
            R"({"messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c1","content":"42"}]})",
            " | user:x | assistant: c1=f{} | tool:42 answers c1");
        row("openai",
            R"({"messages":[{"role":"user","content":"x"}],"max_tokens":5,"max_completion_tokens":9,"temperature":0.5,"top_p":1,"seed":3,"stop":"END","top_k":4})",
            " | user:x max=9 temp=0.5000 top_p=1.0000 top_k=4 seed=3 stop=END");
        row("openai",
            R"({"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],"tool_choice":{"type":"function","function":{"name":"f"}},"stop":["a","b"]})",
            R"( | user:x stop=a stop=b tool f{"type":"object"} choice 3f)");
        row("openai",
            R"({"messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{"type":"object"}}}})",
            R"( | user:x json{"type":"object"})");
        row("openai",
            R"({"messages":[{"role":"user","content":"x"}],"reasoning_effort":"low","n":1,"user":"u","logit_bias":null})",
            R"( | user:x own openai{"reasoning_effort":"low","user":"u"})");
        row("openai", R"({"messages":[{"role":"user","content":"x"}],"n":2})", "!n");
        row("openai", R"({"messages":[{"role":"user","content":"x"}],"logprobs":true})",
            "!logprobs");
        row("openai",
            R"({"messages":[{"role":"user","content":"x"}],"modalities":["text","audio"]})",
            "!modalities");
        row("openai", R"({"messages":[{"role":"user","content":"x"}],"functions":[]})",
            "!functions");
        row("openai",
            R"({"messages":[{"role":"user","content":"x"}],"logprobs":false,"modalities":["text"]})",
            " | user:x");
        row("openai", R"({"messages":[]})", "!messages");
        row("openai", R"({"messages":[{"role":"user"}]})", "!messages[0].content");
        row("openai", R"({"messages":[{"role":"bird","content":"x"}]})", "!messages[0].role");
        row("openai", R"({"messages":[{"role":"tool","content":"x"}]})",
            "!messages[0].tool_call_id");
        row("openai",
            R"({"messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{}}]}]})",
            "!messages[0].content[0].type");
        row("openai",
            R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"file:///etc/passwd"}}]}]})",
            "!messages[0].content[0].image_url");
        row("openai", R"({"messages":[{"role":"user","content":"x"}],"temperature":"warm"})",
            "!temperature");
        row("openai", R"({"messages":[{"role":"user","content":"x"}],"max_tokens":0})",
            "!max_tokens");
        row("openai", R"({"messages":[{"role":"user","content":"x"}],"stream":"yes"})", "!stream");
        row("openai", "[]", "!");
        row("openai", "{", "!");
        row("openai", "", "!");

        row("anthropic",
            R"({"model":"m","max_tokens":5,"system":"be","messages":[{"role":"user","content":"hi"}]})",
            "m | system:be | user:hi max=5");
        row("anthropic",
            R"({"max_tokens":5,"stream":true,"system":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}},{"type":"text","text":"b"}],"messages":[{"role":"user","content":[{"type":"text","text":"x"},{"type":"image","source":{"type":"url","url":"https://x.example/a.png"}}]}]})",
            " stream | system:a\nb | user:x [https://x.example/a.png] max=5");
        row("anthropic",
            R"({"max_tokens":5,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":""},{"type":"tool_use","id":"c1","name":"f","input":{"a":1}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","is_error":true,"content":[{"type":"text","text":"no"}]},{"type":"text","text":"go on"}]}],"thinking":{"type":"enabled"}})",
            R"( | user:x | assistant: c1=f{"a":1} | tool:no answers c1 failed | user:go on max=5 dropped thinking: not in a turn of tools that began without)");
        row("anthropic",
            R"({"max_tokens":5,"messages":[{"role":"user","content":"x"}],"tools":[{"name":"f","input_schema":{"type":"object"}}],"tool_choice":{"type":"any"},"stop_sequences":["E"],"top_k":2,"metadata":{"user_id":"u"}})",
            R"( | user:x max=5 top_k=2 stop=E tool f{"type":"object"} choice 2 own anthropic{"metadata":{"user_id":"u"}})");
        row("anthropic", R"({"messages":[{"role":"user","content":"x"}]})", "!max_tokens");
        row("anthropic", R"({"max_tokens":5,"messages":[{"role":"system","content":"x"}]})",
            "!messages.0.role");
        row("anthropic",
            R"({"max_tokens":5,"messages":[{"role":"user","content":[{"type":"document"}]}]})",
            "!messages.0.content.0.type");
        row("anthropic",
            R"({"max_tokens":5,"messages":[{"role":"user","content":"x"}],"tools":[{"type":"web_search_20250305","name":"web_search"}]})",
            "!tools");

        row("images",
            R"({"prompt":"a cat","size":"512x256","n":2,"response_format":"url","user":"u"})",
            " image:a cat w=512 h=256 n=2 urls dropped user: has no counterpart");
        row("images", R"({"model":"m","prompt":"a cat","width":64,"height":32,"steps":4})",
            "m image:a cat w=64 h=32 steps=4");
        row("images", R"({"prompt":"a cat","size":"big"})", "!size");
        row("images", R"({"prompt":"a cat","width":64})", "!height");
        row("images", R"({"prompt":""})", "!prompt");
        row("images", R"({"prompt":"a","stream":true})", "!stream");
    }
    void requests() {
        QFETCH(QString, who);
        QFETCH(QString, body);
        QFETCH(QString, expected);
        const auto read = caller(who).read(body.toStdString());
        if (expected.startsWith('!')) {
            QVERIFY(!read);
            QCOMPARE(read.error().status, 400);
            QCOMPARE(QString::fromStdString(read.error().param), expected.mid(1));
            QVERIFY(!read.error().message.empty() && !read.error().retry_helps);
        } else {
            QVERIFY2(read, read ? "" : read.error().message.c_str());
            QCOMPARE(QString::fromStdString(summary(*read)), expected);
        }
        // Cut anywhere it is an answer or a complaint, never a crash.
        for (int n = 0; n < body.size(); ++n)
            (void)caller(who).read(body.left(n).toStdString());
    }

    void pictures_as_bytes() {
        const std::string data = base64(png);
        const auto openai = openai_chat_caller().read(
            R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,)" +
            data + R"("}}]}]})");
        const auto anthropic = anthropic_caller().read(
            R"({"max_tokens":1,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":)" +
            quoted(data) + "}}]}]}");
        QVERIFY(openai && anthropic);
        for (const auto* read : {&*openai, &*anthropic}) {
            const Picture& picture = read->request.messages.at(0).pictures.at(0);
            QCOMPARE(picture.bytes, png);
            QCOMPARE(picture.mime, std::string{"image/png"});
        }
    }

    void whole_answers() {
        AnswerFacts about = facts();
        about.cost = Money::from_usd(0.25);
        const auto openai = *parse_lenient(openai_chat_caller().whole(about, full_reply()));
        QVERIFY(openai["id"] == "chatcmpl-abc");
        const WireJson& choice = openai["choices"][0];
        QVERIFY(choice["finish_reason"] == "tool_calls");
        QVERIFY(choice["message"]["content"] == full_reply().text);
        QVERIFY(choice["message"]["reasoning_content"] == "hm");
        QVERIFY(choice["message"]["tool_calls"][0]["function"]["arguments"] == R"({"at":1})");
        QVERIFY(openai["usage"]["total_tokens"] == 15);
        QVERIFY(openai["usage"]["prompt_tokens_details"]["cached_tokens"] == 4);
        QVERIFY(openai["usage"]["cost_usd"] == 0.25);

        const auto anthropic = *parse_lenient(anthropic_caller().whole(about, full_reply()));
        QVERIFY(anthropic["id"] == "msg_abc");
        QVERIFY(anthropic["stop_reason"] == "tool_use");
        QVERIFY(anthropic["content"][0]["type"] == "thinking");
        QVERIFY(anthropic["content"][1]["text"] == full_reply().text);
        QVERIFY(anthropic["content"][2]["input"]["at"] == 1);
        QVERIFY(anthropic["content"][3]["input"] == WireJson::object());
        QVERIFY(anthropic["usage"]["input_tokens"] == 5); // without what was read from a cache
        QVERIFY(anthropic["usage"]["cache_read_input_tokens"] == 4);
        QVERIFY(anthropic["usage"]["output_tokens"] == 5);
    }

    void pictures_out() {
        Reply reply;
        reply.pictures = {{"image/png", png, ""}, {"", "", "https://x.example/1.png"}};
        AnswerFacts about = facts();
        auto out = *parse_lenient(openai_images_caller().whole(about, reply));
        QVERIFY(out["data"][0]["b64_json"] == base64(png));
        QVERIFY(out["data"][1]["url"] == "https://x.example/1.png");
        about.picture_urls = true;
        out = *parse_lenient(openai_images_caller().whole(about, reply));
        QVERIFY(out["data"][0]["url"] == "data:image/png;base64," + base64(png));
    }

    void openai_stream() {
        const auto stream = openai_chat_caller().stream();
        std::string bytes = stream->begin(facts()) + stream->keep_alive();
        bytes += stream->delta({"", "hm"});
        bytes += stream->delta({"Hel", ""});
        bytes += stream->delta({"lo", "", {{0, "c1", "look", ""}}});
        bytes += stream->delta({"", "", {{0, "", "", R"({"a")"}, {1, "c2", "wait", "{}"}}});
        bytes += stream->delta({"", "", {{0, "", "", ":1}"}}});
        Reply reply = full_reply();
        reply.finish = Finish::stop;
        bytes += stream->end(reply, Money::from_usd(0.5));
        QVERIFY(bytes.ends_with("data: [DONE]\n\n"));
        std::string text, reasoning, finish, arguments[2];
        WireJson usage;
        for (const WireJson& event : events(bytes)) {
            if (!event.is_object())
                continue;
            QVERIFY(event["object"] == "chat.completion.chunk");
            if (event["choices"].empty()) {
                usage = event["usage"];
                continue;
            }
            const WireJson& choice = event["choices"][0];
            text += choice["delta"].value("content", "");
            reasoning += choice["delta"].value("reasoning_content", "");
            if (choice["finish_reason"].is_string())
                finish = choice["finish_reason"];
            if (choice["delta"].contains("tool_calls"))
                for (const WireJson& call : choice["delta"]["tool_calls"])
                    arguments[call["index"].get<int>()] += call["function"].value("arguments", "");
        }
        QCOMPARE(text, std::string{"Hello"});
        QCOMPARE(reasoning, std::string{"hm"});
        QCOMPARE(finish, std::string{"tool_calls"});
        QCOMPARE(arguments[0], std::string{R"({"a":1})"});
        QCOMPARE(arguments[1], std::string{"{}"});
        QVERIFY(usage["cost_usd"] == 0.5);
    }

    void anthropic_stream() {
        const auto stream = anthropic_caller().stream();
        std::string bytes = stream->begin(facts()) + stream->keep_alive();
        bytes += stream->delta({"", "hm"});
        bytes += stream->delta({"Hel", ""});
        bytes += stream->delta({"lo", "", {{0, "c1", "look", ""}}});
        bytes += stream->delta({"", "", {{0, "", "", R"({"a")"}, {1, "c2", "wait", "{}"}}});
        bytes += stream->delta({"", "", {{0, "", "", ":1}"}}}); // after the other call began
        Reply reply = full_reply();
        reply.finish = Finish::stop;
        bytes += stream->end(reply, std::nullopt);
        // As Anthropic's own client puts a message together.
        std::vector<WireJson> blocks;
        WireJson last;
        std::size_t closed = 0;
        for (const WireJson& event : events(bytes)) {
            const std::string type = event["type"];
            if (type == "content_block_start") {
                QVERIFY(event["index"] == blocks.size());
                blocks.push_back(event["content_block"]);
                blocks.back()["all"] = "";
            } else if (type == "content_block_delta") {
                const WireJson& delta = event["delta"];
                QVERIFY(event["index"] == closed && closed + 1 == blocks.size()); // the open one
                for (const char* part : {"text", "thinking", "partial_json"})
                    if (delta.contains(part))
                        blocks.at(event["index"].get<std::size_t>())["all"] =
                            blocks.at(event["index"].get<std::size_t>())["all"].get<std::string>() +
                            delta[part].get<std::string>();
            } else if (type == "content_block_stop") {
                ++closed;
            } else if (type == "message_delta") {
                last = event;
            }
        }
        QCOMPARE(blocks.size(), 4u);
        QCOMPARE(closed, blocks.size());
        QVERIFY(blocks[0]["all"] == "hm");
        QVERIFY(blocks[1]["all"] == "Hello");
        QVERIFY(blocks[2]["name"] == "look");
        QVERIFY(blocks[2]["all"] == R"({"a":1})");
        QVERIFY(blocks[3]["all"] == "{}");
        QVERIFY(last["delta"]["stop_reason"] == "tool_use");
        QVERIFY(last["usage"]["output_tokens"] == 5);
    }

    void errors_data() {
        QTest::addColumn<int>("status");
        QTest::addColumn<QString>("openai");
        QTest::addColumn<QString>("anthropic");
        QTest::addRow("400") << 400 << "invalid_request_error"
                             << "invalid_request_error";
        QTest::addRow("401") << 401 << "authentication_error"
                             << "authentication_error";
        QTest::addRow("402") << 402 << "invalid_request_error"
                             << "billing_error";
        QTest::addRow("403") << 403 << "permission_error"
                             << "permission_error";
        QTest::addRow("404") << 404 << "not_found_error"
                             << "not_found_error";
        QTest::addRow("429") << 429 << "rate_limit_error"
                             << "rate_limit_error";
        QTest::addRow("502") << 502 << "server_error"
                             << "api_error";
        QTest::addRow("503") << 503 << "server_error"
                             << "overloaded_error";
        QTest::addRow("504") << 504 << "server_error"
                             << "timeout_error";
    }
    void errors() {
        QFETCH(int, status);
        QFETCH(QString, openai);
        QFETCH(QString, anthropic);
        const CallerError error{status, "word", "it is \"so\"", "member"};
        const auto first = *parse_lenient(openai_chat_caller().error(error, "r-1"));
        QVERIFY(first["error"]["type"] == openai.toStdString());
        QVERIFY(first["error"]["code"] == "word");
        QVERIFY(first["error"]["param"] == "member");
        QVERIFY(first["error"]["message"] == error.message);
        const auto second = *parse_lenient(anthropic_caller().error(error, "r-1"));
        QVERIFY(second["type"] == "error");
        QVERIFY(second["error"]["type"] == anthropic.toStdString());
        QVERIFY(second["request_id"] == "r-1");
        QVERIFY(events(openai_chat_caller().stream()->error(error)).at(0) == first);
        QVERIFY(events(anthropic_caller().stream()->error(error)).at(0)["error"] ==
                second["error"]);
    }
};

QTEST_APPLESS_MAIN(TestCallers)
#include "test_callers.moc"
