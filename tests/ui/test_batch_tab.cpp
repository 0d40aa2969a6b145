// A batch in the window: chosen, started, paused, cancelled, gone on with; over real sockets.
#include "ui/models/batch_text.h"
#include "ui/pages/playground/batch_form.h"
#include "ui/pages/playground/batch_tab.h"
#include "ui/playground_world.h"
#include "ui/shell/main_window.h"
#include "ui/widgets/message_bar.h"

#include <QAbstractItemModelTester>
#include <QClipboard>
#include <QDoubleSpinBox>
#include <QDropEvent>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLineEdit>
#include <QMimeData>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTableView>

using namespace brownout;
using namespace brownout::ui;

namespace {

QByteArray line(int id, const QByteArray& more = "") {
    return "{\"custom_id\":\"q" + QByteArray::number(id) +
           "\",\"body\":{\"model\":\"auto\",\"max_tokens\":4,\"messages\":[{\"role\":\"user\","
           "\"content\":\"hi\"}]" +
           more + "}}\n";
}

QByteArray lines(int n) {
    QByteArray all;
    for (int i = 0; i < n; ++i)
        all += line(i);
    return all;
}

struct BatchWorld : PlaygroundWorld {
    explicit BatchWorld(chain::Json json = quickDemo()) : PlaygroundWorld(std::move(json)) {
        page.showTab(PlaygroundPage::batchTab);
    }
    BatchTab& tab() { return *page.batch(); }
    QString path(const char* name) { return demo.dir.filePath(QLatin1String(name)); }
    void choose(const QByteArray& requests) {
        QFile file(path("in.jsonl"));
        if (!file.open(QIODevice::WriteOnly) || file.write(requests) != requests.size())
            qFatal("cannot write");
        file.close();
        tab().form()->setInput(path("in.jsonl"));
    }
    QString label(const char* name) { return child<QLabel>(tab(), name)->text(); }
    QString field(const char* name) { return child<QLineEdit>(tab(), name)->text(); }
    QString message() { return child<MessageBar>(tab(), "batch_message")->text(); }
    QPushButton* button(const char* name) { return child<QPushButton>(tab(), name); }
    void set(const char* name, int value) { child<QSpinBox>(tab(), name)->setValue(value); }
    std::shared_ptr<const live::BatchView> view() { return demo.session.snapshot()->batch; }
    bool startsPaused() { // Escape comes before anything is asked
        click("batch_start");
        QTest::keyClick(&page, Qt::Key_Escape);
        return is(live::BatchView::State::paused) && view()->progress.done == 0;
    }
    bool starts() {
        click("batch_start");
        return QTest::qWaitFor([this] { return tab().running(); }, 5000);
    }
    bool ends() {
        return QTest::qWaitFor([this] { return !tab().running(); }, 30000);
    }
    bool is(live::BatchView::State state) {
        return QTest::qWaitFor([&] { return view() && view()->state == state; }, 30000);
    }
    bool done(std::size_t n) {
        return QTest::qWaitFor([&] { return view() && view()->progress.done >= n; }, 30000);
    }
    // The ids in the file of answers, sorted.
    QStringList answers() {
        QFile file(path("in.answers.jsonl"));
        QStringList ids;
        if (file.open(QIODevice::ReadOnly))
            for (const QByteArray& one : file.readAll().split('\n'))
                if (!one.isEmpty())
                    ids << QJsonDocument::fromJson(one).object()["custom_id"].toString();
        ids.sort();
        return ids;
    }
    bool eachOnce(int n) {
        QStringList wanted;
        for (int i = 0; i < n; ++i)
            wanted << QStringLiteral("q%1").arg(i);
        wanted.sort();
        return answers() == wanted;
    }
};

} // namespace

class TestBatchTab : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void initTestCase() { applyTestTheme(); }
    void init() { failOnAnyWarning(); }

    void anEmptyOneSaysWhatToDo() {
        BatchWorld w;
        QVERIFY(w.label("batch_example").contains(QStringLiteral("custom_id")));
        w.click("batch_copy_example");
        QVERIFY(QJsonDocument::fromJson(QGuiApplication::clipboard()->text().toUtf8()).isObject());
        QVERIFY(w.button("batch_start")->isEnabled());
        QVERIFY(!w.button("batch_pause")->isEnabled() && !w.button("batch_stop")->isEnabled());
        w.click("batch_start");
        QVERIFY(w.message().contains(QStringLiteral("Choose a file")));
        w.tab().form()->setInput(QStringLiteral("/no/such/file.jsonl"));
        w.click("batch_start");
        QVERIFY2(w.message().contains(QStringLiteral("/no/such/file.jsonl")),
                 qPrintable(w.message()));
        QVERIFY(!w.tab().running());
        w.keep("batch_empty");
    }

    void filesAreDropped() {
        BatchWorld w;
        w.choose(lines(1));
        w.tab().form()->setInput({});
        const auto drop = [&](const QString& path, QWidget* on) {
            QMimeData data;
            data.setUrls({QUrl::fromLocalFile(path)});
            const QPoint at = on->mapTo(&w.tab(), on->rect().center());
            QDragEnterEvent enter(at, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
            QApplication::sendEvent(&w.tab(), &enter);
            QVERIFY(enter.isAccepted());
            QDropEvent event(at, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
            QApplication::sendEvent(&w.tab(), &event);
        };
        drop(w.path("in.jsonl"), &w.tab());
        QCOMPARE(w.field("batch_in"), w.path("in.jsonl"));
        QCOMPARE(w.field("batch_out"), w.path("in.answers.jsonl"));
        drop(w.path("other.jsonl"), child<QLineEdit>(w.tab(), "batch_out"));
        QCOMPARE(w.field("batch_out"), w.path("other.jsonl"));
        QCOMPARE(w.field("batch_in"), w.path("in.jsonl"));
    }

    void everyRequestHasOneAnswerAndIsNotAskedAgain() {
        BatchWorld w;
        QVERIFY(w.demo.isUp());
        w.choose(lines(40));
        QVERIFY(w.starts());
        QVERIFY(!child<QLineEdit>(w.tab(), "batch_in")->isEnabled());
        QVERIFY(w.ends());
        QCOMPARE(w.label("batch_headline"), QStringLiteral("All 40 requests have an answer"));
        QVERIFY(w.eachOnce(40));
        QVERIFY2(w.label("batch_figures").contains(QStringLiteral("0 failed")) &&
                     w.label("batch_figures").contains(QStringLiteral("a minute")),
                 qPrintable(w.label("batch_figures")));
        QVERIFY(w.view()->progress.spend.usd() > 0);
        // Again: nothing is left to ask.
        QCOMPARE(w.button("batch_start")->text(), QStringLiteral("Go on"));
        QVERIFY(w.label("batch_hint").contains(QStringLiteral("only what is missing")));
        QVERIFY(w.starts() && w.ends());
        QVERIFY(w.eachOnce(40));
        QCOMPARE(w.view()->progress.spend.usd(), 0.0);
        QCOMPARE(w.view()->before, std::size_t{40});
    }

    void failedLinesAreListedAndAskedAgain() {
        BatchWorld w;
        QVERIFY(w.demo.isUp());
        w.choose(line(0) + "\n" + line(1, ",\"temperature\":9") + line(2));
        w.click("batch_start");
        QVERIFY(w.is(live::BatchView::State::finished) && w.ends());
        auto* table = child<QTableView>(w.tab(), "batch_failures");
        QVERIFY(table->isVisible());
        QCOMPARE(table->model()->rowCount(), 1);
        const auto cell = [&](int column) { return table->model()->index(0, column).data(); };
        QCOMPARE(cell(BatchFailureModel::lineColumn).toString(), QStringLiteral("3"));
        QCOMPARE(cell(BatchFailureModel::idColumn).toString(), QStringLiteral("q1"));
        QCOMPARE(cell(BatchFailureModel::statusColumn).toString(), QStringLiteral("400"));
        QVERIFY(cell(BatchFailureModel::whyColumn).toString().contains(QLatin1String("temp")));
        table->setFocus();
        table->selectRow(0);
        QTest::keyClick(table, Qt::Key_C, Qt::ControlModifier);
        QVERIFY(QGuiApplication::clipboard()->text().startsWith(QStringLiteral("3\tq1\t400\t")));
        w.keep("batch_failed");
        // Mended, and only that one is asked again.
        w.choose(line(0) + "\n" + line(1) + line(2));
        const auto before = w.view();
        w.click("batch_again");
        QVERIFY(QTest::qWaitFor([&] { return w.view() != before && w.view()->over(); }, 30000));
        QVERIFY(w.ends());
        QCOMPARE(w.view()->progress.failed, std::size_t{0});
        QVERIFY(w.eachOnce(3));
        QVERIFY(!table->isVisible());
    }

    void pausedNothingStartsAndNothingIsLost() {
        BatchWorld w(quickDemo(30, 1));
        QVERIFY(w.demo.isUp());
        w.choose(lines(30));
        w.set("batch_concurrency", 2);
        QVERIFY(w.startsPaused());
        QCOMPARE(w.button("batch_pause")->text(), QStringLiteral("Resume"));
        w.click("batch_pause");
        QVERIFY(w.done(2));
        QTest::keyClick(&w.page, Qt::Key_Escape); // what is on its way comes to its end
        QVERIFY(QTest::qWaitFor([&] { return w.view()->progress.running == 0; }, 10000));
        QCOMPARE(static_cast<std::size_t>(w.answers().size()), w.view()->progress.done);
        if (w.tab().running()) {
            QVERIFY2(w.label("batch_headline").startsWith(QStringLiteral("Paus")),
                     qPrintable(w.label("batch_headline")));
            w.click("batch_pause");
        }
        QVERIFY(w.ends());
        QVERIFY(w.eachOnce(30));
    }

    void cancelledItGoesOnWhereItStopped() {
        BatchWorld w;
        QVERIFY(w.demo.isUp());
        w.choose(lines(40));
        w.set("batch_per_minute", 120);
        QVERIFY(w.starts() && w.done(1));
        w.click("batch_stop");
        QVERIFY(w.ends());
        QCOMPARE(w.view()->state, live::BatchView::State::stopped);
        QVERIFY(w.message().contains(QStringLiteral("goes on")));
        const auto there = w.answers().size();
        QVERIFY(there >= 1 && there < 40);
        QCOMPARE(w.button("batch_start")->text(), QStringLiteral("Go on"));
        w.set("batch_per_minute", 0);
        QVERIFY(w.starts() && w.ends());
        QVERIFY(w.eachOnce(40));
    }

    void aProviderThatBreaksMeanwhileIsSteppedInFor() {
        BatchWorld w;
        QVERIFY(w.demo.isUp());
        w.choose(lines(30));
        QVERIFY(w.startsPaused());
        w.breakIt("aster");
        QVERIFY(w.demo.hasFaults(1));
        w.click("batch_pause");
        QVERIFY(w.ends());
        QVERIFY(w.eachOnce(30));
        QCOMPARE(w.view()->progress.failed, std::size_t{0});
        // Eight may have been on their way before the pause.
        QVERIFY(w.demo.session.snapshot()->targets.at(1).served >= 22);
    }

    // Nothing fails while every target is down; what is held back is asked again, or goes at once.
    void anOutageIsWaitedOut() {
        auto json = quickDemo();
        json["chains"][0]["targets"] = chain::Json::array({json["chains"][0]["targets"][0]});
        BatchWorld w(std::move(json));
        QVERIFY(w.demo.isUp());
        w.choose(lines(6));
        w.breakIt("aster");
        QVERIFY(w.demo.hasFaults(1));
        QVERIFY(w.starts());
        QVERIFY(
            QTest::qWaitFor([&] { return w.view() && w.view()->progress.held_back > 0; }, 30000));
        QVERIFY(QTest::qWaitFor(
            [&] { return w.message().contains(QStringLiteral("does not answer")); }, 10000));
        w.keep("batch_outage");
        QVERIFY(w.answers().isEmpty());
        w.click("batch_stop");
        QVERIFY(w.ends());
        QCOMPARE(w.view()->state, live::BatchView::State::stopped);
        QVERIFY(w.answers().isEmpty());
        w.set("batch_patience", 0); // then they fail at once
        const auto before = w.view();
        w.click("batch_start");
        QVERIFY(QTest::qWaitFor([&] { return w.view() != before && w.view()->over(); }, 30000));
        QCOMPARE(w.view()->progress.failed, std::size_t{6});
        QVERIFY(w.eachOnce(6));
    }

    void whatIsWrongWithAFileIsSaidWithItsPlace() {
        BatchWorld w;
        QVERIFY(w.demo.isUp());
        w.choose(line(0) + "{\"custom_id\":\"x\"}\n");
        w.click("batch_start");
        QVERIFY(w.is(live::BatchView::State::refused) && w.ends());
        QVERIFY2(w.message().contains(QStringLiteral("in.jsonl:2")), qPrintable(w.message()));
        QVERIFY(w.answers().isEmpty());
        // The file of requests is not written over.
        w.choose(lines(2));
        w.tab().form()->setOutput(w.path("in.jsonl"));
        const auto before = w.view();
        w.click("batch_start");
        QVERIFY(QTest::qWaitFor([&] { return w.view() != before && w.view()->over(); }, 10000));
        QVERIFY(w.ends());
        QVERIFY2(w.message().contains(QStringLiteral("requests itself")), qPrintable(w.message()));
        QFile file(w.path("in.jsonl"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), lines(2));
    }

    void moneyEndsIt() {
        BatchWorld w;
        QVERIFY(w.demo.isUp());
        w.choose(line(0, ",\"max_completion_tokens\":90000000"));
        child<QDoubleSpinBox>(w.tab(), "batch_max_spend")->setValue(0.01);
        w.click("batch_start");
        QVERIFY(w.is(live::BatchView::State::failed) && w.ends());
        QVERIFY(w.view()->limited);
        QVERIFY(w.message().contains(QStringLiteral("Max spend")));
        QVERIFY(w.answers().isEmpty());
    }

    void failuresAreAModel() {
        BatchFailureModel model;
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        std::vector<live::BatchFailure> list{{1, "a", 400, "c", "why"}};
        const auto shared = [&] {
            return std::make_shared<const std::vector<live::BatchFailure>>(list);
        };
        QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
        QSignalSpy came(&model, &QAbstractItemModel::rowsInserted);
        model.update(nullptr);
        model.update(shared());
        list.push_back({9, "b", 0, "timed_out", ""});
        model.update(shared());
        QCOMPARE(reset.size(), 1);
        QCOMPARE(came.size(), 1);
        QCOMPARE(model.text(1), QStringLiteral("9\tb\tnone\ttimed_out"));
        list.front().line = 2; // of another batch
        model.update(shared());
        QCOMPARE(reset.size(), 2);
        model.update(nullptr);
        QCOMPARE(model.rowCount(), 0);
    }

    void inSentences() {
        using State = live::BatchView::State;
        live::BatchView v;
        v.in = "/d/prompts.jsonl";
        QCOMPARE(batchHeadline(v), QStringLiteral("Reading prompts.jsonl"));
        v.state = State::running;
        v.progress = {1000, 312, 4, 8, Money::from_usd(0.0123), false, 88.2, 450.0, 0};
        QCOMPARE(batchHeadline(v), QStringLiteral("312 of 1,000 answered"));
        QCOMPARE(batchFigures(v), QStringLiteral("4 failed, 8 running, 0.0123 USD, 88 a minute, "
                                                 "about 7 min 30 s left"));
        v.progress.held_back = 3;
        v.progress.held_chain = "default";
        v.progress.held_why = "a/m: 503 overloaded (0.04 s)";
        v.progress.asks_again_s = 24;
        v.progress.patience_left_s = 570;
        QVERIFY(batchHeadline(v).startsWith(QStringLiteral("Waiting for an outage to pass: 312")));
        QVERIFY(batchFigures(v).contains(QStringLiteral("8 running, 3 held back, ")));
        QCOMPARE(batchAdvice(v),
                 QStringLiteral("Chain default does not answer (a/m: 503 overloaded (0.04 s)). It "
                                "is asked again in 24 s; requests are held back for 9 min 30 s at "
                                "most, then they fail."));
        v.state = State::paused;
        QVERIFY(batchHeadline(v).startsWith(QStringLiteral("Pausing")));
        v.state = State::failed;
        v.limited = true;
        QVERIFY(batchHeadline(v).contains(QStringLiteral("spending limit")));
        QCOMPARE(answersBeside(QStringLiteral("/d/a.b.jsonl")),
                 QStringLiteral("/d/a.b.answers.jsonl"));
        QCOMPARE(answersBeside(QString()), QString());
    }

    // In the whole window, at the sizes that people have.
    void inTheWindow() {
        const bool pictures = !qEnvironmentVariableIsEmpty("BROWNOUT_SHOTS");
        DemoSession demo(quickDemo(40, 3));
        MainWindow window(demo.session, {ThemeMode::light, false});
        const QString in = demo.dir.filePath(QStringLiteral("prompts.jsonl"));
        QFile file(in);
        QVERIFY(file.open(QIODevice::WriteOnly));
        for (int i = 0; i < (pictures ? 1200 : 20); ++i)
            file.write(line(i, i % 97 == 5 ? ",\"temperature\":9" : ""));
        file.close();
        for (const auto& [theme, size, name] :
             {std::tuple{ThemeMode::light, QSize(1366, 768), "batch_light"},
              std::tuple{ThemeMode::dark, QSize(1920, 1080), "batch_dark"}}) {
            window.setTheme(theme);
            window.resize(size);
            window.show();
            window.showPlace(MainWindow::playgroundPlace);
            PlaygroundPage& page = *window.playgroundPage();
            page.showTab(PlaygroundPage::batchTab);
            QTest::qWait(pictures ? 200 : 0);
            QVERIFY(child<QPushButton>(page, "batch_start")->isVisible());
            QVERIFY(window.width() == size.width() && window.height() == size.height());
            if (!demo.session.snapshot()->batch) {
                keepPicture(window, QStringLiteral("batch_window_empty"));
                page.batch()->form()->setInput(in);
                page.batch()->start();
            }
            QTest::qWait(pictures ? 2500 : 0);
            keepPicture(window, QLatin1String(name));
        }
        BatchTab& tab = *window.playgroundPage()->batch();
        QVERIFY(QTest::qWaitFor([&] { return !tab.running(); }, 60000));
        QVERIFY(child<QLabel>(tab, "batch_headline")->text().startsWith(QStringLiteral("All ")));
        QVERIFY(child<QTableView>(tab, "batch_failures")->isVisible());
        keepPicture(window, QStringLiteral("batch_over"));
    }
};

QTEST_MAIN(TestBatchTab)
#include "test_batch_tab.moc"
