// The playground on a real session: worker, sockets, simulated providers.
#include "ui/demo_session.h"
#include "ui/models/prompt_history.h"
#include "ui/pages/playground/answer_view.h"
#include "ui/pages/playground/playground_page.h"
#include "ui/widgets/attempt_ribbon.h"
#include "ui/widgets/message_bar.h"

#include <QAbstractItemModelTester>
#include <QClipboard>
#include <QLabel>
#include <QListView>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QSignalSpy>

using namespace brownout;
using namespace brownout::ui;
using Kind = AttemptSegment::Kind;

namespace {

struct Page {
    DemoSession demo;
    PlaygroundPage page;
    explicit Page(chain::Json json = quickDemo()) : demo(std::move(json)), page(demo.session) {
        page.resize(1280, 660);
        page.show();
    }
    QPlainTextEdit* prompt() { return child<QPlainTextEdit>(page, "prompt"); }
    QString answer() { return child<QPlainTextEdit>(page, "answer")->toPlainText(); }
    AttemptRibbon* ribbon() { return child<AttemptRibbon>(page, "attempt_ribbon"); }
    QString label(const char* name) { return child<QLabel>(page, name)->text(); }
    QPushButton* send() { return child<QPushButton>(page, "send_prompt"); }
    QPushButton* stop() { return child<QPushButton>(page, "stop_prompt"); }
    int count(Kind kind) {
        const auto& s = ribbon()->segments();
        return static_cast<int>(
            std::count_if(s.begin(), s.end(), [&](const auto& x) { return x.kind == kind; }));
    }
    bool finishes() {
        return QTest::qWaitFor([this] { return !stop()->isEnabled() && send()->isEnabled(); },
                               20000);
    }
    void breakIt(const char* provider, faults::Fault fault = {}) {
        demo.session.breakProvider(QString::fromLatin1(provider), fault);
    }
};

live::PromptView view(const QString& text, bool finished = false) {
    live::PromptView v;
    v.id = 1;
    v.text = text.toStdString();
    v.finished = finished;
    v.record.id = "r-1";
    return v;
}

} // namespace

class TestPlayground : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, ThemeMode::light); }
    void init() { failOnAnyWarning(); }

    void anEmptyOneSaysWhatToDo() {
        Page p;
        QVERIFY(p.label("answer_hint").contains(QStringLiteral("Ctrl+Enter")));
        QVERIFY(!p.send()->isEnabled());
        QVERIFY(!p.stop()->isEnabled());
        QVERIFY(p.label("playground_mode").contains(QStringLiteral("nothing leaves")));
        keepPicture(p.page, QStringLiteral("playground_empty"));
    }

    void theNextOneAnswersWhenTheFirstIsBroken() {
        Page p;
        QVERIFY(p.demo.isUp());
        p.breakIt("aster");
        QVERIFY(p.demo.hasFaults(1));
        p.prompt()->setPlainText(QStringLiteral("Why do two providers fail less often than one?"));
        QTest::keyClick(p.prompt(), Qt::Key_Return, Qt::ControlModifier);
        QVERIFY(p.stop()->isEnabled());
        QVERIFY(p.finishes());
        QVERIFY(p.count(Kind::failed) >= 1);
        QCOMPARE(p.count(Kind::served), 1);
        QCOMPARE(p.ribbon()->segments().front().target, std::string("Aster"));
        QVERIFY(p.ribbon()->segments().front().reason.find("503") != std::string::npos);
        QCOMPARE(p.ribbon()->segments().back().target, std::string("Birch"));
        QVERIFY(p.answer().size() > 20);
        QCOMPARE(p.label("total_served_by"), QStringLiteral("Birch"));
        QVERIFY(p.label("total_first_token").endsWith(QStringLiteral(" s")));
        QVERIFY(p.label("total_cost").endsWith(QStringLiteral(" USD")));
        QVERIFY(!child<QFrame>(p.page, "failure_panel")->isVisible());
        QTest::mouseClick(child<QPushButton>(p.page, "copy_answer"), Qt::LeftButton);
        QCOMPARE(QGuiApplication::clipboard()->text(), p.answer());
        keepPicture(p.page, QStringLiteral("playground_served"));
    }

    void stopCancels_data() {
        QTest::addColumn<bool>("byKey");
        QTest::newRow("Esc") << true;
        QTest::newRow("Stop") << false;
    }
    void stopCancels() {
        QFETCH(bool, byKey);
        Page p(quickDemo(50, 200)); // a slow speaker
        QVERIFY(p.demo.isUp());
        p.page.sendPrompt(QStringLiteral("Count to a thousand."));
        QVERIFY(QTest::qWaitFor([&] { return p.answer().size() > 5; }, 5000));
        if (byKey)
            QTest::keyClick(p.prompt(), Qt::Key_Escape);
        else
            QTest::mouseClick(p.stop(), Qt::LeftButton);
        QVERIFY(p.finishes());
        QCOMPARE(p.count(Kind::cancelled), 1);
        QCOMPARE(p.count(Kind::served), 0);
        auto* list = child<QListView>(p.page, "prompt_history");
        QCOMPARE(list->model()->index(0, 0).data(PromptHistory::outcomeRole).toString(),
                 QStringLiteral("stopped"));
        const QString kept = p.answer();
        QTest::qWait(400);
        QCOMPARE(p.answer(), kept);
    }

    void aRestartIsMarkedAndTheAnswerIsWhole() {
        Page p;
        QVERIFY(p.demo.isUp());
        faults::Fault cut;
        cut.kind = faults::Kind::stream_cut;
        cut.after_tokens = 8;
        p.breakIt("aster", cut);
        QVERIFY(p.demo.hasFaults(1));
        p.page.sendPrompt(QStringLiteral("Tell me about breakers."));
        QVERIFY(p.finishes());
        auto* marker = child<QLabel>(p.page, "restart_marker");
        QVERIFY(marker->isVisible());
        QVERIFY2(marker->text().contains(QStringLiteral("restarted on ")),
                 qPrintable(marker->text()));
        QCOMPARE(p.count(Kind::served), 1);
        // What is shown is what the last attempt said, from its beginning.
        QCOMPARE(p.answer().toStdString(), p.demo.session.snapshot()->prompts.back().text);
        keepPicture(p.page, QStringLiteral("playground_restart"));
    }

    void allFailedListsEveryAttempt() {
        Page p;
        QVERIFY(p.demo.isUp());
        for (const char* provider : {"aster", "birch", "cedar"})
            p.breakIt(provider);
        QVERIFY(p.demo.hasFaults(3));
        p.page.sendPrompt(QStringLiteral("Anyone there?"));
        QVERIFY(p.finishes());
        QVERIFY(child<QFrame>(p.page, "failure_panel")->isVisible());
        QCOMPARE(p.label("failure_title"), QStringLiteral("No provider answered"));
        const QString lines = p.label("failure_attempts");
        const auto& record = p.demo.session.snapshot()->prompts.back().record;
        QCOMPARE(lines.count(QLatin1Char('\n')) + 1,
                 static_cast<qsizetype>(record.attempts.size()));
        for (const char* name : {"Aster: ", "Birch: ", "Cedar: "})
            QVERIFY2(lines.contains(QString::fromLatin1(name)), qPrintable(lines));
        QVERIFY(p.answer().isEmpty());
        keepPicture(p.page, QStringLiteral("playground_failed"));
    }

    void historyKeepsEightAndGivesThemBack() {
        Page p(quickDemo(5, 0));
        QVERIFY(p.demo.isUp());
        auto* list = child<QListView>(p.page, "prompt_history");
        QAbstractItemModelTester tester(list->model(),
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        for (int i = 1; i <= 10; ++i) {
            p.page.sendPrompt(QStringLiteral("Prompt number %1").arg(i));
            QVERIFY(p.finishes());
        }
        QCOMPARE(list->model()->rowCount(), 8);
        QCOMPARE(list->model()->index(0, 0).data().toString(), QStringLiteral("Prompt number 10"));
        QVERIFY(list->model()
                    ->index(0, 0)
                    .data(PromptHistory::outcomeRole)
                    .toString()
                    .startsWith(QStringLiteral("Aster · ")));
        list->setCurrentIndex(list->model()->index(7, 0));
        QTest::mouseClick(child<QPushButton>(p.page, "use_again"), Qt::LeftButton);
        QCOMPARE(p.prompt()->toPlainText(), QStringLiteral("Prompt number 3"));
    }

    void aMissingKeyIsExplainedWithAWayToMendIt() {
        qunsetenv("BROWNOUT_TEST_NO_SUCH_KEY");
        chain::Json json = quickDemo();
        json["providers"][0] = {{"id", "openai"},
                                {"dialect", "openai"},
                                {"base_url", "http://127.0.0.1:9/v1"},
                                {"key", "env:BROWNOUT_TEST_NO_SUCH_KEY"}};
        json["chains"][0]["targets"][0]["provider"] = "openai";
        Page p(json);
        auto* bar = child<MessageBar>(p.page, "missing_keys");
        QVERIFY(bar->isVisible());
        QVERIFY2(bar->text().contains(QStringLiteral("OpenAI (env:BROWNOUT_TEST_NO_SUCH_KEY)")),
                 qPrintable(bar->text()));
        QVERIFY(p.label("playground_mode").contains(QStringLiteral("OpenAI")));
        QSignalSpy asked(&p.page, &PlaygroundPage::chainsRequested);
        QTest::mouseClick(child<QPushButton>(p.page, "add_key"), Qt::LeftButton);
        QCOMPARE(asked.size(), 1);
        QCOMPARE(asked[0][0].toString(), QStringLiteral("openai"));
        qputenv("BROWNOUT_TEST_NO_SUCH_KEY", "now it is there");
        p.page.hide();
        p.page.show();
        QVERIFY(!bar->isVisible());
        qunsetenv("BROWNOUT_TEST_NO_SUCH_KEY");
    }

    void streamingTextKeepsTheReadersPlace() {
        AnswerView answer;
        answer.resize(600, 300);
        answer.show();
        QString text;
        for (int i = 0; i < 200; ++i)
            text += QStringLiteral("line %1\n").arg(i);
        answer.showPrompt(view(text), {});
        auto* edit = child<QPlainTextEdit>(answer, "answer");
        QCOMPARE(edit->verticalScrollBar()->value(), edit->verticalScrollBar()->maximum());
        answer.showPrompt(view(text + QStringLiteral("more\nand more\n")), {});
        QCOMPARE(edit->verticalScrollBar()->value(), edit->verticalScrollBar()->maximum());
        edit->verticalScrollBar()->setValue(10); // the reader scrolls up and selects
        QTextCursor selection(edit->document());
        selection.movePosition(QTextCursor::EndOfLine, QTextCursor::KeepAnchor);
        edit->setTextCursor(selection);
        edit->verticalScrollBar()->setValue(10);
        answer.showPrompt(view(text + QStringLiteral("more\nand more\nand still more\n")), {});
        QCOMPARE(edit->verticalScrollBar()->value(), 10);
        QCOMPARE(edit->textCursor().selectedText(), QStringLiteral("line 0"));
        answer.showPrompt(view(QStringLiteral("anew")), {}); // restarted
        QCOMPARE(answer.answer(), QStringLiteral("anew"));
    }

    void everyControlHasANameAndALabel() {
        Page p;
        for (QWidget* w : p.page.findChildren<QWidget*>()) {
            const bool control = qobject_cast<QPushButton*>(w) ||
                                 qobject_cast<QPlainTextEdit*>(w) || qobject_cast<QListView*>(w) ||
                                 w->inherits("QComboBox") || (w->inherits("QAbstractSpinBox")) ||
                                 w->inherits("QCheckBox");
            if (!control || w->objectName().startsWith(QStringLiteral("qt_")) ||
                w->parentWidget()->inherits("QComboBox") || w->window() != p.page.window() ||
                w->parentWidget()->inherits("QComboBoxPrivateContainer"))
                continue;
            QVERIFY2(!w->objectName().isEmpty(), w->metaObject()->className());
            QVERIFY2(!w->accessibleName().isEmpty(), qPrintable(w->objectName()));
        }
    }
};

QTEST_MAIN(TestPlayground)
#include "test_playground.moc"
