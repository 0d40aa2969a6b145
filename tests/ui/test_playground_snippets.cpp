// "Copy as code" for real: what the page shows is run by the shell, Python and Node against the
// providers of the running window, and brings an answer or a picture.
#include "ui/playground_world.h"

#include <QClipboard>
#include <QComboBox>
#include <QProcess>
#include <QStandardPaths>

using namespace brownout;
using namespace brownout::ui;

class TestPlaygroundSnippets : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void initTestCase() {
        applyTestTheme();
        for (const char* name : {"no_proxy", "NO_PROXY"}) // of the programs that are run
            qputenv(name, "127.0.0.1");
    }
    void init() { failOnAnyWarning(); }

    // Each dialect of the demo, streamed and whole, in each language.
    void whatIsCopiedRuns_data() {
        QTest::addColumn<int>("language");
        QTest::addColumn<int>("target");
        QTest::addColumn<QString>("answers");
        const char* const languages[] = {"curl", "python", "javascript"};
        const char* const says[] = {"chat.completion", "message_start", "candidates"};
        const char* const targets[] = {"Aster", "Birch", "Cedar"};
        for (int language = 0; language < 3; ++language)
            for (int target = 0; target < 3; ++target)
                QTest::addRow("%s to %s", languages[language], targets[target])
                    << language << target << QString::fromLatin1(says[target]);
    }
    void whatIsCopiedRuns() {
        QFETCH(int, language);
        QFETCH(int, target);
        QFETCH(QString, answers);
        const char* const programs[] = {"bash", "python3", "node"};
        const QString program =
            QStandardPaths::findExecutable(QString::fromLatin1(programs[language]));
        if (program.isEmpty() ||
            (language == 0 && QStandardPaths::findExecutable(QStringLiteral("curl")).isEmpty()))
            QSKIP("the language, or curl, is not installed here");
        PlaygroundWorld p(quickDemo(5, 0));
        QVERIFY(p.demo.isUp());
        QVERIFY(p.ask(QStringLiteral("It's \"quoted\": $HOME `id`\n\u00e9")));
        p.click("show_code", 0);
        auto* panel = child<QWidget>(p.page, "chat_panel");
        child<QTabBar>(*panel, "code_language")->setCurrentIndex(language);
        auto* targets = child<QComboBox>(*panel, "code_target");
        QCOMPARE(targets->count(), 3);
        QCOMPARE(targets->currentIndex(), 0); // Aster answered
        targets->setCurrentIndex(target);
        if (target == 0 && language == 0)
            p.keep("playground_code");
        p.clickIn(p.panel(), "copy_code");
        const QString code = QGuiApplication::clipboard()->text();
        QVERIFY(code.contains(QStringLiteral("http://127.0.0.1:")));
        QVERIFY(!code.contains(QStringLiteral("X-Brownout")));
        QProcess process;
        process.start(program, language == 2   ? QStringList{"--input-type=module", "-"}
                               : language == 1 ? QStringList{"-"}
                                               : QStringList{});
        process.write(code.toUtf8());
        process.closeWriteChannel();
        QVERIFY(process.waitForFinished(60000));
        const QString out = QString::fromUtf8(process.readAllStandardOutput());
        QVERIFY2(process.exitCode() == 0 && out.contains(answers),
                 qPrintable(out + QString::fromUtf8(process.readAllStandardError()) + code));
    }

    void beforeAnythingIsSentTheCodeIsOfWhatIsTyped() {
        PlaygroundWorld p;
        QVERIFY(p.demo.isUp());
        p.prompt()->setPlainText(QStringLiteral("Not sent yet"));
        auto* panel = child<QWidget>(p.page, "chat_panel");
        child<QTabBar>(*panel, "result_tabs")->setCurrentIndex(2);
        auto* text = child<QPlainTextEdit>(*panel, "code");
        QVERIFY(text->toPlainText().contains(QStringLiteral("Not sent yet")));
        p.prompt()->setPlainText(QStringLiteral("Typed anew"));
        QVERIFY(text->toPlainText().contains(QStringLiteral("Typed anew")));
        auto* target = child<QComboBox>(*panel, "code_target");
        target->setCurrentIndex(2);
        QVERIFY(text->toPlainText().contains(QStringLiteral("Direct to Cedar")));
        p.prompt()->setPlainText(QStringLiteral("Typed once more")); // the choice stays
        QVERIFY(text->toPlainText().contains(QStringLiteral("Direct to Cedar")));
        QVERIFY(text->toPlainText().contains(QStringLiteral("Typed once more")));
    }
};

QTEST_MAIN(TestPlaygroundSnippets)
#include "test_playground_snippets.moc"
