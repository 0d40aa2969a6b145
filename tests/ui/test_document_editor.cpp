// The document editor: exact undo under random edits, merging, saving, and recovery after SIGKILL
// with a real child process.
#include <QFloat16> // JSON asks of every type that a test compares whether it is complete

#include "ui/models/chain_edits.h"
#include "ui/models/document_editor.h"

#include "chain/presets.h"
#include "support/ui_warnings.h"

#include <QApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QProcess>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>

#include <csignal>
#include <random>

using namespace brownout;
using ui::DocumentEditor;
namespace edits = ui::edits;

namespace {

chain::Json demo() {
    return *chain::parse_json(chain::demo_chain_text(), "demo");
}

std::string bytes(const DocumentEditor& editor) {
    return chain::pretty_json(editor.json());
}

QStringList filesIn(const QString& dir) {
    return QDir(dir).entryList(QDir::Files | QDir::Hidden);
}

// One random edit of any kind that the Chains page makes.
chain::Json randomEdit(const chain::Json& json, std::mt19937& random) {
    const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    const int count = edits::targetCount(json, "default");
    std::string id;
    switch (below(12)) {
    case 0:
        return edits::addTarget(json, "default", "birch", "m" + std::to_string(below(9)));
    case 1:
        return edits::duplicateTarget(json, "default", below(count + 1));
    case 2:
        return edits::removeTarget(json, "default", below(count + 1));
    case 3:
        return edits::moveTarget(json, "default", below(count + 1), below(count + 1));
    case 4:
        return edits::addProvider(json, below(2) ? "openai" : "", &id);
    case 5:
        return edits::removeProvider(json, below(2) ? "cedar" : "simulated");
    case 6:
        return edits::renameProvider(json, "aster", below(2) ? "astra" : "birch");
    case 7:
        return edits::renameProvider(json, "astra", "aster");
    case 8:
        return edits::addChain(json, &id);
    case 9:
        return edits::removeChain(json, "chain");
    case 10:
        return edits::set(json, "/policy/retry/max_attempts", below(600)); // often invalid
    default:
        return edits::unset(json, below(2) ? "/policy/timeouts/total_ms" : "/policy/breaker");
    }
}

} // namespace

class TestDocumentEditor : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void initTestCase() {
        test::fail_on_warnings();
        QVERIFY(dir_.isValid());
    }
    void cleanup() { NO_WARNINGS(); }

    void undoingEverythingGivesTheOriginalBytes() {
        for (unsigned seed = 1; seed <= 6; ++seed) {
            std::mt19937 random(seed);
            QTemporaryDir dir;
            DocumentEditor editor(dir.path());
            editor.openUnsaved(demo(), "demo");
            const std::string before = bytes(editor);
            std::vector<std::string> states{before};
            for (int i = 0; i < 60; ++i) {
                editor.edit("edit", randomEdit(editor.json(), random));
                if (bytes(editor) != states.back())
                    states.push_back(bytes(editor));
            }
            QCOMPARE(editor.undoStack().count(), static_cast<int>(states.size()) - 1);
            for (std::size_t i = states.size() - 1; i-- > 0;) {
                editor.undoStack().undo();
                QCOMPARE(bytes(editor), states[i]);
            }
            QCOMPARE(bytes(editor), before);
            QVERIFY(!editor.isModified());
            QVERIFY(filesIn(dir.path()).isEmpty()); // nothing left to recover
            while (editor.undoStack().canRedo())
                editor.undoStack().redo();
            QCOMPARE(bytes(editor), states.back());
        }
    }

    void closeEditsOfOneFieldAreOneUndo() {
        DocumentEditor editor(dir_.path());
        editor.openUnsaved(demo(), "merge");
        const std::string before = bytes(editor);
        for (int n = 1; n < 5; ++n)
            editor.edit("turn", edits::set(editor.json(), "/policy/retry/max_attempts", n), "x");
        QCOMPARE(editor.undoStack().count(), 1);
        editor.edit("other", edits::set(editor.json(), "/name", "n"), "y");
        QCOMPARE(editor.undoStack().count(), 2);
        editor.undoStack().undo();
        editor.undoStack().undo();
        QCOMPARE(bytes(editor), before);
        editor.edit("same", editor.json());
        QVERIFY(!editor.isModified());
    }

    void invalidEditKeepsTheNewestValidReading() {
        DocumentEditor editor(dir_.path());
        editor.openUnsaved(demo(), "invalid");
        QVERIFY(editor.isValid());
        editor.edit("bad", edits::set(editor.json(), "/policy/retry/max_attempts", "many"));
        QVERIFY(!editor.isValid());
        QCOMPARE(editor.document().providers.size(), std::size_t{3});
        QVERIFY(!editor.problems().empty());
        QCOMPARE(editor.problems().front().pointer, std::string("/policy/retry/max_attempts"));
        QString error;
        QVERIFY(!editor.saveAs(dir_.filePath("bad.chain.json"), &error));
        QVERIFY2(error.contains("max_attempts"), qPrintable(error));
        QVERIFY(!QFile::exists(dir_.filePath("bad.chain.json")));
        editor.undoStack().undo();
        QVERIFY(editor.isValid());
    }

    void savesAndForgetsTheRecovery() {
        const QString recovery = dir_.filePath("recovery"), path = dir_.filePath("a.chain.json");
        DocumentEditor editor(recovery);
        editor.openUnsaved(demo(), "demo");
        QString error;
        QVERIFY(!editor.save(&error));
        editor.edit("name", edits::set(editor.json(), "/name", "mine"));
        QCOMPARE(filesIn(recovery).size(), 1);
        QSignalSpy saved(&editor, &DocumentEditor::saveStateChanged);
        QVERIFY2(editor.saveAs(path, &error), qPrintable(error));
        QVERIFY(saved.count() > 0);
        QVERIFY(filesIn(recovery).isEmpty());
        QVERIFY(!editor.isModified());
        QCOMPARE(*chain::read_file(path.toStdString()), bytes(editor));

        DocumentEditor again(recovery);
        bool recovered = true;
        QVERIFY2(again.open(path, &error, &recovered), qPrintable(error));
        QVERIFY(!recovered);
        QCOMPARE(bytes(again), bytes(editor));
        QCOMPARE(again.displayName(), QString("mine"));
    }

    void openRefusesWhatIsNoChain_data() {
        QTest::addColumn<QByteArray>("content");
        QTest::newRow("truncated") << QByteArray("{\"format\": ");
        QTest::newRow("other format") << QByteArray("{\"format\": \"brownout.scenario/1\"}");
        QTest::newRow("empty") << QByteArray();
    }
    void openRefusesWhatIsNoChain() {
        QFETCH(QByteArray, content);
        const QString path = dir_.filePath("bad.json");
        QVERIFY(chain::write_file_atomically(path.toStdString(), content.toStdString()));
        DocumentEditor editor(dir_.filePath("r"));
        editor.openUnsaved(demo(), "demo");
        const std::string before = bytes(editor);
        QString error;
        QVERIFY(!editor.open(path, &error));
        QVERIFY2(error.contains(path), qPrintable(error));
        QCOMPARE(bytes(editor), before);
        QVERIFY(!editor.open(dir_.filePath("none.json"), &error));
        QVERIFY(!error.isEmpty());
    }

    // Typed as an address, pasted as a model, brought along by anything else.
    void aKeyNeverReachesTheRecoveryFile_data() {
        QTest::addColumn<QByteArray>("pointer");
        QTest::newRow("address") << QByteArray("/providers/0/base_url");
        QTest::newRow("header") << QByteArray("/providers/0/headers/X-Thing");
        QTest::newRow("model") << QByteArray("/chains/0/targets/0/model");
        QTest::newRow("name") << QByteArray("/name");
    }
    void aKeyNeverReachesTheRecoveryFile() {
        QFETCH(QByteArray, pointer);
        const std::string canary = "sk-canary-4711aB3dE5gH7jK9";
        QTemporaryDir dir;
        DocumentEditor editor(dir.path());
        editor.openUnsaved(demo(), "canary");
        QSignalSpy failed(&editor, &DocumentEditor::recoveryFailed);
        editor.edit("a", edits::set(editor.json(), "/policy/retry/max_attempts", 5));
        QCOMPARE(filesIn(dir.path()).size(), 1);
        editor.edit("b", edits::set(editor.json(), pointer.toStdString(),
                                    "https://host.example/v1/" + canary));
        QVERIFY(filesIn(dir.path()).isEmpty());
        QCOMPARE(failed.count(), 1);
        QVERIFY(!failed.front().front().toString().contains(QString::fromStdString(canary)));
        editor.edit("c", edits::set(editor.json(), "/policy/retry/max_attempts", 6));
        QVERIFY(filesIn(dir.path()).isEmpty());
        editor.undoStack().undo();
        editor.undoStack().undo(); // the key is gone: what is left is safe again
        QCOMPARE(filesIn(dir.path()).size(), 1);
    }

    void saysOnceThatRecoveryCannotBeWritten() {
        QVERIFY(chain::write_file_atomically(dir_.filePath("file").toStdString(), "x"));
        DocumentEditor editor(dir_.filePath("file/below"));
        editor.openUnsaved(demo(), "demo");
        QSignalSpy failed(&editor, &DocumentEditor::recoveryFailed);
        editor.edit("a", edits::set(editor.json(), "/name", "a"));
        editor.edit("b", edits::set(editor.json(), "/name", "b"));
        QCOMPARE(failed.count(), 1);
        QCOMPARE(editor.json()["name"], chain::Json("b"));
    }

    // The child edits, says so, and waits to be killed: it never gets to clean up.
    void editsSurviveSigkill_data() {
        QTest::addColumn<bool>("file");
        QTest::newRow("document with a file") << true;
        QTest::newRow("demo without a file") << false;
    }
    void editsSurviveSigkill() {
        QFETCH(bool, file);
        QTemporaryDir dir;
        const QString recovery = dir.filePath("recovery");
        const QString path = file ? dir.filePath("a.chain.json") : QString("-");
        if (file)
            QVERIFY(chain::write_file_atomically(path.toStdString(), chain::demo_chain_text()));
        QProcess child;
        child.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        child.start(QCoreApplication::applicationFilePath(), {"--edit-and-hang", recovery, path});
        QVERIFY(child.waitForStarted());
        QByteArray said;
        QElapsedTimer clock;
        clock.start();
        while (!said.contains("edited") && clock.elapsed() < 20000) {
            child.waitForReadyRead(500);
            said += child.readAllStandardOutput();
        }
        QVERIFY2(said.contains("edited"), said.constData());
        QCOMPARE(::kill(static_cast<pid_t>(child.processId()), SIGKILL), 0);
        QVERIFY(child.waitForFinished());
        QCOMPARE(child.exitStatus(), QProcess::CrashExit);

        DocumentEditor editor(recovery);
        bool recovered = false;
        QString error;
        if (file)
            QVERIFY2(editor.open(path, &error, &recovered), qPrintable(error));
        else
            editor.openUnsaved(demo(), "demo", &recovered);
        QVERIFY(recovered);
        QCOMPARE(editor.json()["name"], chain::Json("edit 20"));
        QVERIFY(editor.isModified());
        editor.undoStack().undo();
        QCOMPARE(chain::pretty_json(editor.json()), chain::pretty_json(demo()));

        // Another document does not get this one's edits.
        DocumentEditor other(recovery);
        other.openUnsaved(demo(), "another", &recovered);
        QVERIFY(!recovered);
    }

  private:
    QTemporaryDir dir_;
};

namespace {

int editAndHang(const QStringList& arguments) {
    DocumentEditor editor(arguments[2]);
    QString error;
    if (arguments[3] == "-")
        editor.openUnsaved(demo(), "demo");
    else if (!editor.open(arguments[3], &error))
        return 1;
    for (int i = 1; i <= 20; ++i)
        editor.edit("name", edits::set(editor.json(), "/name", "edit " + std::to_string(i)));
    std::puts("edited");
    std::fflush(stdout);
    for (;;)
        QThread::sleep(1);
}

} // namespace

int main(int argc, char** argv) {
    QApplication app(argc, argv);
    if (app.arguments().size() == 4 && app.arguments()[1] == "--edit-and-hang")
        return editAndHang(app.arguments());
    TestDocumentEditor tests;
    return QTest::qExec(&tests, argc, argv);
}

#include "test_document_editor.moc"
