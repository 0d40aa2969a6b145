// The Export page on a real session: a report of a real run becomes evidence, the export is what
// was previewed, and an edit afterwards makes it stale.
#include "ui/demo_session.h"

#include "chain/evidence.h"
#include "faults/scenario.h"
#include "record/rehearsals.h"
#include "ui/models/chain_edits.h"
#include "ui/models/line_diff.h"
#include "ui/pages/export/export_page.h"
#include "ui/widgets/message_bar.h"

#include <QAbstractItemModelTester>
#include <QCheckBox>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>

using namespace brownout;
using namespace brownout::ui;

namespace {

// A second and a half of traffic with the primary down in the middle of it.
const char* const scenario = R"({
  "format": "brownout.scenario/1", "name": "primary down briefly", "duration_s": 1.5,
  "traffic": {"requests_per_s": 20, "arrivals": "uniform", "stream": true,
              "input_tokens": 20, "output_tokens": 5},
  "faults": [{"target": "@primary", "kind": "http_error", "status": 503,
              "when": {"at_s": 0.3, "for_s": 0.6}}],
  "expect": [{"metric": "availability", "at_least": %1}]
})";

struct World {
    DemoSession demo;
    ExportPage page{demo.session};
    World() {
        page.resize(1366, 768);
        page.show();
    }
    DocumentEditor& editor() { return demo.session.editor(); }
    QString text(const char* label) { return child<QLabel>(page, label)->text(); }
    MessageBar& bar(const char* name) { return *child<MessageBar>(page, name); }

    bool play(const QString& atLeast = QStringLiteral("0.9")) {
        const QString source = QString::fromLatin1(scenario).arg(atLeast);
        auto read = faults::read_scenario(*chain::parse_json(source.toStdString(), "s"), "s");
        if (!read.ok())
            return false;
        const int before = page.evidence().rowCount();
        demo.session.post(live::PlayScenario{std::move(*read.value), 7});
        return QTest::qWaitFor([&] { return page.evidence().rowCount() > before; }, 20000);
    }
};

} // namespace

class TestExportPage : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, ThemeMode::light); }
    void init() { failOnAnyWarning(); }

    void emptyPageSaysWhatWouldFillIt() {
        World w;
        QVERIFY(w.text("evidence_hint").contains("Outages"));
        QVERIFY(!child<QPushButton>(w.page, "export_button")->isEnabled());
        QVERIFY(!w.text("export_why").isEmpty());
        QVERIFY(w.bar("evidence_state").text().contains("Not tested yet"));
        QVERIFY(!w.page.exportTo(w.demo.dir.filePath("no.json")));
        QVERIFY(!QFile::exists(w.demo.dir.filePath("no.json")));
        keepPicture(w.page, "export_empty");
    }

    void runExportCheckEditStale() {
        World w;
        QVERIFY(w.demo.isUp());
        new QAbstractItemModelTester(
            &w.page.evidence(), QAbstractItemModelTester::FailureReportingMode::QtTest, &w.page);
        QVERIFY(w.play());
        auto& model = w.page.evidence();
        QCOMPARE(model.index(0, EvidenceModel::scenario).data().toString(),
                 QString("primary down briefly"));
        QCOMPARE(model.index(0, EvidenceModel::verdict).data().toString(),
                 QString("✓ passed 1 of 1"));
        QCOMPARE(model.index(0, EvidenceModel::match).data().toString(), QString("✓ this chain"));
        QCOMPARE(model.chosen().size(), std::size_t{1});

        const QString path = w.demo.dir.filePath("out put.tested.chain.json");
        child<QLineEdit>(w.page, "export_path")->setText(path);
        auto* button = child<QPushButton>(w.page, "export_button");
        QVERIFY2(button->isEnabled(), qPrintable(w.text("export_why")));
        const QString preview = child<QPlainTextEdit>(w.page, "export_preview")->toPlainText();
        button->click();
        QVERIFY2(w.bar("export_message").text().contains("brownoutctl verify '"),
                 qPrintable(w.bar("export_message").text()));
        const auto written = chain::read_file(path.toStdString());
        QVERIFY(written);
        QCOMPARE(QString::fromStdString(*written).trimmed(), preview.trimmed());
        keepPicture(w.page, "export");
        const auto tested = *chain::parse_json(*written, "tested");
        QVERIFY(chain::check_evidence(tested, "tested").state == chain::EvidenceState::holds);

        // An edit: the report no longer fits; undone: it does again.
        w.editor().edit("edit", edits::set(w.editor().json(), "/policy/retry/max_attempts", 3));
        QCOMPARE(model.index(0, EvidenceModel::match).data().toString(), QString("stale"));
        QVERIFY(!button->isEnabled());
        QVERIFY(model.chosen().empty());
        QVERIFY(!model.setData(model.index(0, 0), Qt::Checked, Qt::CheckStateRole));
        w.editor().undoStack().undo();
        QVERIFY(button->isEnabled());

        // The exported file, opened: it holds, then is stale, then broken.
        QString error;
        QVERIFY2(w.editor().open(path, &error), qPrintable(error));
        QVERIFY(w.bar("evidence_state").text().contains("holds"));
        w.editor().edit("edit", edits::set(w.editor().json(), "/name", "other"));
        QVERIFY(w.bar("evidence_state").text().contains("stale"));
        w.editor().undoStack().undo();
        w.editor().edit("forge", edits::set(w.editor().json(), "/evidence/reports/0/requests", 9));
        QVERIFY(w.bar("evidence_state").text().contains("broken"));
    }

    void failedRunIsNotTickedByItself() {
        World w;
        QVERIFY(w.demo.isUp());
        w.editor().edit("one", edits::removeTarget(w.editor().json(), "default", 2));
        w.editor().edit("two", edits::removeTarget(w.editor().json(), "default", 1));
        QVERIFY(w.play("1"));
        auto& model = w.page.evidence();
        QVERIFY(model.index(0, EvidenceModel::verdict).data().toString().startsWith("✗ failed"));
        QVERIFY(model.chosen().empty());
        QVERIFY(model.setData(model.index(0, 0), Qt::Checked, Qt::CheckStateRole));
        QVERIFY(w.text("export_why").contains("did not pass"));
    }

    void loadsReportsAndRefusesOthers() {
        World w;
        QVERIFY(w.demo.isUp());
        QVERIFY(w.play());
        const chain::Json report = w.page.evidence().report(0);
        const QString path = w.demo.dir.filePath("report.json");
        QVERIFY(chain::write_file_atomically(path.toStdString(), chain::pretty_json(report)));
        QVERIFY(!w.page.loadReport(path)); // there already
        w.page.evidence().remove(0);
        QVERIFY(w.page.loadReport(path));
        QCOMPARE(w.page.evidence().chosen().size(), std::size_t{1});
        // Reports of several scenarios in one file, of which one is there already.
        chain::Json other = report;
        other["seed"] = report["seed"].get<int>() + 1;
        const chain::Json several = record::reports_json({report, other}, {}, 1);
        QVERIFY(chain::write_file_atomically(path.toStdString(), chain::pretty_json(several)));
        QVERIFY(w.page.loadReport(path));
        QCOMPARE(w.page.evidence().chosen().size(), std::size_t{2});
        QVERIFY(!w.page.loadReport(path));
        QVERIFY(chain::write_file_atomically(path.toStdString(), "{\"format\":\"x\"}"));
        QVERIFY(!w.page.loadReport(path));
        QVERIFY(w.bar("export_message").text().contains("report.json"));
        QVERIFY(!w.page.loadReport(w.demo.dir.filePath("none.json")));
    }

    void cannotWrite() {
        World w;
        QVERIFY(w.demo.isUp());
        QVERIFY(w.play());
        QVERIFY(!w.page.exportTo(w.demo.dir.filePath("no/such/folder/x.json")));
        QVERIFY(w.bar("export_message").text().contains("folder"));
    }

    void previewShowsDifferences() {
        World w;
        auto* preview = child<QPlainTextEdit>(w.page, "export_preview");
        child<QCheckBox>(w.page, "export_difference")->setChecked(true);
        QVERIFY(preview->toPlainText().startsWith("No difference"));
        w.editor().edit("edit", edits::set(w.editor().json(), "/name", "other"));
        QVERIFY(preview->toPlainText().contains("-   \"name\": \"demo\""));
        QVERIFY(preview->toPlainText().contains("+   \"name\": \"other\""));
    }

    void diffLines_data() {
        QTest::addColumn<QString>("before");
        QTest::addColumn<QString>("after");
        QTest::addColumn<QString>("difference");
        QTest::newRow("same") << "a\nb\n"
                              << "a\nb\n"
                              << " a b";
        QTest::newRow("empty") << ""
                               << ""
                               << "";
        QTest::newRow("added") << "a\nc\n"
                               << "a\nb\nc\n"
                               << " a+b c";
        QTest::newRow("removed") << "a\nb\nc\n"
                                 << "a\nc\n"
                                 << " a-b c";
        QTest::newRow("changed") << "a\nb\nc\n"
                                 << "a\nx\nc\n"
                                 << " a-b+x c";
        QTest::newRow("from nothing") << ""
                                      << "a\n"
                                      << "+a";
        QTest::newRow("moved") << "a\nb\n"
                               << "b\na\n"
                               << "-a b+a";
        QTest::newRow("repeated") << "a\na\n"
                                  << "a\na\na\n"
                                  << " a a+a";
    }
    void diffLines() {
        QFETCH(QString, before);
        QFETCH(QString, after);
        QFETCH(QString, difference);
        QString got;
        for (const auto& line : ui::diffLines(before, after))
            got += (line.kind == DiffLine::Kind::added     ? QStringLiteral("+")
                    : line.kind == DiffLine::Kind::removed ? QStringLiteral("-")
                                                           : QStringLiteral(" ")) +
                   line.text;
        QCOMPARE(got, difference);
        // Beyond the limit: replaced as a whole, still the same two texts.
        QString a, b;
        for (const auto& line : ui::diffLines(before, after, 0)) {
            if (line.kind != DiffLine::Kind::added)
                a += line.text + QLatin1Char('\n');
            if (line.kind != DiffLine::Kind::removed)
                b += line.text + QLatin1Char('\n');
        }
        QCOMPARE(a, before);
        QCOMPARE(b, after);
    }
};

QTEST_MAIN(TestExportPage)
#include "test_export_page.moc"
