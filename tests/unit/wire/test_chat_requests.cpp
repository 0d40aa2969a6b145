// Chats as every dialect writes them: tools, pictures, JSON, answers that were begun.
#include "support/chat_requests.h" // before Qt, which makes a macro of `forever`
#include "wire/request_parts.h"

#include <QtTest>

using namespace chat_requests;

namespace {

const char* picture = "\x89PNG\r\n\x1a\n";

ChatRequest with_tools() {
    ChatRequest r;
    Message user{Role::user, "Weather?"};
    user.pictures.push_back({"image/png", picture, ""});
    Message call{Role::assistant, ""};
    call.tool_calls = {{"call_abcdefghijkl", "weather", R"({"city":"Oslo"})"}};
    Message result{Role::tool, "rain"};
    result.tool_call_id = "call_abcdefghijkl";
    r.messages = {{Role::system, "Be brief."}, user, call, result};
    r.tools = {
        {"weather", "Looks out", R"({"type":"object","properties":{"city":{"type":"string"}}})"},
        {"now", "", ""}};
    r.tool_choice = ToolChoice{ToolChoice::Kind::named, "weather"};
    return r;
}

std::string text(const Json& json) {
    return json.dump();
}

// With ' for ".
constexpr const char* openai_body =
    "{'model':'gpt-4o','messages':[{'role':'system','content':'Be brief.'},"
    "{'role':'user','content':[{'type':'text','text':'Weather?'},"
    "{'type':'image_url','image_url':{'url':'data:image/png;base64,iVBORw0KGgo='}}]},"
    "{'role':'assistant','content':null,'tool_calls':[{'id':'call_abcdefghijkl',"
    "'type':'function','function':{'name':'weather','arguments':'{\\'city\\':\\'Oslo\\'}'}}]},"
    "{'role':'tool','content':'rain','tool_call_id':'call_abcdefghijkl'}],"
    "'tools':[{'type':'function','function':{'name':'weather','description':'Looks out',"
    "'parameters':{'type':'object','properties':{'city':{'type':'string'}}}}},"
    "{'type':'function','function':{'name':'now'}}],"
    "'tool_choice':{'type':'function','function':{'name':'weather'}}}";
constexpr const char* anthropic_body =
    "{'model':'claude-haiku-4-5','max_tokens':4096,'system':'Be brief.','messages':["
    "{'role':'user','content':[{'type':'text','text':'Weather?'},{'type':'image',"
    "'source':{'type':'base64','media_type':'image/png','data':'iVBORw0KGgo='}}]},"
    "{'role':'assistant','content':[{'type':'tool_use','id':'call_abcdefghijkl',"
    "'name':'weather','input':{'city':'Oslo'}}]},{'role':'user','content':["
    "{'type':'tool_result','tool_use_id':'call_abcdefghijkl','content':'rain'}]}],"
    "'tools':[{'name':'weather','description':'Looks out','input_schema':"
    "{'type':'object','properties':{'city':{'type':'string'}}}},"
    "{'name':'now','input_schema':{'type':'object'}}],"
    "'tool_choice':{'type':'tool','name':'weather'}}";
constexpr const char* gemini_body =
    "{'contents':[{'role':'user','parts':[{'text':'Weather?'},{'inlineData':"
    "{'mimeType':'image/png','data':'iVBORw0KGgo='}}]},{'role':'model','parts':["
    "{'functionCall':{'name':'weather','args':{'city':'Oslo'}}}]},{'role':'user',"
    "'parts':[{'functionResponse':{'name':'weather','response':{'result':'rain'}}}]}],"
    "'tools':[{'functionDeclarations':[{'name':'weather','description':'Looks out',"
    "'parametersJsonSchema':{'type':'object','properties':{'city':{'type':'string'}}}},"
    "{'name':'now'}]}],'toolConfig':{'functionCallingConfig':{'mode':'ANY',"
    "'allowedFunctionNames':['weather']}},"
    "'systemInstruction':{'parts':[{'text':'Be brief.'}]}}";

} // namespace

class TestChatRequests : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void bodies_data() {
        QTest::addColumn<int>("which");
        QTest::addColumn<QString>("base");
        QTest::addColumn<QString>("model");
        QTest::addColumn<QByteArray>("expected");
        const auto row = [](const char* name, chain::Dialect which, const char* base,
                            const char* model, const char* expected) {
            QTest::newRow(name) << int(which) << QString(base) << QString(model)
                                << QByteArray(expected).replace('\'', '"');
        };
        row("openai", openai, "https://api.openai.com/v1", "gpt-4o", openai_body);
        row("anthropic", anthropic, "https://api.anthropic.com", "claude-haiku-4-5",
            anthropic_body);
        row("gemini", gemini, "https://generativelanguage.googleapis.com/v1beta",
            "gemini-2.5-flash", gemini_body);
    }
    void bodies() {
        QFETCH(int, which);
        QFETCH(QString, base);
        QFETCH(QString, model);
        QFETCH(QByteArray, expected);
        const Encoded http = encode(static_cast<chain::Dialect>(which), qPrintable(base),
                                    qPrintable(model), with_tools());
        QCOMPARE(QByteArray::fromStdString(http.body), expected);
        QCOMPARE(http.impossible, std::string());
        QVERIFY(http.dropped.empty());
    }

    void addressesAndKeys_data() {
        QTest::addColumn<int>("which");
        QTest::addColumn<QString>("base");
        QTest::addColumn<bool>("stream");
        QTest::addColumn<QString>("url");
        QTest::addColumn<QString>("header"); // that carries the key
        const auto row = [](chain::Dialect which, const char* base, bool stream, const char* url,
                            const char* key_header) {
            QTest::newRow(url) << int(which) << QString(base) << stream << QString(url)
                               << QString(key_header);
        };
        row(anthropic, "https://api.anthropic.com", true, "https://api.anthropic.com/v1/messages",
            "x-api-key");
        row(anthropic, "http://h/anthropic/v1/", false, "http://h/anthropic/v1/messages",
            "x-api-key");
        row(gemini, "https://generativelanguage.googleapis.com/v1beta", false,
            "https://generativelanguage.googleapis.com/v1beta/models/m:generateContent",
            "x-goog-api-key");
        row(gemini, "http://h", true, "http://h/v1beta/models/m:streamGenerateContent?alt=sse",
            "x-goog-api-key");
        row(chain::Dialect::nexaapi, "http://h", true, "http://h/v1/chat/completions",
            "Authorization");
        row(chain::Dialect::nexaapi, "http://h/v1/", false, "http://h/v1/chat/completions ",
            "Authorization");
        row(openai, "https://api.portkey.ai/v1", true, "https://api.portkey.ai/v1/chat/completions",
            "x-portkey-api-key");
    }
    void addressesAndKeys() {
        QFETCH(int, which);
        QFETCH(QString, base);
        QFETCH(bool, stream);
        QFETCH(QString, url);
        QFETCH(QString, header);
        const auto http =
            encode(static_cast<chain::Dialect>(which), qPrintable(base), "m", full(stream));
        QCOMPARE(QString::fromStdString(http.url), url.trimmed());
        int carrying = 0;
        for (const auto& [name, value] : http.headers)
            carrying += value.find("key-of-the-test") != value.npos;
        QCOMPARE(carrying, 1);
        QVERIFY(wire::header(http.headers, header.toStdString())->ends_with("key-of-the-test"));
        QVERIFY(http.body.find("key-of-the-test") == http.body.npos);
        QVERIFY((which != int(anthropic)) ==
                !wire::header(http.headers, "anthropic-version").has_value());
        if (which == int(anthropic))
            QVERIFY(wire::header(http.headers, "anthropic-version") == "2023-06-01");
    }

    void impossible_data() {
        QTest::addColumn<int>("which");
        QTest::addColumn<QString>("base");
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("what");
        QTest::addColumn<QString>("why");
        const auto row = [](const char* what, chain::Dialect which, const char* base,
                            const char* model, const char* why) {
            QTest::newRow(qPrintable(QString("%1 %2 %3").arg(what, base, model)))
                << int(which) << QString(base) << QString(model) << QString(what) << QString(why);
        };
        row("picture", openai, "https://api.deepseek.com", "deepseek-v4-pro", "no pictures");
        row("picture", openai, "https://api.openai.com/v1", "gpt-4o", "");
        row("address", gemini, "http://h", "gemini-2.5-flash", "as bytes");
        row("address", anthropic, "http://h", "claude-haiku-4-5", "");
        row("tools", openai, "https://api.perplexity.ai", "sonar", "no tools");
        row("prefill", anthropic, "http://h", "claude-opus-4-6", "does not carry on");
        row("prefill", anthropic, "http://h", "claude-haiku-4-5", "");
        row("prefill", openai, "https://openrouter.ai/api/v1", "anthropic/claude-opus-5",
            "does not carry on");
        row("bad schema", anthropic, "http://h", "claude-haiku-4-5", "no JSON");
        row("bad schema", gemini, "http://h", "gemini-2.5-flash", "no JSON");
        row("bad schema", openai, "http://h", "m", "no JSON");
        row("media", anthropic, "http://h", "claude-haiku-4-5", "chats only");
    }
    void impossible() {
        QFETCH(int, which);
        QFETCH(QString, base);
        QFETCH(QString, model);
        QFETCH(QString, what);
        QFETCH(QString, why);
        ChatRequest r;
        r.messages = {{Role::user, "Hi"}};
        if (what == "picture")
            r.messages[0].pictures.push_back({"image/png", picture, ""});
        if (what == "address")
            r.messages[0].pictures.push_back({"", "", "https://h/a.png"});
        if (what == "tools")
            r.tools = {{"now", "", ""}};
        if (what == "prefill")
            r.messages.push_back({Role::assistant, "It was a "});
        if (what == "bad schema")
            r.tools = {{"now", "", "{oops"}};
        if (what == "media")
            r.media = MediaRequest{};
        const auto http =
            encode(static_cast<chain::Dialect>(which), qPrintable(base), qPrintable(model), r);
        QCOMPARE(http.impossible.empty(), why.isEmpty());
        QVERIFY2(QString::fromStdString(http.impossible).contains(why), http.impossible.c_str());
    }

    void aBegunAnswer() {
        ChatRequest r;
        r.messages = {{Role::user, "Hi"}, {Role::assistant, "It was a \n"}};
        const auto body = [&](chain::Dialect which, const char* base, const char* model) {
            return parsed(encode(which, base, model, r));
        };
        QCOMPARE(
            text(body(anthropic, "http://h", "claude-haiku-4-5")["messages"][1]),
            std::string(R"({"role":"assistant","content":[{"type":"text","text":"It was a"}]})"));
        QCOMPARE(text(body(openai, "https://api.mistral.ai/v1", "m")["messages"][1]),
                 std::string(R"({"role":"assistant","content":"It was a \n","prefix":true})"));
        QCOMPARE(text(body(gemini, "http://h", "m")["contents"][1]),
                 std::string(R"({"role":"model","parts":[{"text":"It was a \n"}]})"));
    }

    // Whatever the last message is: a request is written, and ends as Anthropic takes it.
    void endsAtAnthropic_data() {
        QTest::addColumn<int>("which");
        QTest::addColumn<QByteArray>("last"); // message on the wire
        const auto row = [](const char* name, int which, const char* last) {
            QTest::newRow(name) << which << QByteArray(last);
        };
        const char* call = R"({"role":"assistant","content":[{"type":"tool_use","id":"c",)"
                           R"("name":"now","input":{}}]})";
        row("a call, then a system message", 0, call);
        row("a call, then an assistant that says nothing", 1, call);
        row("an assistant that says nothing", 2,
            R"({"role":"user","content":[{"type":"text","text":"Hi"}]})");
        row("a picture", 3,
            R"({"role":"assistant","content":[{"type":"text","text":"See "},{"type":"image",)"
            R"("source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgo="}}]})");
        row("a begun answer, then a system message", 4,
            R"({"role":"assistant","content":[{"type":"text","text":"It was"}]})");
        row("a begun answer, then white space", 5,
            R"({"role":"assistant","content":[{"type":"text","text":"It was"}]})");
        row("white space only", 6, R"({"role":"user","content":[{"type":"text","text":"Hi"}]})");
    }
    void endsAtAnthropic() {
        QFETCH(int, which);
        QFETCH(QByteArray, last);
        const Message user{Role::user, "Hi"}, system{Role::system, "Be brief."};
        const Message begun{Role::assistant, "It was "};
        Message call{Role::assistant, ""}, shown{Role::assistant, "See "};
        call.tool_calls = {{"c", "now", ""}};
        shown.pictures.push_back({"image/png", picture, ""});
        const std::vector<Message> all[] = {
            {user, call, system},
            {user, call, {Role::assistant, ""}},
            {user, {Role::assistant, ""}},
            {user, shown},
            {user, begun, system},
            {user, begun, {Role::assistant, " \n"}},
            {user, {Role::assistant, " \n"}},
        };
        ChatRequest r;
        r.messages = all[which];
        const auto http = encode(anthropic, "http://h", "claude-haiku-4-5", r);
        QCOMPARE(http.impossible, std::string());
        QCOMPARE(QByteArray::fromStdString(text(parsed(http)["messages"].back())), last);
        QVERIFY(encode(anthropic, "http://h", "claude-opus-4-6", r).impossible.empty() ==
                (which != 4 && which != 5));
    }

    void json_data() {
        QTest::addColumn<int>("which");
        QTest::addColumn<QString>("base");
        QTest::addColumn<bool>("schema");
        QTest::addColumn<QByteArray>("holds"); // the body
        QTest::addColumn<int>("notes");
        const auto row = [](chain::Dialect which, const char* base, bool schema, const char* holds,
                            int notes) {
            QTest::newRow(qPrintable(QString("%1 %2").arg(base).arg(schema)))
                << int(which) << QString(base) << schema << QByteArray(holds) << notes;
        };
        row(openai, "https://api.openai.com/v1", false,
            R"("response_format":{"type":"json_object"})", 0);
        row(openai, "https://api.openai.com/v1", true,
            R"("response_format":{"type":"json_schema","json_schema":{"name":"answer","schema":{"type":"array"}}})",
            0);
        row(openai, "https://api.deepseek.com", true, R"("response_format":{"type":"json_object"})",
            1);
        row(anthropic, "http://h", true, R"(JSON Schema: {\"type\":\"array\"})", 1);
        row(gemini, "http://h", true,
            R"("responseMimeType":"application/json","responseJsonSchema":{"type":"array"})", 0);
    }
    void json() {
        QFETCH(int, which);
        QFETCH(QString, base);
        QFETCH(bool, schema);
        QFETCH(QByteArray, holds);
        QFETCH(int, notes);
        ChatRequest r;
        r.messages = {{Role::user, "Count"}};
        r.json = true;
        r.json_schema = schema ? R"({"type":"array"})" : "";
        const auto http = encode(static_cast<chain::Dialect>(which), qPrintable(base), "m", r);
        QVERIFY2(QByteArray::fromStdString(http.body).contains(holds), http.body.c_str());
        QCOMPARE(int(http.dropped.size()), notes);
        // json_object is refused where the messages do not say JSON.
        if (holds.contains("json_object"))
            QVERIFY(parsed(http)["messages"][0]["content"].get<std::string>().find("JSON") !=
                    std::string::npos);
    }

    void idsOfCallsAtMistral() {
        const Json messages =
            parsed(encode(openai, "https://api.mistral.ai/v1", "m", with_tools()))["messages"];
        const auto id = messages[2]["tool_calls"][0]["id"].get<std::string>();
        QCOMPARE(id.size(), std::size_t{9});
        QVERIFY(std::all_of(id.begin(), id.end(), [](unsigned char c) { return std::isalnum(c); }));
        QCOMPARE(messages[3]["tool_call_id"].get<std::string>(), id);
    }

    void aFailedToolSaysSo() {
        ChatRequest r = with_tools();
        r.messages[3].tool_failed = true;
        QVERIFY(encode(anthropic, "http://h", "m", r).body.find(R"("is_error":true)") !=
                std::string::npos);
        QVERIFY(encode(gemini, "http://h", "m", r).body.find(R"({"error":"rain"})") !=
                std::string::npos);
        QCOMPARE(encode(openai, "http://h", "m", r).dropped.size(), std::size_t{1});
    }
};

QTEST_APPLESS_MAIN(TestChatRequests)
#include "test_chat_requests.moc"
