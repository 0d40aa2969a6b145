// Recorded replies of every chat dialect, streamed and whole, at every split point: text, finish
// and usage are what another parser finds in the same JSON. Ours lie in tests/fixtures, each stream
// beside the body (its twin) that says the same; captures of real providers lie beside a checkout
// and are skipped where there are none.
#include "support/reading.h"

#include "support/fixtures.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QtTest>

using namespace reading;

namespace {

struct Said {
    QString text, reasoning, finish;
    qint64 input = 0, cached = 0, output = 0, reasoned = 0;
};

chain::Dialect dialect_of(const QString& name) {
    if (name.startsWith("anthropic"))
        return chain::Dialect::anthropic;
    if (name.startsWith("google") || name.startsWith("gemini"))
        return chain::Dialect::gemini;
    return chain::Dialect::openai;
}

void openai_json(const QJsonObject& json, Said& said) {
    const QJsonObject choice = json["choices"][0].toObject();
    const QJsonObject message = choice[choice.contains("message") ? "message" : "delta"].toObject();
    said.text += message["content"].toString();
    for (const auto& part : message["content"].toArray()) {
        said.text += part.toObject()["text"].toString();
        for (const auto& thought : part.toObject()["thinking"].toArray())
            said.reasoning += thought.toObject()["text"].toString();
    }
    said.reasoning += message["reasoning_content"].toString() + message["reasoning"].toString();
    if (choice["finish_reason"].isString())
        said.finish = choice["finish_reason"].toString();
    const QJsonObject usage = json["usage"].toObject();
    if (usage.isEmpty())
        return;
    said.input = usage["prompt_tokens"].toInteger();
    said.cached = std::max(usage["prompt_tokens_details"].toObject()["cached_tokens"].toInteger(),
                           usage["prompt_cache_hit_tokens"].toInteger());
    // xAI counts reasoning beside the completion.
    said.output = std::max(usage["completion_tokens"].toInteger(),
                           usage["total_tokens"].toInteger() - said.input);
    said.reasoned = usage["completion_tokens_details"].toObject()["reasoning_tokens"].toInteger();
}

void anthropic_usage(const QJsonObject& usage, QMap<QString, qint64>& last) {
    for (const char* name : {"input_tokens", "cache_read_input_tokens",
                             "cache_creation_input_tokens", "output_tokens"})
        if (usage.contains(name))
            last[name] = usage[name].toInteger();
}

void anthropic_json(const QJsonObject& json, Said& said, QMap<QString, qint64>& last) {
    for (const auto& block : json["content"].toArray()) {
        said.text += block.toObject()["text"].toString();
        said.reasoning += block.toObject()["thinking"].toString();
    }
    const QJsonObject delta = json["delta"].toObject();
    said.text += delta["text"].toString();
    said.reasoning += delta["thinking"].toString();
    for (const QJsonObject& at : {json, delta})
        if (at["stop_reason"].isString())
            said.finish = at["stop_reason"].toString();
    for (const QJsonObject& at : {json, json["message"].toObject()})
        anthropic_usage(at["usage"].toObject(), last);
    said.cached = last["cache_read_input_tokens"];
    said.input = last["input_tokens"] + said.cached + last["cache_creation_input_tokens"];
    said.output = last["output_tokens"];
}

void gemini_json(const QJsonObject& json, Said& said) {
    const QJsonObject candidate = json["candidates"][0].toObject();
    for (const auto& part : candidate["content"].toObject()["parts"].toArray()) {
        const bool thought = part.toObject()["thought"].toBool();
        (thought ? said.reasoning : said.text) += part.toObject()["text"].toString();
    }
    if (candidate["finishReason"].isString())
        said.finish = candidate["finishReason"].toString();
    const QJsonObject usage = json["usageMetadata"].toObject();
    said.input = usage["promptTokenCount"].toInteger();
    said.cached = usage["cachedContentTokenCount"].toInteger();
    said.reasoned = usage["thoughtsTokenCount"].toInteger();
    said.output = usage["candidatesTokenCount"].toInteger() + said.reasoned;
}

// By Qt's parser and the rules of the providers' documents.
Said said_in(chain::Dialect which, const std::vector<std::string>& jsons) {
    static const QMap<QString, QString> words = {{"end_turn", "stop"},
                                                 {"max_tokens", "length"},
                                                 {"tool_use", "tool_calls"},
                                                 {"STOP", "stop"},
                                                 {"MAX_TOKENS", "length"}};
    Said said;
    QMap<QString, qint64> last;
    for (const std::string& text : jsons) {
        const auto json = QJsonDocument::fromJson(QByteArray::fromStdString(text)).object();
        if (which == chain::Dialect::anthropic)
            anthropic_json(json, said, last);
        else if (which == chain::Dialect::gemini)
            gemini_json(json, said);
        else
            openai_json(json, said);
    }
    said.finish = words.value(said.finish, said.finish);
    return said;
}

std::string framed(chain::Dialect which, const std::string& lines) {
    if (which == chain::Dialect::gemini)
        return fixtures::framed(lines, "\r\n", false);
    if (which == chain::Dialect::openai)
        return fixtures::framed(lines);
    std::string out;
    for (const std::string& line : fixtures::lines_of(lines)) {
        const auto type = QJsonDocument::fromJson(QByteArray::fromStdString(line))["type"];
        out += "event: " + type.toString().toStdString() + "\ndata: " + line + "\n\n";
    }
    return out;
}

// Every file of a folder, in rows; a row of its own where there is no folder.
void each_file(const QString& filter, const QStringList& except = {}) {
    QTest::addColumn<QString>("path");
    QTest::newRow("no captures: skipped") << QString();
    for (const QString& folder : {fixtures::own(), fixtures::captured()})
        for (const auto& info : QDir(folder).entryInfoList({filter}, QDir::Files))
            if (!info.fileName().endsWith(".expected.json") && !except.contains(info.fileName()))
                QTest::newRow(qPrintable((folder == fixtures::own() ? "own " : "captured ") +
                                         info.fileName()))
                    << info.filePath();
}

void compare(const Read& got, const Said& said) {
    QCOMPARE(word(got.end.outcome), std::string("success none B0"));
    const Reply& reply = got.end.reply;
    QVERIFY(!said.text.isEmpty());
    QCOMPARE(QString::fromStdString(reply.text), said.text);
    QCOMPARE(QString::fromStdString(reply.reasoning), said.reasoning);
    QCOMPARE(QString(reading::name(reply.finish)), said.finish);
    QVERIFY(reply.usage.has_value());
    QCOMPARE(qint64{reply.usage->input}, said.input);
    QCOMPARE(qint64{reply.usage->cached_read}, said.cached);
    QCOMPARE(qint64{reply.usage->output}, said.output);
    QCOMPARE(qint64{reply.usage->reasoning}, said.reasoned);
    QCOMPARE(qint64{got.end.outcome.output_tokens}, said.output);
}

// What the one that wrote a fixture of ours meant it to say.
void compare_with_expected(const Read& got, const QString& path) {
    const QString beside = path.section('.', 0, -2).remove(".chunks") + ".expected.json";
    const auto expected =
        QJsonDocument::fromJson(QByteArray::fromStdString(fixtures::read(beside))).object();
    QVERIFY2(!expected.isEmpty(), qPrintable(beside));
    const QJsonObject usage = expected["usage"].toObject();
    compare(got, {expected["text"].toString(), expected["reasoning"].toString(),
                  expected["finish"].toString(), usage["input"].toInteger(),
                  usage["cached_read"].toInteger(), usage["output"].toInteger(),
                  usage["reasoning"].toInteger()});
    const Reply& reply = got.end.reply;
    QCOMPARE(QString::fromStdString(reply.model), expected["model"].toString());
    QCOMPARE(QString::fromStdString(calls_text(reply.tool_calls)), expected["calls"].toString());
    if (expected.contains("request_id"))
        QCOMPARE(QString::fromStdString(reply.request_id), expected["request_id"].toString());
}

} // namespace

class TestCaptured : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void streams_data() { each_file("*.chunks.txt"); }
    void streams() {
        QFETCH(QString, path);
        if (path.isEmpty()) {
            if (!QDir(fixtures::captured()).exists())
                QSKIP("no captured payloads beside this checkout");
            return;
        }
        const std::string lines = fixtures::read(path);
        const How how{dialect_of(QFileInfo(path).fileName())};
        const std::string bytes = framed(how.dialect, lines);
        const Read whole = read(bytes, how);
        compare(whole, said_in(how.dialect, fixtures::lines_of(lines)));
        QCOMPARE(whole.streamed, whole.end.reply.text);
        QCOMPARE(whole.reasoning, whole.end.reply.reasoning);
        QCOMPARE(calls_text(whole.calls), calls_text(whole.end.reply.tool_calls));
        QCOMPARE(differs_at_a_split(bytes, how), QByteArray());
        if (path.startsWith(fixtures::own()))
            compare_with_expected(whole, path);
    }

    // Line ends and prefixes as other servers write them say the same.
    void otherFrames_data() { each_file("*.chunks.txt"); }
    void otherFrames() {
        QFETCH(QString, path);
        if (path.isEmpty() || !path.startsWith(fixtures::own()))
            return;
        const std::string lines = fixtures::read(path);
        const How how{dialect_of(QFileInfo(path).fileName())};
        const QByteArray expected = everything(read(framed(how.dialect, lines), how));
        for (const std::string_view end_of_line : {"\n", "\r\n", "\r"})
            for (const std::string_view prefix : {"data: ", "data:"}) {
                const std::string text = fixtures::framed(
                    lines, end_of_line, how.dialect == chain::Dialect::openai, prefix);
                QCOMPARE(everything(read(text, how)), expected);
                QCOMPARE(everything(read(text, how, 0, 1)), expected);
                if (end_of_line != "\n" && prefix.ends_with(' '))
                    QCOMPARE(differs_at_a_split(text, how), QByteArray());
            }
    }

    void bodies_data() { each_file("*.json", {"google-429-retry-info.json"}); }
    void bodies() {
        QFETCH(QString, path);
        if (path.isEmpty()) {
            if (!QDir(fixtures::captured()).exists())
                QSKIP("no captured payloads beside this checkout");
            return;
        }
        const std::string body = fixtures::read(path);
        How how{dialect_of(QFileInfo(path).fileName())};
        how.headers = {{"content-type", "application/json"}};
        const Read whole = read(body, how);
        compare(whole, said_in(how.dialect, {body}));
        QCOMPARE(differs_at_a_split(body, how), QByteArray());
        // After keep-alive lines it is the same body.
        QCOMPARE(everything(read("\n\n\r\n  " + body, how)), everything(whole));
        if (path.startsWith(fixtures::own()))
            compare_with_expected(whole, path);
    }

    // A stream that breaks off before its finish reason is never a success.
    void cutAnywhere_data() { each_file("*.chunks.txt"); }
    void cutAnywhere() {
        QFETCH(QString, path);
        if (path.isEmpty())
            return;
        const How how{dialect_of(QFileInfo(path).fileName())};
        const std::string bytes = framed(how.dialect, fixtures::read(path));
        static const QRegularExpression reason(
            QStringLiteral("\"(finish_reason|stop_reason|finishReason)\":\\s*\""));
        const auto at = reason.match(QString::fromLatin1(bytes.data(), qsizetype(bytes.size())));
        QVERIFY(at.hasMatch());
        const auto finish = static_cast<std::size_t>(at.capturedStart());
        const std::size_t step = finish > 20'000 ? 97 : 1;
        for (std::size_t end = 0; end < finish; end += step) {
            const Read cut = read(std::string_view{bytes}.substr(0, end), how);
            const bool content = !cut.end.reply.text.empty() || !cut.end.reply.tool_calls.empty();
            QVERIFY(cut.end.outcome.cls == (content ? engine::OutcomeClass::broken_stream
                                                    : engine::OutcomeClass::failover));
        }
    }

    void capturedRateLimit() {
        if (!QDir(fixtures::captured()).exists())
            QSKIP("no captured payloads beside this checkout");
        How how{chain::Dialect::gemini, 429};
        const std::string body =
            fixtures::read(fixtures::captured() + "google-429-retry-info.json");
        const Read r = read(body, how);
        QCOMPARE(word(r.end.outcome), std::string("cooldown rate_limited B0"));
        QCOMPARE(std::llround(to_ms(*r.end.outcome.retry_after)), 34400LL);
        QCOMPARE(differs_at_a_split(body, how), QByteArray());
    }
};

QTEST_APPLESS_MAIN(TestCaptured)
#include "test_captured.moc"
