// "Copy as code": what is copied is run by the shell, by Python and by Node, with the network
// replaced by a recorder, and must ask for exactly what the encoder would have sent.
#include "chain/json.h"
#include "ui/pages/playground/code_sample.h"

#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

using namespace brownout;
using namespace brownout::ui;

namespace {

chain::Provider provider(const char* key, const char* url = "https://api.example.test/v1") {
    chain::Provider p;
    p.id = "open-ai.2";
    p.base_url = url;
    if (auto ref = chain::parse_key_ref(key))
        p.keys = {*ref};
    return p;
}

const char* const nasty =
    "It's \"quoted\" $HOME `id` \\n %s\n{\"a\": null}\n\xC3\xA9\xE2\x82\xAC\xF0\x9F\x8C\xB2";

wire::ChatRequest request(bool stream) {
    wire::ChatRequest r;
    r.messages = {{wire::Role::system, "Be brief."}, {wire::Role::user, nasty}};
    r.stream = stream;
    r.max_tokens = 50;
    r.temperature = 0.5;
    return r;
}

QString code(SampleLanguage language, const chain::Provider& p, const char* model,
             const wire::ChatRequest& asked, const char* lab = "") {
    const auto sample = sampleOf(p, model, asked, lab);
    return sample ? codeOf(language, *sample) : QString();
}

QByteArray run(const QString& program, const QStringList& arguments, const QByteArray& script,
               QByteArray* errors) {
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("MY_KEY"), QStringLiteral("sk-\"test\" 1"));
    process.setProcessEnvironment(environment);
    process.start(program, arguments);
    process.write(script);
    process.closeWriteChannel();
    process.waitForFinished(20000);
    *errors = process.readAllStandardError();
    return process.readAllStandardOutput();
}

// Each prints {"url":…, "headers":{…}, "body":…} instead of sending.
const char* const pythonRecorder = R"(
import io, json, urllib.request
class Reply(io.BytesIO):
    pass
def urlopen(r):
    print(json.dumps({"url": r.full_url, "auth": r.get_header("Authorization"), "method": r.get_method(), "body": json.loads(r.data)}))
    return Reply(b"")
urllib.request.urlopen = urlopen
)";
const char* const nodeRecorder = R"(
globalThis.fetch = async (url, o) => {
  console.log(JSON.stringify({url, auth: o.headers.Authorization ?? o.headers.authorization, method: o.method, body: JSON.parse(o.body)}));
  return {ok: true, body: [], text: async () => ""};
};
)";
const char* const shellRecorder = R"(
curl() {
  url= auth= body=
  while [ $# -gt 0 ]; do
    case "$1" in
      -N) shift;;
      -H) case "$2" in [Aa]uthorization:*) auth="${2#*: }";; esac; shift 2;;
      --data-binary) body="$2"; shift 2;;
      *) url="$1"; shift;;
    esac
  done
  printf '%s\n%s\n%s' "$url" "$auth" "$body"
}
)";

} // namespace

class TestPlaygroundCode : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void asksForTheSame_data() {
        QTest::addColumn<int>("language");
        QTest::addColumn<bool>("stream");
        const char* const names[] = {"curl", "python", "javascript"};
        for (int language = 0; language < 3; ++language)
            for (const bool stream : {true, false})
                QTest::addRow("%s %s", names[language], stream ? "streamed" : "whole")
                    << language << stream;
    }
    void asksForTheSame() {
        QFETCH(int, language);
        QFETCH(bool, stream);
        const char* const programs[] = {"bash", "python3", "node"};
        const QString program =
            QStandardPaths::findExecutable(QString::fromLatin1(programs[language]));
        if (program.isEmpty())
            QSKIP("the language is not installed here");
        const QString code = ::code(static_cast<SampleLanguage>(language), provider("env:MY_KEY"),
                                    "gpt-5", request(stream));
        QVERIFY(!code.isEmpty());
        const char* const recorders[] = {shellRecorder, pythonRecorder, nodeRecorder};
        const QStringList arguments = language == 2   ? QStringList{"--input-type=module", "-"}
                                      : language == 1 ? QStringList{"-"}
                                                      : QStringList{};
        QByteArray errors;
        const QByteArray out =
            run(program, arguments, QByteArray(recorders[language]) + code.toUtf8(), &errors);
        chain::Json body;
        std::string url, auth;
        if (language == 0) {
            const qsizetype first = out.indexOf('\n'), second = out.indexOf('\n', first + 1);
            url = out.left(first).toStdString();
            auth = out.mid(first + 1, second - first - 1).toStdString();
            body = chain::Json::parse(out.mid(second + 1).toStdString(), nullptr, false);
        } else {
            const chain::Json sent = chain::Json::parse(out.toStdString(), nullptr, false);
            QVERIFY2(sent.is_object(), qPrintable(QString::fromUtf8(out + errors) + code));
            url = sent["url"].get<std::string>();
            auth = sent["auth"].get<std::string>();
            QCOMPARE(sent["method"].get<std::string>(), std::string("POST"));
            body = sent["body"];
        }
        QVERIFY2(body.is_object(), qPrintable(QString::fromUtf8(out + errors) + code));
        QCOMPARE(url, std::string("https://api.example.test/v1/chat/completions"));
        QCOMPARE(auth, std::string("Bearer sk-\"test\" 1"));
        QCOMPARE(body["model"].get<std::string>(), std::string("gpt-5"));
        QCOMPARE(body["messages"][1]["content"].get<std::string>(), std::string(nasty));
        QCOMPARE(body.value("stream", false), stream);
    }

    void theKeyIsAlwaysAVariable_data() {
        QTest::addColumn<QString>("key");
        QTest::addColumn<QString>("variable");
        QTest::newRow("environment") << "env:MY_KEY"
                                     << "MY_KEY";
        QTest::newRow("keychain") << "keychain:openai"
                                  << "OPEN_AI_2_API_KEY";
        QTest::newRow("session") << "session:tmp"
                                 << "OPEN_AI_2_API_KEY";
        QTest::newRow("none") << "none"
                              << "";
    }
    void theKeyIsAlwaysAVariable() {
        QFETCH(QString, key);
        QFETCH(QString, variable);
        const chain::Provider p = provider(qPrintable(key));
        QCOMPARE(keyVariable(p), variable);
        for (int language = 0; language < 3; ++language) {
            const QString code =
                ::code(static_cast<SampleLanguage>(language), p, "gpt-5", request(true));
            QCOMPARE(code.contains(QStringLiteral("Bearer")), !variable.isEmpty());
            QVERIFY(variable.isEmpty() || code.contains(variable));
        }
    }

    void saysWhereItGoes() {
        const QString real = code(SampleLanguage::curl, provider("none"), "m", request(false));
        QVERIFY(real.startsWith(QStringLiteral("# Direct to Open-ai.2, without Brownout")));
        const QString lab =
            code(SampleLanguage::python, provider("none", "lab:"), "m", request(false));
        QVERIFY(lab.contains(QStringLiteral("is simulated")));
        QVERIFY(lab.contains(QStringLiteral("http://127.0.0.1:PORT/v1/chat/completions")));
        const QString running = code(SampleLanguage::curl, provider("none", "lab:"), "m",
                                     request(false), "http://127.0.0.1:4711/v1");
        QVERIFY(running.contains(QStringLiteral("'http://127.0.0.1:4711/v1/chat/completions'")));
        QVERIFY(running.contains(QStringLiteral("while Brownout is open")));
    }

    void aFormIsWrittenAsAForm() {
        chain::Provider stability = provider("env:MY_KEY", "https://api.example.test");
        stability.dialect = chain::Dialect::stability;
        wire::ChatRequest picture;
        picture.image.emplace();
        picture.image->prompt = "It's a cat; \"really\" $HOME";
        picture.image->seed = 7;
        const QString curl = code(SampleLanguage::curl, stability, "stable-image-core", picture);
        QVERIFY2(curl.contains(
                     QStringLiteral("--form-string 'prompt=It'\\''s a cat; \"really\" $HOME'")),
                 qPrintable(curl));
        QVERIFY(curl.contains(QStringLiteral("--form-string 'seed=7'")));
        QVERIFY(!curl.contains(QStringLiteral("boundary")));
        QVERIFY(curl.contains(QStringLiteral("\"Authorization: Bearer ${MY_KEY}\"")));
    }

    void whatADialectCannotSaySaysWhy() {
        wire::ChatRequest picture;
        picture.image.emplace();
        picture.image->prompt = "a cat";
        chain::Provider anthropic = provider("none");
        anthropic.dialect = chain::Dialect::anthropic;
        QString why;
        QVERIFY(!sampleOf(anthropic, "claude-haiku-4-5", picture, {}, &why));
        QVERIFY(!why.isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestPlaygroundCode)
#include "test_playground_code.moc"
