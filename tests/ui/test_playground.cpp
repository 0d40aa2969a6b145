// The playground's chat on a real session: worker, sockets, simulated providers.
#include "ui/models/conversations.h"
#include "ui/playground_world.h"
#include "ui/widgets/message_bar.h"

#include <QAbstractItemModelTester>
#include <QCheckBox>
#include <QClipboard>
#include <QLineEdit>
#include <QScrollArea>
#include <QScrollBar>
#include <QSignalSpy>
#include <QSpinBox>

using namespace brownout;
using namespace brownout::ui;
using Kind = AttemptSegment::Kind;

class TestPlayground : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void initTestCase() { applyTestTheme(); }
    void init() { failOnAnyWarning(); }

    void anEmptyOneSaysWhatToDo() {
        PlaygroundWorld p;
        QVERIFY(child<QLabel>(p.page, "conversation_hint")
                    ->text()
                    .contains(QStringLiteral("Ctrl+Enter")));
        QVERIFY(!p.send()->isEnabled());
        QVERIFY(!p.stop()->isEnabled());
        QVERIFY(child<QLabel>(p.page, "playground_mode")
                    ->text()
                    .contains(QStringLiteral("nothing leaves")));
        p.keep("playground_empty");
    }

    void theNextOneAnswersWhenTheFirstIsBroken() {
        PlaygroundWorld p;
        QVERIFY(p.demo.isUp());
        p.breakIt("aster");
        QVERIFY(p.demo.hasFaults(1));
        p.prompt()->setPlainText(QStringLiteral("Why do two providers fail less often than one?"));
        QTest::keyClick(p.prompt(), Qt::Key_Return, Qt::ControlModifier);
        QVERIFY(p.stop()->isEnabled());
        QVERIFY(p.prompt()->toPlainText().isEmpty()); // ready for the next question
        QVERIFY(p.finishes());
        QVERIFY(p.count(Kind::failed) >= 1);
        QCOMPARE(p.count(Kind::served), 1);
        QCOMPARE(p.ribbon()->segments().front().target, std::string("Aster"));
        QVERIFY(p.ribbon()->segments().front().reason.find("503") != std::string::npos);
        QCOMPARE(p.ribbon()->segments().back().target, std::string("Birch"));
        QVERIFY(p.answer().size() > 20);
        QCOMPARE(p.label("served_by"), QStringLiteral("Birch · claude-haiku-4-5"));
        const QString figures = p.label("turn_figures");
        for (const char* part : {"first token ", " tokens in, ", " USD"})
            QVERIFY2(figures.contains(QLatin1String(part)), qPrintable(figures));
        QVERIFY(!child<QFrame>(p.turn(), "failure_panel")->isVisible());
        p.click("copy_answer", 0);
        QCOMPARE(QGuiApplication::clipboard()->text(), p.answer());
        p.keep("playground_served");
    }

    void theNextQuestionKnowsWhatWasSaid() {
        PlaygroundWorld p;
        QVERIFY(p.demo.isUp());
        child<QPlainTextEdit>(p.page, "system_prompt")->setPlainText(QStringLiteral("Be brief."));
        QVERIFY(p.ask(QStringLiteral("First question")));
        const QString first = p.answer(0);
        QVERIFY(p.ask(QStringLiteral("Second question")));
        QCOMPARE(p.turns(), 2);
        QCOMPARE(p.text("turn_prompt", 0), QStringLiteral("First question"));
        QCOMPARE(p.answer(0), first);
        // What was sent: read off the wire.
        QVERIFY(!p.last().wire.empty());
        const auto body = chain::Json::parse(p.last().wire.back()->request.body);
        const auto& messages = body["messages"];
        QCOMPARE(messages.size(), std::size_t{4});
        QCOMPARE(messages[0]["content"].get<std::string>(), std::string{"Be brief."});
        QCOMPARE(messages[1]["content"].get<std::string>(), std::string{"First question"});
        QCOMPARE(messages[2]["role"].get<std::string>(), std::string{"assistant"});
        QCOMPARE(messages[2]["content"].get<std::string>(), first.toStdString());
        QCOMPARE(messages[3]["content"].get<std::string>(), std::string{"Second question"});
        QVERIFY(child<QLabel>(p.page, "conversation_totals")
                    ->text()
                    .startsWith(QStringLiteral("In all: 2 turns · ")));
    }

    void whatIsNotSetIsNotSent() {
        PlaygroundWorld p;
        QVERIFY(p.demo.isUp());
        QVERIFY(p.ask(QStringLiteral("Plain")));
        auto body = chain::Json::parse(p.last().wire.back()->request.body);
        for (const char* name : {"temperature", "top_p", "max_tokens", "max_completion_tokens",
                                 "seed", "stop", "response_format", "top_k"})
            QVERIFY2(!body.contains(name), name);
        QVERIFY(body["stream"].get<bool>());
        child<QSpinBox>(p.page, "max_tokens")->setValue(30);
        child<QLineEdit>(p.page, "seed")->setText(QStringLiteral("9007199254740993"));
        child<QPlainTextEdit>(p.page, "stop_sequences")->setPlainText(QStringLiteral("END\n\\n#"));
        child<QCheckBox>(p.page, "stream")->setChecked(false);
        child<QCheckBox>(p.page, "json_answer")->setChecked(true);
        // The first target's model takes no temperature, the third does: all is noted.
        child<QDoubleSpinBox>(p.page, "temperature")->setValue(0.3);
        QVERIFY(p.ask(QStringLiteral("With everything")));
        body = chain::Json::parse(p.last().wire.back()->request.body);
        QCOMPARE(body["max_completion_tokens"].get<int>(), 30);
        QCOMPARE(body["seed"].get<std::int64_t>(), std::int64_t{9007199254740993});
        QVERIFY(!body.contains("temperature") && !body.contains("stream"));
        QVERIFY(body.contains("response_format"));
        const QString left = p.label("left_out");
        QVERIFY2(left.startsWith(QStringLiteral("Left out: Aster: temperature: ")),
                 qPrintable(left));
        QVERIFY(child<QLabel>(p.turn(), "left_out")->isVisible());
        QVERIFY(!child<QLabel>(p.turn(0), "left_out")->isVisible());
        p.keep("playground_left_out");
        p.click("reset_parameters");
        QVERIFY(p.ask(QStringLiteral("Plain again")));
        body = chain::Json::parse(p.last().wire.back()->request.body);
        QVERIFY(!body.contains("seed") && !body.contains("max_completion_tokens"));
    }

    void sentAgainTheFirstAnswerStays() {
        PlaygroundWorld p;
        QVERIFY(p.demo.isUp());
        QVERIFY(p.ask(QStringLiteral("Who are you?")));
        QCOMPARE(p.label("served_by"), QStringLiteral("Aster · gpt-5-mini"));
        const QString first = p.answer();
        p.breakIt("aster");
        QVERIFY(p.demo.hasFaults(1));
        p.click("send_again", 0);
        QVERIFY(p.finishes());
        QCOMPARE(p.turns(), 1);
        QCOMPARE(p.label("which_answer"), QStringLiteral("2 of 2"));
        QCOMPARE(p.label("served_by"), QStringLiteral("Birch · claude-haiku-4-5"));
        p.click("earlier_answer", 0);
        QCOMPARE(p.label("which_answer"), QStringLiteral("1 of 2"));
        QCOMPARE(p.answer(), first);
        QCOMPARE(p.label("served_by"), QStringLiteral("Aster · gpt-5-mini"));
        // Edited: the shown answer stays, too, and the totals count every answer.
        p.click("edit_turn", 0);
        QCOMPARE(p.prompt()->toPlainText(), QStringLiteral("Who are you?"));
        QVERIFY(child<QLabel>(p.page, "composer_notice")->isVisible());
        QVERIFY(p.ask(QStringLiteral("Who are you really?")));
        QCOMPARE(p.turns(), 1);
        QCOMPARE(p.label("which_answer"), QStringLiteral("3 of 3"));
        QCOMPARE(p.text("turn_prompt"), QStringLiteral("Who are you really?"));
        QVERIFY(child<QLabel>(p.page, "conversation_totals")
                    ->text()
                    .contains(QStringLiteral("3 answers")));
        QCOMPARE(chain::Json::parse(p.last().wire.back()->request.body)["messages"].size(),
                 std::size_t{1}); // the question that was replaced is not said before itself
    }

    void aNewConversationLosesNothing() {
        PlaygroundWorld p(quickDemo(5, 0));
        QVERIFY(p.demo.isUp());
        auto* list = child<QListView>(p.page, "conversations");
        QAbstractItemModelTester tester(list->model(),
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        child<QSpinBox>(p.page, "max_tokens")->setValue(20);
        QVERIFY(p.ask(QStringLiteral("Conversation 1")));
        const QString answer = p.answer();
        p.click("new_conversation");
        QCOMPARE(p.turns(), 0);
        p.click("new_conversation"); // the empty one is taken again
        QCOMPARE(list->model()->rowCount(), 2);
        child<QSpinBox>(p.page, "max_tokens")->setValue(40);
        QVERIFY(p.ask(QStringLiteral("Conversation 2")));
        QCOMPARE(chain::Json::parse(p.last().wire.back()->request.body)["messages"].size(),
                 std::size_t{1});
        list->setCurrentIndex(list->model()->index(1, 0));
        QCOMPARE(p.turns(), 1);
        QCOMPARE(p.answer(), answer);
        QCOMPARE(child<QSpinBox>(p.page, "max_tokens")->value(), 20); // as it was left
        QVERIFY(p.ask(QStringLiteral("More of it")));
        QCOMPARE(p.turns(), 2);
        // What is carried on is the newest.
        QCOMPARE(list->model()->index(0, 0).data().toString(), QStringLiteral("Conversation 1"));
        for (int i = 3; i <= 10; ++i) {
            p.click("new_conversation");
            QVERIFY(p.ask(QStringLiteral("Conversation %1").arg(i)));
        }
        QCOMPARE(list->model()->rowCount(), Conversations::limit);
        QVERIFY(list->model()
                    ->index(0, 0)
                    .data(Conversations::summaryRole)
                    .toString()
                    .startsWith(QStringLiteral("1 turn · ")));
    }

    void stopCancels_data() {
        QTest::addColumn<bool>("byKey");
        QTest::newRow("Esc") << true;
        QTest::newRow("Stop") << false;
    }
    void stopCancels() {
        QFETCH(bool, byKey);
        PlaygroundWorld p(quickDemo(50, 200)); // a slow speaker
        QVERIFY(p.demo.isUp());
        p.page.sendPrompt(QStringLiteral("Count to a thousand."));
        QVERIFY(QTest::qWaitFor([&] { return p.answer().size() > 5; }, 10000));
        QVERIFY(!child<QPushButton>(p.turn(), "send_again")->isEnabled());
        if (byKey)
            QTest::keyClick(p.prompt(), Qt::Key_Escape);
        else
            QTest::mouseClick(p.stop(), Qt::LeftButton);
        QVERIFY(p.finishes());
        QCOMPARE(p.count(Kind::cancelled), 1);
        QCOMPARE(p.count(Kind::served), 0);
        QVERIFY(!child<QFrame>(p.turn(), "failure_panel")->isVisible());
        QVERIFY(child<QPushButton>(p.turn(), "send_again")->isEnabled());
        QCOMPARE(p.answer().toStdString(), p.last().text);
    }

    void aRestartIsMarkedAndTheAnswerIsWhole() {
        PlaygroundWorld p;
        QVERIFY(p.demo.isUp());
        faults::Fault cut;
        cut.kind = faults::Kind::stream_cut;
        cut.after_tokens = 8;
        p.breakIt("aster", cut);
        QVERIFY(p.demo.hasFaults(1));
        QVERIFY(p.ask(QStringLiteral("Tell me about breakers.")));
        auto* marker = child<QLabel>(p.turn(), "restart_marker");
        QVERIFY(marker->isVisible());
        QVERIFY2(marker->text().contains(QStringLiteral("restarted on ")),
                 qPrintable(marker->text()));
        QCOMPARE(p.count(Kind::served), 1);
        // What is shown is what the last attempt said, from its beginning.
        QCOMPARE(p.answer().toStdString(), p.last().text);
        p.keep("playground_restart");
    }

    void allFailedListsEveryAttemptAndWhatToDo() {
        PlaygroundWorld p;
        QVERIFY(p.demo.isUp());
        for (const char* provider : {"aster", "birch", "cedar"})
            p.breakIt(provider);
        QVERIFY(p.demo.hasFaults(3));
        QVERIFY(p.ask(QStringLiteral("Anyone there?")));
        QVERIFY(child<QFrame>(p.turn(), "failure_panel")->isVisible());
        QCOMPARE(p.label("failure_title"), QStringLiteral("No provider answered"));
        const QString lines = p.label("failure_attempts");
        QCOMPARE(lines.count(QLatin1Char('\n')) + 1,
                 static_cast<qsizetype>(p.last().record.attempts.size()));
        for (const char* name : {"Aster: ", "Birch: ", "Cedar: "})
            QVERIFY2(lines.contains(QString::fromLatin1(name)), qPrintable(lines));
        QVERIFY(!p.label("failure_advice").isEmpty());
        QVERIFY(p.answer().isEmpty());
        p.keep("playground_failed");
        // A question without an answer is no part of what was said.
        p.demo.session.revertAll();
        QVERIFY(p.demo.hasFaults(0));
        QVERIFY(QTest::qWaitFor(
            [&] { return p.ask(QStringLiteral("And now?")) && !p.answer().isEmpty(); }, 60000));
        const auto body = chain::Json::parse(p.last().wire.back()->request.body);
        QVERIFY(body.dump().find("Anyone there?") == std::string::npos);
    }

    void aMissingKeyIsExplainedWithAWayToMendIt() {
        qunsetenv("BROWNOUT_TEST_NO_SUCH_KEY");
        chain::Json json = quickDemo();
        json["providers"][0] = {{"id", "openai"},
                                {"dialect", "openai"},
                                {"base_url", "http://127.0.0.1:9/v1"},
                                {"key", "env:BROWNOUT_TEST_NO_SUCH_KEY"}};
        json["chains"][0]["targets"][0]["provider"] = "openai";
        PlaygroundWorld p(json);
        auto* bar = child<MessageBar>(p.page, "missing_keys");
        QVERIFY(bar->isVisible());
        QVERIFY2(bar->text().contains(QStringLiteral("OpenAI (env:BROWNOUT_TEST_NO_SUCH_KEY)")),
                 qPrintable(bar->text()));
        QVERIFY(
            child<QLabel>(p.page, "playground_mode")->text().contains(QStringLiteral("OpenAI")));
        QSignalSpy asked(&p.page, &PlaygroundPage::chainsRequested);
        p.click("add_key");
        QCOMPARE(asked.size(), 1);
        QCOMPARE(asked[0][0].toString(), QStringLiteral("openai"));
        qputenv("BROWNOUT_TEST_NO_SUCH_KEY", "now it is there");
        p.page.hide();
        p.page.show();
        QVERIFY(!bar->isVisible());
        qunsetenv("BROWNOUT_TEST_NO_SUCH_KEY");
    }

    void theReaderKeepsPlaceAndSelection() {
        PlaygroundWorld p(quickDemo(20, 15));
        p.page.resize(1000, 420);
        QVERIFY(p.demo.isUp());
        QVERIFY(p.ask(QStringLiteral("A long first question\n").repeated(30)));
        auto* bar = child<QScrollArea>(p.page, "conversation")->verticalScrollBar();
        QVERIFY(QTest::qWaitFor([&] { return bar->maximum() > 0; }));
        p.page.sendPrompt(QStringLiteral("Go on"));
        QVERIFY(QTest::qWaitFor([&] { return p.answer().size() > 5; }, 10000));
        QVERIFY(QTest::qWaitFor([&] { return bar->value() == bar->maximum(); })); // it follows
        bar->triggerAction(QAbstractSlider::SliderToMinimum); // the reader goes up and selects
        auto* edit = child<QPlainTextEdit>(p.turn(), "answer");
        QTextCursor selection(edit->document());
        selection.movePosition(QTextCursor::NextWord, QTextCursor::KeepAnchor);
        edit->setTextCursor(selection);
        const QString chosen = edit->textCursor().selectedText();
        QVERIFY(!chosen.isEmpty());
        QVERIFY(p.finishes());
        QCOMPARE(bar->value(), 0);
        QCOMPARE(edit->textCursor().selectedText(), chosen);
        QCOMPARE(p.answer().toStdString(), p.last().text);
    }

    void everyControlHasANameAndALabel() {
        PlaygroundWorld p;
        QVERIFY(p.demo.isUp());
        QVERIFY(p.ask(QStringLiteral("Hello")));
        for (QWidget* w : p.page.findChildren<QWidget*>()) {
            const bool control = qobject_cast<QPushButton*>(w) ||
                                 qobject_cast<QPlainTextEdit*>(w) || qobject_cast<QListView*>(w) ||
                                 qobject_cast<QTabBar*>(w) || w->inherits("QComboBox") ||
                                 w->inherits("QAbstractSpinBox") || w->inherits("QCheckBox");
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
