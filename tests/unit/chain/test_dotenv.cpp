// `.env` files: what counts as a line, and the chain that their keys make.
#include "chain/dotenv.h"

#include <QtTest>

using namespace brownout;
using namespace brownout::chain;

class TestDotenv : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void lines_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("expected"); // name=value;...
        const auto row = [](const char* name, const char* text, const char* expected) {
            QTest::newRow(name) << QByteArray(text) << QByteArray(expected);
        };
        row("plain", "A=1\nB=two", "A=1;B=two;");
        row("blanks around", "  A =  1  \n", "A=1;");
        row("export", "export A=1\nexport\tB=2", "A=1;B=2;");
        row("comments", "# note\nA=1 # why\nB=x#y\nC=#nothing", "A=1;B=x#y;C=;");
        row("single quotes keep everything", "A='a \"b\" # \\n c'", "A=a \"b\" # \\n c;");
        row("double quotes escape", "A=\"a\\nb \\\"c\\\" \\\\\" # d", "A=a\nb \"c\" \\;");
        row("windows lines and a mark",
            "\xEF\xBB\xBF"
            "A=1\r\nB=2\r\n",
            "A=1;B=2;");
        row("the last one counts", "A=1\nA=2", "A=2;");
        row("equals in the value", "A=b=c==", "A=b=c==;");
        row("empty", "A=\nB=''", "A=;B=;");
    }
    void lines() {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, expected);
        const auto read = read_dotenv(text.toStdString(), ".env");
        QVERIFY(read.ok());
        std::string found;
        for (const DotenvEntry& entry : *read.value)
            found += entry.name + "=" + std::string(entry.value.reveal()) + ";";
        QCOMPARE(QByteArray::fromStdString(found), expected);
    }

    // The number of the line is told, never what stands there: it may be a key.
    void refused_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("no equals") << QByteArray("A=1\nsk-canary-9876\n");
        QTest::newRow("no name") << QByteArray("A=1\n=sk-canary-9876\n");
        QTest::newRow("open quote") << QByteArray("A=1\nB=\"sk-canary-9876\n");
        QTest::newRow("text after a quote") << QByteArray("A=1\nB='sk-canary-9876'x\n");
    }
    void refused() {
        QFETCH(QByteArray, text);
        const auto read = read_dotenv(text.toStdString(), ".env");
        QVERIFY(!read.ok());
        QCOMPARE(read.problems.size(), std::size_t{1});
        QCOMPARE(read.problems[0].pointer, std::string{"line 2"});
        QVERIFY(read.problems[0].text().find("canary") == std::string::npos);
    }

    void makes_a_chain() {
        const auto read = read_dotenv("FAL_KEY=f\nGEMINI_API_KEY=g\nOPENAI_API_KEY=o\n"
                                      "GROQ_API_KEY=\nDATABASE_URL=postgres\n",
                                      ".env");
        const Json made = chain_of_keys(*read.value, "shop", KeyRef::Source::env);
        const auto document = read_document(made, "made");
        QVERIFY2(document.ok(), document.ok() ? "" : document.problems[0].text().c_str());
        std::string providers, targets;
        for (const Provider& p : document.value->providers)
            providers += p.id + " " + p.keys.at(0).text() + ";";
        for (const Target& t : document.value->chains[0].targets)
            targets += t.name() + ";";
        QCOMPARE(
            providers,
            std::string{"openai env:OPENAI_API_KEY;gemini env:GEMINI_API_KEY;fal env:FAL_KEY;"});
        QCOMPARE(targets, std::string{"openai/gpt-4o-mini;gemini/gemini-2.5-flash;"});
        const std::string stored =
            chain_of_keys(*read.value, "shop", KeyRef::Source::keychain).dump();
        QVERIFY(stored.find("keychain:openai") != std::string::npos);
    }
};

QTEST_APPLESS_MAIN(TestDotenv)
#include "test_dotenv.moc"
