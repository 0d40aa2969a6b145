// The playground's pictures: a chain of simulated providers that make some, real sockets.
#include "ui/models/picture_history.h"
#include "ui/pages/playground/image_tab.h"
#include "ui/pages/playground/picture_view.h"
#include "ui/playground_world.h"

#include <QAbstractItemModelTester>
#include <QClipboard>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFile>
#include <QLineEdit>
#include <QProcess>
#include <QSignalSpy>
#include <QStandardPaths>

using namespace brownout;
using namespace brownout::ui;

namespace {

// Fern speaks FAL, Stone speaks Stability AI; both simulated.
chain::Json pictureChain() {
    chain::Json json = quickDemo();
    json["providers"] =
        chain::Json::array({{{"id", "fern"},
                             {"dialect", "fal"},
                             {"base_url", "lab:"},
                             {"key", "none"},
                             {"model", {{"first_token_ms", 20}, {"token_ms", 1}}}},
                            {{"id", "stone"},
                             {"dialect", "stability"},
                             {"base_url", "lab:"},
                             {"key", "none"},
                             {"model", {{"first_token_ms", 20}, {"token_ms", 1}}}}});
    json["chains"] = chain::Json::array(
        {{{"id", "default"},
          {"targets",
           {{{"provider", "fern"}, {"model", "fal-ai/flux/dev"}, {"price", {{"image_usd", 0.025}}}},
            {{"provider", "stone"},
             {"model", "stable-image-core"},
             {"price", {{"image_usd", 0.03}}}}}}}});
    return json;
}

struct ImageWorld : PlaygroundWorld {
    explicit ImageWorld(chain::Json json = pictureChain()) : PlaygroundWorld(std::move(json)) {
        child<QTabBar>(page, "playground_tabs")->setCurrentIndex(PlaygroundPage::imageTab);
    }
    ImageTab& tab() { return *page.image(); }
    QPushButton* make() { return child<QPushButton>(page, "send_picture_prompt"); }
    QPushButton* stopIt() { return child<QPushButton>(page, "stop_picture_prompt"); }
    QString said(const char* name) { return child<QLabel>(tab(), name)->text(); }
    bool asks(const QString& words) {
        tab().sendPrompt(words);
        return QTest::qWaitFor([this] { return !stopIt()->isEnabled(); }, 30000);
    }
};

} // namespace

class TestPlaygroundImages : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void initTestCase() {
        applyTestTheme();
        for (const char* name : {"no_proxy", "NO_PROXY"}) // of the programs that are run
            qputenv(name, "127.0.0.1");
    }
    void init() { failOnAnyWarning(); }

    void aChainWithoutAPictureTargetSaysWhatToDo() {
        ImageWorld p(quickDemo());
        QVERIFY(p.demo.isUp());
        QVERIFY(p.said("picture_hint").contains(QStringLiteral("makes pictures")));
        QVERIFY(p.said("picture_hint").contains(QStringLiteral("fal-ai/flux/dev")));
        child<QPlainTextEdit>(p.page, "picture_prompt")->setPlainText(QStringLiteral("a cat"));
        QVERIFY(!p.make()->isEnabled());
        QVERIFY(!p.make()->toolTip().isEmpty());
        QSignalSpy asked(&p.page, &PlaygroundPage::chainsRequested);
        p.click("add_image_target");
        QCOMPARE(asked.size(), 1);
        p.keep("image_no_target");
    }

    void aPictureIsShownSavedAndCopied() {
        ImageWorld p;
        QVERIFY(p.demo.isUp());
        auto* list = child<QListView>(p.page, "picture_history");
        QAbstractItemModelTester tester(list->model(),
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        child<QComboBox>(p.page, "picture_size")->setCurrentText(QStringLiteral("1024x576"));
        child<QSpinBox>(p.page, "picture_count")->setValue(2);
        child<QSpinBox>(p.page, "picture_steps")->setValue(12);
        child<QDoubleSpinBox>(p.page, "picture_guidance")->setValue(3.5);
        child<QLineEdit>(p.page, "picture_seed")->setText(QStringLiteral("42"));
        QVERIFY(p.asks(QStringLiteral("A lighthouse, at dusk!")));
        QCOMPARE(p.said("picture_by"), QStringLiteral("Fern · fal-ai/flux/dev"));
        QVERIFY2(p.said("picture_facts").startsWith(QStringLiteral("1024 × 576 px · image/")),
                 qPrintable(p.said("picture_facts")));
        QVERIFY2(p.said("picture_figures").contains(QStringLiteral("0.0500 USD")),
                 qPrintable(p.said("picture_figures")));
        QCOMPARE(p.said("which_picture"), QStringLiteral("1 of 2"));
        const auto sent = chain::Json::parse(p.last().wire.front()->request.body);
        QCOMPARE(sent["num_inference_steps"].get<int>(), 12);
        QCOMPARE(sent["guidance_scale"].get<double>(), 3.5);
        QCOMPARE(sent["seed"].get<int>(), 42);
        p.keep("image_served");
        // The bytes as they came, with the extension that they call for.
        const wire::Picture& first = p.last().pictures->front();
        QTemporaryDir dir;
        QString path = dir.filePath(QStringLiteral("mine.gif"));
        QCOMPARE(p.tab().picture()->saveTo(path), QString());
        QCOMPARE(path, dir.filePath(QStringLiteral("mine.") + extensionFor(first.mime)));
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), QByteArray::fromStdString(first.bytes));
        QString nowhere = dir.filePath(QStringLiteral("no/such/place.png"));
        QVERIFY(!p.tab().picture()->saveTo(nowhere).isEmpty());
        p.click("copy_picture");
        QCOMPARE(QGuiApplication::clipboard()->image().size(), QSize(1024, 576));
        QTest::mouseClick(child<QPushButton>(p.tab(), "later_picture"), Qt::LeftButton);
        QCOMPARE(p.said("which_picture"), QStringLiteral("2 of 2"));
        // What was asked comes back as it was.
        p.click("reset_picture");
        child<QPlainTextEdit>(p.page, "picture_prompt")->clear();
        p.click("use_picture_again");
        QCOMPARE(child<QPlainTextEdit>(p.page, "picture_prompt")->toPlainText(),
                 QStringLiteral("A lighthouse, at dusk!"));
        QCOMPARE(child<QComboBox>(p.page, "picture_size")->currentText(),
                 QStringLiteral("1024x576"));
        QCOMPARE(child<QSpinBox>(p.page, "picture_steps")->value(), 12);
    }

    void whatAModelCannotTakeIsSaid() {
        ImageWorld p;
        QVERIFY(p.demo.isUp());
        p.breakIt("fern");
        QVERIFY(p.demo.hasFaults(1));
        child<QSpinBox>(p.page, "picture_steps")->setValue(12);
        QVERIFY(p.asks(QStringLiteral("a cat")));
        QCOMPARE(p.said("picture_by"), QStringLiteral("Stone · stable-image-core"));
        QVERIFY2(p.said("left_out").contains(QStringLiteral("Stone: steps: ")),
                 qPrintable(p.said("left_out")));
    }

    void aFailureSaysWhatToDo() {
        ImageWorld p;
        QVERIFY(p.demo.isUp());
        for (const char* provider : {"fern", "stone"})
            p.breakIt(provider);
        QVERIFY(p.demo.hasFaults(2));
        QVERIFY(p.asks(QStringLiteral("a cat")));
        QVERIFY(child<QFrame>(p.tab(), "failure_panel")->isVisible());
        QVERIFY(!p.said("failure_advice").isEmpty());
        QCOMPARE(p.said("picture_hint"), QStringLiteral("No picture came."));
        p.keep("image_failed");
    }

    void stopCancels() {
        ImageWorld p;
        QVERIFY(p.demo.isUp());
        faults::Fault hang;
        hang.kind = faults::Kind::hang;
        p.breakIt("fern", hang);
        QVERIFY(p.demo.hasFaults(1));
        p.tab().sendPrompt(QStringLiteral("a cat"));
        QVERIFY(QTest::qWaitFor(
            [&] { return !child<AttemptRibbon>(p.tab(), "attempt_ribbon")->segments().empty(); },
            10000));
        QTest::keyClick(child<QPlainTextEdit>(p.page, "picture_prompt"), Qt::Key_Escape);
        QVERIFY(QTest::qWaitFor([&] { return !p.stopIt()->isEnabled(); }, 10000));
        QCOMPARE(p.said("picture_hint"), QStringLiteral("Stopped before a picture came."));
    }

    // The form of Stability AI and the JSON of FAL, as the shell sends them.
    void whatIsCopiedBringsAPicture_data() {
        QTest::addColumn<int>("target");
        QTest::newRow("FAL") << 0;
        QTest::newRow("Stability AI") << 1;
    }
    void whatIsCopiedBringsAPicture() {
        QFETCH(int, target);
        if (QStandardPaths::findExecutable(QStringLiteral("curl")).isEmpty())
            QSKIP("curl is not installed here");
        ImageWorld p;
        QVERIFY(p.demo.isUp());
        QVERIFY(p.asks(QStringLiteral("It's a \"cat\" on $HOME")));
        child<QTabBar>(p.tab(), "result_tabs")->setCurrentIndex(2);
        child<QComboBox>(p.tab(), "code_target")->setCurrentIndex(target);
        QProcess shell;
        shell.start(QStringLiteral("bash"), QStringList{});
        shell.write(child<QPlainTextEdit>(p.tab(), "code")->toPlainText().toUtf8());
        shell.closeWriteChannel();
        QVERIFY(shell.waitForFinished(60000));
        const QByteArray out = shell.readAllStandardOutput();
        QVERIFY2(out.contains(target == 0 ? "\"images\"" : "\"image\""),
                 (out.left(500) + shell.readAllStandardError()).constData());
        child<QTabBar>(p.tab(), "result_tabs")->setCurrentIndex(1);
        QVERIFY(child<QListView>(p.tab(), "exchanges")->model()->rowCount() >= 1);
    }

    void names_data() {
        QTest::addColumn<QString>("got");
        QTest::addColumn<QString>("wanted");
        QTest::newRow("slug") << pictureFileName(QStringLiteral("A lighthouse, at dusk!"), 0,
                                                 "image/png")
                              << "a-lighthouse-at-dusk.png";
        QTest::newRow("second") << pictureFileName(QStringLiteral("cat"), 1, "image/jpeg")
                                << "cat-2.jpg";
        QTest::newRow("no words") << pictureFileName(QStringLiteral("../.."), 0, "image/webp")
                                  << "picture.webp";
        QTest::newRow("added") << withExtension(QStringLiteral("/a/cat"), "image/png")
                               << "/a/cat.png";
        QTest::newRow("right already")
            << withExtension(QStringLiteral("/a/cat.JPEG"), "image/jpeg") << "/a/cat.JPEG";
        QTest::newRow("of another kind")
            << withExtension(QStringLiteral("/a/cat.png"), "image/webp") << "/a/cat.webp";
        QTest::newRow("a dot in the name")
            << withExtension(QStringLiteral("/a/v1.2"), "image/png") << "/a/v1.2.png";
    }
    void names() {
        QFETCH(QString, got);
        QFETCH(QString, wanted);
        QCOMPARE(got, wanted);
    }
};

QTEST_MAIN(TestPlaygroundImages)
#include "test_playground_images.moc"
