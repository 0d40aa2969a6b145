// What a caller says in its own dialect beyond what every dialect knows: it reaches targets that
// speak that dialect as it was written, and others do without.
#include "support/chat_requests.h" // before Qt, which makes a macro of `forever`
#include "wire/anthropic_beta.h"
#include "wire/callers/caller.h"
#include "wire/json_lenient.h"
#include "wire/request_parts.h"

#include <QtTest>

using namespace chat_requests;

namespace {

Encoded at(chain::Dialect which, const CallerRequest& asked) {
    return encode(which, "http://h", "m", asked.request);
}

CallerRequest read(const Caller& caller, std::string body) {
    std::replace(body.begin(), body.end(), '\'', '"');
    const auto asked = caller.read(body);
    if (!asked)
        qFatal("%s", asked.error().message.c_str());
    return *asked;
}

Json json(std::string text) {
    std::replace(text.begin(), text.end(), '\'', '"');
    return Json::parse(text);
}

bool same(const Json& a, const Json& b) { // in whatever order
    return nlohmann::json::parse(a.dump()) == nlohmann::json::parse(b.dump());
}

// A turn of tools as Anthropic's client sends it back.
constexpr const char* tool_turn =
    "{'max_tokens':9,'thinking':{'type':'enabled','budget_tokens':1024},"
    "'system':[{'type':'text','text':'Long','cache_control':{'type':'ephemeral'}}],"
    "'tools':[{'name':'f','input_schema':{'type':'object'},'cache_control':{'type':'ephemeral'}}],"
    "'tool_choice':{'type':'auto','disable_parallel_tool_use':true},'messages':["
    "{'role':'user','content':[{'type':'text','text':'x','cache_control':{'type':'ephemeral'}}]},"
    "{'role':'assistant','content':[{'type':'thinking','thinking':'hm','signature':'EqQ='},"
    "{'type':'redacted_thinking','data':'Zm9v'},{'type':'tool_use','id':'c1','name':'f',"
    "'input':{}}]},{'role':'user','content':[{'type':'tool_result','tool_use_id':'c1',"
    "'content':'yes','cache_control':{'type':'ephemeral'}},{'type':'text','text':'so?'}]}]}";

} // namespace

class TestOwnWords : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void anthropicAtAnthropic() {
        const auto http = at(anthropic, read(anthropic_caller(), tool_turn));
        const Json body = parsed(http), asked = json(tool_turn);
        QVERIFY(http.impossible.empty() && http.dropped.empty());
        for (const char* part : {"system", "tools", "tool_choice", "thinking"})
            QVERIFY2(same(body[part], asked[part]), body[part].dump().c_str());
        QCOMPARE(body["messages"].size(), std::size_t{3});
        for (std::size_t i = 0; i < 3; ++i)
            QVERIFY2(same(body["messages"][i], asked["messages"][i]),
                     body["messages"][i].dump().c_str());
    }

    void anthropicElsewhere() {
        const auto asked = read(anthropic_caller(), tool_turn);
        const auto http = at(openai, asked);
        QVERIFY(http.impossible.empty());
        for (const char* gone : {"cache_control", "EqQ=", "Zm9v", "thinking"})
            QVERIFY2(http.body.find(gone) == std::string::npos, http.body.c_str());
        QVERIFY(parsed(http)["parallel_tool_calls"] == false);
        QVERIFY(parsed(http)["messages"][0] == json("{'role':'system','content':'Long'}"));
        QCOMPARE(http.dropped.size(), std::size_t{1}); // thinking
        QVERIFY(at(gemini, asked).body.find("EqQ=") == std::string::npos);
    }

    void betaIsAHeaderAgain() {
        auto asked = read(anthropic_caller(), tool_turn);
        read_beta({{"Anthropic-Beta", "context-1m-2025-08-07, x_1"}, {"anthropic-beta", "x_1,y.2"}},
                  asked);
        QVERIFY(asked.dropped.empty());
        const auto http = at(anthropic, asked);
        QVERIFY(header(http.headers, "anthropic-beta") == "context-1m-2025-08-07,x_1,y.2");
        QVERIFY(!parsed(http).contains("anthropic-beta") && parsed(http).contains("thinking"));
        const auto elsewhere = at(openai, asked);
        QVERIFY(!header(elsewhere.headers, "anthropic-beta"));
        QVERIFY(elsewhere.body.find("context-1m") == std::string::npos);
        QVERIFY(std::find_if(elsewhere.dropped.begin(), elsewhere.dropped.end(), [](auto& note) {
                    return note.starts_with("anthropic-beta: ");
                }) != elsewhere.dropped.end());
        // What the chain's provider asks for itself stays.
        Endpoint endpoint;
        endpoint.base_url = "http://h";
        endpoint.model = "m";
        endpoint.headers["anthropic-beta"] = "own-1";
        const auto both = dialect(anthropic)->encode(asked.request, endpoint);
        QVERIFY(header(both.headers, "anthropic-beta") == "own-1,context-1m-2025-08-07,x_1,y.2");
    }

    // Only names pass, so that nothing else can be said in a header.
    void betaIsBounded() {
        std::string many;
        for (int i = 0; i < 100; ++i)
            many += "n" + std::to_string(i) + ",";
        for (const std::string& bad :
             {std::string{"a b"}, std::string{"a\r\nX-Api-Key: k"}, std::string(65, 'a'),
              std::string{"a;q=1"}, std::string{"\xc3\xa9"}, many}) {
            auto asked = read(anthropic_caller(), tool_turn);
            read_beta({{"anthropic-beta", "good, " + bad}}, asked);
            QCOMPARE(asked.dropped.size(), std::size_t{1});
            const auto http = at(anthropic, asked);
            const auto value = header(http.headers, "anthropic-beta").value_or("");
            QVERIFY(value.starts_with("good") && value.size() < 32 * 65);
            QVERIFY(value.find_first_of("\r\n ;\xc3") == value.npos);
            QVERIFY(!header(http.headers, "X-Api-Key: k"));
        }
        auto asked = read(anthropic_caller(), tool_turn);
        const std::string before = asked.request.own_parameters;
        read_beta({{"anthropic-version", "2023-06-01"}}, asked);
        QCOMPARE(asked.request.own_parameters, before);
    }

    // Without the thinking that led to the call, a request for more would be refused.
    void thinkingIsNotAskedForBehindATurnWithoutIt() {
        auto asked = json(tool_turn);
        asked["messages"][1]["content"].erase(0);
        asked["messages"][1]["content"].erase(0);
        const auto read_back = read(anthropic_caller(), asked.dump());
        QVERIFY(!parsed(at(anthropic, read_back)).contains("thinking"));
        QCOMPARE(read_back.dropped.size(), std::size_t{1});
        // Nobody has signed what another provider thought.
        asked = json(tool_turn);
        asked["messages"][1]["content"][0]["signature"] = "";
        asked["messages"][1]["content"].erase(1);
        const auto http = at(anthropic, read(anthropic_caller(), asked.dump()));
        QVERIFY(http.body.find("thinking") == std::string::npos);
    }

    void jsonAskedForInWordsJoinsTheBlocks() {
        auto asked = read(anthropic_caller(), tool_turn);
        asked.request.json = true;
        const Json system = parsed(at(anthropic, asked))["system"];
        QCOMPARE(system.size(), std::size_t{2});
        QVERIFY(system[1]["text"].get<std::string>().find("JSON") != std::string::npos);
    }

    void openaiAtOpenai_data() {
        QTest::addColumn<QString>("more");
        QTest::addColumn<QString>("place"); // a pointer into the body
        QTest::addColumn<QString>("value");
        const auto row = [](const char* more, const char* place, const char* value) {
            QTest::newRow(more) << more << place << value;
        };
        row("'parallel_tool_calls':false,'tools':[{'type':'function','function':{'name':'f',"
            "'strict':true}}]",
            "/parallel_tool_calls", "false");
        row("'tools':[{'type':'function','function':{'name':'f','strict':true}}]",
            "/tools/0/function/strict", "true");
        row("'response_format':{'type':'json_schema','json_schema':{'name':'city','strict':true,"
            "'schema':{'type':'object'}}}",
            "/response_format/json_schema",
            "{'name':'city','schema':{'type':'object'},'strict':true}");
        row("'seed':3", "/seed", "3");
        row("'stop':['a','b']", "/stop", "['a','b']");
        row("'frequency_penalty':0.5", "/frequency_penalty", "0.5");
        row("'logit_bias':{'50256':-100}", "/logit_bias", "{'50256':-100}");
        row("'reasoning_effort':'low'", "/reasoning_effort", "'low'");
        row("'prediction':{'type':'content','content':'x'}", "/prediction/content", "'x'");
    }
    void openaiAtOpenai() {
        QFETCH(QString, more);
        QFETCH(QString, place);
        QFETCH(QString, value);
        const auto http =
            at(openai, read(openai_chat_caller(), "{'messages':[{'role':'user','content':'x'}]," +
                                                      more.toStdString() + "}"));
        QVERIFY(http.impossible.empty());
        const Json body = parsed(http);
        const Json::json_pointer at{place.toStdString()};
        QVERIFY2(body.contains(at), http.body.c_str());
        QVERIFY2(same(body[at], json(value.toStdString())), http.body.c_str());
    }

    // What only tunes is left out elsewhere, and told.
    void effortElsewhere() {
        const auto asked = read(openai_chat_caller(), "{'messages':[{'role':'user','content':'x'}],"
                                                      "'reasoning_effort':'low'}");
        for (const auto which : {anthropic, gemini}) {
            const auto http = at(which, asked);
            QVERIFY(http.impossible.empty());
            QVERIFY(http.body.find("effort") == std::string::npos);
            QCOMPARE(http.dropped.size(), std::size_t{1});
            QVERIFY(http.dropped.front().starts_with("reasoning_effort: "));
        }
    }

    void namesAndDetail() {
        const auto asked = read(
            openai_chat_caller(),
            "{'messages':[{'role':'user','name':'ada','content':[{'type':'image_url','image_url':"
            "{'url':'https://x.example/a.png','detail':'low'}}]},"
            "{'role':'assistant','content':null,'refusal':'No.'},{'role':'user','content':'x'}]}");
        const Json body = parsed(at(openai, asked));
        QVERIFY(body["messages"][0]["name"] == "ada");
        QVERIFY(body["messages"][0]["content"][0]["image_url"]["detail"] == "low");
        QVERIFY(body["messages"][1]["content"] == "No.");
        const auto elsewhere = at(anthropic, asked);
        QVERIFY(elsewhere.impossible.empty());
        QVERIFY(elsewhere.body.find("ada") == std::string::npos);
        QVERIFY(elsewhere.body.find("detail") == std::string::npos);
    }

    void whatOthersCallOtherwise() {
        const auto asked = read(openai_chat_caller(),
                                "{'messages':[{'role':'user','content':'x'}],'user':'u-1',"
                                "'presence_penalty':0.5,'frequency_penalty':-1,'store':true}");
        const auto there = at(anthropic, asked), google = at(gemini, asked);
        QVERIFY(parsed(there)["metadata"]["user_id"] == "u-1");
        QCOMPARE(there.dropped.size(), std::size_t{3});
        QVERIFY(parsed(google)["generationConfig"]["presencePenalty"] == 0.5);
        QVERIFY(parsed(google)["generationConfig"]["frequencyPenalty"] == -1);
        QCOMPARE(google.dropped.size(), std::size_t{2}); // user, store
    }

    void onlyOneToolAtATimeReachesAnthropic() {
        const auto asked =
            read(openai_chat_caller(),
                 "{'messages':[{'role':'user','content':'x'}],'tools':[{'type':"
                 "'function','function':{'name':'f'}}],'parallel_tool_calls':false}");
        QVERIFY(parsed(at(anthropic, asked))["tool_choice"] ==
                json("{'type':'auto','disable_parallel_tool_use':true}"));
        QCOMPARE(at(gemini, asked).dropped.size(), std::size_t{1});
    }

    void signedThinkingComesBack_data() {
        QTest::addColumn<bool>("stream");
        QTest::newRow("whole") << false;
        QTest::newRow("streamed") << true;
    }
    void signedThinkingComesBack() {
        QFETCH(bool, stream);
        Endpoint endpoint;
        endpoint.dialect = anthropic;
        endpoint.base_url = "http://h";
        endpoint.model = "m";
        const auto reader = dialect(anthropic)->reader(stream, endpoint);
        reader->head(200, {{"Content-Type", stream ? "text/event-stream" : "application/json"}});
        const auto writer = anthropic_caller().stream();
        std::string written = writer->begin({});
        const auto event = [](const char* text) {
            const Json data = json(text);
            return "event: " + data["type"].get<std::string>() + "\ndata: " + data.dump() + "\n\n";
        };
        const char* const events[] = {
            "{'type':'message_start','message':{'id':'1','type':'message','role':'assistant',"
            "'model':'m','content':[],'usage':{'input_tokens':1,'output_tokens':1}}}",
            "{'type':'content_block_start','index':0,'content_block':{'type':'thinking',"
            "'thinking':'','signature':''}}",
            "{'type':'content_block_delta','index':0,'delta':{'type':'thinking_delta',"
            "'thinking':'hm'}}",
            "{'type':'content_block_delta','index':0,'delta':{'type':'signature_delta',"
            "'signature':'EqQ='}}",
            "{'type':'content_block_stop','index':0}",
            "{'type':'content_block_start','index':1,'content_block':{'type':"
            "'redacted_thinking','data':'Zm9v'}}",
            "{'type':'content_block_stop','index':1}",
            "{'type':'content_block_start','index':2,'content_block':{'type':'text','text':''}}",
            "{'type':'content_block_delta','index':2,'delta':{'type':'text_delta','text':'Hi'}}",
            "{'type':'content_block_stop','index':2}",
            "{'type':'message_delta','delta':{'stop_reason':'end_turn','stop_sequence':null},"
            "'usage':{'output_tokens':5}}",
            "{'type':'message_stop'}"};
        const std::string whole =
            json("{'id':'1','type':'message','role':'assistant','model':'m','stop_reason':"
                 "'end_turn','usage':{'input_tokens':1,'output_tokens':5},'content':[{'type':"
                 "'thinking','thinking':'hm','signature':'EqQ='},{'type':'redacted_thinking',"
                 "'data':'Zm9v'},{'type':'text','text':'Hi'}]}")
                .dump();
        const auto out = [&](const Delta& delta) { written += writer->delta(delta); };
        if (stream)
            for (const char* one : events)
                reader->bytes(event(one), out);
        else
            reader->bytes(whole, out);
        const ReplyReader::End end = reader->end(TransportEnd::complete, true, 0);
        QCOMPARE(end.reply.text, std::string{"Hi"});
        const Json answer = Json::parse(anthropic_caller().whole({}, end.reply));
        QVERIFY2(same(answer["content"], Json::parse(whole)["content"]), answer.dump().c_str());
        if (!stream)
            return;
        for (const char* part : {R"("signature":"EqQ=")", R"("data":"Zm9v")", R"("text":"Hi")"})
            QVERIFY2(written.find(part) != std::string::npos, written.c_str());
        // Blocks follow each other, each ended before the next.
        std::vector<int> open;
        std::size_t began = 0;
        for (std::size_t at = 0; (at = written.find("data: ", at)) != std::string::npos; ++at) {
            const Json data = Json::parse(written.substr(at + 6, written.find('\n', at) - at - 6));
            if (data["type"] == "content_block_start") {
                QVERIFY(open.empty());
                open.push_back(data["index"]);
                ++began;
            } else if (data["type"] == "content_block_stop") {
                open.pop_back();
            }
        }
        QCOMPARE(began, std::size_t{3});
    }
};

QTEST_APPLESS_MAIN(TestOwnWords)
#include "test_own_words.moc"
