// The Chains page on a real session: every command undoable, drag and keys, inspector, problems,
// and keys that go to the store and nowhere else.
#include <QFloat16> // JSON asks of every type that a test compares whether it is complete

#include "ui/demo_session.h"

#include "ui/models/chain_edits.h"
#include "ui/models/row_list.h"
#include "ui/pages/chains/chain_flow.h"
#include "ui/pages/chains/chains_page.h"
#include "ui/pages/chains/json_field.h"
#include "ui/pages/chains/key_editor.h"

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QDirIterator>
#include <QDropEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QMimeData>
#include <QPushButton>
#include <QScrollArea>
#include <QTcpServer>
#include <QTcpSocket>
#include <QToolButton>

using namespace brownout;
using namespace brownout::ui;

namespace {

constexpr const char* canary = "sk-canary-7f3b9e1d5c8a2460";

struct World {
    DemoSession demo;
    ChainsPage page{demo.session};
    World() {
        page.resize(1366, 768);
        page.show();
    }
    DocumentEditor& editor() { return demo.session.editor(); }
    void keep(const char* name) { // once the layout has settled
        QTest::qWait(60);
        keepPicture(page, QString::fromLatin1(name));
    }
    QStringList order() {
        QStringList out;
        for (const auto& target : editor().json()["chains"][0]["targets"])
            out << QString::fromStdString(target["provider"].get<std::string>());
        return out;
    }
    ChainFlow& flow() { return *child<ChainFlow>(page, "chain_flow"); }
    void click(const char* name) { child<QAbstractButton>(page, name)->click(); }
    void type(const char* field, const QString& text) {
        auto* edit = child<QLineEdit>(page, field);
        edit->setFocus();
        edit->selectAll();
        QTest::keyClicks(edit, text);
        QTest::keyClick(edit, Qt::Key_Return);
    }
    void drop(int from, int slot) {
        QMimeData mime;
        mime.setData(TargetCard::mimeType, QByteArray::number(from));
        const int y =
            slot >= flow().count() ? flow().height() - 1 : flow().card(slot)->geometry().top() + 1;
        QDragEnterEvent enter({20, y}, Qt::MoveAction, &mime, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&flow(), &enter);
        QDragMoveEvent move({20, y}, Qt::MoveAction, &mime, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&flow(), &move);
        QDropEvent event(QPointF(20, y), Qt::MoveAction, &mime, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&flow(), &event);
    }
};

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
        child<QMenu>(w.page, "provider_presets")->actions().front()->trigger();
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
            auto* menu = child<QMenu>(w.page, "provider_presets");
            child<QAction>(*menu, "preset_deepseek")->trigger();
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

    void inspectorWritesAndResets() {
        World w;
        Q_EMIT w.flow().selected(-1);
        auto* field = child<QLineEdit>(w.page, "field_timeouts_stall_ms");
        QCOMPARE(field->text(), QString());
        QCOMPARE(field->placeholderText(), QString("5")); // seconds, from the document
        w.type("field_timeouts_stall_ms", "9");
        const chain::Json& chainJson = w.editor().json()["chains"][0];
        QCOMPARE(chainJson["policy"]["timeouts"]["stall_ms"], chain::Json(9000));
        w.click("field_timeouts_stall_ms_reset");
        QVERIFY(!w.editor().json()["chains"][0].contains("policy"));
        QCOMPARE(field->text(), QString());
        // Off is null, and shows.
        w.type("field_breaker_failure_ratio", "off");
        QVERIFY(w.editor().json()["chains"][0]["policy"]["breaker"]["failure_ratio"].is_null());
        QVERIFY(w.editor().isValid());
    }

    void inspectorFitsItsPanel_data() {
        QTest::addColumn<QString>("level");
        QTest::addColumn<bool>("broken"); // long messages below the fields
        for (const char* level : {"document", "chain", "target", "provider", "real provider"}) {
            QTest::newRow(level) << QString(level) << false;
            QTest::addRow("%s, broken", level) << QString(level) << true;
        }
    }
    void inspectorFitsItsPanel() {
        QFETCH(QString, level);
        QFETCH(bool, broken);
        World w;
        if (level == "document") {
            w.click("level_document");
        } else if (level == "provider") {
            auto* list = child<QListView>(w.page, "provider_list");
            Q_EMIT list->clicked(list->model()->index(0, 0));
        } else if (level == "real provider") {
            child<QAction>(*child<QMenu>(w.page, "provider_presets"), "preset_deepseek")->trigger();
            w.type("field_base_url", "https://a.long.name.of.a.host.example.com/with/a/path/v1");
            auto* source = child<QComboBox>(w.page, "key_source");
            source->setCurrentIndex(2); // this session: every row of the key shows
            Q_EMIT source->activated(2);
            w.click("key_add");
        } else {
            Q_EMIT w.flow().selected(level == "chain" ? -1 : 0);
        }
        const bool ofProvider = level.endsWith("provider");
        if (broken)
            w.type(ofProvider ? "field_limits_concurrency" : "field_timeouts_stall_ms",
                   QString(60, QLatin1Char('w')));
        QTest::qWait(60);
        auto* scroll = child<QWidget>(w.page, "inspector")->findChild<QScrollArea*>();
        const int width = scroll->viewport()->width();
        QVERIFY(width <= 380);
        QCOMPARE(scroll->widget()->width(), width);
        for (auto* inside : scroll->widget()->findChildren<QWidget*>()) {
            if (!inside->isVisible())
                continue;
            const int left = inside->mapTo(scroll->widget(), QPoint()).x();
            QVERIFY2(left >= 0 && left + inside->width() <= width,
                     qPrintable(inside->objectName() + " " + inside->metaObject()->className() +
                                QString(" ends at %1").arg(left + inside->width())));
            if (qobject_cast<QPushButton*>(inside) || qobject_cast<QLineEdit*>(inside))
                QVERIFY2(inside->width() >= inside->minimumSizeHint().width(),
                         qPrintable(inside->objectName()));
        }
        if (level == "real provider" && !broken)
            w.keep("chains_provider");
    }

    void anAddressShowsItsBeginning() {
        World w;
        child<QAction>(*child<QMenu>(w.page, "provider_presets"), "preset_openai")->trigger();
        QCOMPARE(child<QLineEdit>(w.page, "field_base_url")->cursorPosition(), 0);
    }

    void rangesAreInTheShownUnit_data() {
        QTest::addColumn<QString>("field");
        QTest::addColumn<QString>("typed");
        QTest::addColumn<QString>("message");
        QTest::newRow("seconds, below") << "field_timeouts_stall_ms"
                                        << "-1"
                                        << "Expected a number above 0 and at most 86,400 s.";
        QTest::newRow("seconds, words") << "field_timeouts_stall_ms"
                                        << "soon"
                                        << "Expected a number above 0 and at most 86,400 s.";
    }
    void rangesAreInTheShownUnit() {
        QFETCH(QString, field);
        QFETCH(QString, typed);
        QFETCH(QString, message);
        World w;
        Q_EMIT w.flow().selected(-1);
        w.type(qPrintable(field), typed);
        auto* problem = child<QLabel>(w.page, qPrintable(field + "_problem"));
        QCOMPARE(problem->text(), message);
        QVERIFY(problem->wordWrap());
    }

    void missingKeysAreNamedOnlyWhereUsed() {
        qunsetenv("OPENAI_API_KEY");
        World w;
        child<QAction>(*child<QMenu>(w.page, "provider_presets"), "preset_openai")->trigger();
        QCOMPARE(w.editor().json()["providers"][3]["key"], chain::Json("env:OPENAI_API_KEY"));
        const auto taken = [&] {
            return w.demo.session.snapshot()->document_revision == w.editor().revision();
        };
        QTRY_VERIFY_WITH_TIMEOUT(taken(), 5000);
        QCOMPARE(w.demo.session.snapshot()->notice, std::string()); // no chain uses it
        w.editor().edit("use it",
                        edits::set(w.editor().json(), "/chains/0/targets/0/provider", "openai"));
        QTRY_VERIFY_WITH_TIMEOUT(taken(), 5000);
        QCOMPARE(w.demo.session.snapshot()->notice,
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
        editor.show(provider, {"keychain:openai"});
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

    void wrongInputStaysWithAMessage() {
        World w;
        Q_EMIT w.flow().selected(-1);
        w.type("field_retry_max_attempts", "many");
        QVERIFY(!w.editor().isValid());
        auto* problem = child<QLabel>(w.page, "field_retry_max_attempts_problem");
        QVERIFY(problem->isVisibleTo(&w.page));
        QVERIFY(!problem->text().isEmpty());
        QCOMPARE(child<QLineEdit>(w.page, "field_retry_max_attempts")->text(), QString("many"));
        QVERIFY(child<QLabel>(w.page, "problems_title")->text().startsWith("1 error"));
        QCOMPARE(w.flow().count(), 3); // nothing lost
        w.keep("chains_invalid");
        Q_EMIT w.flow().selected(1);
        w.click("problem_show_1"); // back to the field
        QCOMPARE(QApplication::focusWidget() ? QApplication::focusWidget()->objectName()
                                             : QString("field_retry_max_attempts"),
                 QString("field_retry_max_attempts"));
        w.type("field_retry_max_attempts", "4");
        QVERIFY(w.editor().isValid());
    }

    void fieldsReadAndWrite_data() {
        QTest::addColumn<int>("kind");
        QTest::addColumn<double>("scale");
        QTest::addColumn<QString>("typed");
        QTest::addColumn<QString>("json"); // empty: unset
        const int number = static_cast<int>(FieldSpec::Kind::number);
        QTest::newRow("seconds") << number << 1000. << "0.3"
                                 << "300";
        QTest::newRow("percent") << number << 0.01 << "50"
                                 << "0.5";
        QTest::newRow("whole") << number << 1. << " 3 "
                               << "3";
        QTest::newRow("fraction") << number << 1. << "0.25"
                                  << "0.25";
        QTest::newRow("words in a number") << number << 1. << "many"
                                           << "\"many\"";
        QTest::newRow("empty") << number << 1. << ""
                               << "";
        QTest::newRow("off") << number << 1. << "off"
                             << "null";
        QTest::newRow("commit tokens") << static_cast<int>(FieldSpec::Kind::commit) << 1. << "40"
                                       << "{\"tokens\":40}";
        QTest::newRow("words") << static_cast<int>(FieldSpec::Kind::words) << 1. << "stream, json"
                               << "[\"stream\",\"json\"]";
    }
    void fieldsReadAndWrite() {
        QFETCH(int, kind);
        QFETCH(double, scale);
        QFETCH(QString, typed);
        QFETCH(QString, json);
        FieldSpec spec;
        spec.kind = static_cast<FieldSpec::Kind>(kind);
        spec.scale = scale;
        spec.nullable = true;
        const auto value = JsonField::parsed(spec, typed);
        QCOMPARE(value ? QString::fromStdString(value->dump()) : QString(), json);
        if (value)
            QCOMPARE(JsonField::shown(spec, *value), typed.trimmed());
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
        child<QAction>(*child<QMenu>(w.page, "provider_presets"), "preset_deepseek")->trigger();
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
