// The Chains page on a real session: every command undoable, drag and keys, inspector, problems,
// and keys that go to the store and nowhere else.
#include "ui/chains_world.h"

#include <QElapsedTimer>

using namespace brownout;
using namespace brownout::ui;

namespace {

constexpr const char* canary = "sk-canary-7f3b9e1d5c8a2460";

} // namespace

class TestChainsPage : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, ThemeMode::light); }
    void init() { failOnAnyWarning(); }

    void showsTheChainAsCards() {
        World w;
        QCOMPARE(w.flow().count(), 3);
        QCOMPARE(w.flow().card(0)->view().title, QString("1. Aster / gpt-5-mini"));
        QVERIFY(!w.flow().card(0)->view().sentence.isEmpty());
        QVERIFY(w.flow().card(0)->view().price.startsWith("0.25 / 2.00 USD per million tokens"));
        QTRY_COMPARE(w.flow().card(0)->view().badge, QString("Closed"));
        w.keep("chains");
    }

    void modelsAreSound() {
        World w;
        for (const char* name : {"chain_list", "provider_list"})
            new QAbstractItemModelTester(child<QListView>(w.page, name)->model(),
                                         QAbstractItemModelTester::FailureReportingMode::QtTest,
                                         &w.page);
        w.click("add_chain");
        w.addPreset("simulated");
        w.editor().undoStack().undo();
        w.editor().undoStack().undo();
    }

    void everyCommandCanBeUndone_data() {
        QTest::addColumn<QString>("what");
        for (const char* what : {"add_target", "move_down_1", "duplicate_1", "toggle_1", "remove_1",
                                 "add_chain", "remove_provider", "preset", "rename", "field"})
            QTest::newRow(what) << QString(what);
    }
    void everyCommandCanBeUndone() {
        QFETCH(QString, what);
        World w;
        const std::string before = chain::pretty_json(w.editor().json());
        auto* providers = child<QListView>(w.page, "provider_list");
        if (what.endsWith("_1"))
            w.flow().card(0)->setSelected(true);
        if (what == "preset") {
            w.addPreset("deepseek");
        } else if (what == "rename" || what == "remove_provider") {
            Q_EMIT providers->clicked(providers->model()->index(1, 0));
            if (what == "rename")
                w.type("field_id", "willow");
            else
                w.click("remove_provider");
        } else if (what == "field") {
            Q_EMIT w.flow().selected(0);
            w.type("field_timeouts_first_token_ms", "7.5");
            QCOMPARE(w.editor().json()["chains"][0]["targets"][0]["timeouts"]["first_token_ms"],
                     chain::Json(7500));
        } else {
            w.click(qPrintable(what));
        }
        const std::string after = chain::pretty_json(w.editor().json());
        QVERIFY(after != before);
        QCOMPARE(w.editor().undoStack().count(), 1);
        w.editor().undoStack().undo();
        QCOMPARE(chain::pretty_json(w.editor().json()), before);
        QCOMPARE(w.flow().count(), 3);
        w.editor().undoStack().redo();
        QCOMPARE(chain::pretty_json(w.editor().json()), after);
    }

    void dropMoves_data() {
        QTest::addColumn<int>("from");
        QTest::addColumn<int>("slot");
        QTest::addColumn<QString>("order");
        QTest::newRow("first to end") << 0 << 3 << "birch cedar aster";
        QTest::newRow("first after second") << 0 << 2 << "birch aster cedar";
        QTest::newRow("last to front") << 2 << 0 << "cedar aster birch";
        QTest::newRow("onto itself") << 1 << 1 << "aster birch cedar";
        QTest::newRow("right below itself") << 1 << 2 << "aster birch cedar";
    }
    void dropMoves() {
        QFETCH(int, from);
        QFETCH(int, slot);
        QFETCH(QString, order);
        World w;
        QVERIFY(QTest::qWaitForWindowExposed(&w.page));
        w.drop(from, slot);
        QCOMPARE(w.order().join(' '), order);
    }

    void altArrowsMove() {
        World w;
        QTest::keyClick(w.flow().card(0), Qt::Key_Down, Qt::AltModifier);
        QCOMPARE(w.order().join(' '), QString("birch aster cedar"));
        QTest::keyClick(w.flow().card(1), Qt::Key_Down, Qt::AltModifier);
        QCOMPARE(w.order().join(' '), QString("birch cedar aster"));
        QTest::keyClick(w.flow().card(2), Qt::Key_Down, Qt::AltModifier); // at the end already
        QTest::keyClick(w.flow().card(2), Qt::Key_Up, Qt::AltModifier);
        QCOMPARE(w.order().join(' '), QString("birch aster cedar"));
        QVERIFY(w.flow().card(1)->property("selected").toBool()); // the selection goes along
        QTest::keyClick(w.flow().card(1), Qt::Key_Delete);
        QCOMPARE(w.order().join(' '), QString("birch cedar"));
    }

    // In a small window the price has one line, and selecting a card moves nothing below it.
    void thePriceStaysOnOneLine() {
        World w; // 1366 wide, without the rail
        w.page.resize(1366 - 84, 700);
        QTest::qWait(60);
        auto* card = w.flow().card(0);
        const int height = card->height();
        ElidedLabel* price = nullptr;
        for (auto* label : card->findChildren<ElidedLabel*>())
            if (label->text().contains("USD"))
                price = label;
        QVERIFY(price);
        QVERIFY(!price->isElided()); // there is room
        Q_EMIT w.flow().selected(0);
        QTest::qWait(60);
        QCOMPARE(card->height(), height);
    }

    void missingKeysAreNamedOnlyWhereUsed() {
        qunsetenv("OPENAI_API_KEY");
        World w;
        std::string id;
        w.editor().edit("add", edits::addProvider(w.editor().json(), "openai", &id));
        QCOMPARE(w.editor().json()["providers"][3]["key"], chain::Json("env:OPENAI_API_KEY"));
        const auto taken = [&] {
            return w.demo.session.snapshot()->document_revision == w.editor().revision();
        };
        QTRY_VERIFY_WITH_TIMEOUT(taken(), 5000);
        QVERIFY(w.demo.session.snapshot()->notices.empty()); // no chain uses it
        w.editor().edit("use it",
                        edits::set(w.editor().json(), "/chains/0/targets/0/provider", "openai"));
        QTRY_VERIFY_WITH_TIMEOUT(taken(), 5000);
        QCOMPARE(w.demo.session.snapshot()->notices.size(), std::size_t{1});
        QCOMPARE(w.demo.session.snapshot()->notices.back().text,
                 std::string("OpenAI has no key yet (env:OPENAI_API_KEY)."));
    }

    void theRequestIsBold() {
        World w;
        auto* name = child<QLabel>(w.page, "flow_request_name");
        QCOMPARE(name->text(), QString("Request"));
        QVERIFY(name->font().weight() >= QFont::DemiBold);
        auto* request = child<QPushButton>(w.page, "flow_request");
        QVERIFY(request->accessibleName().contains("task simple"));
        QVERIFY(child<QLabel>(w.page, "flow_request_text")->text().startsWith("task simple"));
    }

    void aKeyThatCouldNotBeStoredStaysInItsField() {
        struct Locked : chain::Keychain {
            bool locked = true;
            Result<Secret> read(const std::string&) override { return refusal(); }
            Result<void> write(const std::string&, const Secret&) override {
                if (locked)
                    return refusal();
                return {};
            }
            Result<void> remove(const std::string&) override { return refusal(); }
            static tl::unexpected<Error> refusal() {
                return environment_error("keychain", "locked");
            }
        } keychain;
        chain::KeyStore keys(&keychain);
        KeyEditor editor(keys);
        chain::Provider provider;
        provider.id = "openai";
        provider.base_url = "https://api.example.com/v1";
        const chain::Json key = "keychain:openai";
        editor.show(provider, &key);
        editor.setVisible(true);
        auto* advice = child<QLabel>(editor, "key_advice");
        QVERIFY(advice->isVisible() && advice->text().contains("keychain"));
        auto* value = child<QLineEdit>(editor, "key_value");
        value->setText(canary);
        child<QPushButton>(editor, "key_set")->click();
        QCOMPARE(value->text(), QString(canary));
        QCOMPARE(value->echoMode(), QLineEdit::Password);
        QVERIFY(!child<QLabel>(editor, "key_result")->text().contains(canary));
        keychain.locked = false;
        child<QPushButton>(editor, "key_set")->click();
        QVERIFY(value->text().isEmpty());
    }

    // Ten seconds it would take: nobody waits for it who only closes a window.
    void aRunningTestOfAKeyHoldsUpNobody() {
        QTcpServer silent;
        QVERIFY(silent.listen(QHostAddress::LocalHost));
        chain::KeyStore keys;
        keys.set_session("k", Secret(canary));
        auto editor = std::make_unique<KeyEditor>(keys);
        chain::Provider provider;
        provider.id = "deepseek";
        provider.base_url =
            QString("http://127.0.0.1:%1/v1").arg(silent.serverPort()).toStdString();
        provider.keys = {*chain::parse_key_ref("session:k")};
        const chain::Json key = "session:k";
        editor->show(provider, &key);
        child<QPushButton>(*editor, "key_test")->click();
        QTRY_VERIFY_WITH_TIMEOUT(silent.hasPendingConnections(), 30'000);
        QElapsedTimer clock;
        clock.start();
        editor.reset();
        QVERIFY2(clock.elapsed() < 5'000, qPrintable(QString::number(clock.elapsed())));
        delete silent.nextPendingConnection(); // the thread ends, and the program with it
    }

    // A server that knows one key; the test of a key is a real call to it.
    void keyIsSetTestedRemovedAndNeverWritten() {
        QTcpServer server;
        QVERIFY(server.listen(QHostAddress::LocalHost));
        connect(&server, &QTcpServer::newConnection, &server, [&server] {
            QTcpSocket* socket = server.nextPendingConnection();
            connect(socket, &QTcpSocket::readyRead, socket, [socket] {
                const QByteArray request = socket->readAll();
                const bool good = request.contains(QByteArray("Bearer ") + canary);
                const QByteArray body =
                    good ? "{\"object\":\"list\",\"data\":[]}"
                         : "{\"error\":{\"message\":\"Incorrect API key\",\"type\":\"x\"}}";
                socket->write((good ? "HTTP/1.1 200 OK" : "HTTP/1.1 401 Unauthorized") +
                              QByteArray("\r\nContent-Type: application/json\r\nConnection: "
                                         "close\r\nContent-Length: ") +
                              QByteArray::number(body.size()) + "\r\n\r\n" + body);
                socket->disconnectFromHost();
            });
        });
        World w;
        w.addPreset("deepseek");
        w.showProvider(3);
        w.type("field_base_url", QString("http://127.0.0.1:%1/v1").arg(server.serverPort()));
        auto* source = child<QComboBox>(w.page, "key_source");
        source->setCurrentIndex(2); // this session
        Q_EMIT source->activated(2);
        QCOMPARE(w.editor().json()["providers"][3]["key"], chain::Json("session:deepseek"));

        auto* value = child<QLineEdit>(w.page, "key_value");
        QCOMPARE(value->echoMode(), QLineEdit::Password);
        auto* result = child<QLabel>(w.page, "key_result");
        value->setText("wrong-key");
        w.click("key_set");
        QVERIFY(value->text().isEmpty());
        w.click("key_test");
        QTRY_VERIFY_WITH_TIMEOUT(result->text().startsWith("refused: 401"), 12000);
        value->setText(canary);
        w.click("key_set");
        w.click("key_test");
        QTRY_VERIFY_WITH_TIMEOUT(result->text().startsWith("valid, "), 12000);
        w.keep("chains_key");

        // A key typed where a name or a setting belongs goes nowhere.
        w.type("key_name", canary);
        Q_EMIT w.flow().selected(0);
        w.type("field_model", canary);
        QString error;
        QVERIFY2(w.editor().saveAs(w.demo.dir.filePath("saved.chain.json"), &error),
                 qPrintable(error));
        w.editor().edit("more", edits::set(w.editor().json(), "/name", "x"));
        QVERIFY(!QString::fromStdString(w.editor().json().dump()).contains(canary));
        int files = 0;
        for (QDirIterator it(w.demo.dir.path(), QDir::Files | QDir::Hidden,
                             QDirIterator::Subdirectories);
             it.hasNext(); ++files)
            QVERIFY(!QString::fromStdString(*chain::read_file(it.next().toStdString()))
                         .contains(canary));
        QVERIFY(files >= 2); // the saved document and its recovery

        Q_EMIT child<QListView>(w.page, "provider_list")
            ->clicked(child<QListView>(w.page, "provider_list")->model()->index(3, 0));
        w.click("key_remove");
        QVERIFY(!w.demo.keys.find({chain::KeyRef::Source::session, "deepseek"}));
    }

    void worstCaseFollowsThePolicy() {
        World w;
        QCOMPARE(child<QLabel>(w.page, "worst_attempts")->text(), QString("6"));
        QCOMPARE(child<QLabel>(w.page, "worst_seconds")->text(), QString("30.0"));
        // Two full tries each: (0.25+1.0) + (1.0+2.5) + (0.1+0.2) thousandths, twice.
        QCOMPARE(child<QLabel>(w.page, "worst_usd")->text(), QString("0.01010"));
        Q_EMIT w.flow().selected(-1);
        w.type("field_retry_max_attempts", "3");
        QCOMPARE(child<QLabel>(w.page, "worst_attempts")->text(), QString("3"));
        QCOMPARE(child<QLabel>(w.page, "worst_usd")->text(), QString("0.00825"));
    }

    void dark() {
        applyTheme(*qApp, ThemeMode::dark);
        World w;
        Q_EMIT w.flow().selected(0);
        w.page.resize(1920, 1080);
        QTRY_COMPARE(w.flow().card(0)->view().badge, QString("Closed"));
        w.keep("chains_dark");
        applyTheme(*qApp, ThemeMode::light);
    }
};

QTEST_MAIN(TestChainsPage)
#include "test_chains_page.moc"
